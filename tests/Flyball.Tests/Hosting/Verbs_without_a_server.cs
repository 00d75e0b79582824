using System.CommandLine;
using Flyball.Client;
using Flyball.Server;

namespace Flyball.Tests.Hosting;

/// <summary>Verbs that start a server of their own, and verbs that are asked for what is not there.</summary>
public sealed class Verbs_without_a_server : IAsyncDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("flyball-verbs-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Find_what_an_earlier_one_has_made()
    {
        Directory.CreateDirectory(Path.Combine(folder, "sources"));
        await File.WriteAllTextAsync(Path.Combine(folder, "sources", "rows.csv"), LineProject.Rows(0, 200), Cancel);
        await File.WriteAllTextAsync(Path.Combine(folder, "flyball.yaml"), LineProject.Yaml, Cancel);
        Assert.Contains("line serves version 1", (await RunAsync(0, "up", Path.Combine(folder, "flyball.yaml"), "--once")).Output);
        var predicted = await RunAsync(0, "predict", "line", "{\"x\": 3}");
        Assert.StartsWith("6.", predicted.Output.Replace("5.9999", "6.", StringComparison.Ordinal));
        Assert.Contains("1 label taken", (await RunAsync(0, "label", "line", predicted.Output.Trim().Split('\t')[1], "6")).Output);
        Assert.Contains("line has no prediction later yet", (await RunAsync(0, "label", "line", "later", "6")).Output);
        Assert.Contains("line serves version 1", (await RunAsync(0, "status", "line")).Output);
        Assert.Contains("line serves version 1", (await RunAsync(0, "status")).Output);
        Assert.Contains("it turned out to be 6", (await RunAsync(0, "why", "line", predicted.Output.Trim().Split('\t')[1])).Output);
    }

    [Fact]
    public async Task End_with_one_when_what_was_asked_for_failed()
    {
        await File.WriteAllTextAsync(Path.Combine(folder, "flyball.yaml"), LineProject.Yaml, Cancel);
        Assert.Contains("rows waits: no file matches sources/*.csv", (await RunAsync(1, "up", Path.Combine(folder, "flyball.yaml"), "--once")).Output);
        Directory.CreateDirectory(Path.Combine(folder, "sources"));
        await File.WriteAllTextAsync(Path.Combine(folder, "sources", "rows.csv"), "at,x,y\n2024-01-01 10:00:00,1,2\n2024-01-02 10:00:00,2,4\n", Cancel);
        for (var time = 0; time < 2; time++) Assert.Contains("training of line failed", (await RunAsync(1, "up", Path.Combine(folder, "flyball.yaml"), "--once")).Output);
        await File.WriteAllTextAsync(Path.Combine(folder, "sources", "rows.csv"), LineProject.Rows(0, 200), Cancel);
        Assert.Contains("no training of line has succeeded, and rows v2 is new", (await RunAsync(0, "up", Path.Combine(folder, "flyball.yaml"), "--once")).Output);
        await RunAsync(0, "train", "line");
        await RunAsync(0, "up", Path.Combine(folder, "flyball.yaml"), "--once");
    }

    [Fact]
    public async Task Tell_what_is_new_and_what_is_still_wrong_and_why_a_person_did_something()
    {
        var project = Path.Combine(folder, "flyball.yaml");
        Directory.CreateDirectory(Path.Combine(folder, "sources"));
        await File.WriteAllTextAsync(Path.Combine(folder, "sources", "rows.csv"), LineProject.Rows(0, 200), Cancel);
        await File.WriteAllTextAsync(project, LineProject.Yaml + "\n    retrain: { approval: required }\n", Cancel);
        Assert.Contains("4 changes", (await RunAsync(0, "plan", project)).Output);
        Assert.False(Directory.Exists(Path.Combine(folder, "data")));
        Assert.Contains("line version 1 is challenger", (await RunAsync(0, "up", project, "--once")).Output);
        Assert.Contains("! line version 1 waits for approval", (await RunAsync(0, "status")).Output);
        await RunAsync(0, "approve", "line", "1", "--comment", "fine");
        Assert.DoesNotContain("challenger", (await RunAsync(0, "up", project, "--once")).Output);
        var why = (await RunAsync(0, "why", "line")).Output;
        Assert.Contains("was approved for champion: fine (by owner)", why);
        Assert.Contains("rows v1: 200 rows", why);
        Assert.Contains("Version 1 was made of:", why);
        Assert.Contains("Files new in it: rows.csv", why);
        Assert.Contains("Environment: dotnet ", why);

        await File.WriteAllTextAsync(Path.Combine(folder, "sources", "more.csv"), "at,x\n2024-03-01 10:00:00,1\n", Cancel);
        Assert.DoesNotContain("still:", (await RunAsync(1, "up", project, "--once")).Output);
        Assert.Contains("still: rows could not be taken in: more.csv", (await RunAsync(1, "up", project, "--once")).Output);
    }

    [Fact]
    public async Task End_with_one_where_nothing_trains_on_the_data()
    {
        var project = Path.Combine(folder, "flyball.yaml");
        Directory.CreateDirectory(Path.Combine(folder, "sources"));
        await File.WriteAllTextAsync(Path.Combine(folder, "sources", "rows.csv"), LineProject.Rows(0, 200), Cancel);
        await File.WriteAllTextAsync(project, LineProject.Yaml.Replace("label: {", "expect: [ { expect_column_values_to_not_be_null: { column: hrx } } ]\n    label: {", StringComparison.Ordinal), Cancel);
        for (var time = 0; time < 2; time++) Assert.Contains("expectations not met: expect_column_values_to_not_be_null(hrx); nothing trains on it", (await RunAsync(1, "up", project, "--once")).Output);
        await File.WriteAllTextAsync(project, LineProject.Yaml.Replace("label: {", "known_later: [why]\n    label: {", StringComparison.Ordinal), Cancel);
        Assert.Contains("column why, which is listed in known_later, is missing, so no feature would be kept from it", (await RunAsync(1, "up", project, "--once")).Output);
        await File.WriteAllTextAsync(project, LineProject.Yaml.Replace("label: {", "known_later: [Y, target]\n    label: {", StringComparison.Ordinal), Cancel);
        // what the file says now counts for the files that are known, too
        Assert.Contains("line serves version 1", (await RunAsync(0, "up", project, "--once")).Output);
        Assert.StartsWith("6", (await RunAsync(0, "predict", "line", "{\"x\": 3}")).Output.Replace("5.999", "6", StringComparison.Ordinal));
        await File.WriteAllTextAsync(project, LineProject.Yaml.Replace("sql: y", "sql: y * 2", StringComparison.Ordinal) + "\n    retrain: { on: [new_data], guards: { cooldown: 1s } }\n", Cancel);
        // longer than the cooldown
        await Task.Delay(TimeSpan.FromSeconds(1.1), TimeProvider.System, Cancel);
        Assert.Contains("line serves version 2", (await RunAsync(0, "up", project, "--once")).Output);
        Assert.Matches("^(12|11\\.999)", (await RunAsync(0, "predict", "line", "{\"x\": 3}")).Output);
        // other expectations of the same rows are a new version that nothing is learned from
        await File.WriteAllTextAsync(project, (await File.ReadAllTextAsync(project, Cancel)).Replace("label: {", "expect: [ { expect_column_values_to_not_be_null: { column: x } } ]\n    label: {", StringComparison.Ordinal), Cancel);
        var last = (await RunAsync(0, "up", project, "--once")).Output;
        Assert.Contains("200 rows, no new file; all expectations met", last);
        Assert.DoesNotContain("is trained", last);
    }

    [Theory]
    [InlineData("sql: y", "sql: y +")]
    [InlineData("sql: y", "sql: z")]
    [InlineData("label: {", "known_later: [why]\n    label: {")]
    [InlineData("label: {", "transform: select * replace (y::varchar::date as y) from source\n    label: {")]
    public async Task Are_done_with_what_was_broken_and_set_back(string right, string wrong)
    {
        var project = Path.Combine(folder, "flyball.yaml");
        Directory.CreateDirectory(Path.Combine(folder, "sources"));
        await File.WriteAllTextAsync(Path.Combine(folder, "sources", "rows.csv"), LineProject.Rows(0, 200), Cancel);
        await File.WriteAllTextAsync(project, LineProject.Yaml, Cancel);
        await RunAsync(0, "up", project, "--once");
        await File.WriteAllTextAsync(project, LineProject.Yaml.Replace(right, wrong, StringComparison.Ordinal), Cancel);
        await RunAsync(1, "up", project, "--once");
        var refused = (await RunAsync(0, "status")).Output;
        if (!wrong.EndsWith('+')) Assert.Contains("! rows could not be taken in", refused);
        await File.WriteAllTextAsync(project, LineProject.Yaml, Cancel);
        Assert.DoesNotContain("still:", (await RunAsync(0, "up", project, "--once")).Output);
        Assert.DoesNotContain("!", (await RunAsync(0, "status")).Output);
        Assert.DoesNotContain("can be taken in again", (await RunAsync(0, "up", project, "--once")).Output);
    }

    [Fact]
    public async Task Leave_no_data_directory_where_there_is_nothing_to_keep()
    {
        string[][] verbs = [["status"], ["why", "line"], ["predict", "line", "{}"], ["label", "line", "p", "-5"], ["train", "line"], ["user", "list"], ["data", "versions", "straight", "rows"], ["approve", "line", "1"]];
        foreach (var verb in verbs) await RunAsync(verb is ["status"] or ["user", "list"] ? 0 : 1, verb);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
    }

    [Fact]
    public async Task Wait_for_each_other()
    {
        await RunAsync(0, "user", "add", "ann", "--role", "admin");
        var all = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => RunAsync(0, "user", "list"))));
        Assert.All(all, each => Assert.Contains("ann", each.Output));

        // whatever a verb's server is just doing: beginning, working or ending
        var project = Path.Combine(folder, "flyball.yaml");
        Directory.CreateDirectory(Path.Combine(folder, "sources"));
        await File.WriteAllTextAsync(Path.Combine(folder, "sources", "rows.csv"), LineProject.Rows(0, 200), Cancel);
        await File.WriteAllTextAsync(project, LineProject.Yaml, Cancel);
        for (var pause = 0; pause < 5; pause++)
        {
            string[][] verbs = [["plan", project], ["up", project, "--once"], ["backup", Path.Combine(folder, $"{pause}.tar")]];
            foreach (var verb in verbs)
            {
                var other = Task.Run(() => RunAsync(0, "user", "list"));
                await Task.Delay(TimeSpan.FromMilliseconds(pause * 100), TimeProvider.System, Cancel);
                await RunAsync(0, verb);
                await other;
            }
        }
    }

    [Fact]
    public async Task Do_not_wait_for_another_s_server_where_their_own_token_is_refused()
    {
        var project = Path.Combine(folder, "flyball.yaml");
        await File.WriteAllTextAsync(project, LineProject.Yaml, Cancel);
        await using var other = await TestFlyball.StartAsync(change: options => options with { IsOfVerb = true });
        var viewer = await other.Client.AddUserAsync(new AddUser("ann", "viewer"), Cancel);
        var address = Path.Combine(other.Folder, "data", "server.json");
        await File.WriteAllTextAsync(address, (await File.ReadAllTextAsync(address, Cancel)).Replace(other.Server.OwnerToken, viewer.Token, StringComparison.Ordinal), Cancel);
        var started = System.Diagnostics.Stopwatch.StartNew();
        var (_, error) = await RunAsync(1, "up", project, "--once", "--data-dir", Path.Combine(other.Folder, "data"));
        Assert.DoesNotContain("Another verb", error);
        Assert.Contains("ann", error);
        Assert.InRange(started.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(8));
    }

    [Fact]
    public async Task Read_no_more_of_a_project_file_than_one_can_hold()
    {
        Assert.Contains("the file is larger than 1 MB", (await RunAsync(1, "plan", "/dev/zero")).Error);
    }

    [Fact]
    public async Task Keep_the_loop_going_when_the_verb_beside_them_ends()
    {
        await using var other = await TestFlyball.StartAsync(change: options => options with { IsOfVerb = true });
        var (project, sources) = (Path.Combine(other.Sources, "flyball.yaml"), other.Sources);
        await File.WriteAllTextAsync(project, LineProject.Yaml.Replace("sources/*.csv", "./*.csv", StringComparison.Ordinal), Cancel);
        using var interrupt = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        using var output = new Written();
        var keeping = Capabilities.CommandLine().Parse(["up", project, "--data-dir", Path.Combine(other.Folder, "data")]).InvokeAsync(new InvocationConfiguration { Output = output, Error = output, EnableDefaultExceptionHandler = false }, interrupt.Token);
        await UntilAsync($"straight revision 1 at {other.Server.Url}");
        await other.StopAsync();
        await UntilAsync("rows waits: no file matches");
        await File.WriteAllTextAsync(Path.Combine(sources, "rows.csv"), LineProject.Rows(0, 200), Cancel);
        await UntilAsync("line serves version 1");
        await interrupt.CancelAsync();
        Assert.Equal(130, await keeping);

        async Task UntilAsync(string said)
        {
            for (var waited = System.Diagnostics.Stopwatch.StartNew(); !output.Text.Contains(said, StringComparison.Ordinal);)
            {
                Assert.False(keeping.IsCompleted || waited.Elapsed > TimeSpan.FromSeconds(120), output.Text);
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Cancel);
            }
        }
    }

    [Fact]
    public async Task Back_up_nothing_where_nothing_is()
    {
        var (archive, foreign) = (Path.Combine(folder, "b.tar"), Directory.CreateDirectory(Path.Combine(folder, "foreign")).FullName);
        Assert.Contains("there is nothing to back up", (await RunAsync(1, "backup", archive)).Error);
        await File.WriteAllTextAsync(Path.Combine(foreign, "photo.jpg"), "x", Cancel);
        await File.WriteAllTextAsync(Path.Combine(folder, "flyball.yaml"), LineProject.Yaml, Cancel);
        foreach (var verb in (string[][])[["backup", archive], ["plan", Path.Combine(folder, "flyball.yaml")], ["status"], ["backtest", Path.Combine(folder, "flyball.yaml")]])
        {
            Assert.Contains(verb[0] == "backtest" ? "at least two source files" : "holds other files", (await RunAsync(1, [.. verb, "--data-dir", foreign])).Error);
        }

        Assert.False(File.Exists(archive));
        Assert.Single(Directory.EnumerateFileSystemEntries(foreign));
    }

    [Fact]
    public async Task Do_not_take_another_server_for_the_one_that_was_killed()
    {
        var data = Path.Combine(folder, "data");
        await RunAsync(0, "user", "add", "ann", "--role", "admin");
        await using var other = await TestFlyball.StartAsync();
        // a killed server leaves behind where it was
        await File.WriteAllTextAsync(Path.Combine(data, "server.json"), $$"""{"url": "{{other.Server.Url}}", "token": "gone", "processId": 1}""", Cancel);
        Assert.Contains("ann", (await RunAsync(0, "user", "list")).Output);
        await RunAsync(0, "user", "add", "bob", "--role", "viewer");
        Assert.Contains("bob", (await RunAsync(0, "user", "list")).Output);
        Assert.DoesNotContain("bob", (await RunAsync(0, "user", "list", "--data-dir", Path.Combine(other.Folder, "data"))).Output);
    }

    [Theory]
    [InlineData("http://10.255.255.1:7334", "cannot be listened on")]
    [InlineData("http://nosuchhost.invalid:7334", "'nosuchhost.invalid' is a name")]
    public async Task Listen_at_addresses_of_this_machine_alone(string url, string said)
    {
        await RunAsync(0, "user", "add", "ann", "--role", "admin");
        var (_, error) = await RunAsync(1, "serve", "--urls", url);
        Assert.Contains(said, error);
        Assert.Single(error.Trim().Split('\n'));
    }

    [Fact]
    public async Task Leave_nothing_in_anybody_s_home()
    {
        var start = new System.Diagnostics.ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "flyball")) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["user", "add", "ann", "--role", "admin", "--data-dir", Path.Combine(folder, "data")]) start.ArgumentList.Add(argument);
        start.Environment["HOME"] = Directory.CreateDirectory(Path.Combine(folder, "home")).FullName;
        using var process = System.Diagnostics.Process.Start(start)!;
        await process.WaitForExitAsync(Cancel);
        Assert.Equal(0, process.ExitCode);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(folder, "home")));
    }

    [Theory]
    [InlineData("No version of a model 'none' has been trained", "status", "none")]
    [InlineData("No applied project has a model 'none'", "train", "none")]
    [InlineData("has no version of a dataset", "data", "versions", "none", "none")]
    [InlineData("is not the address of a server", "status", "none", "--url", "ftp://127.0.0.1")]
    [InlineData("is not the address of a server", "worker", "--url", "nonsense")]
    [InlineData("is no data directory of a server", "worker", "--url", "http://127.0.0.1:9", "--data-dir", "/nosuch")]
    [InlineData("The rows are not JSON (line 1", "predict", "none", "{bad")]
    [InlineData("No Flyball server answers at", "status", "none", "--url", "http://127.0.0.1:9")]
    [InlineData("--data-dir is empty", "status", "none", "--data-dir", "")]
    [InlineData("--data is empty", "plan", "/dev/zero", "--data", "")]
    [InlineData("name is empty", "backup", "")]
    [InlineData("There is no folder", "backup", "/nosuch/folder/x.tar")]
    [InlineData("There is no folder", "serve", "--source-root", "/nosuch/folder")]
    [InlineData("There is no archive", "restore", "/nosuch/x.tar")]
    [InlineData("'maybe' is no label", "label", "line", "p", "maybe")]
    [InlineData("There is no project file", "plan", "/nosuch/flyball.yaml")]
    [InlineData("There is no project file", "plan", ".")]
    [InlineData("is a file", "demo", "--folder", "/etc/hostname")]
    public async Task Say_in_one_sentence_what_is_wrong(string said, params string[] arguments)
    {
        var (_, error) = await RunAsync(1, arguments);
        Assert.Contains(said, error);
        Assert.DoesNotContain("   at ", error);
        Assert.Single(error.Trim().Split('\n'));
    }

    [Fact]
    public async Task Do_not_wait_for_what_takes_questions_and_answers_none()
    {
        using var silent = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        silent.Start();
        var (_, error) = await RunAsync(1, "status", "none", "--url", $"http://{silent.LocalEndpoint}").WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, Cancel);
        Assert.StartsWith($"What listens at http://{silent.LocalEndpoint} has not answered for 10 seconds", error);
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    /// <summary>What has been written so far, while more is.</summary>
    private sealed class Written : StringWriter
    {
        private readonly Lock turn = new();

        public string Text
        {
            get
            {
                lock (turn) return ToString();
            }
        }

        public override void Write(char value)
        {
            lock (turn) base.Write(value);
        }

        public override void Write(string? value)
        {
            lock (turn) base.Write(value);
        }

        public override Task WriteLineAsync(string? value)
        {
            lock (turn) WriteLine(value);
            return Task.CompletedTask;
        }
    }

    private async Task<(string Output, string Error)> RunAsync(int expected, params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        string[] given = arguments.Contains("--data-dir") || arguments.Contains("--url") ? arguments : [.. arguments, "--data-dir", Path.Combine(folder, "data")];
        var code = await Capabilities.CommandLine().Parse(given).InvokeAsync(new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false }, Cancel);
        Assert.True(code == expected, $"flyball {string.Join(' ', arguments)} ended with {code}:\n{output}{error}");
        return (output.ToString(), error.ToString());
    }
}
