using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Flyball.Client;
using Flyball.Models;

namespace Flyball.Tests.Models;

/// <summary>Packages that training wrote: loaded by the product, by Python as MLflow loads them, and refused when they are not what they say.</summary>
public sealed class A_model_package : IAsyncDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("flyball-package-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("xgboost", "regression")]
    [InlineData("linear", "regression")]
    [InlineData("xgboost", "classification")]
    public async Task Predicts_in_Python_what_it_predicts_here(string trainer, string task)
    {
        await using var flyball = await TrainedAsync(trainer, task);
        using var package = ModelPackage.LoadFolder(folder);
        var start = new ProcessStartInfo("/usr/bin/python3") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["-B", Path.Combine(AppContext.BaseDirectory, "Models", "load_as_mlflow.py"), folder]) start.ArgumentList.Add(argument);
        using var python = Process.Start(start)!;
        var errors = python.StandardError.ReadToEndAsync(Cancel);
        var output = await python.StandardOutput.ReadToEndAsync(Cancel);
        await python.WaitForExitAsync(Cancel);
        Assert.SkipWhen((await errors).Contains("ModuleNotFoundError", StringComparison.Ordinal), "Python has no xgboost or pandas: apt-get install python3-xgboost python3-pandas python3-yaml");
        Assert.True(python.ExitCode == 0, await errors);
        var said = JsonSerializer.Deserialize<JsonElement>(output);
        var predictions = said.GetProperty("predictions").EnumerateArray().Select(value => value.GetDouble()).ToList();
        Assert.Equal(package.Samples.Count, predictions.Count);
        Assert.True(predictions.Distinct().Count() > 10);
        foreach (var (here, there) in package.Samples.Zip(predictions)) Assert.Equal(here.Prediction, there, 1e-5);
        Assert.InRange(said.GetProperty("example").GetInt32(), 1, 5);
        if (trainer == "xgboost") Assert.Equal(["x", "zone", "late"], said.GetProperty("boosted").EnumerateArray().Select(name => name.GetString()));
    }

    [Fact]
    public async Task Of_a_classification_is_gated_served_and_labelled()
    {
        await using var flyball = await TrainedAsync("xgboost", "classification");
        var version = await flyball.Client.GetModelVersionAsync("tips", 1, Cancel);
        var metrics = version.Content.GetProperty("metrics");
        Assert.InRange(metrics.GetProperty("auc").GetDouble(), 0.9, 1);
        Assert.InRange(metrics.GetProperty("log_loss").GetDouble(), 0, 0.5);
        Assert.All(version.Content.GetProperty("gates").EnumerateArray(), gate => Assert.True(gate.GetProperty("passed").GetBoolean()));
        double high = await AskAsync(flyball, "high", 95), low = await AskAsync(flyball, "low", 5);
        Assert.InRange(high, 0.8, 1);
        Assert.InRange(low, 0, 0.2);
        await LabelAsync(flyball, "high", "true");
        await LabelAsync(flyball, "low", "0");
        Assert.Equal(1, (await flyball.Client.GetPredictionAsync("tips", "high", Cancel)).Label);
        Assert.Equal(0, (await flyball.Client.GetPredictionAsync("tips", "low", Cancel)).Label);
        Assert.Contains("a classification's label is 0 or 1", (await Assert.ThrowsAsync<FlyballException>(() => LabelAsync(flyball, "low", "0.5"))).Message);
    }

    [Theory]
    [InlineData("model.json", "this is no model", "model file cannot be loaded")]
    [InlineData("model.json", "", "model file cannot be loaded")]
    [InlineData("model.json", "{\"learner\": {}, \"version\": [1, 7, 4]}", "model file cannot be loaded")]
    [InlineData("flyball/samples.json", "[]", "no rows to check it by")]
    [InlineData("flyball/samples.json", "{", "cannot be loaded")]
    [InlineData("flyball/encodings.json", "[null]", "encodings")]
    [InlineData("flyball/reference.json", "[]", "cannot be loaded")]
    public async Task Whose_files_are_not_what_they_say_is_refused_even_with_digests_that_fit(string name, string content, string said)
    {
        await using var flyball = await TrainedAsync("xgboost", "regression");
        await File.WriteAllTextAsync(Path.Combine(folder, name), content, Cancel);
        Assert.Contains("is not the file that training wrote", Assert.Throws<PackageException>(() => ModelPackage.LoadFolder(folder)).Message);
        await ChangeManifestAsync(manifest => manifest["files"]![name] = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content))));
        var message = Assert.Throws<PackageException>(() => ModelPackage.LoadFolder(folder)).Message;
        Assert.Contains(said, message);
        Assert.DoesNotContain(folder, message);
    }

    [Fact]
    public async Task Whose_manifest_was_altered_computes_something_else_and_is_refused()
    {
        await using var flyball = await TrainedAsync("xgboost", "regression");
        await ChangeManifestAsync(manifest => manifest["features"]![0]!["sql"] = "x + 1");
        Assert.Contains("Feature x is not what training computed", Assert.Throws<PackageException>(() => ModelPackage.LoadFolder(folder)).Message);
        await ChangeManifestAsync(manifest => manifest["features"]![0]!["sql"] = "(select max(x) from read_csv('/etc/passwd'))");
        Assert.Contains("it holds a subquery", Assert.Throws<PackageException>(() => ModelPackage.LoadFolder(folder)).Message);
        await ChangeManifestAsync(manifest => manifest["layout"] = 999);
        Assert.Contains("reads up to", Assert.Throws<PackageException>(() => ModelPackage.LoadFolder(folder)).Message);
        File.Delete(Path.Combine(folder, "flyball", "package.json"));
        Assert.Contains("has no flyball/package.json", Assert.Throws<PackageException>(() => ModelPackage.LoadFolder(folder)).Message);
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    /// <summary>A server that serves version 1, whose package lies in <see cref="folder"/>. Some numbers and categories are missing.</summary>
    private async Task<TestFlyball> TrainedAsync(string trainer, string task)
    {
        var flyball = await TestFlyball.StartAsync();
        var rows = string.Concat(Enumerable.Range(0, 1400).Select(i => string.Create(
            CultureInfo.InvariantCulture, $"2024-01-{1 + (i % 28):00} 10:00:00,{(i % 17 == 0 ? "" : $"{i * 37 % 100}.5")},{(i % 13 == 0 ? "" : $"Z{i % 5}")},{i % 24},{(i * 37 % 100) + (i % 5 * 3)}\n")));
        await File.WriteAllTextAsync(Path.Combine(flyball.Sources, "rows.csv"), "at,x,zone,hour,y\n" + rows, Cancel);
        var (label, gate) = task == "classification" ? ("(y > 55)::int", "auc > 0.8") : ("y", "rmse < 20");
        var yaml =
            $$"""
            project: tips
            data:
              rows: { source: sources/*.csv, time: at, label: { name: target, sql: "{{label}}" } }
            features:
              v:
                x: { type: number }
                zone: { type: category }
                late: { sql: "hour > 18", type: boolean }
            models:
              tips:
                train: { data: rows, features: [v], trainer: {{trainer}}, task: {{task}}, split: { by: time, test: 7d } }
                evaluate: { gates: ["{{gate}}"] }
            """;
        await flyball.Client.ApplyAsync(new ApplyProject(yaml, "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
        await flyball.UntilQuietAsync();
        var version = await flyball.Client.GetModelVersionAsync("tips", 1, Cancel);
        foreach (var file in version.Content.GetProperty("files").EnumerateArray())
        {
            var digest = file.GetProperty("digest").GetString()!;
            var target = Path.Combine(folder, file.GetProperty("path").GetString()!);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(Path.Combine(flyball.Folder, "data", "objects", digest[..2], digest[2..]), target);
        }

        return flyball;
    }

    private async Task ChangeManifestAsync(Action<JsonNode> change)
    {
        var path = Path.Combine(folder, "flyball", "package.json");
        var manifest = JsonNode.Parse(await File.ReadAllTextAsync(path, Cancel))!;
        change(manifest);
        await File.WriteAllTextAsync(path, manifest.ToJsonString(), Cancel);
    }

    private static async Task<double> AskAsync(TestFlyball flyball, string id, double x)
    {
        using var body = new StringContent(string.Create(CultureInfo.InvariantCulture, $$"""{"id": "{{id}}", "inputs": [{"name": "x", "datatype": "FP64", "shape": [1], "data": [{{x}}]}, {"name": "zone", "datatype": "BYTES", "shape": [1], "data": ["Z1"]}, {"name": "hour", "datatype": "INT64", "shape": [1], "data": [9]}]}"""), Encoding.UTF8, "application/json");
        using var answer = await flyball.Http.PostAsync("/v2/models/tips/infer", body, Cancel);
        var text = await answer.Content.ReadAsStringAsync(Cancel);
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonSerializer.Deserialize<JsonElement>(text).GetProperty("outputs").EnumerateArray().First(output => output.GetProperty("name").GetString() == "prediction").GetProperty("data")[0].GetDouble();
    }

    private static Task<TakenLabels> LabelAsync(TestFlyball flyball, string id, string label) =>
        flyball.Client.PostLabelsAsync("tips", new PostLabels([new LabelItem(id, JsonSerializer.Deserialize<JsonElement>(label))]), Cancel);
}
