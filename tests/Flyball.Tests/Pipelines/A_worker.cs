using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Flyball.Client;
using Flyball.Foundation;
using Flyball.Server;
using Flyball.Server.Access;
using Flyball.Server.Pipelines;

namespace Flyball.Tests.Pipelines;

/// <summary>What does the work of a server, and what looks after it, when something fails that neither can help.</summary>
public sealed class A_worker
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whose_folder_is_gone_takes_the_next_job()
    {
        await using var flyball = await StartAsync(workers: 0);
        await LineProject.ApplyAsync(flyball);
        Assert.False(await flyball.Client.IsQuietAsync(Cancel));
        var data = Path.Combine(flyball.Folder, "data");
        var scratch = Path.Combine(flyball.Folder, "scratch");
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var work = new FolderGone();
        using var client = new FlyballClient(flyball.Server.Url, flyball.Server.Service<Users>().WorkerToken);
        var working = new Worker(client, new DiskObjectStore(data), DataDirectory.FindIdentity(data)!, scratch, [work]).RunAsync(ending.Token);
        // an attempt that fails without being final is given again, here to the same worker
        await Task.WhenAny(working, work.Twice.Task).WaitAsync(TimeSpan.FromSeconds(30), Cancel);
        Assert.False(working.IsCompleted);
        await ending.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => working);
    }

    [Fact]
    public async Task Is_started_once_the_server_can_after_it_could_not()
    {
        await using var flyball = await StartAsync(workers: 1);
        var db = flyball.Server.Service<Db>();
        await db.WriteAsync(tx => tx.ExecuteAsync("alter table jobs rename to jobs_elsewhere"), Cancel);
        flyball.Server.Service<Journal>().Signal();
        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System, Cancel);
        await db.WriteAsync(tx => tx.ExecuteAsync("alter table jobs_elsewhere rename to jobs"), Cancel);
        await LineProject.ApplyAsync(flyball);
        for (var waited = 0; (await flyball.Client.ListDatasetVersionsAsync("straight", "rows", Cancel)).Count == 0; waited++)
        {
            Assert.True(waited < 300, "no worker took the job");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Cancel);
        }
    }

    [Fact]
    public async Task Of_another_data_directory_gets_no_work()
    {
        await using var flyball = await StartAsync(workers: 0);
        await LineProject.ApplyAsync(flyball);
        Assert.False(await flyball.Client.IsQuietAsync(Cancel));
        using var client = new FlyballClient(flyball.Server.Url, flyball.Server.Service<Users>().WorkerToken);
        var other = Path.Combine(flyball.Folder, "other");
        var refused = await Assert.ThrowsAsync<FlyballException>(() => new Worker(client, new DiskObjectStore(other), new string('0', 32), other, [new FolderGone()]).RunAsync(Cancel));
        Assert.Equal((Worker.OtherStore, 409), (refused.Code, refused.Status));
        Assert.Equal("queued", Assert.Single(await flyball.Client.ListJobsAsync(Cancel)).State);
    }

    [Fact]
    public async Task Finds_the_server_of_its_data_directory()
    {
        var flyball = await StartAsync(workers: 0);
        await LineProject.ApplyAsync(flyball);
        var data = Path.Combine(flyball.Folder, "data");
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var working = RunAsync(ending.Token, "worker", "--data-dir", data);
        for (var waited = 0; (await flyball.Client.ListDatasetVersionsAsync("straight", "rows", Cancel)).Count == 0; waited++)
        {
            Assert.True(waited < 300 && !working.IsCompleted, "the worker took no job");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Cancel);
        }

        // the next server on the same directory has another port and another token
        var url = flyball.Server.Url;
        await using var later = await flyball.RestartAsync(options => options with { ManualLoops = false, Workers = 0 });
        await File.AppendAllTextAsync(Path.Combine(later.Sources, "rows.csv"), "2024-02-01 10:00:00,500,1000\n", Cancel);
        for (var waited = 0; (await later.Client.ListDatasetVersionsAsync("straight", "rows", Cancel)).Count < 2; waited++)
        {
            Assert.True(waited < 300 && !working.IsCompleted, "the worker took no job of the next server");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Cancel);
        }

        await ending.CancelAsync();
        var (code, output, _) = await working;
        Assert.Equal(130, code);
        Assert.StartsWith($"A worker for {url} on {data}; Ctrl+C ends it.", output);
        Assert.Contains($"A worker for {later.Server.Url} on {data}; Ctrl+C ends it.", output);
        Assert.Contains("ingest ", output);
    }

    [Fact]
    public async Task Waits_for_its_server_where_others_have_taken_the_port()
    {
        var flyball = await StartAsync(workers: 0);
        await LineProject.ApplyAsync(flyball);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var working = RunAsync(ending.Token, "worker", "--data-dir", Path.Combine(flyball.Folder, "data"));
        await UntilAsync(async () => (await flyball.Client.ListDatasetVersionsAsync("straight", "rows", Cancel)).Count == 1);
        var url = flyball.Server.Url;
        await flyball.StopAsync();

        // the server of another directory, which does not know the token; then a program that says yes to everything
        await using (await TestFlyball.StartAsync(change: options => options with { Urls = [url.ToString()] })) await StaysAsync();
        using (var other = new HttpListener { Prefixes = { url.ToString() } })
        {
            other.Start();
            var answering = AnswerAsync(other);
            await StaysAsync();
            other.Stop();
            await answering;
        }

        await using var later = await TestFlyball.StartAsync(flyball.Folder, change: options => options with { ManualLoops = false, Workers = 0 });
        await File.AppendAllTextAsync(Path.Combine(later.Sources, "rows.csv"), "2024-02-01 10:00:00,500,1000\n", Cancel);
        await UntilAsync(async () => (await later.Client.ListDatasetVersionsAsync("straight", "rows", Cancel)).Count == 2);
        await ending.CancelAsync();
        var (code, output, _) = await working;
        Assert.Equal(130, code);
        Assert.Contains($"What answers at {url} is not the server of this data directory.", output);
        Assert.Contains($"A worker for {later.Server.Url} on ", output);

        async Task StaysAsync()
        {
            await Task.Delay(TimeSpan.FromSeconds(2.5), TimeProvider.System, Cancel);
            Assert.False(working.IsCompleted, working.IsCompleted ? (await working).Error : "");
        }

        async Task UntilAsync(Func<Task<bool>> condition)
        {
            for (var waited = 0; !await condition(); waited++)
            {
                Assert.True(waited < 300 && !working.IsCompleted, "the worker took no job");
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Cancel);
            }
        }

        static async Task AnswerAsync(HttpListener listener)
        {
            try
            {
                while (true)
                {
                    var context = await listener.GetContextAsync();
                    context.Response.ContentType = "application/json";
                    context.Response.Close("{}"u8.ToArray(), willBlock: false);
                }
            }
            catch (Exception stopped) when (stopped is HttpListenerException or ObjectDisposedException)
            {
                // it was stopped
            }
        }
    }

    [Fact]
    public async Task Finds_its_server_also_where_what_has_taken_the_port_takes_questions_and_answers_none()
    {
        var flyball = await StartAsync(workers: 0);
        var data = Path.Combine(flyball.Folder, "data");
        var (announced, address) = (DataDirectory.FindServer(data)!, await File.ReadAllTextAsync(Path.Combine(data, "server.json"), Cancel));
        using var client = new FlyballClient(flyball.Server.Url, announced.Token);
        await flyball.StopAsync();
        using var silent = new TcpListener(IPAddress.Loopback, new Uri(announced.Url).Port);
        silent.Start();

        // one that comes first finds what a killed server has left behind
        await File.WriteAllTextAsync(Path.Combine(data, "server.json"), address, Cancel);
        Assert.StartsWith($"No server runs on {data}; ", (await RunAsync(Cancel, "worker", "--data-dir", data).WaitAsync(TimeSpan.FromSeconds(30), Cancel)).Error);

        var working = new Worker(client, new DiskObjectStore(data), DataDirectory.FindIdentity(data)!, Path.Combine(flyball.Folder, "scratch"), [new FolderGone()], null, cancel => WorkerCommands.FindAsync(data, announced, cancel)).RunAsync(Cancel);
        await using var later = await TestFlyball.StartAsync(flyball.Folder, change: options => options with { Workers = 0 });
        await working.WaitAsync(TimeSpan.FromSeconds(60), Cancel);
    }

    [Fact]
    public async Task Leaves_an_attempt_that_its_server_gave_back_when_it_was_started_again()
    {
        var flyball = await StartAsync(workers: 0);
        await LineProject.ApplyAsync(flyball);
        var data = Path.Combine(flyball.Folder, "data");
        var work = new Endless();
        var announced = DataDirectory.FindServer(data)!;
        using var client = new FlyballClient(flyball.Server.Url, announced.Token);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var working = new Worker(client, new DiskObjectStore(data), DataDirectory.FindIdentity(data)!, Path.Combine(flyball.Folder, "scratch"), [work], null, cancel => WorkerCommands.FindAsync(data, announced, cancel)).RunAsync(ending.Token);
        await work.Begun.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
        await using var later = await flyball.RestartAsync(options => options with { ManualLoops = false, Workers = 0 });
        await working.WaitAsync(TimeSpan.FromSeconds(10), Cancel);
        Assert.Equal("queued", Assert.Single(await later.Client.ListJobsAsync(Cancel)).State);
    }

    [Fact]
    public async Task Says_which_token_it_needs_and_where_no_server_is()
    {
        await using var flyball = await StartAsync(workers: 0);
        var data = Path.Combine(flyball.Folder, "data");
        var viewer = await flyball.Client.AddUserAsync(new AddUser("ann", "viewer"), Cancel);
        var address = Path.Combine(data, "server.json");
        await File.WriteAllTextAsync(address, (await File.ReadAllTextAsync(address, Cancel)).Replace(flyball.Server.OwnerToken, viewer.Token, StringComparison.Ordinal), Cancel);
        var refused = await RunAsync(Cancel, "worker", "--data-dir", data);
        Assert.Equal(1, refused.Code);
        Assert.StartsWith("The role viewer of 'ann' may not work here; ", refused.Error);
        Assert.Contains("`flyball user add NAME --role worker` makes one.", refused.Error);
        // what a killed server leaves behind
        await File.WriteAllTextAsync(address, """{"url": "http://127.0.0.1:9/", "token": "gone", "processId": 1}""", Cancel);
        Assert.StartsWith($"No server runs on {data}; start one with `flyball serve`", (await RunAsync(Cancel, "worker", "--data-dir", data)).Error);
        File.Delete(address);
        Assert.StartsWith("--data-dir is empty", (await RunAsync(Cancel, "worker", "--data-dir", " ")).Error);
        Assert.StartsWith($"No server runs on {data}; start one with `flyball serve`", (await RunAsync(Cancel, "worker", "--data-dir", data)).Error);
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(CancellationToken cancel, params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await Capabilities.CommandLine().Parse(arguments).InvokeAsync(new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false }, cancel);
        return (code, output.ToString(), error.ToString());
    }

    private static Task<TestFlyball> StartAsync(int workers) => TestFlyball.StartAsync(change: options => options with { ManualLoops = false, Workers = workers });

    /// <summary>Work that ends when it is told to.</summary>
    private sealed class Endless : IJobWork
    {
        public string Kind => "ingest";

        public TaskCompletionSource Begun { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async Task<JsonElement> RunAsync(JobContext context, JsonElement spec, CancellationToken cancel)
        {
            Begun.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancel);
            return spec;
        }
    }

    /// <summary>Work whose folder is removed under it.</summary>
    private sealed class FolderGone : IJobWork
    {
        private int runs;

        public string Kind => "ingest";

        public TaskCompletionSource Twice { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<JsonElement> RunAsync(JobContext context, JsonElement spec, CancellationToken cancel)
        {
            Directory.Delete(context.Scratch, recursive: true);
            if (++runs == 2) Twice.SetResult();
            throw new IOException("the folder is gone");
        }
    }
}
