using Flyball.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Flyball.Tests.Datasets;

/// <summary>Data that are fetched: from hosts that were named alone, when they are others than before, whole or not at all.</summary>
public sealed class A_file_behind_an_address : IAsyncDisposable
{
    private readonly List<string> asked = [];
    private WebApplication? host;
    private string rows = LineProject.Rows(0, 20);
    private int failing;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        if (host is not null) await host.DisposeAsync();
    }

    [Fact]
    public async Task Is_fetched_and_fetched_again_when_it_is_another()
    {
        var url = await StartAsync();
        var clock = new SteppedTime();
        await using var flyball = await TestFlyball.StartAsync(change: options => options with { SourceHosts = [url], Time = clock });
        await flyball.Client.ApplyAsync(Project($"{url}/rows.csv?token=x", flyball), Cancel);
        await flyball.UntilQuietAsync();
        Assert.Equal(20, Assert.Single(await flyball.Client.ListDatasetVersionsAsync("far", "rows", Cancel)).Rows);
        Assert.Equal("rows.csv", (await flyball.Client.GetDatasetVersionAsync("far", "rows", 1, Cancel)).Content.GetProperty("segments")[0].GetProperty("file").GetString());
        await flyball.UntilQuietAsync();
        Assert.Equal(["/rows.csv none"], asked);
        clock.Step(TimeSpan.FromMinutes(11));
        await flyball.UntilQuietAsync();
        Assert.Equal(["/rows.csv none", "/rows.csv \"20\""], asked);
        Assert.Single(await flyball.Client.ListDatasetVersionsAsync("far", "rows", Cancel));
        rows = LineProject.Rows(0, 30);
        clock.Step(TimeSpan.FromMinutes(11));
        await flyball.UntilQuietAsync();
        Assert.Equal([30, 20], (await flyball.Client.ListDatasetVersionsAsync("far", "rows", Cancel)).Select(version => version.Rows));
    }

    [Fact]
    public async Task Is_tried_again_where_the_host_is_busy_and_follows_where_it_may()
    {
        var url = await StartAsync();
        failing = 2;
        await using var flyball = await TestFlyball.StartAsync(change: options => options with { SourceHosts = [url] });
        await flyball.Client.ApplyAsync(Project($"{url}/moved/rows.csv", flyball), Cancel);
        await flyball.UntilQuietAsync();
        Assert.Equal(20, Assert.Single(await flyball.Client.ListDatasetVersionsAsync("far", "rows", Cancel)).Rows);
    }

    [Theory]
    [InlineData("away/rows.csv", "may not be asked for data")]
    [InlineData("nowhere/rows.csv", "answered 404")]
    [InlineData("round/rows.csv", "sends on and on")]
    public async Task Is_refused_with_the_reason(string path, string said)
    {
        var url = await StartAsync();
        await using var flyball = await TestFlyball.StartAsync(change: options => options with { SourceHosts = [url] });
        await flyball.Client.ApplyAsync(Project($"{url}/{path}", flyball), Cancel);
        await flyball.UntilQuietAsync();
        Assert.Contains(said, Assert.Single(await flyball.JournalAsync(), entry => entry.Type == "dataset.ingest-failed").Data.GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Is_of_no_host_unless_it_was_named()
    {
        var url = await StartAsync();
        await using var flyball = await TestFlyball.StartAsync();
        var refused = await Assert.ThrowsAsync<FlyballException>(() => flyball.Client.ApplyAsync(Project($"{url}/rows.csv", flyball), Cancel));
        Assert.Equal("source-host-forbidden", refused.Code);
        Assert.Contains($"--source-host {url}", refused.Message, StringComparison.Ordinal);
        Assert.Contains("is no address of a file", (await Assert.ThrowsAsync<FlyballException>(() => flyball.Client.ApplyAsync(Project("https://me:secret@example.org/rows.csv", flyball), Cancel))).Message, StringComparison.Ordinal);
        Assert.Contains("does not lead to a file", (await Assert.ThrowsAsync<FlyballException>(() => flyball.Client.ApplyAsync(Project("https://example.org/rows.exe", flyball), Cancel))).Message, StringComparison.Ordinal);
        Assert.Empty(asked);
    }

    private static ApplyProject Project(string url, TestFlyball flyball) => new($"project: far\ndata:\n  rows: {{ source: '{url}', time: at }}\n", "flyball.yaml", flyball.Sources, null);

    private async Task<string> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        host = builder.Build();
        host.Urls.Add("http://127.0.0.1:0");
        host.MapGet("/rows.csv", (HttpContext http) =>
        {
            if (failing-- > 0) return Results.StatusCode(503);
            var tag = $"\"{rows.Count(letter => letter == '\n') - 1}\"";
            lock (asked) asked.Add($"/rows.csv {(http.Request.Headers.IfNoneMatch.Count == 0 ? "none" : http.Request.Headers.IfNoneMatch.ToString())}");
            http.Response.Headers.ETag = tag;
            return http.Request.Headers.IfNoneMatch == tag ? Results.StatusCode(304) : Results.Text(rows, "text/csv");
        });
        host.MapGet("/moved/rows.csv", () => Results.Redirect("/rows.csv"));
        host.MapGet("/round/rows.csv", () => Results.Redirect("/round/rows.csv"));
        host.MapGet("/away/rows.csv", () => Results.Redirect("http://127.0.0.2:9/rows.csv"));
        await host.StartAsync(Cancel);
        return host.Urls.First();
    }

    private sealed class SteppedTime : TimeProvider
    {
        private TimeSpan ahead;

        public void Step(TimeSpan by) => ahead += by;

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + ahead;
    }
}
