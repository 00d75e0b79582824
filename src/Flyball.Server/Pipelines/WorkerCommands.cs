using System.CommandLine;
using Flyball.Client;
using Flyball.Foundation;
using Flyball.Server.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Flyball.Server.Pipelines;

internal static class WorkerCommands
{
    public static IEnumerable<Command> All(Verbs verbs)
    {
        var local = new Option<bool>("--local") { Description = "End when standard input closes.", Hidden = true };
        var worker = new Command("worker", "A process that runs heavy steps for a server on the same data directory (the one that runs there, or FLYBALL_URL and FLYBALL_TOKEN of a user with the role worker).") { local };
        Verbs.Offline(worker, async (parsed, output, cancel) =>
        {
            var given = parsed.GetValue(verbs.Url) is { Length: > 0 } url ? Verbs.Address(url) : null;
            var data = Path.GetFullPath(parsed.GetRequiredValue(verbs.DataDir));
            var store = DataDirectory.FindIdentity(data) ?? throw new VerbException($"{data} is no data directory of a server; a worker runs on its server's own, on the same machine or a shared file system (--data-dir).");
            var objects = new DiskObjectStore(data);
            var announced = given is null ? DataDirectory.FindServer(data) ?? throw new VerbException($"No server runs on {data}; start one with `flyball serve`, or name one on another machine with --url or FLYBALL_URL.") : null;
            using var client = new FlyballClient(given ?? new Uri(announced!.Url), Environment.GetEnvironmentVariable("FLYBALL_TOKEN") ?? announced?.Token);
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            var input = parsed.GetValue(local) ? EndWithInputAsync() : Task.CompletedTask;
            await using var services = Capabilities.WorkerServices();
            // one that the server started speaks through its log
            Action<string>? say = parsed.GetValue(local) ? null : output.WriteLine;
            say?.Invoke($"A worker for {client.Url} on {data}; Ctrl+C ends it.");
            try
            {
                await new Worker(client, objects, store, Path.Combine(data, "tmp"), services.GetServices<IJobWork>(), say).RunAsync(ending.Token);
            }
            catch (FlyballException refused) when (refused.Status is 401 || refused.Code == FlyballException.Forbidden)
            {
                throw new VerbException($"{refused.Message} A worker needs FLYBALL_TOKEN of a user with the role worker; `flyball user add NAME --role worker` makes one.");
            }

            await output.FlushAsync(CancellationToken.None);
            await input;
            return 0;
        });
        yield return worker;
    }

    private static async Task EndWithInputAsync()
    {
        await using var input = Console.OpenStandardInput();
        var buffer = new byte[1];
        while (await input.ReadAsync(buffer) > 0)
        {
            // nothing is ever sent; the end of the stream is the message
        }

        Environment.Exit(0);
    }
}
