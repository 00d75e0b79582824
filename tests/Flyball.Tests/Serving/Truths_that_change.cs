using System.Text;
using System.Text.Json;
using Flyball.Client;
using Flyball.Foundation;
using Flyball.Native.DuckDb;
using Flyball.Server.Datasets;
using Flyball.Server.Projects;
using Flyball.Server.Serving;

namespace Flyball.Tests.Serving;

/// <summary>Labels of predictions that have become training data, sent again with another value, or sent for a label that is declared otherwise by now.</summary>
public sealed class Truths_that_change : IAsyncDisposable
{
    private readonly ReplayTime clock = new(new DateTimeOffset(2024, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private TestFlyball flyball = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Reach_the_rows_that_were_collected()
    {
        await StartAsync();
        await LabelAsync(("p0", 10), ("p1", 11));
        var second = await CollectAsync();
        await LabelAsync(("p2", 12));
        var third = await CollectAsync();
        Assert.Equal([10, 11, 12], await TrafficAsync(third));

        // the same again is no correction, and alone makes no version
        await LabelAsync(("p0", 10), ("p1", 11));
        Assert.Equal(third.Number, (await CollectAsync()).Number);
        await LabelAsync(("p1", -7));
        var fourth = await CollectAsync();
        Assert.Equal([-7, 10, 12], await TrafficAsync(fourth));
        Assert.Contains(fourth.Content.Notes, note => note.StartsWith("labels of line that were corrected among those collected until", StringComparison.Ordinal) && note.EndsWith("UTC: 1", StringComparison.Ordinal));
        Assert.Equal(203, fourth.Rows);
        await LabelAsync(("p3", 13), ("p2", 5));
        Assert.Equal([-7, 5, 10, 13], await TrafficAsync(await CollectAsync()));

        // what was made before stays what it was
        Assert.Equal([10, 11], await TrafficAsync(await flyball.Server.Service<DatasetVersions>().GetAsync("straight", "rows", second.Number, Cancel)));
    }

    [Fact]
    public async Task Are_none_for_a_label_that_is_declared_otherwise()
    {
        await StartAsync();
        await LabelAsync(("p0", 10), ("p1", 11));
        await CollectAsync();
        await LabelAsync(("p2", 12));
        await ApplyAsync(LineProject.Yaml.Replace("sql: y", "sql: y * 2", StringComparison.Ordinal));
        var other = await LatestAsync();
        Assert.Contains(LeftOut(2), other.Content.Notes);
        Assert.Empty(await TrafficAsync(other));

        // sent before the label became another: also not for this one
        Assert.Equal(other.Number, (await CollectAsync()).Number);
        await LabelAsync(("p3", 26), ("p0", 20));
        Assert.Equal([20, 26], await TrafficAsync(await CollectAsync()));
        await LabelAsync(("p0", 21), ("p1", 22));
        Assert.Equal([21, 22, 26], await TrafficAsync(await CollectAsync()));

        await ApplyAsync(LineProject.Yaml);
        var back = await LatestAsync();
        Assert.Contains(LeftOut(3), back.Content.Notes);
        Assert.Contains("labelled traffic counts again (rows: 2): its truths were sent for the label as it is declared now", back.Content.Notes);
        Assert.Equal([10, 11], await TrafficAsync(back));

        // what was sent for it in its own time counts, and nothing else
        await LabelAsync(("p1", -8));
        Assert.Equal([-8, 10, 12], await TrafficAsync(await CollectAsync()));

        // something else of the declaration leaves truths alone
        await ApplyAsync(LineProject.Yaml.Replace("label: {", "expect: [ { expect_column_values_to_not_be_null: { column: x } } ]\n    label: {", StringComparison.Ordinal));
        Assert.Equal([-8, 10, 12], await TrafficAsync(await LatestAsync()));
    }

    [Fact]
    public async Task Count_for_the_label_that_was_applied_when_they_were_sent_whether_or_not_files_were_read_by_then()
    {
        await StartAsync();
        await LabelAsync(("p0", 10));
        await CollectAsync();
        var file = Path.Combine(flyball.Sources, "rows.csv");
        File.Move(file, file + ".away");

        // nothing can be read, so that no version has the other label while truths are sent for it
        await ApplyAsync(LineProject.Yaml.Replace("sql: y", "sql: y * 2", StringComparison.Ordinal));
        await LabelAsync(("p1", 22));
        await ApplyAsync(LineProject.Yaml);
        File.Move(file + ".away", file);
        await flyball.UntilQuietAsync();
        await LabelAsync(("p2", 12));
        Assert.Equal([10, 12], await TrafficAsync(await CollectAsync()));
    }

    [Fact]
    public async Task Go_along_with_a_model_to_another_dataset_with_the_same_label()
    {
        await StartAsync();
        await LabelAsync(("p0", 10), ("p1", 11));
        await CollectAsync();
        var both = LineProject.Yaml.Replace("\nfeatures:", "\n  others:\n    source: sources/*.csv\n    time: at\n    label: { name: target, sql: y }\nfeatures:", StringComparison.Ordinal);
        var moved = both.Replace("data: rows", "data: others", StringComparison.Ordinal);
        await ApplyAsync(both);
        await ApplyAsync(moved);
        await LabelAsync(("p2", 12));
        Assert.Equal([10, 11, 12], await TrafficAsync(await CollectAsync("others")));

        // truths of a model whose data had another label are none for this one's
        await ApplyAsync(both.Replace("label: { name: target, sql: y }\nfeatures:", "label: { name: target, sql: y + 1 }\nfeatures:", StringComparison.Ordinal).Replace("data: rows", "data: others", StringComparison.Ordinal));
        await LabelAsync(("p3", 14));
        Assert.Equal([14], await TrafficAsync(await CollectAsync("others")));
        await ApplyAsync(both);
        Assert.Equal([10, 11, 12], await TrafficAsync(await CollectAsync()));
    }

    /// <summary>Data directories of earlier programs hold the newest file alone.</summary>
    [Fact]
    public async Task Do_not_count_where_it_is_not_known_what_the_label_was()
    {
        await StartAsync();
        await LabelAsync(("p0", 10));
        await ApplyAsync(LineProject.Yaml.Replace("sql: y", "sql: y * 2", StringComparison.Ordinal));
        await LabelAsync(("p1", 22));
        await flyball.Server.Service<Db>().WriteAsync(tx => tx.ExecuteAsync("delete from project_revisions where revision = 1"), Cancel);
        Assert.Equal([22], await TrafficAsync(await CollectAsync()));
        await ApplyAsync(LineProject.Yaml.Replace("sql: y", "sql: y * 3", StringComparison.Ordinal));
        await LabelAsync(("p2", 36));
        await flyball.Server.Service<Db>().WriteAsync(tx => tx.ExecuteAsync("update project_revisions set yaml = 'no longer read', digest = 'x' where revision = 3"), Cancel);
        await ApplyAsync(LineProject.Yaml.Replace("sql: y", "sql: y * 2", StringComparison.Ordinal));
        await LabelAsync(("p3", 26));
        Assert.Equal([22, 26], await TrafficAsync(await CollectAsync()));
    }

    [Fact]
    public async Task Within_a_request_are_what_was_said_last()
    {
        await StartAsync();
        await LabelAsync(("p0", 1), ("p1", 5), ("p0", 2), ("p0", 3));
        Assert.Equal([3, 5], await TrafficAsync(await CollectAsync()));
        Assert.Equal(3, (await flyball.Client.GetPredictionAsync("line", "p0", Cancel)).Label);
    }

    public async ValueTask DisposeAsync() => await flyball.DisposeAsync();

    private static string LeftOut(int rows) => $"labelled traffic is left out (rows: {rows}): its truths were sent for the label as it was declared before, and count again when it is declared so again";

    private async Task StartAsync()
    {
        flyball = await TestFlyball.StartAsync(change: options => options with { Time = clock });
        await LineProject.ApplyAsync(flyball);
        await flyball.UntilQuietAsync();
        for (var i = 0; i < 4; i++)
        {
            using var body = new StringContent($$"""{"id": "p{{i}}", "inputs": [{"name": "x", "datatype": "INT64", "shape": [1], "data": [{{i}}]}]}""", Encoding.UTF8, "application/json");
            (await flyball.Http.PostAsync("/v2/models/line/infer", body, Cancel)).EnsureSuccessStatusCode();
        }
    }

    private async Task ApplyAsync(string yaml)
    {
        clock.Advance(TimeSpan.FromMinutes(1));
        await flyball.Client.ApplyAsync(new ApplyProject(yaml, "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
        await flyball.UntilQuietAsync();
        clock.Advance(TimeSpan.FromMinutes(1));
    }

    private async Task LabelAsync(params (string Id, double Label)[] labels)
    {
        clock.Advance(TimeSpan.FromMinutes(1));
        await flyball.Client.PostLabelsAsync("line", new PostLabels([.. labels.Select(label => new LabelItem(label.Id, JsonSerializer.SerializeToElement(label.Label)))]), Cancel);
        clock.Advance(TimeSpan.FromMinutes(1));
    }

    /// <summary>Collects what was labelled until now and returns the newest version.</summary>
    private async Task<DatasetVersion> CollectAsync(string dataset = "rows")
    {
        var project = await flyball.Server.Service<ProjectStore>().GetAsync("straight", Cancel);
        var cause = $"{project.Event}-{clock.GetUtcNow().Ticks}";
        while (!await flyball.Server.Service<Collections>().CollectAsync("straight", "line", project.File.Dataset(dataset), clock.GetUtcNow(), cause, Cancel)) await flyball.UntilQuietAsync();
        return await LatestAsync(dataset);
    }

    private async Task<DatasetVersion> LatestAsync(string dataset = "rows") => (await flyball.Server.Service<DatasetVersions>().ListAsync("straight", dataset, Cancel))[0];

    /// <summary>The labels of a version's traffic in order.</summary>
    private async Task<IEnumerable<double>> TrafficAsync(DatasetVersion version)
    {
        using var database = DuckDbDatabase.OpenInMemory();
        using var duck = database.Connect();
        var labels = new List<double>();
        foreach (var segment in version.Content.Segments.Where(segment => segment.IsTraffic))
        {
            using var found = duck.Query($"select cast(target as double) from read_parquet({DuckDbText.Literal(await flyball.Server.Service<ObjectStore>().LocalPathAsync(segment.Object, Cancel))})");
            labels.AddRange(found.Rows().Select(row => (double)row[0]!));
        }

        return labels.Order();
    }
}
