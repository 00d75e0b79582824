using System.CommandLine;
using Flyball.Client;
using Flyball.Server.Hosting;

namespace Flyball.Server.Access;

internal static class AccessCommands
{
    public static IEnumerable<Command> All(Verbs verbs)
    {
        var user = new Command("user", "Named users and their tokens.");
        var name = new Argument<string>("name") { Description = "Name of the user, for example role address ops@example.org." };
        var role = new Option<string>("--role") { Description = "viewer, engineer, approver, application, admin or worker.", DefaultValueFactory = _ => "engineer" };

        var add = new Command("add", "Adds a user and shows a token, this once.") { name, role };
        verbs.Online(add, async (client, parsed, output, cancel) =>
        {
            Show(output, await client.AddUserAsync(new AddUser(parsed.GetRequiredValue(name), parsed.GetRequiredValue(role)), cancel));
            var known = await client.ListUsersAsync(cancel);
            if (known.Count == 1) output.WriteLine("From now on the server asks everybody for a token, except verbs on its own machine that name its --data-dir.");
            if (known.All(user => user.Role != "admin")) output.WriteLine("There is no admin yet: `flyball user add NAME --role admin` makes one.");
        });

        var token = new Command("token", "Replaces the tokens of a user by a new one.") { name };
        verbs.Online(token, async (client, parsed, output, cancel) => Show(output, await client.IssueTokenAsync(parsed.GetRequiredValue(name), cancel)), looks: true);

        var remove = new Command("remove", "Removes a user; its tokens stop working at once.") { name };
        verbs.Online(remove, async (client, parsed, output, cancel) =>
        {
            await client.RemoveUserAsync(parsed.GetRequiredValue(name), cancel);
            output.WriteLine($"Removed {parsed.GetRequiredValue(name)}.");
        }, looks: true);

        var list = new Command("list", "Lists users and roles.");
        verbs.Online(list, async (client, _, output, cancel) =>
        {
            foreach (var known in await client.ListUsersAsync(cancel)) output.WriteLine($"{known.Name,-40} {known.Role,-12} since {known.Created:yyyy-MM-dd}");
        }, looks: true);

        foreach (var verb in new[] { add, token, remove, list }) user.Add(verb);
        yield return user;
    }

    private static void Show(TextWriter output, NewToken issued)
    {
        output.WriteLine($"{issued.Name} ({issued.Role}). The token is shown this once; set it as FLYBALL_TOKEN or MLFLOW_TRACKING_TOKEN:");
        output.WriteLine(issued.Token);
    }
}
