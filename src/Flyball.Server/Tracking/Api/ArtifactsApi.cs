using Flyball.Foundation;
using Flyball.Server.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace Flyball.Server.Tracking;

/// <summary>Files of runs and logged models: MLflow's listings, and its proxy through which clients send and fetch them.</summary>
internal static class ArtifactsApi
{
    /// <summary>Types that a browser shows without running anything in them; everything else is plain bytes.</summary>
    private static readonly Dictionary<string, string> Types = new(StringComparer.OrdinalIgnoreCase)
    {
        [".png"] = "image/png", [".jpg"] = "image/jpeg", [".jpeg"] = "image/jpeg", [".gif"] = "image/gif", [".webp"] = "image/webp", [".json"] = "application/json", [".txt"] = "text/plain", [".log"] = "text/plain",
        [".csv"] = "text/csv", [".yaml"] = "text/plain", [".yml"] = "text/plain", [".md"] = "text/plain", [".py"] = "text/plain",
    };

    public static void MapList(RouteGroupBuilder group) => group.MapGet("/list", async (HttpRequest request, Db db, Artifacts artifacts, CancellationToken cancel) =>
    {
        var fields = await MLflowFields.ReadAsync(request, cancel);
        var run = await db.ReadAsync(tx => Runs.GetAsync(tx, fields.RunId()), cancel);
        var folder = Folder(fields.TextOrNull("path"));
        return MLflowJson.Answer(new { root_uri = run.ArtifactUri, files = Listed(Level(await artifacts.BelowAsync(new ArtifactPlace(run.Id, folder), cancel), folder)) });
    }).Needs(Permission.Read);

    public static void MapProxy(RouteGroupBuilder group)
    {
        group.MapPut("/{**path}", async (string path, HttpContext http, Artifacts artifacts, CancellationToken cancel) =>
        {
            if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = null;
            await artifacts.PutAsync(ArtifactPlace.OfProxied(RunRules.Path(path)), http.Request.Body, cancel);
            return MLflowJson.Done();
        }).Needs(Permission.Write);
        group.MapGet("/{**path}", async (string? path, HttpRequest request, Artifacts artifacts, CancellationToken cancel) =>
        {
            if (!string.IsNullOrEmpty(path)) return await SendAsync(ArtifactPlace.OfProxied(RunRules.Path(path)), artifacts, cancel);
            // an MLflow client lists by the path below the artifact root and is told names alone
            var folder = Folder((await MLflowFields.ReadAsync(request, cancel)).TextOrNull("path"));
            var place = ArtifactPlace.OfProxied(folder);
            var files = Level(await artifacts.BelowAsync(place, cancel), place.Path).Select(file => file with { Path = file.Path[(file.Path.LastIndexOf('/') + 1)..] });
            return MLflowJson.Answer(new { files = Listed([.. files]) });
        }).Needs(Permission.Read);
        group.MapDelete("/{**path}", async (string path, Artifacts artifacts, CancellationToken cancel) =>
        {
            await artifacts.DeleteAsync(ArtifactPlace.OfProxied(RunRules.Path(path)), cancel);
            return MLflowJson.Done();
        }).Needs(Permission.Write);
    }

    /// <summary>MLflow's download of one file of a run.</summary>
    public static void MapDownload(RouteGroupBuilder group) => group.MapGet("", async (HttpRequest request, Db db, Artifacts artifacts, CancellationToken cancel) =>
    {
        var fields = await MLflowFields.ReadAsync(request, cancel);
        var run = await db.ReadAsync(tx => Runs.GetAsync(tx, fields.RunId()), cancel);
        return await SendAsync(new ArtifactPlace(run.Id, RunRules.Path(fields.Text("path"))), artifacts, cancel);
    }).Needs(Permission.Read);

    /// <summary>The files and folders directly below a folder.</summary>
    public static List<MlFile> Level(List<Artifact> below, string folder)
    {
        var start = folder.Length == 0 ? 0 : folder.Length + 1;
        return
        [
            .. below.Where(artifact => artifact.Path.Length > start).GroupBy(artifact => artifact.Path[start..].Split('/')[0]).OrderBy(group => group.Key, StringComparer.Ordinal)
                .Select(group => group.First() is var first && first.Path.Length == start + group.Key.Length
                    ? new MlFile(first.Path, false, first.Size)
                    : new MlFile(first.Path[..(start + group.Key.Length)], true, null)),
        ];
    }

    /// <summary>A folder as it was asked for; empty for the root.</summary>
    public static string Folder(string? path) => path?.Trim('/') is { Length: > 0 } folder ? RunRules.Path(folder) : "";

    public static IReadOnlyList<MlFile>? Listed(List<MlFile> files) => files.Count == 0 ? null : files;

    private static async Task<IResult> SendAsync(ArtifactPlace place, Artifacts artifacts, CancellationToken cancel)
    {
        var (file, content) = await artifacts.OpenAsync(place, cancel);
        var name = file.Path[(file.Path.LastIndexOf('/') + 1)..];
        return new Download(Results.Stream(content, Types.GetValueOrDefault(System.IO.Path.GetExtension(name), "application/octet-stream"), name, enableRangeProcessing: true));
    }

    /// <summary>Sent as an attachment, and not to be guessed at: what somebody stored is never run as a page of this server.</summary>
    private sealed class Download(IResult file) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.Headers.XContentTypeOptions = "nosniff";
            httpContext.Response.Headers.ContentSecurityPolicy = "sandbox; default-src 'none'";
            return file.ExecuteAsync(httpContext);
        }
    }
}
