using System.CommandLine;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Flyball.Server;

namespace Flyball.Tests.House;

/// <summary>What README and docs tell people to type is typed here.</summary>
public sealed partial class Commands_of_the_documentation
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void Are_understood_by_the_program()
    {
        var commands = Documents().SelectMany(file => Commands().Matches(Joined().Replace(File.ReadAllText(file), " ")).Select(match => (File: Path.GetFileName(file), Line: (match.Groups["fenced"].Value + match.Groups["inline"].Value).Trim()))).ToList();
        Assert.True(commands.Count > 15, $"{commands.Count} commands were found");
        foreach (var (file, line) in commands)
        {
            // what follows a redirection is the shell's; of a|b the first is typed
            var words = Words(line.Split(" > ")[0]).Select(word => word.Split('|')[0]).ToList();
            var parsed = Capabilities.CommandLine().Parse(words);
            // a verb may be named without all that belongs to it, but nothing that it does not know may be said
            var group = parsed.CommandResult.Command.Subcommands.Count > 0;
            Assert.True(parsed.UnmatchedTokens.Count == 0 && (words.Count == 0 || words[0].StartsWith('-') || parsed.CommandResult.Command is not RootCommand), $"{file}: flyball {line}: {string.Join("; ", parsed.Errors.Select(error => error.Message))}");
            Assert.True(group || parsed.Errors.Count == 0 || words.Count == 1, $"{file}: flyball {line}: {string.Join("; ", parsed.Errors.Select(error => error.Message))}");
        }
    }

    [Fact]
    public void Name_scripts_and_files_that_are_there()
    {
        Assert.True(File.Exists(Golden.Checkout("flyball")) && File.Exists(Golden.Checkout("test")));
        foreach (var file in Documents())
        {
            foreach (Match link in Links().Matches(File.ReadAllText(file)))
            {
                var target = Path.Combine(Path.GetDirectoryName(file)!, link.Groups["path"].Value);
                Assert.True(Path.Exists(target), $"{Path.GetFileName(file)} links to {link.Groups["path"].Value}, which is not there");
            }
        }
    }

    [Fact]
    public async Task Of_the_README_work_on_the_taxi_sample()
    {
        var readme = await File.ReadAllTextAsync(Golden.Checkout("README.md"), Cancel);
        await using var flyball = await TestFlyball.StartAsync(change: options => options with { ManualLoops = false, SourceRoots = [.. options.SourceRoots, Golden.Checkout("samples", "nyc-taxi")] });
        foreach (var month in (string[])["2021-01", "2021-02"]) File.Copy(SharedData.Path("nyc_green", $"green_tripdata_{month}.parquet"), Path.Combine(flyball.Sources, $"green_tripdata_{month}.parquet"));

        Assert.Contains("./flyball up samples/nyc-taxi/flyball.yaml --data FOLDER\n", readme);
        var up = await RunAsync(flyball, ["up", Golden.Checkout("samples", "nyc-taxi", "flyball.yaml"), "--data", flyball.Sources, "--once"]);
        Assert.True(up.Code == 0, up.Text);
        var predicted = await RunAsync(flyball, Words(Told(readme, "predict")));
        Assert.True(predicted.Code == 0, predicted.Text);
        var id = PredictionId().Match(predicted.Text).Value;
        Assert.NotEmpty(id);
        var labelled = await RunAsync(flyball, Words(Told(readme, "label")).Select(word => word == "ID" ? id : word));
        Assert.True(labelled.Code == 0, labelled.Text);
        Assert.Equal(17.5, (await flyball.Client.GetPredictionAsync("trip-duration", id, Cancel)).Label);
        Assert.Contains("champion", (await RunAsync(flyball, Words(Told(readme, "status")))).Text);
        Assert.Contains("registered", (await RunAsync(flyball, Words(Told(readme, "why")))).Text);
        Assert.Contains("./flyball why trip-duration` (or `why trip-duration ID`)", readme);
        Assert.Equal(0, (await RunAsync(flyball, ["why", "trip-duration", id])).Code);
    }

    [Fact]
    public async Task Of_the_guides_that_use_curl_work_on_a_served_model()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await LineProject.ApplyAsync(flyball);
        await flyball.UntilQuietAsync();
        var lines = Documents().SelectMany(File.ReadAllLines).Where(line => line.StartsWith("curl ", StringComparison.Ordinal)).ToList();
        Assert.True(lines.Count >= 3);
        foreach (var line in lines)
        {
            var words = Words(line);
            var content = new StringContent(words[words.IndexOf("-d") + 1], Encoding.UTF8, "application/json");
            Assert.Equal("content-type: application/json", words[words.IndexOf("-H") + 1]);
            using var answer = await flyball.Http.PostAsync(words[1].Replace("localhost:7070", "", StringComparison.Ordinal), content, Cancel);
            Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{line} answered {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync(Cancel)}");
        }

        Assert.Equal(6.5, (await flyball.Client.GetPredictionAsync("line", "trip-7", Cancel)).Label);
    }

    private static IEnumerable<string> Documents() => Directory.EnumerateFiles(Golden.Checkout("docs"), "*.md", SearchOption.AllDirectories).Where(file => !file.Contains("decisions", StringComparison.Ordinal)).Append(Golden.Checkout("README.md"));

    /// <summary>The words after ./flyball of the first command of a verb that a text tells.</summary>
    private static string Told(string text, string verb) => Regex.Match(text, $@"`\./flyball (?<line>{verb} [^`]*)`").Groups["line"] is { Success: true } line ? line.Value : throw new InvalidOperationException($"the README no longer tells ./flyball {verb}");

    private static async Task<(int Code, string Text)> RunAsync(TestFlyball flyball, IEnumerable<string> words)
    {
        using var output = new StringWriter();
        var code = await Capabilities.CommandLine().Parse([.. words, "--data-dir", Path.Combine(flyball.Folder, "data")]).InvokeAsync(new InvocationConfiguration { Output = output, Error = output }, Cancel);
        return (code, output.ToString());
    }

    /// <summary>Words as a shell splits them: quotes hold together, nothing else is special.</summary>
    private static List<string> Words(string line) => [.. Quoted().Matches(line).Select(match => match.Groups["quoted"].Success ? match.Groups["quoted"].Value : match.Value)];

    [GeneratedRegex("'(?<quoted>[^']*)'|\"(?<quoted>[^\"]*)\"|[^\\s'\"]+")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"^(\./)?flyball (?<fenced>[^`\n]*)$|`(\./)?flyball (?<inline>[^`\n]+)`", RegexOptions.ExplicitCapture | RegexOptions.Multiline)]
    private static partial Regex Commands();

    [GeneratedRegex(@" \\\n\s*")]
    private static partial Regex Joined();

    [GeneratedRegex(@"\]\((?<path>[^)#:]+)(#[^)]*)?\)", RegexOptions.ExplicitCapture)]
    private static partial Regex Links();

    [GeneratedRegex("[0-9a-f]{32}[0-9a-f-]*")]
    private static partial Regex PredictionId();
}
