using System.Net;
using System.Text;
using System.Text.Json;
using Flyball.Client;
using Flyball.Foundation;
using Flyball.Native.DuckDb;

namespace Flyball.Tests.Serving;

/// <summary>Whatever a client sends in fields that no feature reads, the traffic is measured and learned from.</summary>
public sealed class Traffic_with_odd_values
{
    private const string Policy =
        """

            monitor: { every: 1m, min_rows: 1, performance: { metric: rmse, alert: "> 3", labels_within: 1s } }
            retrain: { on: [performance], guards: { cooldown: 1s, max_per_week: 100, min_new_labels: 5 } }
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Is_measured_and_learned_from()
    {
        var clock = new ReplayTime(new DateTimeOffset(2024, 3, 1, 12, 0, 0, TimeSpan.Zero));
        await using var flyball = await TestFlyball.StartAsync(change: options => options with { Time = clock });
        using (var database = DuckDbDatabase.OpenInMemory())
        using (var duck = database.Connect())
        {
            duck.Execute($"copy (select timestamp '2024-01-01' + interval (i) hour as at, i::bigint as x, (2 * i)::bigint as y, 'a' as t, 7 as _version, 1::bigint as _labelled, 'z' as _id, 0::bigint as _at, timestamp '2024-01-01' as z from range(0, 600) r(i)) to '{Path.Combine(flyball.Sources, "rows.parquet")}' (format parquet)");
        }

        await flyball.Client.ApplyAsync(new ApplyProject(LineProject.Yaml.Replace("*.csv", "*.parquet", StringComparison.Ordinal) + Policy, "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
        await flyball.UntilQuietAsync();
        string[] rows =
        [
            """{"x": 3, "t": "a\u0000b", "_version": 7, "_labelled": 1, "_id": "q", "_at": 5}""",
            """{"x": 3, "at": "0044-03-15 (BC)"}""",
            """{"x": 3, "at": "20000-01-01"}""",
            """{"x": 3, "at": "-infinity"}""",
            """{"x": 3, "z": "0044-03-15 (BC)"}""",
            """{"x": 3, "z": "infinity", "_version": 99}""",
        ];
        var ids = new List<string>();
        foreach (var row in rows)
        {
            using var body = new StringContent($$"""{"instances": [{{row}}]}""", Encoding.UTF8, "application/json");
            using var answer = await flyball.Http.PostAsync("/deployments/line/invocations", body, Cancel);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            ids.Add(JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancel)).RootElement.GetProperty("predictionIds")[0].GetString()!);
        }

        await flyball.Client.PostLabelsAsync("line", new PostLabels([.. ids.Select(id => new LabelItem(id, JsonSerializer.SerializeToElement(100)))]), Cancel);
        clock.Advance(TimeSpan.FromMinutes(3));
        await flyball.UntilQuietAsync();
        var alarm = Assert.Single(await flyball.JournalAsync(), entry => entry.Type == "monitoring.alarm-raised" && entry.Data.GetProperty("kind").GetString() == "performance");
        Assert.Contains("rmse of version 1 is 94 on 6 labelled rows", alarm.Data.GetProperty("message").GetString());
        var second = await flyball.Client.GetDatasetVersionAsync("straight", "rows", 2, Cancel);
        Assert.Equal(606, second.Version.Rows);
        var versions = second.Content.GetProperty("profile").GetProperty("columns").EnumerateArray().First(column => column.GetProperty("name").GetString() == "_version");
        Assert.Equal(("7", "99", 602), (versions.GetProperty("min").GetString(), versions.GetProperty("max").GetString(), versions.GetProperty("count").GetInt32()));
        Assert.DoesNotContain(await flyball.JournalAsync(), entry => entry.Type == "dataset.ingest-failed");
    }

    [Fact]
    public async Task Has_ids_that_can_be_labelled()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await LineProject.ApplyAsync(flyball);
        await flyball.UntilQuietAsync();
        foreach (var (length, taken) in ((int, bool)[])[(100, true), (101, false), (120, false)])
        {
            var id = new string('b', length);
            using var body = new StringContent($$"""{"id": "{{id}}", "inputs": [{"name": "x", "datatype": "INT64", "shape": [2], "data": [3, 4]}]}""", Encoding.UTF8, "application/json");
            using var answer = await flyball.Http.PostAsync("/v2/models/line/infer", body, Cancel);
            Assert.Equal(taken ? HttpStatusCode.OK : HttpStatusCode.BadRequest, answer.StatusCode);
            if (taken) Assert.Equal(1, (await flyball.Client.PostLabelsAsync("line", new PostLabels([new LabelItem($"{id}-1", JsonSerializer.SerializeToElement(8))]), Cancel)).Taken);
        }
    }
}
