using System.Net;
using System.Text.Json;
using Flyball.Foundation;
using Flyball.Tests.Registry;

namespace Flyball.Tests.Tracking;

/// <summary>MLflow's multipart uploads and addresses that need no credentials.</summary>
public sealed class A_file_in_parts
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Is_whole_however_its_parts_arrive_and_across_a_restart()
    {
        var flyball = await TestFlyball.StartAsync();
        var run = await flyball.RunWithAsync();
        var path = $"0/{run}/artifacts/big.bin";
        var (id, urls) = await CreateAsync(flyball, path, 3);
        var (third, first) = (await SendAsync(flyball, urls[2], "three"), await SendAsync(flyball, urls[0], "one"));
        await SendAsync(flyball, urls[1], "wrong");
        flyball = await flyball.RestartAsync(options => options with { OrphanGrace = TimeSpan.Zero, SweepEvery = TimeSpan.Zero });
        await using var restarted = flyball;
        var second = await SendAsync(flyball, urls[1], "two");
        Assert.Contains("2 is missing", await CompleteAsync(flyball, path, id, (1, first), (3, third)));
        Assert.Contains("was not stored with the ETag", await CompleteAsync(flyball, path, id, (1, first), (2, first), (3, third)));
        Assert.Contains("announced with 3 parts, and 2 are named", await CompleteAsync(flyball, path, id, (1, first), (2, second)));
        Assert.Contains("announced with 3 parts, and 0 are named", await CompleteAsync(flyball, path, id));
        Assert.Equal("{}", await CompleteAsync(flyball, path, id, (3, third), (1, first), (2, second)));
        Assert.Equal("onetwothree", await flyball.Http.GetStringAsync($"/api/2.0/mlflow-artifacts/artifacts/{path}", Cancel));
        // a client that lost the answer asks again; nothing can be added any more
        Assert.Equal("{}", await CompleteAsync(flyball, path, id, (3, third), (1, first), (2, second)));
        using (var late = await flyball.Http.PutAsync(new Uri(urls[1]).PathAndQuery, new StringContent("2"), Cancel)) Assert.Equal(HttpStatusCode.NotFound, late.StatusCode);
        // neither the parts nor the one that was sent wrongly first are kept
        await flyball.UntilQuietAsync();
        Assert.Single(new DirectoryInfo(Path.Combine(flyball.Folder, "data", "objects")).EnumerateFiles("*", SearchOption.AllDirectories));

        // a range of it, as clients that download in parts ask for
        using var message = new HttpRequestMessage(HttpMethod.Get, $"/api/2.0/mlflow-artifacts/artifacts/{path}");
        message.Headers.Range = new System.Net.Http.Headers.RangeHeaderValue(3, 5);
        using var range = await flyball.Http.SendAsync(message, Cancel);
        Assert.Equal((HttpStatusCode.PartialContent, "two"), (range.StatusCode, await range.Content.ReadAsStringAsync(Cancel)));
    }

    [Fact]
    public async Task Costs_a_writer_as_much_for_its_last_part_as_for_its_first()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var path = $"0/{await flyball.RunWithAsync()}/artifacts/big.bin";
        var (id, urls) = await CreateAsync(flyball, path, 5000);
        var db = flyball.Server.Service<Db>();
        var steps = await WriterSteps.CountAsync(db, Cancel);
        await SendAsync(flyball, urls[0], "one");
        var first = steps.Count;
        await db.WriteAsync(tx => tx.ExecuteAsync("with recursive n (i) as (select 2 union all select i + 1 from n where i < 4999) insert into upload_parts (upload, number, digest, size) select @id, i, printf('%064x', i), 1 from n", new { id }), Cancel);
        var before = steps.Count;
        await SendAsync(flyball, urls[4999], "last");
        Assert.InRange(steps.Count - before, 0, first + 1000);
    }

    [Fact]
    public async Task Or_in_one_is_not_taken_for_a_logged_model_that_is_not_there()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var path = $"0/models/m-{new string('0', 32)}/artifacts/w.bin";
        using var answer = await flyball.Http.PutAsync($"/api/2.0/mlflow-artifacts/artifacts/{path}", new StringContent("weights"), Cancel);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        using var create = await flyball.Http.PostAsync($"/api/2.0/mlflow-artifacts/mpu/create/{path}", Json($$"""{"path": "{{path}}", "num_parts": 1}"""), Cancel);
        Assert.Equal(HttpStatusCode.NotFound, create.StatusCode);
    }

    [Theory]
    [InlineData("-1", "An upload has 1 to 10000 parts, not 0.")]
    [InlineData("0", "An upload has 1 to 10000 parts, not 0.")]
    [InlineData("10001", "An upload has 1 to 10000 parts, not 10001.")]
    [InlineData("99999999999", "An upload has 1 to 10000 parts, not 2147483647.")]
    [InlineData("\"three\"", "num_parts")]
    public async Task Has_as_many_as_the_protocol_lets_it_have(string parts, string said)
    {
        await using var flyball = await TestFlyball.StartAsync();
        using var answer = await flyball.Http.PostAsync($"/api/2.0/mlflow-artifacts/mpu/create/0/{await flyball.RunWithAsync()}/artifacts/big.bin", Json($$"""{"path": "big.bin", "num_parts": {{parts}}}"""), Cancel);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(said, await answer.Content.ReadAsStringAsync(Cancel));
    }

    [Fact]
    public async Task Is_not_signed_where_it_is_not_there()
    {
        await using var flyball = await TestFlyball.StartAsync();
        using var answer = await flyball.Http.GetAsync(new Uri($"/api/2.0/mlflow-artifacts/presigned/0/{await flyball.RunWithAsync()}/artifacts/none.bin", UriKind.Relative), Cancel);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.DoesNotContain("signature", await answer.Content.ReadAsStringAsync(Cancel));
    }

    [Fact]
    public async Task Leaves_nothing_behind_when_it_is_aborted()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var run = await flyball.RunWithAsync();
        var path = $"0/{run}/artifacts/big.bin";
        var (id, urls) = await CreateAsync(flyball, path, 2);
        var first = await SendAsync(flyball, urls[0], "one");
        using var aborted = await flyball.Http.PostAsync($"/api/2.0/mlflow-artifacts/mpu/abort/{path}", Json($$"""{"path": "{{path}}", "upload_id": "{{id}}"}"""), Cancel);
        Assert.Equal(HttpStatusCode.OK, aborted.StatusCode);
        Assert.Contains("There is no upload", await CompleteAsync(flyball, path, id, (1, first)));
        using var late = await flyball.Http.PutAsync(new Uri(urls[1]).PathAndQuery, new StringContent("two"), Cancel);
        Assert.Equal(HttpStatusCode.NotFound, late.StatusCode);
        Assert.False((await flyball.CallAsync("GET", $"artifacts/list?run_id={run}")).TryGetProperty("files", out _));
    }

    [Fact]
    public async Task Can_be_fetched_by_a_signed_address_and_by_no_other()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var run = await flyball.RunWithAsync(("a b/ü.txt", "hello"));
        var signed = JsonSerializer.Deserialize<JsonElement>(await flyball.Http.GetStringAsync($"/api/2.0/mlflow-artifacts/presigned/0/{run}/artifacts/a%20b/%C3%BC.txt", Cancel));
        Assert.Equal(5, signed.GetProperty("file_size").GetInt64());
        var url = signed.GetProperty("url").GetString()!;
        Assert.Equal("hello", await flyball.Http.GetStringAsync(url, Cancel));
        foreach (var wrong in (string[])[url.Replace("%C3%BC", "u", StringComparison.Ordinal), url[..^1] + (url[^1] == '0' ? '1' : '0'), url.Split('?')[0], url.Replace("until=", "until=1", StringComparison.Ordinal)])
        {
            using var refused = await flyball.Http.GetAsync(wrong, Cancel);
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        }
    }

    private static async Task<(string Id, List<string> Urls)> CreateAsync(TestFlyball flyball, string path, int parts)
    {
        using var answer = await flyball.Http.PostAsync($"/api/2.0/mlflow-artifacts/mpu/create/{path}", Json($$"""{"path": "{{path}}", "num_parts": {{parts}}}"""), Cancel);
        var json = JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync(Cancel));
        return (json.GetProperty("upload_id").GetString()!, [.. json.GetProperty("credentials").EnumerateArray().Select(part => part.GetProperty("url").GetString()!)]);
    }

    /// <summary>Sends a part, also where the server has another port by now; its ETag.</summary>
    private static async Task<string> SendAsync(TestFlyball flyball, string url, string content)
    {
        using var answer = await flyball.Http.PutAsync(new Uri(url).PathAndQuery, new StringContent(content), Cancel);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return answer.Headers.ETag!.Tag;
    }

    private static async Task<string> CompleteAsync(TestFlyball flyball, string path, string id, params (int Number, string Etag)[] parts)
    {
        var list = string.Join(", ", parts.Select(part => $$"""{"part_number": {{part.Number}}, "etag": {{JsonSerializer.Serialize(part.Etag)}}}"""));
        using var answer = await flyball.Http.PostAsync($"/api/2.0/mlflow-artifacts/mpu/complete/{path}", Json($$"""{"path": "{{path}}", "upload_id": "{{id}}", "parts": [{{list}}]}"""), Cancel);
        return await answer.Content.ReadAsStringAsync(Cancel);
    }

    private static StringContent Json(string text) => new(text, System.Text.Encoding.UTF8, "application/json");
}
