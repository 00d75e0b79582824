using System.Net;
using System.Text;
using Flyball.Client;

namespace Flyball.Tests.Datasets;

/// <summary>Rows that are sent, rows that are set aside with their reasons, and rows that come back mended.</summary>
public sealed class Rows_that_are_set_aside
{
    private const string Yaml =
        """
        project: shop
        data:
          orders:
            source: push
            time: at
            label: { name: total, sql: "price * n" }
            transform: "select * replace (price / 100.0 as price) from source"
            quarantine:
              price below zero: price < 0
            expect:
              - expect_column_values_to_be_between: { column: n, min_value: 1, max_value: 9, quarantine: true }
              - expect_column_values_to_not_be_null: { column: n }
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Are_told_with_their_reasons_and_come_back_mended()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await flyball.Client.ApplyAsync(new ApplyProject(Yaml, "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
        var push = await SendAsync(flyball, "at,n,price\n2024-01-01,1,500\n2024-01-02,0,-100\n2024-01-03,12,300\n2024-01-04,2,700\n", key: "monday");
        Assert.Equal(push.Id, (await SendAsync(flyball, "at,n,price\n2024-01-01,1,500\n2024-01-02,0,-100\n2024-01-03,12,300\n2024-01-04,2,700\n", key: "monday")).Id);
        Assert.Equal("push-key-taken", (await Assert.ThrowsAsync<FlyballException>(() => SendAsync(flyball, "at,n,price\n", key: "monday"))).Code);
        await flyball.UntilQuietAsync();
        Assert.Equal(("taken", 1), await FateAsync(flyball, push));
        var first = Assert.Single(await flyball.Client.ListDatasetVersionsAsync("shop", "orders", Cancel));
        Assert.Equal((2, true), (first.Rows, first.Usable));

        var batch = Assert.Single(await flyball.Client.ListQuarantineAsync("shop", "orders", Cancel));
        Assert.Equal(("open", 2L), (batch.State, batch.Rows));
        Assert.Equal(["expect_column_values_to_be_between(n): 2", "price below zero: 1"], batch.Reasons.Select(reason => $"{reason.Key}: {reason.Value}"));
        var rows = await flyball.Client.GetQuarantinedRowsAsync("shop", "orders", batch.Id, Cancel);
        Assert.Equal(["at", "n", "price", "total", "_flyball_reasons"], rows.Columns);
        Assert.Equal("-1.0", rows.Rows[0][2]);

        // what comes back is what the transform has made, so that it is not made again
        var mended = await SendAsync(flyball, "_flyball_reasons,at,n,price\nx,2024-01-02,1,1.0\n,2024-01-03,2,3.0\n", resolves: batch.Id);
        await flyball.UntilQuietAsync();
        Assert.Equal(("taken", 2), await FateAsync(flyball, mended));
        var second = await flyball.Client.GetDatasetVersionAsync("shop", "orders", 2, Cancel);
        Assert.Equal(4, second.Version.Rows);
        var total = second.Content.GetProperty("profile").GetProperty("columns").EnumerateArray().Single(column => column.GetProperty("name").GetString() == "total");
        Assert.Equal((5 + 14 + 1 + 6) / 4.0, total.GetProperty("numbers").GetProperty("mean").GetDouble());
        Assert.Equal("mended", Assert.Single(await flyball.Client.ListQuarantineAsync("shop", "orders", Cancel)).State);
        Assert.Equal("quarantine-closed", (await Assert.ThrowsAsync<FlyballException>(() => flyball.Client.DiscardQuarantineAsync("shop", "orders", batch.Id, Cancel))).Code);
    }

    [Fact]
    public async Task Stay_mended_where_their_file_is_read_again_and_are_none_where_the_rule_is_gone()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await flyball.Client.ApplyAsync(new ApplyProject(Yaml, "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
        await SendAsync(flyball, "at,n,price\n2024-01-01,1,500\n2024-01-02,1,-100\n");
        await SendAsync(flyball, "at,n,price\n2024-01-03,1,500\n2024-01-04,1,-200\n");
        await flyball.UntilQuietAsync();
        var batches = await flyball.Client.ListQuarantineAsync("shop", "orders", Cancel);
        Assert.Equal(["open", "open"], batches.Select(batch => batch.State));
        await flyball.Client.DiscardQuarantineAsync("shop", "orders", batches[0].Id, Cancel);
        // another label: everything is read again
        await flyball.Client.ApplyAsync(new ApplyProject(Yaml.Replace("price * n", "price * n * 2", StringComparison.Ordinal), "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
        await flyball.UntilQuietAsync();
        Assert.Equal(["discarded", "discarded", "open", "replaced"], (await flyball.Client.ListQuarantineAsync("shop", "orders", Cancel)).Select(batch => batch.State).Order(StringComparer.Ordinal));
        await flyball.Client.ApplyAsync(new ApplyProject(Yaml.Replace("price < 0", "price < -1000", StringComparison.Ordinal), "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
        await flyball.UntilQuietAsync();
        Assert.DoesNotContain(await flyball.Client.ListQuarantineAsync("shop", "orders", Cancel), batch => batch.State == "open");
        Assert.Equal(4, (await flyball.Client.ListDatasetVersionsAsync("shop", "orders", Cancel))[0].Rows);
    }

    [Fact]
    public async Task May_be_all_of_a_batch_and_be_discarded()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await flyball.Client.ApplyAsync(new ApplyProject(Yaml, "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
        await SendAsync(flyball, "at,n,price\n2024-01-01,100,500\n");
        await flyball.UntilQuietAsync();
        Assert.Equal(0, Assert.Single(await flyball.Client.ListDatasetVersionsAsync("shop", "orders", Cancel)).Rows);
        var batch = Assert.Single(await flyball.Client.ListQuarantineAsync("shop", "orders", Cancel));
        Assert.Equal("discarded", (await flyball.Client.DiscardQuarantineAsync("shop", "orders", batch.Id, Cancel)).State);
        Assert.Equal("quarantine-closed", (await Assert.ThrowsAsync<FlyballException>(() => SendAsync(flyball, "at,n,price\n2024-01-01,1,5\n", resolves: batch.Id))).Code);
        Assert.Contains(await flyball.JournalAsync(), entry => entry.Type == "dataset.quarantine-discarded");
    }

    [Fact]
    public async Task Is_a_whole_batch_that_cannot_be_read_while_the_others_are_taken()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await flyball.Client.ApplyAsync(new ApplyProject(Yaml, "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
        var good = await SendAsync(flyball, "at,n,price\n2024-01-01,1,500\n");
        var broken = await flyball.Client.PushRowsAsync("shop", "orders", new MemoryStream([.. "PAR1 but not more"u8]), "application/vnd.apache.parquet", null, null, Cancel);
        var other = await SendAsync(flyball, "when,what\n2024-01-01,1\n");
        await flyball.UntilQuietAsync();
        Assert.Equal(("taken", 1), await FateAsync(flyball, good));
        Assert.Equal("set-aside", (await flyball.Client.GetPushAsync("shop", "orders", broken.Id, Cancel)).State);
        Assert.Contains("column", (await flyball.Client.GetPushAsync("shop", "orders", other.Id, Cancel)).Reason, StringComparison.OrdinalIgnoreCase);
        var kept = (await flyball.Client.ListQuarantineAsync("shop", "orders", Cancel)).Single(batch => batch.File == $"push/{broken.Id}.parquet");
        Assert.Null(kept.Rows);
        using var content = new StreamReader(await flyball.Client.OpenQuarantineAsync("shop", "orders", kept.Id, Cancel));
        Assert.Equal("PAR1 but not more", await content.ReadToEndAsync(Cancel));
        // sent again, right this time: as a source, since it was never read
        var again = await SendAsync(flyball, "at,n,price\n2024-01-05,1,500\n", resolves: kept.Id);
        await flyball.UntilQuietAsync();
        Assert.Equal(("taken", 2), await FateAsync(flyball, again));
    }

    [Fact]
    public async Task Are_told_by_expressions_and_queries_that_say_nothing_else()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var target = Path.Combine(flyball.Sources, "own.csv");
        await File.WriteAllTextAsync(target, "at,n,price\n2024-01-01,1,500\n", Cancel);
        var copy = $"copy (select 666 as x) to '{target}' (format csv, header, use_tmp_file false)";
        var rule = Yaml.Replace("source: push", "source: sources/own.csv", StringComparison.Ordinal);
        var mistaken = rule.Replace("price below zero: price < 0", $"price below zero: \"false)), []) as r from source)); {copy}; select ((1\"", StringComparison.Ordinal);
        Assert.Contains("quarantine", (await Assert.ThrowsAsync<FlyballException>(() => flyball.Client.ApplyAsync(new ApplyProject(mistaken, "flyball.yaml", flyball.Sources, flyball.Sources), Cancel))).Message, StringComparison.Ordinal);
        var query = rule + $"\n      - unexpected_rows_expectation: {{ unexpected_rows_query: \"select 1 from {{batch}}); {copy}; select count(*) from (select 1\", severity: warning }}\n";
        await flyball.Client.ApplyAsync(new ApplyProject(query, "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
        await flyball.UntilQuietAsync();
        Assert.Contains("500", await File.ReadAllTextAsync(target, Cancel));
        var results = (await flyball.Client.GetDatasetVersionAsync("shop", "orders", 1, Cancel)).Content.GetProperty("validation").GetProperty("results");
        Assert.Contains("rror", results[2].GetProperty("exception").GetString());
    }

    [Fact]
    public async Task Are_kept_whatever_they_are_nested_in()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await flyball.Client.ApplyAsync(new ApplyProject("project: shop\ndata:\n  orders: { source: push, time: at }\n", "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
        foreach (var row in new[] { "{\"at\":\"2024-01-02\",\"x\":1,\"seen\":[\"2024-01-01 10:00:00\"]}\n", $"{{\"at\":\"2024-01-03\",\"q\":{string.Concat(Enumerable.Repeat("{\"a\":", 5000))}1{new string('}', 5000)}}}\n" })
        {
            var push = await flyball.Client.PushRowsAsync("shop", "orders", new MemoryStream(Encoding.UTF8.GetBytes(row)), "application/x-ndjson", null, null, Cancel);
            await flyball.UntilQuietAsync();
            Assert.NotEqual("waiting", (await flyball.Client.GetPushAsync("shop", "orders", push.Id, Cancel)).State);
        }
    }

    [Fact]
    public async Task Are_sent_in_kinds_that_are_known()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await flyball.Client.ApplyAsync(new ApplyProject(Yaml, "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
        async Task<HttpStatusCode> StatusAsync(string type, string body, string? encoding = null, string dataset = "orders")
        {
            using var http = new HttpClient();
            using var content = new StringContent(body, Encoding.UTF8);
            content.Headers.ContentType = new(type);
            if (encoding is not null) content.Headers.ContentEncoding.Add(encoding);
            return (await http.PostAsync(new Uri(flyball.Client.Url, $"/api/projects/shop/datasets/{dataset}/rows"), content, Cancel)).StatusCode;
        }

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, await StatusAsync("text/plain", "x"));
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, await StatusAsync("text/csv", "x", "br"));
        Assert.Equal(HttpStatusCode.BadRequest, await StatusAsync("text/csv", ""));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync("text/csv", "a", dataset: "moons"));
        Assert.Equal(HttpStatusCode.Accepted, await StatusAsync("application/x-ndjson", "{\"at\": \"2024-01-01\", \"n\": 1, \"price\": 5}\n"));
        Assert.Equal(HttpStatusCode.Accepted, await StatusAsync("application/json", "[{\"at\": \"2024-01-02\", \"n\": 1, \"price\": 5}]"));
        await flyball.UntilQuietAsync();
        Assert.Equal(2, (await flyball.Client.ListDatasetVersionsAsync("shop", "orders", Cancel))[0].Rows);
    }

    private static Task<PushInfo> SendAsync(TestFlyball flyball, string rows, string? key = null, string? resolves = null) =>
        flyball.Client.PushRowsAsync("shop", "orders", new MemoryStream(Encoding.UTF8.GetBytes(rows)), "text/csv", key, resolves, Cancel);

    private static async Task<(string, int?)> FateAsync(TestFlyball flyball, PushInfo push) => await flyball.Client.GetPushAsync("shop", "orders", push.Id, Cancel) is var fate ? (fate.State, fate.Version) : default;
}
