using System.Text;
using Flyball.Client;
using Flyball.Foundation;

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

    private static async Task ApplyAsync(TestFlyball flyball, string every)
    {
        await flyball.Client.ApplyAsync(new ApplyProject(LineProject.Yaml + $"\n    monitor: {{ every: {every}, min_rows: 1 }}\n", "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
        await flyball.UntilQuietAsync();
    }

    private static async Task AskAsync(TestFlyball flyball)
    {
        using var body = new StringContent("""{"instances": [{"x": 3}]}""", Encoding.UTF8, "application/json");
        (await flyball.Http.PostAsync("/deployments/line/invocations", body, Cancel)).EnsureSuccessStatusCode();
    }

    private static Task<IReadOnlyList<MonitorWindowInfo>> WindowsAsync(TestFlyball flyball) => flyball.Client.ListWindowsAsync("line", "drift", null, Cancel);
}
