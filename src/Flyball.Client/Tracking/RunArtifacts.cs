using System.Text.Json;

namespace Flyball.Client;

/// <param name="Path">From the root of the run's or model's artifacts, with forward slashes.</param>
/// <param name="Bytes">Null for a folder.</param>
public sealed record ArtifactInfo(string Path, bool IsFolder, long? Bytes);

/// <summary>Files of runs and logged models.</summary>
public sealed partial class FlyballClient
{
    private const string Proxy = "/api/2.0/mlflow-artifacts/artifacts";

    /// <summary>Stores a file with a run, in place of one that is there.</summary>
    public async Task LogArtifactAsync(string experiment, string run, string path, Stream content, CancellationToken cancel)
    {
        using var body = new StreamContent(content);
        (await SendAsync(HttpMethod.Put, $"{Proxy}/{Escape(experiment)}/{Escape(run)}/artifacts/{Segments(path)}", body, cancel)).Dispose();
    }

    /// <summary>What is directly in a folder of a run's artifacts; the root where none is named.</summary>
    public async Task<IReadOnlyList<ArtifactInfo>> ListArtifactsAsync(string run, string? folder, CancellationToken cancel) =>
        Artifacts(await GetAsync<JsonElement>($"{Mlflow}/artifacts/list?run_id={Escape(run)}{(folder is null ? "" : $"&path={Escape(folder)}")}", cancel));

    /// <summary>A file of a run, as a stream that the caller disposes of.</summary>
    public Task<Stream> OpenArtifactAsync(string run, string path, CancellationToken cancel) => OpenAsync($"/get-artifact?run_id={Escape(run)}&path={Escape(path)}", cancel);

    /// <summary>Removes a file of a run, or all files of a folder.</summary>
    public Task DeleteArtifactAsync(string experiment, string run, string path, CancellationToken cancel) => DeleteAsync($"{Proxy}/{Escape(experiment)}/{Escape(run)}/artifacts/{Segments(path)}", cancel);

    private static IReadOnlyList<ArtifactInfo> Artifacts(JsonElement answer) =>
        [.. List(answer, "files").Select(file => new ArtifactInfo(Text(file, "path"), file.TryGetProperty("is_dir", out var folder) && folder.GetBoolean(), file.TryGetProperty("file_size", out var size) ? size.GetInt64() : null))];

    private static string Segments(string path) => string.Join('/', path.Split('/').Select(Escape));

    private async Task<Stream> OpenAsync(string path, CancellationToken cancel)
    {
        var answer = await SendAsync(HttpMethod.Get, path, null, cancel);
        return await answer.Content.ReadAsStreamAsync(cancel);
    }
}
