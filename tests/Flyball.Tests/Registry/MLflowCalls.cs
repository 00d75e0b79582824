using System.Net;
using System.Text;
using System.Text.Json;

namespace Flyball.Tests.Registry;

/// <summary>Calls of MLflow's API as its clients make them.</summary>
internal static class MLflowCalls
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    extension(TestFlyball flyball)
    {
        /// <summary>The answer's JSON; fails where it is an error.</summary>
        public async Task<JsonElement> CallAsync(string method, string path, string? body = null)
        {
            var (status, json) = await flyball.TryAsync(method, path, body);
            Assert.True(status == HttpStatusCode.OK, $"{method} {path}: {(int)status} {json}");
            return json;
        }

        public async Task<(HttpStatusCode Status, JsonElement Json)> TryAsync(string method, string path, string? body = null)
        {
            using var message = new HttpRequestMessage(new HttpMethod(method), $"/api/2.0/mlflow/{path}");
            if (body is not null) message.Content = new StringContent(body, Encoding.UTF8, "application/json");
            using var answer = await flyball.Http.SendAsync(message, Cancel);
            var text = await answer.Content.ReadAsStringAsync(Cancel);
            return (answer.StatusCode, text.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(text));
        }

        /// <summary>A refusal, as <c>code: message</c> behind its status.</summary>
        public async Task<string> RefusedAsync(string method, string path, string? body = null)
        {
            var (status, json) = await flyball.TryAsync(method, path, body);
            return $"{(int)status} {json.GetProperty("error_code").GetString()}: {json.GetProperty("message").GetString()}";
        }

        /// <summary>A run with the given files.</summary>
        public async Task<string> RunWithAsync(params (string Path, string Content)[] files)
        {
            var run = (await flyball.CallAsync("POST", "runs/create", """{"experiment_id": "0"}""")).GetProperty("run").GetProperty("info").GetProperty("run_id").GetString()!;
            foreach (var (path, content) in files) await flyball.PutAsync($"0/{run}/artifacts/{path}", content);
            return run;
        }

        public async Task PutAsync(string path, string content)
        {
            using var put = await flyball.Http.PutAsync($"/api/2.0/mlflow-artifacts/artifacts/{path}", new StringContent(content), Cancel);
            Assert.Equal(HttpStatusCode.OK, put.StatusCode);
        }

        public Task<JsonElement> RegisterAsync(string model, string run, string folder) =>
            flyball.CallAsync("POST", "model-versions/create", $$"""{"name": "{{model}}", "source": "mlflow-artifacts:/0/{{run}}/artifacts/{{folder}}", "run_id": "{{run}}"}""");
    }
}
