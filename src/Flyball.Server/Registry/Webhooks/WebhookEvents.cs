using System.Globalization;
using System.Text.Json.Nodes;
using Flyball.Foundation;
using Flyball.Server.Tracking;

namespace Flyball.Server.Registry;

/// <summary>What webhooks can be told of, and MLflow's words for it.</summary>
internal static class WebhookEvents
{
    private const string Example = "example_value";

    /// <summary>The actions that each entity knows.</summary>
    public static readonly IReadOnlyDictionary<string, string[]> Actions = new Dictionary<string, string[]>
    {
        ["registered_model"] = ["created"],
        ["model_version"] = ["created"],
        ["model_version_tag"] = ["deleted", "set"],
        ["model_version_alias"] = ["created", "deleted"],
        ["prompt"] = ["created"],
        ["prompt_version"] = ["created"],
        ["prompt_tag"] = ["deleted", "set"],
        ["prompt_version_tag"] = ["deleted", "set"],
        ["prompt_alias"] = ["created", "deleted"],
    };

    /// <summary>The types of the journal's entries that webhooks are told of.</summary>
    public static readonly string[] Types = [ModelRegistered.Type, VersionRegistered.Type, ModelTagSet.Type, ModelTagDeleted.Type, AliasMoved.Type, AliasDeleted.Type];

    private static readonly string[] OfPrompts = [RegisteredModel.PromptTag, "_mlflow_prompt_type", "mlflow.prompt.text"];

    /// <summary>The kind of event and its data, as MLflow tells it; null for what MLflow does not tell.</summary>
    public static (string Kind, JsonObject Data)? Of(JournalEntry entry)
    {
        if (entry.Type == ModelRegistered.Type)
        {
            var made = entry.As<ModelRegistered>();
            var prompt = made.Tags.ContainsKey(RegisteredModel.PromptTag);
            return (prompt ? "prompt.created" : "registered_model.created", new JsonObject { ["name"] = made.Model, ["tags"] = Tags(made.Tags, prompt), ["description"] = made.Description });
        }

        if (entry.Type == VersionRegistered.Type)
        {
            var made = entry.As<VersionRegistered>();
            var description = made.Description is { Length: > 0 } text ? text : null;
            return made.Prompt
                ? ("prompt_version.created", new JsonObject { ["name"] = made.Model, ["version"] = Text(made.Version), ["template"] = made.Tags.GetValueOrDefault("mlflow.prompt.text"), ["tags"] = Tags(made.Tags, prompt: true), ["description"] = description })
                : ("model_version.created", new JsonObject
                {
                    ["name"] = made.Model, ["version"] = Text(made.Version), ["source"] = made.Source, ["run_id"] = made.Run is { Length: > 0 } run ? run : null, ["tags"] = Tags(made.Tags, prompt: false), ["description"] = description,
                });
        }

        if (entry.Type == ModelTagSet.Type)
        {
            var set = entry.As<ModelTagSet>();
            return TagOf(set.Model, set.Version, set.Key, set.Prompt) is { } tag ? ($"{tag.Entity}.set", With(tag.Data, "value", set.Value)) : null;
        }

        if (entry.Type == ModelTagDeleted.Type)
        {
            var gone = entry.As<ModelTagDeleted>();
            return TagOf(gone.Model, gone.Version, gone.Key, gone.Prompt) is { } tag ? ($"{tag.Entity}.deleted", tag.Data) : null;
        }

        if (entry.Type == AliasMoved.Type)
        {
            var moved = entry.As<AliasMoved>();
            return (moved.Prompt ? "prompt_alias.created" : "model_version_alias.created", new JsonObject { ["name"] = moved.Model, ["alias"] = moved.Alias, ["version"] = Text(moved.Version) });
        }

        var deleted = entry.As<AliasDeleted>();
        return (deleted.Prompt ? "prompt_alias.deleted" : "model_version_alias.deleted", new JsonObject { ["name"] = deleted.Model, ["alias"] = deleted.Alias });
    }

    /// <summary>What a test call sends.</summary>
    public static JsonObject ExampleOf(string kind)
    {
        var (prompt, entity) = (kind.StartsWith("prompt", StringComparison.Ordinal), kind.Split('.')[0]);
        var data = new JsonObject { ["name"] = prompt ? "example_prompt" : "example_model" };
        if (entity.Contains("version", StringComparison.Ordinal) && !entity.EndsWith("alias", StringComparison.Ordinal)) data["version"] = "1";
        if (entity.EndsWith("tag", StringComparison.Ordinal))
        {
            data["key"] = "example_key";
            if (kind.EndsWith(".set", StringComparison.Ordinal)) data["value"] = Example;
        }
        else if (entity.EndsWith("alias", StringComparison.Ordinal))
        {
            data["alias"] = "example_alias";
            if (kind.EndsWith(".created", StringComparison.Ordinal)) data["version"] = "1";
        }
        else
        {
            if (entity == "model_version") (data["source"], data["run_id"]) = ("models:/123", "abcd1234abcd5678");
            if (entity == "prompt_version") data["template"] = "Hello {{name}}!";
            data["tags"] = new JsonObject { ["example_key"] = Example };
            data["description"] = $"An example {entity.Replace('_', ' ')}";
        }

        return data;
    }

    /// <summary>The body of a delivery.</summary>
    public static string Body(string kind, DateTimeOffset at, JsonObject data)
    {
        var parts = kind.Split('.');
        return PythonJson.Write(new JsonObject { ["entity"] = parts[0], ["action"] = parts[1], ["timestamp"] = at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'+00:00'", CultureInfo.InvariantCulture), ["data"] = data });
    }

    private static (string Entity, JsonObject Data)? TagOf(string model, int? version, string key, bool prompt) => version is { } number
        ? (prompt ? "prompt_version_tag" : "model_version_tag", new JsonObject { ["name"] = model, ["version"] = Text(number), ["key"] = key })
        : prompt ? ("prompt_tag", new JsonObject { ["name"] = model, ["key"] = key })
        : null;

    private static JsonObject With(JsonObject data, string name, string value)
    {
        data[name] = value;
        return data;
    }

    private static JsonObject Tags(IReadOnlyDictionary<string, string> tags, bool prompt) =>
        new(tags.Where(tag => !prompt || !OfPrompts.Contains(tag.Key)).Select(tag => KeyValuePair.Create(tag.Key, (JsonNode?)JsonValue.Create(tag.Value))));

    private static string Text(int version) => version.ToString(CultureInfo.InvariantCulture);
}
