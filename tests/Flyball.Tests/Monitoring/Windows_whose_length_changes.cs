using System.Text;
using System.Text.Json;
using Flyball.Client;
using Flyball.Foundation;
using Flyball.Server;
using Flyball.Server.Access;
using Flyball.Server.Pipelines;
using Microsoft.Extensions.DependencyInjection;

namespace Flyball.Tests.Monitoring;

public sealed class Windows_whose_length_changes
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("1m", "1h", 57)]
    [InlineData("1m", "90s", 1)]
    [InlineData("1h", "1m", 1)]
    public async Task Go_on_where_the_last_one_ended(string first, string then, int minutes)
    {
        var clock = new ReplayTime(new DateTimeOffset(2024, 3, 1, 12, 0, 30, TimeSpan.Zero));
        await using var flyball = await TestFlyball.StartAsync(change: options => options with { Time = clock });
        await File.WriteAllTextAsync(Path.Combine(flyball.Sources, "rows.csv"), LineProject.Rows(0, 200), Cancel);
        await ApplyAsync(flyball, first);
        await AskAsync(flyball);
        clock.Advance(TimeSpan.FromMinutes(first == "1h" ? 60 : 2));
        await flyball.UntilQuietAsync();
        var old = Assert.Single(await WindowsAsync(flyball));
        await AskAsync(flyball);
        await ApplyAsync(flyball, then);
        clock.Advance(TimeSpan.FromMinutes(minutes + 2));
        await flyball.UntilQuietAsync();
        var windows = await WindowsAsync(flyball);
        Assert.Equal(2, windows.Count);
        Assert.True(windows[0].From >= old.To && windows[0].From < windows[0].To, $"{old.From:O} to {old.To:O}, {windows[0].From:O} to {windows[0].To:O}");
        Assert.Equal(1, windows[0].Rows);
        Assert.Equal(old.Id, Assert.Single(await flyball.Client.ListWindowsAsync("line", "drift", windows[0].From, Cancel)).Id);
    }

    [Fact]
    public async Task Wait_for_the_one_that_is_being_measured_and_hold_none_of_its_rows()
    {
        var clock = new ReplayTime(new DateTimeOffset(2024, 3, 1, 12, 0, 30, TimeSpan.Zero));
        await using var flyball = await TestFlyball.StartAsync(change: options => options with { Time = clock, Workers = 0, ManualLoops = false });
        await using var services = Capabilities.WorkerServices();
        var works = services.GetServices<IJobWork>().ToList();
        var held = new Held(works.Find(work => work.Kind == "monitor")!);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        using var client = new FlyballClient(flyball.Server.Url, flyball.Server.Service<Users>().WorkerToken);
        var (data, working) = (Path.Combine(flyball.Folder, "data"), new List<Task>());
        for (var i = 0; i < 2; i++)
        {
            working.Add(new Worker(client, new DiskObjectStore(data), DataDirectory.FindIdentity(data)!, Path.Combine(flyball.Folder, $"scratch-{i}"), [.. works.Where(work => work.Kind != held.Kind), held]).RunAsync(ending.Token));
        }

        await File.WriteAllTextAsync(Path.Combine(flyball.Sources, "rows.csv"), LineProject.Rows(0, 200), Cancel);
        await PutAsync(flyball, "10m");
        await UntilAsync(async () => (await flyball.Client.ListDeploymentsAsync(Cancel)).Count == 1);
        clock.AdvanceTo(new DateTimeOffset(2024, 3, 1, 12, 15, 0, TimeSpan.Zero));
        await AskAsync(flyball);
        clock.AdvanceTo(new DateTimeOffset(2024, 3, 1, 12, 25, 0, TimeSpan.Zero));
        await held.Begun.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancel);

        // 12:12 to 12:18 would lie within what is being measured
        await PutAsync(flyball, "6m");
        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System, Cancel);
        held.Go.SetResult();
        await UntilAsync(async () => await flyball.Client.IsQuietAsync(Cancel));
        var window = Assert.Single(await WindowsAsync(flyball));
        Assert.Equal((new DateTimeOffset(2024, 3, 1, 12, 10, 0, TimeSpan.Zero), new DateTimeOffset(2024, 3, 1, 12, 20, 0, TimeSpan.Zero), 1), (window.From, window.To, window.Rows));
        await ending.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(working));
    }

    private static Task<AppliedProject> PutAsync(TestFlyball flyball, string every) =>
        flyball.Client.ApplyAsync(new ApplyProject(LineProject.Yaml + $"\n    monitor: {{ every: {every}, min_rows: 1 }}\n", "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        for (var waited = 0; !await condition(); waited++)
        {
            Assert.True(waited < 300, "it does not come");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Cancel);
        }
    }

    private static async Task ApplyAsync(TestFlyball flyball, string every)
    {
        await PutAsync(flyball, every);
        await flyball.UntilQuietAsync();
    }

    private static async Task AskAsync(TestFlyball flyball)
    {
        using var body = new StringContent("""{"instances": [{"x": 3}]}""", Encoding.UTF8, "application/json");
        (await flyball.Http.PostAsync("/deployments/line/invocations", body, Cancel)).EnsureSuccessStatusCode();
    }

    private static Task<IReadOnlyList<MonitorWindowInfo>> WindowsAsync(TestFlyball flyball) => flyball.Client.ListWindowsAsync("line", "drift", null, Cancel);

    /// <summary>Work that waits until it may go on.</summary>
    private sealed class Held(IJobWork work) : IJobWork
    {
        public string Kind => work.Kind;

        public TaskCompletionSource Begun { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Go { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async Task<JsonElement> RunAsync(JobContext context, JsonElement spec, CancellationToken cancel)
        {
            Begun.TrySetResult();
            await Go.Task.WaitAsync(cancel);
            return await work.RunAsync(context, spec, cancel);
        }
    }
}
