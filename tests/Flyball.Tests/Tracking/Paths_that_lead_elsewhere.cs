using System.Net;
using System.Text;
using System.Text.Json;
using Flyball.Tests.Registry;

namespace Flyball.Tests.Tracking;

/// <summary>Every parameter that takes a path, with everything that has led out of a folder somewhere.</summary>
public sealed class Paths_that_lead_elsewhere
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>As they stand in an address or a query, escaped by whoever sends them.</summary>
    public static TheoryData<string> Hostile =>
    [
        "..%2Foutside", "..%2F..%2F..%2F..%2Fetc%2Fpasswd", "%2e%2e%2foutside", "%252e%252e%252foutside", "%25252e%25252e%25252foutside", "a%2F..%2F..%2Foutside", "a%2F.%2Fb", "%2Fetc%2Fpasswd", "%2F%2Fetc%2Fpasswd",
        "..%5Coutside", "a%5C..%5C..%5Coutside", "C%3A%5Cwindows", "a%00b", "%00", "file%3A%2F%2F%2Fetc%2Fpasswd", "file%3A%2Fetc", "http%3A%2F%2F127.0.0.1%2Fx", "a%23b", "a%2F%2Fb", "..%3B%2Foutside", "%ef%bc%8e%ef%bc%8e%2Foutside", "..",
        "a%0d%0aSet-Cookie%3A%20x%3D1",
    ];

    [Theory]
    [MemberData(nameof(Hostile))]
    public async Task Reach_nothing_and_leave_nothing(string path)
    {
        await using var flyball = await TestFlyball.StartAsync();
        await File.WriteAllTextAsync(Path.Combine(flyball.Folder, "outside"), "root: a secret", Cancel);
        await File.WriteAllTextAsync(Path.Combine(flyball.Folder, "data", "outside"), "root: a secret", Cancel);
        var run = await flyball.RunWithAsync(("model/a.txt", "a"));
        await flyball.CallAsync("POST", "registered-models/create", """{"name": "m"}""");
        await flyball.RegisterAsync("m", run, "model");
        var model = (await flyball.CallAsync("POST", "logged-models", """{"experiment_id": "0", "name": "lm"}""")).GetProperty("model").GetProperty("info").GetProperty("model_id").GetString();
        var before = Entries(flyball.Folder);
        const string Api = "/api/2.0";
        (HttpMethod Method, string Address, string? Body)[] calls =
        [
            (HttpMethod.Get, $"{Api}/mlflow-artifacts/artifacts/0/{run}/artifacts/{path}", null), (HttpMethod.Put, $"{Api}/mlflow-artifacts/artifacts/0/{run}/artifacts/{path}", "changed"),
            (HttpMethod.Delete, $"{Api}/mlflow-artifacts/artifacts/0/{run}/artifacts/{path}", null), (HttpMethod.Get, $"{Api}/mlflow-artifacts/artifacts/{path}", null), (HttpMethod.Put, $"{Api}/mlflow-artifacts/artifacts/{path}", "changed"),
            (HttpMethod.Delete, $"{Api}/mlflow-artifacts/artifacts/{path}", null), (HttpMethod.Get, $"{Api}/mlflow-artifacts/artifacts?path={path}", null), (HttpMethod.Get, $"{Api}/mlflow-artifacts/artifacts/pinned/{path}", null),
            (HttpMethod.Get, $"{Api}/mlflow/artifacts/list?run_id={run}&path={path}", null), (HttpMethod.Get, $"{Api}/mlflow/artifacts/list?run_id={path}", null),
            (HttpMethod.Get, $"/get-artifact?run_id={run}&path={path}", null), (HttpMethod.Get, $"/get-artifact?run_id={path}&path=a", null), (HttpMethod.Get, $"/model-versions/get-artifact?name=m&version=1&path={path}", null),
            (HttpMethod.Get, $"/model-versions/get-artifact?name={path}&version=1&path=a.txt", null), (HttpMethod.Post, $"{Api}/mlflow/upload-artifact?run_uuid={run}&path={path}", "changed"),
            (HttpMethod.Get, $"{Api}/mlflow/logged-models/{model}/artifacts/files?artifact_file_path={path}", null), (HttpMethod.Get, $"{Api}/mlflow/logged-models/{model}/artifacts/directories?artifact_directory_path={path}", null),
            (HttpMethod.Get, $"{Api}/mlflow/logged-models/{path}", null), (HttpMethod.Post, $"{Api}/mlflow-artifacts/mpu/create/{path}", """{"path": "x", "num_parts": 1}"""),
            (HttpMethod.Post, $"{Api}/mlflow-artifacts/mpu/create/0/{run}/artifacts/{path}", """{"path": "x", "num_parts": 1}"""), (HttpMethod.Get, $"{Api}/mlflow-artifacts/signed/{path}", null),
            (HttpMethod.Get, $"{Api}/mlflow-artifacts/presigned/{path}", null), (HttpMethod.Get, $"{Api}/mlflow-artifacts/presigned/0/{run}/artifacts/{path}", null),
            (HttpMethod.Post, $"{Api}/mlflow-artifacts/mpu/complete/{path}", """{"path": "x", "upload_id": "none", "parts": []}"""), (HttpMethod.Post, $"{Api}/mlflow-artifacts/mpu/abort/{path}", """{"path": "x", "upload_id": "none"}"""),
            (HttpMethod.Post, $"{Api}/mlflow-artifacts/mpu/create/0/{run}/artifacts", Named("path", path, """, "num_parts": 1""")), (HttpMethod.Post, $"{Api}/mlflow-artifacts/mpu/create/0/{run}/artifacts/folder", Named("path", path, """, "num_parts": 1""")),
            (HttpMethod.Post, $"{Api}/mlflow/experiments/create", Named("artifact_location", path, ""","name": "elsewhere" """)), (HttpMethod.Post, $"{Api}/mlflow/runs/log-model", $$"""{"run_id": "{{run}}", "model_json": {{JsonSerializer.Serialize(Named("artifact_path", path, ""))}}}"""),
            (HttpMethod.Get, $"/lineage?of={path}", null), (HttpMethod.Get, $"/lineage?of=model-version:{path}", null),
            (HttpMethod.Put, $"{Api}/mlflow-artifacts/mpu/parts/{path}/1", "changed"), (HttpMethod.Get, $"/runs/{run}?path={path}", null), (HttpMethod.Get, $"/models/{path}/1/card.md", null), (HttpMethod.Get, $"/ui/{path}", null),
            (HttpMethod.Get, $"/api/runs/{path}/curve?metric={path}", null), (HttpMethod.Get, $"/experiments/{path}/runs.csv", null),
        ];
        foreach (var (method, address, body) in calls)
        {
            using var request = new HttpRequestMessage(method, new Uri(flyball.Server.Url.GetLeftPart(UriPartial.Authority) + address, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
            if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, body.StartsWith('{') ? "application/json" : "application/octet-stream");
            using var answer = await flyball.Http.SendAsync(request, Cancel);
            var text = await answer.Content.ReadAsStringAsync(Cancel);
            Assert.True((int)answer.StatusCode < 500, $"{method} {address} answered {(int)answer.StatusCode}: {text}");
            Assert.DoesNotContain("root:", text);
            Assert.DoesNotContain(flyball.Folder, text);
            Assert.False(answer.Headers.Contains("Set-Cookie"), address);
        }

        // as the source of a version
        foreach (var source in (string[])[Uri.UnescapeDataString(path), $"runs:/{run}/{Uri.UnescapeDataString(path)}", $"mlflow-artifacts:/0/{run}/artifacts/{path}"])
        {
            using var answer = await flyball.Http.PostAsync($"{Api}/mlflow/model-versions/create", new StringContent(JsonSerializer.Serialize(new { name = "m", source }), Encoding.UTF8, "application/json"), Cancel);
            Assert.True((int)answer.StatusCode < 500, $"{source} answered {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync(Cancel)}");
            var version = (await flyball.Client.ListModelVersionsAsync("m", Cancel)).MaxBy(known => known.Version)!;
            if (answer.IsSuccessStatusCode) Assert.DoesNotContain("root:", await flyball.Http.GetStringAsync($"/models/m/{version.Version}", Cancel));
        }

        // nothing appeared or went outside of the database and the objects, and the run's file is what it was
        Assert.Equal(before, Entries(flyball.Folder));
        Assert.Equal("a", await flyball.Http.GetStringAsync($"{Api}/mlflow-artifacts/artifacts/0/{run}/artifacts/model/a.txt", Cancel));
    }

    /// <summary>The HTTP server folds these before they are routed; what is left would be the path of another run's file.</summary>
    [Theory]
    [InlineData("%2e%2e/%2e%2e/QUIET/artifacts/a.txt")]
    [InlineData("../../QUIET/artifacts/a.txt")]
    [InlineData("x/.%2e/../%2E%2E/QUIET/artifacts/a.txt")]
    [InlineData("x%2F..%2F..%2F..%2FQUIET/artifacts/a.txt")]
    [InlineData("%252e%252e/%252e%252e/QUIET/artifacts/a.txt")]
    public async Task Reach_no_other_run(string path)
    {
        await using var flyball = await TestFlyball.StartAsync();
        var (run, other) = (await flyball.RunWithAsync(("b.txt", "b")), await flyball.RunWithAsync(("a.txt", "a")));
        const string Api = "/api/2.0/mlflow-artifacts";
        var target = path.Replace("QUIET", other, StringComparison.Ordinal);
        (HttpMethod Method, string Address)[] calls =
        [
            (HttpMethod.Get, "artifacts"), (HttpMethod.Put, "artifacts"), (HttpMethod.Delete, "artifacts"), (HttpMethod.Post, "mpu/create"), (HttpMethod.Get, "presigned"),
        ];
        foreach (var (method, address) in calls)
        {
            foreach (var api in (string[])[Api, "/ajax-api/2.0/mlflow-artifacts"])
            {
                var uri = $"{flyball.Server.Url.GetLeftPart(UriPartial.Authority)}{api}/{address}/0/{run}/artifacts/{target}";
                using var request = new HttpRequestMessage(method, new Uri(uri, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
                if (method != HttpMethod.Get) request.Content = new StringContent("{}", Encoding.UTF8, "application/json");
                using var answer = await flyball.Http.SendAsync(request, Cancel);
                Assert.Equal((HttpStatusCode.BadRequest, """{"error_code":"INVALID_PARAMETER_VALUE","message":"Invalid path"}"""), (answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancel)));
            }
        }

        Assert.Equal("a", await flyball.Http.GetStringAsync($"/get-artifact?run_id={other}&path=a.txt", Cancel));
    }

    [Fact]
    public async Task Are_none_where_they_only_say_the_same_twice()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var run = await flyball.RunWithAsync(("./model//a.txt", "a"), ("model/./b.txt", "b"));
        foreach (var path in (string[])["model/a.txt", "./model/a.txt", "model//a.txt", "model/./a.txt"]) Assert.Equal("a", await flyball.Http.GetStringAsync($"/get-artifact?run_id={run}&path={path}", Cancel));
        foreach (var path in (string[])["model", "./model", "model/", "./model/."])
        {
            var files = (await flyball.CallAsync("GET", $"artifacts/list?run_id={run}&path={path}")).GetProperty("files").EnumerateArray().Select(file => file.GetProperty("path").GetString());
            Assert.Equal(["model/a.txt", "model/b.txt"], files);
        }

        foreach (var path in (string[])["", ".", "./", "./."])
        {
            Assert.Equal("model", Assert.Single((await flyball.CallAsync("GET", $"artifacts/list?run_id={run}&path={path}")).GetProperty("files").EnumerateArray()).GetProperty("path").GetString());
        }

        await flyball.CallAsync("POST", "registered-models/create", """{"name": "m"}""");
        var made = await flyball.CallAsync("POST", "model-versions/create", $$"""{"name": "m", "source": "mlflow-artifacts:/0/{{run}}/artifacts///model///"}""");
        Assert.Equal("1", made.GetProperty("model_version").GetProperty("version").GetString());
        Assert.Equal("b", await flyball.Http.GetStringAsync("/model-versions/get-artifact?name=m&version=1&path=b.txt", Cancel));
    }

    [Fact]
    public async Task Are_no_links_among_the_objects()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var run = await flyball.RunWithAsync(("a.txt", "content"));
        // somebody who can write into the data directory makes a name of an object a link: the server serves bytes by digest and knows no other names
        var secret = Path.Combine(flyball.Folder, "secret");
        await File.WriteAllTextAsync(secret, "root: a secret", Cancel);
        Directory.CreateSymbolicLink(Path.Combine(flyball.Folder, "data", "objects", "link"), flyball.Folder);
        foreach (var path in (string[])["link", "link/secret", "objects/link/secret"])
        {
            using var answer = await flyball.Http.GetAsync($"/api/2.0/mlflow-artifacts/artifacts/{path}", Cancel);
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        }

        Assert.Equal("content", await flyball.Http.GetStringAsync($"/get-artifact?run_id={run}&path=a.txt", Cancel));
    }

    [Fact]
    public async Task Are_no_links_in_place_of_objects()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var secret = Path.Combine(flyball.Folder, "secret");
        await File.WriteAllTextAsync(secret, "root: a secret", Cancel);
        foreach (var folder in (bool[])[false, true])
        {
            var run = await flyball.RunWithAsync(("a.txt", $"content {folder}"));
            var digest = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes($"content {folder}")));
            var (parent, place) = (Path.Combine(flyball.Folder, "data", "objects", digest[..2]), Path.Combine(flyball.Folder, "data", "objects", digest[..2], digest[2..]));
            if (folder)
            {
                Directory.Move(parent, Path.Combine(flyball.Folder, "moved"));
                await File.WriteAllTextAsync(Path.Combine(flyball.Folder, "moved", digest[2..]), "root: a secret", Cancel);
                Directory.CreateSymbolicLink(parent, Path.Combine(flyball.Folder, "moved"));
            }
            else
            {
                File.Delete(place);
                File.CreateSymbolicLink(place, secret);
            }

            foreach (var address in (string[])[$"/get-artifact?run_id={run}&path=a.txt", $"/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/a.txt", $"/runs/{run}?path=a.txt"])
            {
                using var answer = await flyball.Http.GetAsync(address, Cancel);
                Assert.DoesNotContain("root:", await answer.Content.ReadAsStringAsync(Cancel));
            }

            if (folder) continue;
            // who sends the content again has it stored, in place of the link
            Assert.Equal("content False", await flyball.Http.GetStringAsync($"/get-artifact?run_id={await flyball.RunWithAsync(("a.txt", "content False"))}&path=a.txt", Cancel));
            Assert.Equal("root: a secret", await File.ReadAllTextAsync(secret, Cancel));
        }
    }

    /// <summary>A JSON object with a path as it is meant, and whatever else.</summary>
    private static string Named(string name, string path, string more) => $"{{{JsonSerializer.Serialize(name)}: {JsonSerializer.Serialize(Uri.UnescapeDataString(path))}{more}}}";

    /// <summary>Files and folders, those of the database and of objects aside, whose names are digests.</summary>
    private static List<string> Entries(string folder) =>
        [.. Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(folder, path)).Where(path => !path.StartsWith(Path.Combine("data", "objects"), StringComparison.Ordinal) && !path.StartsWith(Path.Combine("data", "flyball.db"), StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
}
