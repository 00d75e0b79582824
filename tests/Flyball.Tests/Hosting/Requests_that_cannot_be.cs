using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Flyball.Tests.Hosting;

/// <summary>Whatever is sent, the answer has the error shape of its route and tells nothing of the inside of the server.</summary>
public sealed class Requests_that_cannot_be
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> Bodies => new()
    {
        { "POST", "" }, { "POST", "{" }, { "POST", "nonsense" }, { "POST", "[]" }, { "POST", "null" }, { "POST", "7" }, { "POST", "\"text\"" }, { "POST", "{\"a\":}" }, { "POST", "\u0000" }, { "POST", "{}{}" },
        { "POST", new string('[', 5000) + new string(']', 5000) },
        { "POST", string.Concat(Enumerable.Repeat("{\"a\":", 5000)) + "1" + new string('}', 5000) },
        { "POST", "{\"name\":{\"name\":[]},\"yaml\":[1],\"labels\":\"x\",\"inputs\":{},\"dataframe_records\":7}" },
        { "PUT", "{" }, { "GET", "" }, { "DELETE", "" }, { "PATCH", "{}" },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task Are_answered_in_the_shape_of_their_route_and_without_anything_of_ours(string method, string body)
    {
        await using var flyball = await TestFlyball.StartAsync();
        string[] paths =
        [
            "/api/projects/apply", "/api/projects/plan", "/api/projects/x/datasets/y/versions/999999999999", "/api/users", "/api/users/none/token", "/api/jobs/none/succeed", "/api/nothing", "/api/journal?after=x", "/%00", "/api/projects/%2e%2e%2f%2e%2e",
            "/api/2.0/mlflow/runs/create", "/api/2.0/mlflow/runs/log-batch", "/api/2.0/mlflow/experiments/get?experiment_id=../..", "/api/2.0/mlflow-artifacts/artifacts/0/none/artifacts/x", "/deployments/none/invocations", "/v2/models/none/infer",
            "/api/deployments/none/labels",
        ];
        foreach (var path in paths)
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path);
            if (method is not ("GET" or "DELETE")) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
            using var answer = await flyball.Http.SendAsync(request, Cancel);
            var text = await answer.Content.ReadAsStringAsync(Cancel);
            if (answer.IsSuccessStatusCode) continue;
            // a path that is none is turned away before anything of Flyball sees it
            Assert.True((int)answer.StatusCode is >= 400 and < 500, $"{method} {path} with {body[..Math.Min(20, body.Length)]} answered {(int)answer.StatusCode}: {text}");
            if (path != "/%00") AssertShape(path, (int)answer.StatusCode, answer.Content.Headers.ContentType, text);
            AssertTellsNothing(flyball, text);
        }

        Assert.True(await flyball.Client.IsHealthyAsync(Cancel));
    }

    [Fact]
    public async Task A_body_too_large_by_its_own_length_is_refused_before_it_is_read()
    {
        await using var flyball = await TestFlyball.StartAsync(change: options => options with { MaxRequestBytes = 1000 });
        using var answer = await flyball.Http.PostAsync("/api/projects/plan", new StringContent($"{{\"yaml\":\"{new string('x', 2000)}\"}}", Encoding.UTF8, "application/json"), Cancel);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Contains("body-too-large", await answer.Content.ReadAsStringAsync(Cancel));
    }

    private static void AssertShape(string path, int status, MediaTypeHeaderValue? type, string text)
    {
        using var json = JsonDocument.Parse(text);
        var root = json.RootElement;
        if (type?.MediaType == "application/problem+json")
        {
            Assert.Equal(status, root.GetProperty("status").GetInt32());
            Assert.Matches("^[a-z0-9-]+$", root.GetProperty("code").GetString());
            Assert.NotEmpty(root.GetProperty("detail").GetString()!);
            return;
        }

        Assert.Equal("application/json", type?.MediaType);
        if (path.StartsWith("/v2/", StringComparison.Ordinal)) Assert.NotEmpty(root.GetProperty("error").GetString()!);
        else
        {
            Assert.Matches("^[A-Z_]+$", root.GetProperty("error_code").GetString());
            Assert.NotEmpty(root.GetProperty("message").GetString()!);
        }
    }

    private static void AssertTellsNothing(TestFlyball flyball, string text)
    {
        foreach (var secret in (string[])[flyball.Folder, "/work/", "/root/", "/home/", ".cs:line", "   at ", "System.", "Exception", "Microsoft.", "select ", "insert ", "SQLite", "Flyball.Server"])
        {
            Assert.False(text.Contains(secret, StringComparison.Ordinal), $"'{secret}' is told: {text}");
        }
    }
}
