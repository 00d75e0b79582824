using System.Net;
using System.Text;
using Flyball.Client;
using Flyball.Foundation;

namespace Flyball.Tests.Monitoring;

public sealed class A_window_that_cannot_be_measured
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Is_journalled_and_shown_and_never_called_well()
    {
        var clock = new ReplayTime(new DateTimeOffset(2024, 3, 1, 12, 0, 0, TimeSpan.Zero));
        await using var flyball = await TestFlyball.StartAsync(change: options => options with { Time = clock });
        await File.WriteAllTextAsync(Path.Combine(flyball.Sources, "rows.csv"), LineProject.Rows(0, 200), Cancel);
        await flyball.Client.ApplyAsync(new ApplyProject(LineProject.Yaml + "\n    monitor: { every: 1m, min_rows: 1 }\n", "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
        await flyball.UntilQuietAsync();
        var files = (await flyball.Client.GetModelVersionAsync("line", 1, Cancel)).Content.GetProperty("files").EnumerateArray();
        var digest = files.First(file => file.GetProperty("path").GetString() == "flyball/reference.json").GetProperty("digest").GetString()!;
        File.Delete(Path.Combine(flyball.Folder, "data", "objects", digest[..2], digest[2..]));

        using (var body = new StringContent("""{"instances": [{"x": 3}]}""", Encoding.UTF8, "application/json")) Assert.Equal(HttpStatusCode.OK, (await flyball.Http.PostAsync("/deployments/line/invocations", body, Cancel)).StatusCode);
        clock.Advance(TimeSpan.FromMinutes(3));
        await flyball.UntilQuietAsync();

        var failed = Assert.Single(await flyball.JournalAsync(), entry => entry.Type == "monitoring.measurement-failed");
        Assert.NotEmpty(failed.Data.GetProperty("reason").GetString()!);
        Assert.Contains("line cannot be measured", WebUtility.HtmlDecode(await flyball.Http.GetStringAsync("/", Cancel)));
        Assert.Contains("its traffic cannot be measured", WebUtility.HtmlDecode(await flyball.Http.GetStringAsync("/deployments/line", Cancel)));
        Assert.Contains("cannot measure", WebUtility.HtmlDecode(await flyball.Http.GetStringAsync("/projects/straight", Cancel)));
    }
}
