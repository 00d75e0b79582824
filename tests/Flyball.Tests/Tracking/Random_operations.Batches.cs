using System.Text.Json;
using System.Text.Json.Nodes;
using Flyball.Client;

namespace Flyball.Tests.Tracking;

/// <summary>Of what is logged together, of names and tags, of what links runs with logged models, and of what is removed for good.</summary>
public sealed partial class Random_operations
{
    private readonly List<string> removedRuns = [];
    private readonly List<string> removedExperiments = [];

    /// <summary>Metrics, params and tags in one call: all or none. Points may be the same as others, in the batch or before it, which are one then.</summary>
    private async Task BatchAsync(string? id)
    {
        if (id is null) return;
        List<(string Key, long At, long Step, double Value)> points = [.. Enumerable.Range(0, 1 + (int)chance.Below(5)).Select(_ => (Any(Keys), 1_600_000_000_000 + chance.Below(3), (long)chance.Below(3), (double)chance.Below(3)))];
        var (parameters, tags) = (SomePairs(2), SomePairs(5));
        var answer = await TryAsync("POST", "runs/log-batch", new JsonObject
        {
            ["run_id"] = id, ["params"] = Listed(parameters), ["tags"] = Listed(tags),
            ["metrics"] = new JsonArray([.. points.Select(point => (JsonNode)new JsonObject { ["key"] = point.Key, ["value"] = point.Value, ["timestamp"] = point.At, ["step"] = point.Step })]),
        });
        var run = runs[id];
        if (run.Deleted || parameters.Any(param => run.Params.TryGetValue(param.Key, out var known) && known != param.Value)) Refused(answer, "INVALID_PARAMETER_VALUE");
        else
        {
            Ok(answer);
            foreach (var (key, value) in parameters) run.Params[key] = value;
            foreach (var (key, value) in tags) run.Tags[key] = value;
            foreach (var (key, at, step, value) in points) run.Log(key, at, step, value);
        }
    }

    private async Task RenameRunAsync(string? id, int i)
    {
        if (id is null) return;
        var (name, byTag) = ($"n{i}", chance.Chance(0.5));
        var answer = byTag
            ? await TryAsync("POST", "runs/set-tag", new JsonObject { ["run_id"] = id, ["key"] = "mlflow.runName", ["value"] = name })
            : await TryAsync("POST", "runs/update", new JsonObject { ["run_id"] = id, ["run_name"] = name });
        if (runs[id].Deleted) Refused(answer, "INVALID_PARAMETER_VALUE");
        else
        {
            Ok(answer);
            runs[id].Name = name;
        }
    }

    private async Task ExperimentTagAsync(string id)
    {
        var (key, isSet) = (Any(Keys), chance.Chance(0.6));
        var (tags, value) = (experiments[id].Tags, $"{chance.Below(3)}");
        var answer = await TryAsync("POST", isSet ? "experiments/set-experiment-tag" : "experiments/delete-experiment-tag", new JsonObject { ["experiment_id"] = id, ["key"] = key, ["value"] = isSet ? value : null });
        if (experiments[id].Deleted) Refused(answer, "INVALID_PARAMETER_VALUE");
        else if (isSet)
        {
            Ok(answer);
            tags[key] = value;
        }
        else if (!tags.Remove(key)) Refused(answer, "RESOURCE_DOES_NOT_EXIST");
        else Ok(answer);
    }

    /// <summary>A metric that a run measured on a logged model is in both, or in neither.</summary>
    private async Task ModelMetricAsync(string? id, string? model, int i)
    {
        if (id is null || model is null) return;
        var (key, step, value) = (Any(Keys), (long)chance.Below(3), (double)chance.Below(9));
        var at = 1_700_000_000_000 + i;
        var answer = await TryAsync("POST", "runs/log-metric", new JsonObject { ["run_id"] = id, ["key"] = key, ["value"] = value, ["timestamp"] = at, ["step"] = step, ["model_id"] = model });
        if (runs[id].Deleted) Refused(answer, "INVALID_PARAMETER_VALUE");
        else if (logged[model].Deleted) Refused(answer, "RESOURCE_DOES_NOT_EXIST");
        else
        {
            Ok(answer);
            runs[id].Log(key, at, step, value);
            logged[model].Metrics.Add($"{key}={value}@{step} of {id}");
        }
    }

    private async Task OutputAsync(string? id, string? model)
    {
        if (id is null || model is null) return;
        var (step, isMade) = (chance.Below(2), chance.Chance(0.5));
        var answer = isMade
            ? await TryAsync("POST", "runs/outputs", new JsonObject { ["run_id"] = id, ["models"] = new JsonArray(new JsonObject { ["model_id"] = model, ["step"] = step }) })
            : await TryAsync("POST", "runs/log-inputs", new JsonObject { ["run_id"] = id, ["models"] = new JsonArray(new JsonObject { ["model_id"] = model }) });
        if (runs[id].Deleted) Refused(answer, "INVALID_PARAMETER_VALUE");
        else
        {
            Ok(answer);
            runs[id].Models.Add(isMade ? (model, step) : (model, null));
        }
    }

    /// <summary>What was deleted is gone: an experiment with all that it holds, as soon as no run of it was restored.</summary>
    private async Task RemoveAsync()
    {
        var preview = await flyball.Client.PreviewGarbageAsync(0, null, Cancel);
        var (goneRuns, free) = (runs.Where(run => run.Value.Deleted).Select(run => run.Key).ToList(), experiments.Where(known => known.Value.Deleted && known.Key != "0" && runs.Values.All(run => run.Experiment != known.Key || run.Deleted)).Select(known => known.Key).ToList());
        var goneModels = logged.Where(model => model.Value.Deleted || free.Contains(model.Value.Experiment)).Select(model => model.Key).ToList();
        Assert.Equal((goneRuns.Count, goneModels.Count), (preview.Runs, preview.LoggedModels));
        Assert.Equal(free.Order(StringComparer.Ordinal), preview.Experiments.Order(StringComparer.Ordinal));
        var removed = await flyball.Client.RemoveGarbageAsync(new RemoveGarbage(0, null, 10_000), Cancel);
        Assert.Equal((goneRuns.Count, goneModels.Count, free.Count, 0), (removed.Runs, removed.LoggedModels, removed.Experiments, removed.Left));
        foreach (var id in goneRuns) runs.Remove(id);
        foreach (var id in free) experiments.Remove(id);
        foreach (var id in goneModels) logged.Remove(id);
        foreach (var run in runs.Values) run.Models.RemoveWhere(link => goneModels.Contains(link.Model));
        removedRuns.AddRange(goneRuns);
        removedExperiments.AddRange(free);
    }

    private async Task CheckRemovedAsync()
    {
        foreach (var id in removedRuns) Refused(await TryAsync("GET", $"runs/get?run_id={id}", null), "RESOURCE_DOES_NOT_EXIST");
        foreach (var id in removedExperiments) Refused(await TryAsync("GET", $"experiments/get?experiment_id={id}", null), "RESOURCE_DOES_NOT_EXIST");
    }

    private static IEnumerable<string> Models(JsonElement run)
    {
        IEnumerable<string> Of(string side, string list) => run.TryGetProperty(side, out var of) && of.TryGetProperty(list, out var models)
            ? models.EnumerateArray().Select(model => $"{side} {model.GetProperty("model_id").GetString()} {(model.TryGetProperty("step", out var step) ? step.GetInt64() : null)}")
            : [];
        return Of("inputs", "model_inputs").Concat(Of("outputs", "model_outputs")).Order(StringComparer.Ordinal);
    }

    private Dictionary<string, string> SomePairs(int values)
    {
        var pairs = new Dictionary<string, string>();
        for (var left = chance.Below(3); left > 0; left--) pairs[Any(Keys)] = $"{chance.Below((uint)values)}";
        return pairs;
    }

    private static JsonArray Listed(Dictionary<string, string> pairs) => new([.. pairs.Select(pair => (JsonNode)new JsonObject { ["key"] = pair.Key, ["value"] = pair.Value })]);
}
