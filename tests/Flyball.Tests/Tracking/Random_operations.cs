using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Flyball.Numerics;
using Flyball.Tests.Registry;

namespace Flyball.Tests.Tracking;

/// <summary>Random mixed operations on experiments, runs and models, each answered as a plain model of MLflow's semantics says, and what is left at the end is what that model holds; after a restart too.</summary>
public sealed class Random_operations
{
    private const int Operations = 600;
    private static readonly string[] Keys = ["a", "b", "c/d", "e f"];
    private readonly Dictionary<string, ModelOfExperiment> experiments = new() { ["0"] = new("Default") };
    private readonly Dictionary<string, ModelOfRun> runs = [];
    private readonly Dictionary<string, ModelOfModel> models = [];
    private TestFlyball flyball = null!;
    private Seeded chance = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Agree_with_a_model_of_the_semantics(int seed)
    {
        chance = new Seeded((ulong)seed);
        flyball = await TestFlyball.StartAsync();
        for (var i = 0; i < Operations; i++)
        {
            await StepAsync(i);
            if (i % 150 == 149) await CheckAsync();
        }

        await CheckAsync();
        flyball = await flyball.RestartAsync();
        await using var restarted = flyball;
        await CheckAsync();
    }

    private async Task StepAsync(int i)
    {
        switch (chance.Below(20))
        {
            case 0: await CreateExperimentAsync($"x{chance.Below(6)}"); break;
            case 1: await MoveExperimentAsync(Any(experiments.Keys), deleted: chance.Chance(0.6)); break;
            case 2: await RenameExperimentAsync(Any(experiments.Keys), $"x{chance.Below(6)}"); break;
            case 3 or 4 or 5: await CreateRunAsync(Any(experiments.Keys), i); break;
            case 6: await MoveRunAsync(AnyRun(), deleted: chance.Chance(0.6)); break;
            case 7 or 8 or 9: await MetricAsync(AnyRun(), i); break;
            case 10 or 11: await ParamAsync(AnyRun()); break;
            case 12: await TagAsync(AnyRun()); break;
            case 13: await NoTagAsync(AnyRun()); break;
            case 14: await EndAsync(AnyRun()); break;
            case 15: await CreateModelAsync($"m{chance.Below(4)}"); break;
            case 16: await DeleteModelAsync($"m{chance.Below(4)}"); break;
            case 17: await CreateVersionAsync($"m{chance.Below(4)}"); break;
            case 18: await DeleteVersionAsync($"m{chance.Below(4)}", 1 + (int)chance.Below(5)); break;
            default: await AliasAsync($"m{chance.Below(4)}", 1 + (int)chance.Below(5)); break;
        }
    }

    private async Task CreateExperimentAsync(string name)
    {
        var answer = await TryAsync("POST", "experiments/create", new JsonObject { ["name"] = name });
        if (experiments.Values.Any(known => known.Name == name)) Refused(answer, "RESOURCE_ALREADY_EXISTS");
        else experiments[Ok(answer).GetProperty("experiment_id").GetString()!] = new ModelOfExperiment(name);
    }

    private async Task MoveExperimentAsync(string id, bool deleted)
    {
        var answer = await TryAsync("POST", deleted ? "experiments/delete" : "experiments/restore", new JsonObject { ["experiment_id"] = id });
        if (experiments[id].Deleted == deleted)
        {
            Refused(answer, "RESOURCE_DOES_NOT_EXIST");
            return;
        }

        Ok(answer);
        experiments[id].Deleted = deleted;
        foreach (var run in runs.Values.Where(run => run.Experiment == id)) run.Deleted = deleted;
    }

    private async Task RenameExperimentAsync(string id, string name)
    {
        var answer = await TryAsync("POST", "experiments/update", new JsonObject { ["experiment_id"] = id, ["new_name"] = name });
        if (experiments[id].Deleted) Refused(answer, "INVALID_STATE");
        else if (experiments.Any(known => known.Value.Name == name && known.Key != id)) Refused(answer, "RESOURCE_ALREADY_EXISTS");
        else
        {
            Ok(answer);
            experiments[id].Name = name;
        }
    }

    private async Task CreateRunAsync(string experiment, int i)
    {
        var answer = await TryAsync("POST", "runs/create", new JsonObject { ["experiment_id"] = experiment, ["run_name"] = $"r{i}", ["start_time"] = 1_700_000_000_000 + i });
        if (experiments[experiment].Deleted) Refused(answer, "INVALID_PARAMETER_VALUE");
        else runs[Ok(answer).GetProperty("run").GetProperty("info").GetProperty("run_id").GetString()!] = new ModelOfRun(experiment, $"r{i}");
    }

    private async Task MoveRunAsync(string? id, bool deleted)
    {
        if (id is null) return;
        Ok(await TryAsync("POST", deleted ? "runs/delete" : "runs/restore", new JsonObject { ["run_id"] = id }));
        runs[id].Deleted = deleted;
    }

    private async Task MetricAsync(string? id, int i)
    {
        if (id is null) return;
        var (key, step, value) = (Any(Keys), (long)chance.Below(5), Math.Round(chance.Uniform(0, 10), 3));
        var at = 1_700_000_000_000 + i;
        var answer = await TryAsync("POST", "runs/log-metric", new JsonObject { ["run_id"] = id, ["key"] = key, ["value"] = value, ["timestamp"] = at, ["step"] = step });
        if (runs[id].Deleted) Refused(answer, "INVALID_PARAMETER_VALUE");
        else
        {
            Ok(answer);
            // the newest by step, then time, then value
            if (!runs[id].Metrics.TryGetValue(key, out var known) || (step, at, value).CompareTo(known) > 0) runs[id].Metrics[key] = (step, at, value);
        }
    }

    private async Task ParamAsync(string? id)
    {
        if (id is null) return;
        // two in one batch: both or neither
        var (first, second) = (Any(Keys), Any(Keys));
        var (one, other) = ($"{chance.Below(2)}", $"{chance.Below(2)}");
        var list = new JsonArray(new JsonObject { ["key"] = first, ["value"] = one });
        if (second != first) list.Add(new JsonObject { ["key"] = second, ["value"] = other });
        var answer = await TryAsync("POST", "runs/log-batch", new JsonObject { ["run_id"] = id, ["params"] = list });
        var parameters = runs[id].Params;
        var wanted = second == first ? [(first, one)] : new[] { (first, one), (second, other) };
        if (runs[id].Deleted || wanted.Any(param => parameters.TryGetValue(param.Item1, out var known) && known != param.Item2)) Refused(answer, "INVALID_PARAMETER_VALUE");
        else
        {
            Ok(answer);
            foreach (var (key, value) in wanted) parameters[key] = value;
        }
    }

    private async Task TagAsync(string? id)
    {
        if (id is null) return;
        var (key, value) = (Any(Keys), $"{chance.Below(5)}");
        var answer = await TryAsync("POST", "runs/set-tag", new JsonObject { ["run_id"] = id, ["key"] = key, ["value"] = value });
        if (runs[id].Deleted) Refused(answer, "INVALID_PARAMETER_VALUE");
        else
        {
            Ok(answer);
            runs[id].Tags[key] = value;
        }
    }

    private async Task NoTagAsync(string? id)
    {
        if (id is null) return;
        var key = Any(Keys);
        var answer = await TryAsync("POST", "runs/delete-tag", new JsonObject { ["run_id"] = id, ["key"] = key });
        if (runs[id].Deleted) Refused(answer, "INVALID_PARAMETER_VALUE");
        else if (!runs[id].Tags.Remove(key)) Refused(answer, "RESOURCE_DOES_NOT_EXIST");
        else Ok(answer);
    }

    private async Task EndAsync(string? id)
    {
        if (id is null) return;
        var answer = await TryAsync("POST", "runs/update", new JsonObject { ["run_id"] = id, ["status"] = "FINISHED", ["end_time"] = 1_800_000_000_000 });
        if (runs[id].Deleted) Refused(answer, "INVALID_PARAMETER_VALUE");
        else
        {
            Ok(answer);
            runs[id].Ended = true;
        }
    }

    private async Task CreateModelAsync(string name)
    {
        var answer = await TryAsync("POST", "registered-models/create", new JsonObject { ["name"] = name });
        if (models.ContainsKey(name)) Refused(answer, "RESOURCE_ALREADY_EXISTS");
        else
        {
            Ok(answer);
            models[name] = new ModelOfModel();
        }
    }

    private async Task DeleteModelAsync(string name)
    {
        var answer = await TryAsync("DELETE", "registered-models/delete", new JsonObject { ["name"] = name });
        if (!models.Remove(name)) Refused(answer, "RESOURCE_DOES_NOT_EXIST");
        else Ok(answer);
    }

    private async Task CreateVersionAsync(string name)
    {
        var answer = await TryAsync("POST", "model-versions/create", new JsonObject { ["name"] = name, ["source"] = "s3://bucket/model" });
        if (!models.TryGetValue(name, out var model)) Refused(answer, "RESOURCE_DOES_NOT_EXIST");
        else
        {
            Assert.Equal($"{++model.Newest}", Ok(answer).GetProperty("model_version").GetProperty("version").GetString());
            model.Versions.Add(model.Newest);
        }
    }

    private async Task DeleteVersionAsync(string name, int version)
    {
        var answer = await TryAsync("DELETE", "model-versions/delete", new JsonObject { ["name"] = name, ["version"] = $"{version}" });
        if (!models.TryGetValue(name, out var model) || !model.Versions.Remove(version))
        {
            Refused(answer, "RESOURCE_DOES_NOT_EXIST");
            return;
        }

        Ok(answer);
        foreach (var alias in model.Aliases.Where(alias => alias.Value == version).Select(alias => alias.Key).ToList()) model.Aliases.Remove(alias);
    }

    private async Task AliasAsync(string name, int version)
    {
        var alias = chance.Chance(0.5) ? "best" : "other";
        var answer = await TryAsync("POST", "registered-models/alias", new JsonObject { ["name"] = name, ["alias"] = alias, ["version"] = $"{version}" });
        if (!models.TryGetValue(name, out var model) || !model.Versions.Contains(version)) Refused(answer, "RESOURCE_DOES_NOT_EXIST");
        else
        {
            Ok(answer);
            model.Aliases[alias] = version;
        }
    }

    /// <summary>Everything the server tells is what the model holds: one by one, and by searches.</summary>
    private async Task CheckAsync()
    {
        foreach (var (id, expected) in experiments)
        {
            var known = Ok(await TryAsync("GET", $"experiments/get?experiment_id={id}", null)).GetProperty("experiment");
            Assert.Equal((expected.Name, expected.Deleted ? "deleted" : "active"), (known.GetProperty("name").GetString(), known.GetProperty("lifecycle_stage").GetString()));
        }

        foreach (var (id, expected) in runs)
        {
            var known = Ok(await TryAsync("GET", $"runs/get?run_id={id}", null)).GetProperty("run");
            var info = known.GetProperty("info");
            Assert.Equal((expected.Name, expected.Deleted ? "deleted" : "active", expected.Ended ? "FINISHED" : "RUNNING"), (info.GetProperty("run_name").GetString(), info.GetProperty("lifecycle_stage").GetString(), info.GetProperty("status").GetString()));
            Assert.Equal(Lines(expected.Params), Pairs(known, "params"));
            Assert.Equal(Lines(expected.Tags), Pairs(known, "tags").Where(tag => !tag.StartsWith("mlflow.", StringComparison.Ordinal)));
            Assert.Equal(expected.Metrics.Select(metric => string.Create(CultureInfo.InvariantCulture, $"{metric.Key}={metric.Value.Value:R}@{metric.Value.Step}")).Order(StringComparer.Ordinal), Metrics(known));
        }

        foreach (var view in (string[])["ACTIVE_ONLY", "DELETED_ONLY", "ALL"])
        {
            bool IsSeen(bool deleted) => view == "ALL" || deleted == (view == "DELETED_ONLY");
            Assert.Equal(runs.Where(run => IsSeen(run.Value.Deleted)).Select(run => run.Key).Order(StringComparer.Ordinal), await FoundAsync(view, ""));
            Assert.Equal(
                runs.Where(run => IsSeen(run.Value.Deleted) && run.Value.Metrics.TryGetValue("a", out var metric) && metric.Value > 4 && run.Value.Params.GetValueOrDefault("b") != "1" && run.Value.Params.ContainsKey("b")).Select(run => run.Key).Order(StringComparer.Ordinal),
                await FoundAsync(view, "metrics.a > 4 and params.b != '1'"));
            Assert.Equal(runs.Where(run => IsSeen(run.Value.Deleted) && run.Value.Tags.GetValueOrDefault("c/d") is "1" or "2" && IsSeen(run.Value.Deleted)).Select(run => run.Key).Order(StringComparer.Ordinal), await FoundAsync(view, "tags.`c/d` = '1' or tags.`c/d` = '2'"));
        }

        var registered = Ok(await TryAsync("GET", "registered-models/search?max_results=100", null));
        var names = registered.TryGetProperty("registered_models", out var list) ? list.EnumerateArray().ToDictionary(model => model.GetProperty("name").GetString()!) : [];
        Assert.Equal(models.Keys.Order(StringComparer.Ordinal), names.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, expected) in models)
        {
            var aliases = names[name].TryGetProperty("aliases", out var told) ? told.EnumerateArray().Select(alias => $"{alias.GetProperty("alias").GetString()}={alias.GetProperty("version").GetString()}").Order(StringComparer.Ordinal) : Enumerable.Empty<string>();
            Assert.Equal(expected.Aliases.Select(alias => $"{alias.Key}={alias.Value}").Order(StringComparer.Ordinal), aliases);
            Assert.Equal(expected.Versions.Order(), (await flyball.Client.ListModelVersionsAsync(name, Cancel)).Select(version => version.Version).Order());
        }
    }

    private async Task<List<string>> FoundAsync(string view, string filter)
    {
        var (found, token) = (new List<string>(), (string?)null);
        do
        {
            var page = Ok(await TryAsync("POST", "runs/search", new JsonObject
            {
                ["experiment_ids"] = new JsonArray([.. experiments.Keys.Select(id => (JsonNode)id)]), ["filter"] = filter, ["run_view_type"] = view, ["max_results"] = 7, ["page_token"] = token, ["order_by"] = new JsonArray("metrics.a DESC"),
            }));
            if (page.TryGetProperty("runs", out var list)) found.AddRange(list.EnumerateArray().Select(run => run.GetProperty("info").GetProperty("run_id").GetString()!));
            token = page.TryGetProperty("next_page_token", out var next) ? next.GetString() : null;
        }
        while (token is { Length: > 0 });
        return [.. found.Order(StringComparer.Ordinal)];
    }

    private async Task<(int Status, JsonElement Json)> TryAsync(string method, string path, JsonObject? body)
    {
        var (status, json) = await flyball.TryAsync(method, path, body?.ToJsonString());
        return ((int)status, json);
    }

    private static JsonElement Ok((int Status, JsonElement Json) answer)
    {
        Assert.True(answer.Status == 200, $"{answer.Status}: {answer.Json}");
        return answer.Json;
    }

    private static void Refused((int Status, JsonElement Json) answer, string code)
    {
        Assert.True(answer.Status >= 400, $"expected {code}, but it was answered: {answer.Json}");
        Assert.Equal(code, answer.Json.GetProperty("error_code").GetString());
    }

    private static IEnumerable<string> Lines(Dictionary<string, string> pairs) => pairs.Select(pair => $"{pair.Key}={pair.Value}").Order(StringComparer.Ordinal);

    private static IEnumerable<string> Pairs(JsonElement run, string kind) =>
        run.GetProperty("data").TryGetProperty(kind, out var list) ? list.EnumerateArray().Select(pair => $"{pair.GetProperty("key").GetString()}={pair.GetProperty("value").GetString()}").Order(StringComparer.Ordinal) : [];

    private static IEnumerable<string> Metrics(JsonElement run) => run.GetProperty("data").TryGetProperty("metrics", out var list)
        ? list.EnumerateArray().Select(metric => string.Create(CultureInfo.InvariantCulture, $"{metric.GetProperty("key").GetString()}={metric.GetProperty("value").GetDouble():R}@{metric.GetProperty("step").GetInt64()}")).Order(StringComparer.Ordinal)
        : [];

    private string? AnyRun() => runs.Count == 0 ? null : Any(runs.Keys);

    private T Any<T>(IEnumerable<T> things) => things.ElementAt((int)chance.Below((uint)things.Count()));

    private sealed class ModelOfExperiment(string name)
    {
        public string Name { get; set; } = name;

        public bool Deleted { get; set; }
    }

    private sealed class ModelOfRun(string experiment, string name)
    {
        public string Experiment => experiment;

        public string Name => name;

        public bool Deleted { get; set; }

        public bool Ended { get; set; }

        public Dictionary<string, (long Step, long At, double Value)> Metrics { get; } = [];

        public Dictionary<string, string> Params { get; } = [];

        public Dictionary<string, string> Tags { get; } = [];
    }

    private sealed class ModelOfModel
    {
        public int Newest { get; set; }

        public HashSet<int> Versions { get; } = [];

        public Dictionary<string, int> Aliases { get; } = [];
    }
}
