using System.Buffers;
using System.Text.RegularExpressions;
using Flyball.Foundation;

namespace Flyball.Server.Tracking;

/// <summary>What may be logged, under which names: MLflow's limits and MLflow's words, checked before anything is written.</summary>
internal static partial class RunRules
{
    private static readonly SearchValues<char> PlainCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    private const int Key = 250;
    private const int ParamValue = 6000;
    private const int TagValue = 8000;
    private const int ExperimentTagValue = 5000;
    private const int MostMetrics = 1000;
    private const int MostPairs = 100;
    private const int MostEntities = 1000;
    private const string Characters = "Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).";

    /// <summary>Checks a batch; params and tags that are too long are cut, as MLflow cuts them.</summary>
    public static RunBatch Checked(RunBatch batch)
    {
        for (var i = 0; i < batch.Metrics.Count; i++)
        {
            if (!IsPlain(batch.Metrics[i].Key)) CheckName(batch.Metrics[i].Key, $"metrics[{i}].name", "Metric name");
        }

        KeyValuePair<string, string>[] parameters = [.. batch.Params.Select((param, i) => Pair(param, $"params[{i}].key", "Param key", ParamValue))];
        KeyValuePair<string, string>[] tags = [.. batch.Tags.Select((tag, i) => Pair(tag, $"tags[{i}].key", $"tags[{i}].key", TagValue))];
        Limit("metrics", batch.Metrics.Count, MostMetrics);
        Limit("params", batch.Params.Count, MostPairs);
        Limit("tags", batch.Tags.Count, MostPairs);
        Limit("metrics, params, and tags", batch.Metrics.Count + batch.Params.Count + batch.Tags.Count, MostEntities);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var twice = parameters.Where(param => !seen.Add(param.Key)).Select(param => $"'{param.Key}'").ToList();
        if (twice.Count > 0) throw Refusal.Invalid("param-twice", $"Duplicate parameter keys have been submitted: [{string.Join(", ", twice)}]. Please ensure the request contains only one param value per param key.");
        return batch with { Params = parameters, Tags = tags };
    }

    public static void CheckMetric(string key) => CheckName(key, "name", "Metric name");

    /// <summary>The param with its value cut to what is kept of it.</summary>
    public static KeyValuePair<string, string> Param(string key, string value) => Pair(KeyValuePair.Create(key, value), "key", "Param key", ParamValue);

    /// <summary>The tag with its value cut to what is kept of it.</summary>
    public static KeyValuePair<string, string> Tag(string key, string value) => Pair(KeyValuePair.Create(key, value), "key", "key", TagValue);

    /// <summary>A tag that a run is created with: of any name, as MLflow has it.</summary>
    public static KeyValuePair<string, string> FirstTag(KeyValuePair<string, string> tag)
    {
        TooLong("key", tag.Key, Key);
        return KeyValuePair.Create(tag.Key, Cut(tag.Value, TagValue));
    }

    /// <summary>The key of a tag of anything but a run.</summary>
    public static void CheckTagKey(string key) => CheckName(key, "key", "key");

    public static void CheckExperimentTag(string key, string value)
    {
        CheckTagKey(key);
        TooLong("value", value, ExperimentTagValue);
    }

    public static void CheckExperimentName(string? name)
    {
        if (string.IsNullOrEmpty(name)) throw Refusal.Invalid("experiment-name", $"Invalid experiment name: '{name}'");
        TooLong("name", name, 500);
    }

    public static void CheckRunName(string? name)
    {
        if (name is { Length: > 500 }) throw Refusal.Invalid("run-name", $"A run's name has at most 500 characters; this one has {name.Length:N0}.");
    }

    /// <summary>A run's id as MLflow has them.</summary>
    public static void CheckRunId(string id)
    {
        if (!RunIds().IsMatch(id)) throw Refusal.Invalid("value-invalid", $"Invalid value {PythonJson.Write(Refusal.Shown(id))} for parameter 'run_id' supplied.");
    }

    public static void CheckUser(string user)
    {
        if (user.Length > 250) throw Refusal.Invalid("user-id", $"A user has at most 250 characters; this one has {user.Length:N0}.");
    }

    public static void CheckDataset(DatasetInput input)
    {
        var dataset = input.Dataset;
        TooLong("name", dataset.Name, 500);
        TooLong("digest", dataset.Digest, 36);
        TooLong("source", dataset.Source, 65_535);
        TooLong("schema", dataset.Schema, 1_048_575);
        TooLong("profile", dataset.Profile, 16_777_215);
        foreach (var (key, value) in input.Tags)
        {
            TooLong("key", key, 255);
            TooLong("value", value, 500);
        }
    }

    /// <summary>Refuses a value that is longer than what MLflow keeps of its kind.</summary>
    public static void TooLong(string what, string? value, int most)
    {
        if (value is not null && value.Length > most) throw Refusal.Invalid("too-long", $"'{what}' exceeds the maximum length of {most} characters");
    }

    public static Refusal Invalid(string path, string value, string why) => Refusal.Invalid("value-invalid", $"Invalid value {PythonJson.Write(Refusal.Shown(value))} for parameter '{path}' supplied: {why}");

    /// <summary>A path inside a run or a logged model in its normal form: relative, forward slashes, without empty and dot parts. Nothing that leads out, or decodes to what does, is one.</summary>
    public static string Path(string path) => Folder(path) is { Length: > 0 } normal ? normal : throw NoPath();

    /// <summary>As <see cref="Path"/>; empty for the root.</summary>
    public static string Folder(string path)
    {
        if (path.Length > 1000 || path.Any(c => char.IsControl(c) || c == '#') || !IsInside(path) || !IsInside(Decoded(path))) throw NoPath();
        return string.Join('/', path.Split('/').Where(part => part is not ("" or ".")));
    }

    /// <summary>Refuses the target of a request, as it was sent, whose path holds a dot-dot part in any spelling. The HTTP server folds those before anybody else sees them, and what is left is the path of something else.</summary>
    public static void CheckTarget(string target)
    {
        var end = target.IndexOf('?', StringComparison.Ordinal);
        if (Decoded(end < 0 ? target : target[..end]).Split('/', '\\').Contains("..")) throw NoPath();
    }

    private static Refusal NoPath() => Refusal.Invalid("artifact-path", "Invalid path");

    private static string Decoded(string path)
    {
        for (var i = 0; i < 3 && path.Contains('%', StringComparison.Ordinal); i++) path = Uri.UnescapeDataString(path);
        return path;
    }

    private static bool IsInside(string path) => !path.StartsWith('/') && !path.Split('/').Contains("..") && !path.Contains('\\', StringComparison.Ordinal) && !path.Contains("://", StringComparison.Ordinal) && !path.StartsWith("file:", StringComparison.OrdinalIgnoreCase);

    private static KeyValuePair<string, string> Pair(KeyValuePair<string, string> pair, string path, string lengthOf, int longest)
    {
        CheckName(pair.Key, path, lengthOf);
        return KeyValuePair.Create(pair.Key, Cut(pair.Value, longest));
    }

    /// <summary>Never in the middle of a character of two halves.</summary>
    private static string Cut(string value, int most) => value.Length <= most ? value : value[..(char.IsHighSurrogate(value[most - 1]) ? most - 1 : most)];

    private static void CheckName(string name, string path, string lengthOf)
    {
        if (!Names().IsMatch(name)) throw Invalid(path, name, Characters);
        CheckResolves(name, path);
        TooLong(lengthOf, name, Key);
    }

    /// <summary>Refuses a name that as a path would mean another one.</summary>
    public static void CheckResolves(string name, string path)
    {
        if (Normal(name) is var normal && (normal != name || normal == "." || normal.StartsWith("..", StringComparison.Ordinal) || normal.StartsWith('/')))
        {
            throw Invalid(path, name, $"Names may be treated as files in certain cases, and must not resolve to other names when treated as such. This name would resolve to '{Refusal.Shown(normal)}'");
        }
    }

    /// <summary>The frequent case without a regular expression: letters, digits and underscores cannot resolve to another name.</summary>
    private static bool IsPlain(string name) => name.Length is > 0 and <= Key && !name.AsSpan().ContainsAnyExcept(PlainCharacters);

    private static void Limit(string what, int count, int most)
    {
        if (count > most) throw Refusal.Invalid("batch-too-large", $"A batch logging request can contain at most {most} {what}. Got {count} {what}. Please split up {what} across multiple requests and try again.");
    }

    /// <summary>POSIX normal form of a path, as MLflow computes it.</summary>
    private static string Normal(string path)
    {
        if (path.Length == 0) return ".";
        var parts = new List<string>();
        foreach (var part in path.Split('/'))
        {
            if (part is "" or ".") continue;
            if (part == ".." && parts.Count > 0 && parts[^1] != "..") parts.RemoveAt(parts.Count - 1);
            else if (part != ".." || !path.StartsWith('/')) parts.Add(part);
        }

        var start = !path.StartsWith('/') ? "" : path.StartsWith("//", StringComparison.Ordinal) && !path.StartsWith("///", StringComparison.Ordinal) ? "//" : "/";
        return start + string.Join('/', parts) is { Length: > 0 } normal ? normal : ".";
    }

    [GeneratedRegex(@"^[a-zA-Z0-9][\w\-]{0,255}\z")]
    private static partial Regex RunIds();

    [GeneratedRegex(@"^[/\w.\- :]*\z")]
    private static partial Regex Names();
}
