using Flyball.Foundation;
using Flyball.Server.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace Flyball.Server.Tracking;

/// <summary>Files of runs and logged models: MLflow's listings, and its proxy through which clients send and fetch them.</summary>
internal sealed class ArtifactsApi(Db db, Artifacts artifacts, ArtifactFolders folders)
{
    private const long LargestUpload = 10 << 20;

    /// <summary>The code of refusals that MLflow tells as BAD_REQUEST.</summary>
    private const string BadRequest = "bad-request";

    /// <summary>Types that a browser shows without running anything in them; everything else is plain bytes.</summary>
    private static readonly Dictionary<string, string> Types = new(StringComparer.OrdinalIgnoreCase)
    {
        [".png"] = "image/png", [".jpg"] = "image/jpeg", [".jpeg"] = "image/jpeg", [".gif"] = "image/gif", [".webp"] = "image/webp", [".pdf"] = "application/pdf", [".zip"] = "application/zip", [".mp4"] = "video/mp4", [".webm"] = "video/webm", [".mp3"] = "audio/mpeg", [".wav"] = "audio/wav",
    };

    /// <summary>Files of these kinds or names are text, as MLflow tells them.</summary>
    private static readonly HashSet<string> Texts = new(
        [".txt", ".log", ".err", ".cfg", ".conf", ".cnf", ".ini", ".properties", ".prop", ".yaml", ".yml", ".xml", ".json", ".jsonl", ".toml", ".csv", ".tsv", ".md", ".rst", ".py", ".r", ".js", ".sql", ".sh", "MLmodel", "MLproject", "conda.yaml", "requirements.txt"],
        StringComparer.OrdinalIgnoreCase);

    public void MapList(RouteGroupBuilder group) => group.Answers("GET", "/list", Permission.Read, async call =>
    {
        var run = await db.ReadAsync(tx => Runs.GetAsync(tx, call.Fields.RunId()), call.Cancel);
        var folder = Folder(call.Fields.TextOrNull("path"));
        return new { root_uri = run.ArtifactUri, files = Listed(await artifacts.LevelAsync(new ArtifactPlace(run.Id, folder), call.Cancel)) };
    });

    public void MapProxy(RouteGroupBuilder group)
    {
        // the body is the file
        RequestDelegate put = async http =>
        {
            if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = null;
            await artifacts.PutAsync(PlaceOf(http), http.Request.Body, http.RequestAborted);
            await MLflowJson.DoneAsync(http.Response);
        };
        group.MapPut("/{**path}", put).Needs(Permission.Write).WithMetadata(put.Method);
        group.Calls("GET", "/{**path}", Permission.Read, async call =>
        {
            if (call.Http.Request.RouteValues["path"] is string { Length: > 0 })
            {
                await SendAsync(call.Http, await artifacts.GetAsync(PlaceOf(call.Http), call.Cancel));
                return;
            }

            // an MLflow client lists by the path below the artifact root and is told names alone
            var place = ArtifactPlace.OfProxied(Folder(call.Fields.TextOrNull("path")));
            var files = (await artifacts.LevelAsync(place, call.Cancel)).Select(file => file with { Path = file.Path[(file.Path.LastIndexOf('/') + 1)..] }).ToList();
            if (place.Root.Length == 0) files.AddRange((await folders.BelowAsync(place.Path, call.Cancel)).Where(name => !files.Exists(file => file.Path == name)).Select(name => new MlFile(name, true, null)));
            await call.Http.Response.WriteAsJsonAsync(new { files = Listed(files) }, MLflowJson.Options, call.Cancel);
        });
        group.Does("DELETE", "/{**path}", async call =>
        {
            var place = PlaceOf(call.Http);
            if (!await artifacts.DeleteAsync(place, call.Cancel) && place.Root.Length == 0 && (await folders.BelowAsync(place.Path, call.Cancel)).Count > 0)
            {
                throw Refusal.Invalid("artifact-path", $"'{Refusal.Shown(place.Path)}' holds the files of runs or logged models; delete those below their artifacts/, or the runs.");
            }
        });
    }

    /// <summary>MLflow's download of one file of a run.</summary>
    public void MapDownload(RouteGroupBuilder group) => group.Calls("GET", "", Permission.Read, async call =>
    {
        var run = await db.ReadAsync(tx => Runs.GetAsync(tx, call.Fields.RunId()), call.Cancel);
        await SendAsync(call.Http, await artifacts.GetAsync(new ArtifactPlace(run.Id, RunRules.Path(call.Fields.Text("path"))), call.Cancel));
    });

    /// <summary>MLflow's download of one file of a logged model.</summary>
    public void MapModelFile(RouteGroupBuilder group) => group.Calls("GET", "", Permission.Read, async call =>
    {
        if (call.Fields.TextOrNull("artifact_file_path") is not { Length: > 0 } path) throw new Refusal(RefusalKind.Invalid, BadRequest, "Request must include the \"artifact_file_path\" query parameter.");
        var place = new ArtifactPlace(call.Route("id"), RunRules.Path(path));
        await db.ReadAsync(tx => LoggedModelsSql.GetAsync(tx, place.Root), call.Cancel);
        await SendAsync(call.Http, await artifacts.GetAsync(place, call.Cancel));
    });

    /// <summary>MLflow's upload of a small file, as its pages send it.</summary>
    public void MapUpload(RouteGroupBuilder group)
    {
        RequestDelegate upload = async http =>
        {
            var query = http.Request.Query;
            if (query["run_uuid"].ToString() is not { Length: > 0 } id) throw Refusal.Invalid("run-id", "Request must specify run_uuid.");
            if (query["path"].ToString() is not { Length: > 0 } path) throw Refusal.Invalid("artifact-path", "Request must specify path.");
            var place = new ArtifactPlace(id, RunRules.Path(path));
            if (http.Request.ContentLength > LargestUpload) throw Refusal.Invalid("artifact-size", $"Artifact size is too large. Max size is {LargestUpload >> 20}MB.");
            if (http.Request.ContentLength is null or 0) throw Refusal.Invalid("artifact-size", "Request must specify data.");
            await artifacts.PutAsync(place, http.Request.Body, http.RequestAborted);
            http.Response.ContentType = "application/json";
        };
        group.MapPost("", upload).Needs(Permission.Write).WithMetadata(upload.Method);
    }

    /// <summary>The place that the path of a request to the proxy names.</summary>
    public static ArtifactPlace PlaceOf(HttpContext http)
    {
        RunRules.CheckTarget(http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
        return ArtifactPlace.OfProxied(RunRules.Path(Decoded(http, (string?)http.Request.RouteValues["path"] ?? "")));
    }

    /// <summary>A slash that was escaped is left so by the server; one that was escaped twice is the name's own.</summary>
    private static string Decoded(HttpContext http, string path) =>
        path.Contains("%2F", StringComparison.OrdinalIgnoreCase) && !http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Contains("%252F", StringComparison.OrdinalIgnoreCase) ? path.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase) : path;

    /// <summary>A folder as it was asked for; empty for the root.</summary>
    public static string Folder(string? path) => RunRules.Folder(path?.TrimEnd('/') ?? "");

    public static IReadOnlyList<MlFile>? Listed(List<MlFile> files) => files.Count == 0 ? null : files;

    private static string TypeOf(string name) =>
        Texts.Contains(name) || Texts.Contains(System.IO.Path.GetExtension(name)) ? "text/plain" : Types.GetValueOrDefault(System.IO.Path.GetExtension(name), "application/octet-stream");

    /// <summary>Sent as an attachment, and not to be guessed at: what somebody stored is never run as a page of this server.</summary>
    public async Task SendAsync(HttpContext http, Artifact file)
    {
        var content = await artifacts.OpenAsync(file, http.RequestAborted);
        var name = file.Path[(file.Path.LastIndexOf('/') + 1)..];
        // ranges are of bytes; of other units, no part is asked for
        if (http.Request.Headers.Range is [{ } range, ..] && !range.StartsWith("bytes=", StringComparison.OrdinalIgnoreCase)) http.Request.Headers.Remove("Range");
        http.Response.Headers.XContentTypeOptions = "nosniff";
        http.Response.Headers.ContentSecurityPolicy = "sandbox; default-src 'none'";
        await Results.Stream(content, TypeOf(name), name, enableRangeProcessing: true).ExecuteAsync(http);
    }
}
