using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Flyball.Foundation;
using Flyball.Server.Tracking;

namespace Flyball.Server.Registry;

/// <summary>Registers versions from where clients say that the files are: runs, logged models, other versions, or storage that this server does not know.</summary>
internal sealed class ModelSources(Db db, ObjectStore objects, Artifacts artifacts, Models models, LoggedModelIndex loggedModels)
{
    private const string VersionsTag = "mlflow.modelVersions";
    private const string Relative =
        "If supplying a source as an http, https, local file path, ftp, objectstore, or mlflow-artifacts uri, an absolute path must be provided without relative path references present. Please provide an absolute path.";

    /// <summary>Adds a version whose files are pinned as they are now.</summary>
    /// <param name="loggedModel">The id of the logged model it is made from.</param>
    public async Task<ModelVersion> RegisterAsync(
        string model, string source, string? run, string? loggedModel, string runLink, string? description, IReadOnlyDictionary<string, string> tags, string actor, CancellationToken cancel)
    {
        var prompt = tags.ContainsKey(RegisteredModel.PromptTag);
        if (!prompt) CheckLocal(source, loggedModel is null ? "run_id" : "model_id");
        CheckAbsolute(source, prompt);
        ModelRules.Name(model);
        foreach (var (key, value) in tags) ModelRules.CheckTag(key, value);

        // the files are looked at before the transaction that registers them, in which there is no time for that
        var flavors = await ModelPackages.FlavorsAsync(objects, (await db.ReadAsync(tx => FindAsync(tx, source, loggedModel), cancel)).Files, cancel);
        return await db.WriteAsync(
            async tx =>
            {
                var found = await FindAsync(tx, source, loggedModel);
                var made = new NewVersion(
                    source, found.Storage, run ?? found.Run, loggedModel ?? found.LoggedModel, null, ModelPackages.DigestOf(found.Files), VersionStatus.Unjudged,
                    ModelContent.OfFiles(found.Files, ModelPackages.KindOf(found.Files), flavors), runLink, description, tags);
                var version = await models.RegisterAsync(tx, model, made, actor, null);
                if (loggedModel is not null && !prompt) await NoteAsync(tx, loggedModel, version);
                return version;
            },
            cancel);
    }

    /// <summary>The files that a source stands for at present.</summary>
    public async Task<ModelFiles> FindAsync(string source, CancellationToken cancel)
    {
        var files = (await db.ReadAsync(tx => FindAsync(tx, source, null), cancel)).Files;
        return new ModelFiles(files, await ModelPackages.FlavorsAsync(objects, files, cancel));
    }

    /// <summary>What a source stands for.</summary>
    private async Task<Found> FindAsync(Tx tx, string source, string? loggedModel)
    {
        if (source.StartsWith("models:/", StringComparison.Ordinal)) return await OfModelAsync(tx, source);
        var run = loggedModel is null ? null : (await LoggedModelsSql.GetAsync(tx, loggedModel)).Run;
        return new Found(source, run, loggedModel, PlaceOf(source) is { } place ? await PinAsync(tx, place) : []);
    }

    private async Task<Found> OfModelAsync(Tx tx, string source)
    {
        var parts = source["models:/".Length..].Trim('/').Split('/');
        if (parts is [var id] && id.StartsWith("m-", StringComparison.Ordinal))
        {
            var logged = await LoggedModelsSql.GetAsync(tx, id);
            return new Found(logged.ArtifactUri, logged.Run, logged.Id, await PinAsync(tx, new ArtifactPlace(logged.Id, "")));
        }

        var other = parts is [var name, var suffix] && int.TryParse(suffix, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? await ModelsSql.FindAsync(tx, name, number)
            : parts is [var named] && named.IndexOf('@') is var at and > 0 ? await Models.ByAliasAsync(tx, named[..at], named[(at + 1)..])
            : null;
        return other is null
            ? throw Refusal.Invalid("model-source", $"Unable to fetch model from model URI source artifact location '{Refusal.Shown(source)}'. Models URIs must be of the form 'models:/name/version', 'models:/name@alias' or 'models:/model_id', of something that is there.")
            : new Found(other.Storage, other.Run, other.LoggedModel, other.Content.Files);
    }

    /// <summary>Where in this server's artifacts a source is; null where it is elsewhere.</summary>
    internal static ArtifactPlace? PlaceOf(string source)
    {
        if (source.StartsWith("runs:/", StringComparison.Ordinal))
        {
            var path = source["runs:/".Length..].Trim('/');
            var slash = path.IndexOf('/', StringComparison.Ordinal);
            return slash < 0 ? new ArtifactPlace(path, "") : new ArtifactPlace(path[..slash], RunRules.Path(path[(slash + 1)..]));
        }

        const string Proxy = "/mlflow-artifacts/artifacts/";
        var proxied = !source.StartsWith("mlflow-artifacts:", StringComparison.Ordinal)
            ? source.StartsWith("http", StringComparison.Ordinal) && source.IndexOf(Proxy, StringComparison.Ordinal) is var at and > 0 ? source[(at + Proxy.Length)..] : null
            : source["mlflow-artifacts:".Length..] is var rest && rest.StartsWith("//", StringComparison.Ordinal) ? (rest.IndexOf('/', 2) is var slashed and > 0 ? rest[(slashed + 1)..] : "") : rest.TrimStart('/');
        return proxied?.Trim('/') is { Length: > 0 } inside ? ArtifactPlace.OfProxied(RunRules.Path(inside)) : null;
    }

    /// <summary>The files below a place, by their paths there.</summary>
    private async Task<IReadOnlyList<Artifact>> PinAsync(Tx tx, ArtifactPlace place)
    {
        var start = place.Path.Length == 0 ? 0 : place.Path.Length + 1;
        return [.. (await artifacts.BelowAsync(tx, place)).Select(file => file with { Path = file.Path.Length > start ? file.Path[start..] : file.Path[(file.Path.LastIndexOf('/') + 1)..] })];
    }

    /// <summary>MLflow's clients look in this tag for the versions that were made from a logged model.</summary>
    private async Task NoteAsync(Tx tx, string loggedModel, ModelVersion version)
    {
        var noted = (await LoggedModelsSql.GetAsync(tx, loggedModel)).Tags.GetValueOrDefault(VersionsTag);
        JsonArray list;
        try
        {
            list = noted is null ? [] : PythonJson.Parse(noted) as JsonArray ?? [];
        }
        catch (JsonException)
        {
            list = [];
        }

        list.Add(new JsonObject { ["name"] = version.Model, ["version"] = version.Version });
        await LoggedModelsSql.SetTagAsync(tx, loggedModels, loggedModel, VersionsTag, PythonJson.Write(list));
    }

    /// <summary>No run of this server keeps its files in a folder that clients name, so no local path can be within one.</summary>
    private static void CheckLocal(string source, string parameter)
    {
        var scheme = source.IndexOf(':') is var colon and > 0 && source[..colon].All(c => char.IsAsciiLetterOrDigit(c) || c is '+' or '-' or '.') ? source[..colon].ToLowerInvariant() : "";
        if (scheme is not ("" or "file") && !(scheme.Length == 1)) return;
        throw Refusal.Invalid(
            "model-source",
            $"Invalid model version source: '{Refusal.Shown(source)}'. To use a local path as a model version source, the {parameter} request parameter has to be specified and the local path has to be contained within the artifact directory of the run specified by the {parameter}.");
    }

    private static void CheckAbsolute(string source, bool prompt)
    {
        if (source.Length > 2048) throw Refusal.Invalid("model-source", "'source' exceeds the maximum length of 2048 characters");
        var decoded = source;
        for (var i = 0; i < 10 && Uri.UnescapeDataString(decoded.Replace('+', ' ')) is var next && next != decoded; i++) decoded = next;
        var path = decoded.IndexOf(':') is var colon and > 0 ? decoded[(colon + 1)..] : decoded;
        if (prompt && (path == decoded || decoded.StartsWith("file", StringComparison.OrdinalIgnoreCase)) && (path.StartsWith('/') || decoded.StartsWith("file:", StringComparison.OrdinalIgnoreCase)))
        {
            throw Refusal.Invalid("model-source", $"Invalid prompt source: '{Refusal.Shown(source)}'. Local source paths are not allowed for prompts.");
        }

        if (prompt && path == decoded) return;
        if (path.StartsWith("//", StringComparison.Ordinal)) path = path.IndexOf('/', 2) is var root and > 0 ? path[root..] : "";
        path = path.Split('?', '#')[0].TrimEnd('/');
        if (path.Any(char.IsControl) || !path.StartsWith('/') || path.Split('/').Any(part => part is "." or "..") || decoded.Split('/', '\\').Contains("..")) throw Refusal.Invalid("model-source", $"Invalid model version source: '{Refusal.Shown(source)}'. {Relative}");
    }

    private sealed record Found(string Storage, string? Run, string? LoggedModel, IReadOnlyList<Artifact> Files);
}
