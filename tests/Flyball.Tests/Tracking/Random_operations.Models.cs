using System.Text.Json;
using System.Text.Json.Nodes;

namespace Flyball.Tests.Tracking;

/// <summary>Of registered models and logged models.</summary>
public sealed partial class Random_operations
{
    private static readonly string[] Stages = ["None", "Staging", "Production", "Archived"];
    private readonly Dictionary<string, ModelOfLoggedModel> logged = [];

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
            model.Versions[model.Newest] = "None";
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
        if (!models.TryGetValue(name, out var model) || !model.Versions.ContainsKey(version)) Refused(answer, "RESOURCE_DOES_NOT_EXIST");
        else
        {
            Ok(answer);
            model.Aliases[alias] = version;
        }
    }

    private async Task RenameModelAsync(string name, string to)
    {
        if (name == to) return;
        var answer = await TryAsync("POST", "registered-models/rename", new JsonObject { ["name"] = name, ["new_name"] = to });
        if (!models.TryGetValue(name, out var model)) Refused(answer, "RESOURCE_DOES_NOT_EXIST");
        else if (models.ContainsKey(to)) Refused(answer, "RESOURCE_ALREADY_EXISTS");
        else
        {
            Ok(answer);
            models.Remove(name);
            models[to] = model;
        }
    }

    private async Task StageAsync(string name, int version)
    {
        var (stage, archive) = (Any(Stages), chance.Chance(0.5));
        var answer = await TryAsync("POST", "model-versions/transition-stage", new JsonObject { ["name"] = name, ["version"] = $"{version}", ["stage"] = stage, ["archive_existing_versions"] = archive });
        if (archive && stage is "None" or "Archived" && archive) Refused(answer, "INTERNAL_ERROR");
        else if (!models.TryGetValue(name, out var model) || !model.Versions.ContainsKey(version)) Refused(answer, "RESOURCE_DOES_NOT_EXIST");
        else
        {
            Ok(answer);
            if (archive)
            {
                foreach (var other in model.Versions.Where(other => other.Value == stage && other.Key != version).Select(other => other.Key).ToList()) model.Versions[other] = "Archived";
            }

            model.Versions[version] = stage;
        }
    }

    private async Task InputAsync(string? id)
    {
        if (id is null) return;
        var (name, digest) = ($"d{chance.Below(2)}", $"{chance.Below(2)}");
        var dataset = new JsonObject { ["name"] = name, ["digest"] = digest, ["source_type"] = "local", ["source"] = "here" };
        var answer = await TryAsync("POST", "runs/log-inputs", new JsonObject { ["run_id"] = id, ["datasets"] = new JsonArray(new JsonObject { ["dataset"] = dataset, ["tags"] = new JsonArray() }) });
        if (runs[id].Deleted) Refused(answer, "INVALID_PARAMETER_VALUE");
        else
        {
            Ok(answer);
            runs[id].Inputs.Add($"{name}@{digest}");
        }
    }

    private async Task LogModelAsync(string experiment, int i)
    {
        var answer = await TryAsync("POST", "logged-models", new JsonObject { ["experiment_id"] = experiment, ["name"] = $"l{i}" });
        if (experiments[experiment].Deleted) Refused(answer, "INVALID_PARAMETER_VALUE");
        else logged[Ok(answer).GetProperty("model").GetProperty("info").GetProperty("model_id").GetString()!] = new ModelOfLoggedModel(experiment, i);
    }

    private async Task LoggedParamAsync(string? id)
    {
        if (id is null) return;
        var (key, value) = (Any(Keys), $"{chance.Below(2)}");
        var answer = await TryAsync("POST", $"logged-models/{id}/params", new JsonObject { ["params"] = new JsonArray(new JsonObject { ["key"] = key, ["value"] = value }) });
        if (logged[id].Deleted) Refused(answer, "RESOURCE_DOES_NOT_EXIST");
        else if (logged[id].Params.TryGetValue(key, out var known) && known != value) Refused(answer, "INVALID_PARAMETER_VALUE");
        else
        {
            Ok(answer);
            logged[id].Params[key] = value;
        }
    }

    private async Task LoggedTagAsync(string? id)
    {
        if (id is null) return;
        var key = $"k{chance.Below(3)}";
        if (chance.Chance(0.6))
        {
            var value = $"{chance.Below(3)}";
            var set = await TryAsync("PATCH", $"logged-models/{id}/tags", new JsonObject { ["tags"] = new JsonArray(new JsonObject { ["key"] = key, ["value"] = value }) });
            if (logged[id].Deleted) Refused(set, "RESOURCE_DOES_NOT_EXIST");
            else
            {
                Ok(set);
                logged[id].Tags[key] = value;
            }

            return;
        }

        var answer = await TryAsync("DELETE", $"logged-models/{id}/tags/{key}", null);
        if (logged[id].Deleted || !logged[id].Tags.Remove(key)) Refused(answer, "RESOURCE_DOES_NOT_EXIST");
        else Ok(answer);
    }

    private async Task FinishOrDeleteAsync(string? id)
    {
        if (id is null) return;
        if (chance.Chance(0.6))
        {
            var finished = await TryAsync("PATCH", $"logged-models/{id}", new JsonObject { ["model_id"] = id, ["status"] = "LOGGED_MODEL_READY" });
            if (logged[id].Deleted) Refused(finished, "RESOURCE_DOES_NOT_EXIST");
            else
            {
                Ok(finished);
                logged[id].Status = "LOGGED_MODEL_READY";
            }

            return;
        }

        // a deletion that is sent again is done
        Ok(await TryAsync("DELETE", $"logged-models/{id}", null));
        logged[id].Deleted = true;
    }

    private async Task CheckModelsAsync()
    {
        var registered = Ok(await TryAsync("GET", "registered-models/search?max_results=100", null));
        var names = registered.TryGetProperty("registered_models", out var list) ? list.EnumerateArray().ToDictionary(model => model.GetProperty("name").GetString()!) : [];
        Assert.Equal(models.Keys.Order(StringComparer.Ordinal), names.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, expected) in models)
        {
            var aliases = names[name].TryGetProperty("aliases", out var told) ? told.EnumerateArray().Select(alias => $"{alias.GetProperty("alias").GetString()}={alias.GetProperty("version").GetString()}").Order(StringComparer.Ordinal) : Enumerable.Empty<string>();
            Assert.Equal(expected.Aliases.Select(alias => $"{alias.Key}={alias.Value}").Order(StringComparer.Ordinal), aliases);
            var versions = Ok(await TryAsync("GET", $"model-versions/search?filter=name%3D%27{name}%27", null));
            var stages = versions.TryGetProperty("model_versions", out var found) ? found.EnumerateArray().Select(version => $"{version.GetProperty("version").GetString()} {version.GetProperty("current_stage").GetString()}") : [];
            Assert.Equal(expected.Versions.Select(version => $"{version.Key} {version.Value}").Order(StringComparer.Ordinal), stages.Order(StringComparer.Ordinal));
        }
    }

    private async Task CheckLoggedModelsAsync()
    {
        foreach (var (id, expected) in logged)
        {
            var answer = await TryAsync("GET", $"logged-models/{id}", null);
            if (expected.Deleted)
            {
                Refused(answer, "RESOURCE_DOES_NOT_EXIST");
                continue;
            }

            var model = Ok(answer).GetProperty("model");
            Assert.Equal(expected.Status, model.GetProperty("info").GetProperty("status").GetString());
            Assert.Equal(Lines(expected.Params), Lines(model.GetProperty("data"), "params"));
            Assert.Equal(Lines(expected.Tags), Lines(model.GetProperty("info"), "tags"));
            var metrics = model.GetProperty("data").TryGetProperty("metrics", out var told) ? told.EnumerateArray().Select(metric => $"{metric.GetProperty("key").GetString()}={metric.GetProperty("value").GetDouble()}@{metric.GetProperty("step").GetInt64()} of {metric.GetProperty("run_id").GetString()}") : [];
            Assert.Equal(expected.Metrics.Order(StringComparer.Ordinal), metrics.Order(StringComparer.Ordinal));
        }

        // page by page, the newest first; as MLflow has it, also those of deleted experiments
        var (order, token) = (new List<string>(), (string?)null);
        do
        {
            var page = Ok(await TryAsync("POST", "logged-models/search", new JsonObject { ["experiment_ids"] = new JsonArray([.. experiments.Keys.Select(id => (JsonNode)id)]), ["max_results"] = 3, ["page_token"] = token }));
            if (page.TryGetProperty("models", out var found)) order.AddRange(found.EnumerateArray().Select(model => model.GetProperty("info").GetProperty("model_id").GetString()!));
            token = page.TryGetProperty("next_page_token", out var next) ? next.GetString() : null;
        }
        while (token is { Length: > 0 });
        Assert.Equal(logged.Where(model => !model.Value.Deleted).OrderByDescending(model => model.Value.Created).Select(model => model.Key), order);
    }

    private static IEnumerable<string> Lines(JsonElement of, string kind) =>
        of.TryGetProperty(kind, out var list) ? list.EnumerateArray().Select(pair => $"{pair.GetProperty("key").GetString()}={pair.GetProperty("value").GetString()}").Order(StringComparer.Ordinal) : [];

    private string? AnyLogged() => logged.Count == 0 ? null : Any(logged.Keys);

    private sealed class ModelOfModel
    {
        public int Newest { get; set; }

        /// <summary>The stage of each.</summary>
        public Dictionary<int, string> Versions { get; } = [];

        public Dictionary<string, int> Aliases { get; } = [];
    }

    private sealed class ModelOfLoggedModel(string experiment, int created)
    {
        public string Experiment => experiment;

        public int Created => created;

        public string Status { get; set; } = "LOGGED_MODEL_PENDING";

        public bool Deleted { get; set; }

        public Dictionary<string, string> Params { get; } = [];

        public Dictionary<string, string> Tags { get; } = [];

        public List<string> Metrics { get; } = [];
    }
}
