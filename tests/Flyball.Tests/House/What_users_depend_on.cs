using Flyball.Client;
using System.CommandLine;
using System.CommandLine.Help;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using Flyball.Foundation;
using Flyball.Server;
using Flyball.Server.Access;
using Microsoft.AspNetCore.Routing;

namespace Flyball.Tests.House;

/// <summary>Whatever somebody outside relies on is in a golden file, so that changing it is a visible decision: <c>FLYBALL_REGENERATE=1</c> rewrites them all.</summary>
public sealed partial class What_users_depend_on
{
    private static readonly Assembly[] Assemblies = [typeof(Db).Assembly, typeof(FlyballServer).Assembly];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_help_of_every_verb()
    {
        var text = new StringBuilder();
        foreach (var path in Verbs(Capabilities.CommandLine(), []))
        {
            var root = Capabilities.CommandLine();
            ((HelpAction)root.Options.OfType<HelpOption>().Single().Action!).MaxWidth = 10_000;
            using var output = new StringWriter();
            Assert.Equal(0, await root.Parse([.. path, "--help"]).InvokeAsync(new InvocationConfiguration { Output = output, Error = output }, Cancel));
            var help = output.ToString().Replace(Directory.GetCurrentDirectory(), ".", StringComparison.Ordinal).Replace("  Flyball.Tests ", "  flyball ", StringComparison.Ordinal);
            text.Append(null, $"# {string.Join(' ', path.Prepend("flyball"))}\n{Trailing().Replace(help.ReplaceLineEndings("\n"), "\n").Trim()}\n\n");
        }

        Golden.Matches("help.txt", text.ToString());
    }

    [Fact]
    public async Task The_api()
    {
        await using var flyball = await TestFlyball.StartAsync();
        Golden.Matches("openapi.json", await flyball.Http.GetStringAsync("/openapi.json", Cancel) + "\n");
    }

    [Fact]
    public void The_events_of_the_journal()
    {
        var events = Assemblies.SelectMany(assembly => assembly.GetTypes()).Where(type => type is { IsAbstract: false } && typeof(IEvent).IsAssignableFrom(type)).Select(type =>
            $"{type.GetProperty("Type", BindingFlags.Public | BindingFlags.Static)!.GetValue(null)}: {string.Join(", ", type.GetConstructors()[0].GetParameters().Select(field => $"{char.ToLowerInvariant(field.Name![0])}{field.Name[1..]}"))}").Order(StringComparer.Ordinal).ToList();
        Assert.Equal(events.Count, events.Select(text => text.Split(':')[0]).Distinct().Count());
        Golden.Matches("events.txt", string.Join('\n', events) + "\n");
    }

    [Fact]
    public void Every_event_is_told_in_words()
    {
        foreach (var type in Assemblies.SelectMany(assembly => assembly.GetTypes()).Where(type => type is { IsAbstract: false } && typeof(IEvent).IsAssignableFrom(type)))
        {
            var name = (string)type.GetProperty("Type", BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!;
            var data = type.GetConstructors()[0].GetParameters().ToDictionary(field => $"{char.ToLowerInvariant(field.Name![0])}{field.Name[1..]}", object (field) =>
                field.ParameterType == typeof(bool) ? true : field.ParameterType.IsPrimitive ? 1 : field.ParameterType != typeof(string) && field.ParameterType.IsAssignableTo(typeof(System.Collections.IEnumerable)) ? Array.Empty<string>() : "x");
            var told = Flyball.Server.Hosting.Sentences.Of(new JournalEntryInfo(1, "id", default, name, "model:m", null, "owner", null, System.Text.Json.JsonSerializer.SerializeToElement(data)));
            Assert.DoesNotContain(name, told);
        }
    }

    [Fact]
    public void The_numbers_of_enumerations()
    {
        var lines = Assemblies.SelectMany(assembly => assembly.GetTypes()).Where(type => type.IsEnum).OrderBy(type => type.FullName, StringComparer.Ordinal)
            .Select(type => $"{type.FullName}: {string.Join(", ", Enum.GetValues(type).Cast<Enum>().Select(value => $"{value} = {value:D}"))}");
        Golden.Matches("enums.txt", string.Join('\n', lines) + "\n");
    }

    [Fact]
    public void The_codes_of_refusals()
    {
        var codes = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var file in Directory.EnumerateFiles(Golden.Checkout("src"), "*.cs", SearchOption.AllDirectories))
        {
            var source = File.ReadAllText(file);
            foreach (Match match in Refused().Matches(source)) codes.Add($"{Status(match.Groups["kind"].Value)} {match.Groups["code"].Value}");
            foreach (Match match in Absent().Matches(source)) codes.Add($"404 {match.Groups["thing"].Value.Replace(' ', '-')}-not-found");
            foreach (Match match in Answered().Matches(source)) codes.Add($"{match.Groups["status"].Value} {match.Groups["code"].Value}");
        }

        Assert.True(codes.Count > 30);
        Golden.Matches("refusals.txt", string.Join('\n', codes) + "\n");
    }

    [Fact]
    public async Task The_tables_of_the_database()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var statements = await flyball.Server.Service<Db>().ReadAsync(tx => tx.QueryAsync("select sql from sqlite_master where sql is not null and name not like 'sqlite_%' order by type desc, name", null, row => row.Text("sql")), Cancel);
        Golden.Matches("schema.sql", string.Join(";\n\n", statements.Select(sql => sql.ReplaceLineEndings("\n"))) + ";\n");
    }

    [Fact]
    public async Task The_routes_and_what_they_need()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var routes = flyball.Server.Service<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .SelectMany(route => (route.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["*"]).Select(method => $"{route.RoutePattern.RawText} {method} {route.Metadata.GetMetadata<RouteAccess>()?.Permission?.ToString() ?? "open"}"))
            .Distinct().Order(StringComparer.Ordinal);
        Golden.Matches("routes.txt", string.Join('\n', routes) + "\n");
    }

    private static IEnumerable<string[]> Verbs(Command command, string[] path)
    {
        yield return path;
        foreach (var verb in command.Subcommands.Where(verb => !verb.Hidden))
        {
            foreach (var below in Verbs(verb, [.. path, verb.Name])) yield return below;
        }
    }

    private static string Status(string kind) => kind.Length == 0 ? "?" : ((int)Enum.Parse<RefusalKind>(kind)).ToString(System.Globalization.CultureInfo.InvariantCulture);

    [GeneratedRegex(@"Refusal\.(?<kind>Invalid|Unprocessable|Conflict|Unavailable)\(\s*\$?""(?<code>[^""]+)""|new(\s+Refusal)?\(\s*RefusalKind\.(?<kind>\w+),\s*\$?""(?<code>[^""]+)""", RegexOptions.ExplicitCapture)]
    private static partial Regex Refused();

    [GeneratedRegex(@"Refusal\.NotFound\(""(?<thing>[^""]+)""", RegexOptions.ExplicitCapture)]
    private static partial Regex Absent();

    [GeneratedRegex(@"\((?<status>[45]\d\d), ""(?<code>[a-z][a-z0-9-]+)"",", RegexOptions.ExplicitCapture)]
    private static partial Regex Answered();

    [GeneratedRegex(@"[ \t]+\n")]
    private static partial Regex Trailing();
}
