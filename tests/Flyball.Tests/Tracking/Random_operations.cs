using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Flyball.Numerics;
using Flyball.Tests.Registry;

namespace Flyball.Tests.Tracking;

/// <summary>Random mixed operations on experiments, runs and models, each answered as a plain model of MLflow's semantics says, and what is left at the end is what that model holds, in the order asked for, page by page; after a restart too.</summary>
public sealed partial class Random_operations
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
        switch (chance.Below(36))
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
            case 19: await AliasAsync($"m{chance.Below(4)}", 1 + (int)chance.Below(5)); break;
            case 20: await RenameModelAsync($"m{chance.Below(4)}", $"m{chance.Below(4)}"); break;
            case 21 or 22: await StageAsync($"m{chance.Below(4)}", 1 + (int)chance.Below(5)); break;
            case 23: await InputAsync(AnyRun()); break;
            case 24: await LogModelAsync(Any(experiments.Keys), i); break;
            case 25: await LoggedParamAsync(AnyLogged()); break;
            case 26: await LoggedTagAsync(AnyLogged()); break;
            case 27 or 28 or 29: await BatchAsync(AnyRun()); break;
            case 30: await RenameRunAsync(AnyRun(), i); break;
            case 31: await ExperimentTagAsync(Any(experiments.Keys)); break;
            case 32: await ModelMetricAsync(AnyRun(), AnyLogged(), i); break;
            case 33 or 34: await OutputAsync(AnyRun(), AnyLogged()); break;
            case 35 when chance.Chance(0.2): await RemoveAsync(); break;
            default: await FinishOrDeleteAsync(AnyLogged()); break;
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
        else runs[Ok(answer).GetProperty("run").GetProperty("info").GetProperty("run_id").GetString()!] = new ModelOfRun(experiment, $"r{i}", i);
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
        var (key, step) = (Any(Keys), (long)chance.Below(5));
        var (said, value) = chance.Below(10) switch
        {
            0 => (JsonValue.Create("NaN"), double.NaN),
            1 => (JsonValue.Create("Infinity"), double.MaxValue),
            2 => (JsonValue.Create("-Infinity"), double.MinValue),
            _ => Math.Round(chance.Uniform(0, 10), 3) is var number ? (JsonValue.Create(number), number) : default,
        };
        var at = 1_700_000_000_000 + i;
        var answer = await TryAsync("POST", "runs/log-metric", new JsonObject { ["run_id"] = id, ["key"] = key, ["value"] = said, ["timestamp"] = at, ["step"] = step });
        if (runs[id].Deleted) Refused(answer, "INVALID_PARAMETER_VALUE");
        else
        {
            Ok(answer);
            runs[id].Log(key, at, step, value);
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

    /// <summary>Everything the server tells is what the model holds: one by one, and by searches.</summary>
    private async Task CheckAsync()
    {
        foreach (var (id, expected) in experiments)
        {
            var known = Ok(await TryAsync("GET", $"experiments/get?experiment_id={id}", null)).GetProperty("experiment");
            Assert.Equal((expected.Name, expected.Deleted ? "deleted" : "active"), (known.GetProperty("name").GetString(), known.GetProperty("lifecycle_stage").GetString()));
            Assert.Equal(Lines(expected.Tags), Lines(known, "tags"));
        }

        foreach (var (id, expected) in runs)
        {
            var known = Ok(await TryAsync("GET", $"runs/get?run_id={id}", null)).GetProperty("run");
            var info = known.GetProperty("info");
            Assert.Equal((expected.Name, expected.Deleted ? "deleted" : "active", expected.Ended ? "FINISHED" : "RUNNING"), (info.GetProperty("run_name").GetString(), info.GetProperty("lifecycle_stage").GetString(), info.GetProperty("status").GetString()));
            Assert.Equal(Lines(expected.Params), Pairs(known, "params"));
            Assert.Equal(Lines(expected.Tags), Pairs(known, "tags").Where(tag => !tag.StartsWith("mlflow.", StringComparison.Ordinal)));
            Assert.Equal(expected.Inputs.Order(StringComparer.Ordinal), Inputs(known));
            Assert.Equal(expected.Models.Select(link => $"{(link.Step is null ? "inputs" : "outputs")} {link.Model} {link.Step}").Order(StringComparer.Ordinal), Models(known));
            foreach (var key in Keys)
            {
                var history = Ok(await TryAsync("GET", $"metrics/get-history?run_id={id}&metric_key={Uri.EscapeDataString(key)}", null));
                Assert.Equal(
                    expected.Histories.Where(point => point.Key == key).OrderBy(point => point.At).ThenBy(point => point.Step).ThenBy(point => point.Value).Select(point => (point.At, point.Step, point.Value)),
                    (history.TryGetProperty("metrics", out var points) ? points.EnumerateArray() : default).Select(point => (point.GetProperty("timestamp").GetInt64(), point.GetProperty("step").GetInt64(), Value(point))));
            }

            Assert.Equal(expected.Metrics.Select(metric => string.Create(CultureInfo.InvariantCulture, $"{metric.Key}={metric.Value.Value:R}@{metric.Value.Step}")).Order(StringComparer.Ordinal), Metrics(known));
        }

        foreach (var view in (string[])["ACTIVE_ONLY", "DELETED_ONLY", "ALL"])
        {
            bool IsSeen(bool deleted) => view == "ALL" || deleted == (view == "DELETED_ONLY");
            var seen = runs.Where(run => IsSeen(run.Value.Deleted)).ToList();
            // a metric decides, what is no number and then what lacks it comes last, and the newest is first where nothing else decides
            Assert.Equal(seen.OrderBy(run => run.Value.Metrics.TryGetValue("a", out var metric) ? double.IsNaN(metric.Value) ? 1 : 0 : 2).ThenByDescending(run => run.Value.Metrics.GetValueOrDefault("a").Value).ThenByDescending(run => run.Value.Started).Select(run => run.Key), await InOrderAsync(view, "", "metrics.a DESC"));
            Assert.Equal(seen.OrderBy(run => run.Value.Params.GetValueOrDefault("b"), Comparer<string?>.Create(LastIfAbsent)).ThenByDescending(run => run.Value.Started).Select(run => run.Key), await InOrderAsync(view, "", "params.b ASC"));
            Assert.Equal(seen.OrderBy(run => run.Value.Started).Select(run => run.Key), await InOrderAsync(view, "", "start_time ASC"));
            Assert.Equal(
                runs.Where(run => IsSeen(run.Value.Deleted) && run.Value.Metrics.TryGetValue("a", out var metric) && metric.Value > 4 && run.Value.Params.GetValueOrDefault("b") != "1" && run.Value.Params.ContainsKey("b")).Select(run => run.Key).Order(StringComparer.Ordinal),
                await FoundAsync(view, "metrics.a > 4 and params.b != '1'"));
            Assert.Equal(runs.Where(run => IsSeen(run.Value.Deleted) && run.Value.Tags.GetValueOrDefault("c/d") is "1" or "2" && IsSeen(run.Value.Deleted)).Select(run => run.Key).Order(StringComparer.Ordinal), await FoundAsync(view, "tags.`c/d` = '1' or tags.`c/d` = '2'"));
        }

        // what lacks a value fits neither IN nor NOT IN, and NOT of either
        List<string> Where(Func<ModelOfRun, bool> fits) => [.. runs.Where(run => fits(run.Value)).Select(run => run.Key).Order(StringComparer.Ordinal)];
        Assert.Equal(Where(run => run.Params.GetValueOrDefault("a") is "0" or "2"), await FoundAsync("ALL", "params.a IN ('0', '2')"));
        Assert.Equal(Where(run => run.Tags.GetValueOrDefault("b") is { } tag && tag is not ("1" or "3")), await FoundAsync("ALL", "tags.b NOT IN ('1', '3')"));
        Assert.Equal(Where(run => !(run.Metrics.TryGetValue("b", out var metric) && metric.Value > 5) || run.Ended), await FoundAsync("ALL", "NOT metrics.b > 5 OR attributes.status = 'FINISHED'"));
        Assert.Equal(Where(run => !run.Tags.ContainsKey("a") && run.Metrics.ContainsKey("a")), await FoundAsync("ALL", "tags.a IS NULL AND NOT (metrics.a IS NULL)"));
        await CheckModelsAsync();
        await CheckLoggedModelsAsync();
        await CheckRemovedAsync();
    }

    private static int LastIfAbsent(string? one, string? other) => one is null || other is null ? (one is null ? 1 : 0) - (other is null ? 1 : 0) : string.CompareOrdinal(one, other);

    private async Task<List<string>> FoundAsync(string view, string filter) => [.. (await InOrderAsync(view, filter, "metrics.a DESC")).Order(StringComparer.Ordinal)];

    private async Task<List<string>> InOrderAsync(string view, string filter, string order)
    {
        var (found, token) = (new List<string>(), (string?)null);
        do
        {
            var page = Ok(await TryAsync("POST", "runs/search", new JsonObject
            {
                ["experiment_ids"] = new JsonArray([.. experiments.Keys.Select(id => (JsonNode)id)]), ["filter"] = filter, ["run_view_type"] = view, ["max_results"] = 7, ["page_token"] = token, ["order_by"] = new JsonArray(order),
            }));
            if (page.TryGetProperty("runs", out var list)) found.AddRange(list.EnumerateArray().Select(run => run.GetProperty("info").GetProperty("run_id").GetString()!));
            token = page.TryGetProperty("next_page_token", out var next) ? next.GetString() : null;
        }
        while (token is { Length: > 0 });
        return found;
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

    private static IEnumerable<string> Inputs(JsonElement run) => run.TryGetProperty("inputs", out var inputs) && inputs.TryGetProperty("dataset_inputs", out var list)
        ? list.EnumerateArray().Select(input => input.GetProperty("dataset")).Select(dataset => $"{dataset.GetProperty("name").GetString()}@{dataset.GetProperty("digest").GetString()}").Order(StringComparer.Ordinal)
        : [];

    private static IEnumerable<string> Metrics(JsonElement run) => run.GetProperty("data").TryGetProperty("metrics", out var list)
        ? list.EnumerateArray().Select(metric => string.Create(CultureInfo.InvariantCulture, $"{metric.GetProperty("key").GetString()}={Value(metric):R}@{metric.GetProperty("step").GetInt64()}")).Order(StringComparer.Ordinal)
        : [];

    private static double Value(JsonElement metric) => metric.GetProperty("value") is { ValueKind: JsonValueKind.String } text && text.GetString() == "NaN" ? double.NaN : metric.GetProperty("value").GetDouble();

    private string? AnyRun() => runs.Count == 0 ? null : Any(runs.Keys);

    private T Any<T>(IEnumerable<T> things) => things.ElementAt((int)chance.Below((uint)things.Count()));

    private sealed class ModelOfExperiment(string name)
    {
        public string Name { get; set; } = name;

        public bool Deleted { get; set; }

        public Dictionary<string, string> Tags { get; } = [];
    }

    private sealed class ModelOfRun(string experiment, string name, int started)
    {
        public string Experiment => experiment;

        public string Name { get; set; } = name;

        public int Started => started;

        public HashSet<string> Inputs { get; } = [];

        /// <summary>Logged models that it read, and those that it made at some step.</summary>
        public HashSet<(string Model, long? Step)> Models { get; } = [];

        public bool Deleted { get; set; }

        public bool Ended { get; set; }

        public Dictionary<string, (long Step, long At, double Value)> Metrics { get; } = [];

        public HashSet<(string Key, long At, long Step, double Value)> Histories { get; } = [];

        /// <summary>The newest point is that of the highest step, then time, then value; the same point twice is one.</summary>
        public void Log(string key, long at, long step, double value)
        {
            double Number(double of) => double.IsNaN(of) ? 0 : of;
            if (!Metrics.TryGetValue(key, out var known) || (step, at, Number(value)).CompareTo((known.Step, known.At, Number(known.Value))) > 0) Metrics[key] = (step, at, value);
            Histories.Add((key, at, step, value));
        }

        public Dictionary<string, string> Params { get; } = [];

        public Dictionary<string, string> Tags { get; } = [];
    }
}
