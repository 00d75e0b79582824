using System.Collections.Concurrent;
using Flyball.Foundation;

namespace Flyball.Server.Serving;

/// <summary>What a log is of. The numbers are stored and frozen.</summary>
public enum LogKind { Predictions = 0, Labels = 1 }

/// <summary>The prediction and label logs of all deployments.</summary>
internal sealed class TrafficLog(DataDirectory data) : IAsyncDisposable
{
    /// <summary>A file of this size is closed and sealed.</summary>
    private const long FullAt = 64 << 20;

    private readonly ConcurrentDictionary<(string Deployment, LogKind Kind), Lazy<AppendLog>> logs = new();

    /// <summary>Opens the logs that are on disk.</summary>
    public void OpenExisting()
    {
        foreach (var kind in Enum.GetValues<LogKind>())
        {
            foreach (var folder in Directory.EnumerateDirectories(data.Folder(FolderOf(kind)))) _ = Of(Path.GetFileName(folder), kind);
        }
    }

    public Task AppendAsync(string deployment, LogKind kind, ReadOnlyMemory<byte> lines, int rows, long at) => Of(deployment, kind).AppendAsync(lines, rows, at);

    public IReadOnlyList<(string Deployment, LogKind Kind, AppendLog Log)> All() => [.. logs.Select(entry => (entry.Key.Deployment, entry.Key.Kind, entry.Value.Value))];

    /// <summary>Files of a log that hold rows and are not yet segments.</summary>
    public IReadOnlyList<LogFile> Open(string deployment, LogKind kind) => [.. Of(deployment, kind).Files().Where(file => file.Rows > 0)];

    /// <summary>Paths of a log's files that are not yet segments; the last one is being written.</summary>
    public IReadOnlyList<string> Files(string deployment, LogKind kind) => [.. Open(deployment, kind).Select(file => file.Path)];

    /// <summary>
    /// Whether all that a log holds in [from, to), in microseconds, is in segments. Where the file that is written to holds some of it, it is closed, so that it is sealed; closing it again for
    /// what an earlier file holds would only make more, smaller segments.
    /// </summary>
    public async Task<bool> CloseAsync(string deployment, LogKind kind, long from, long to, CancellationToken cancel)
    {
        var log = Of(deployment, kind);
        var (present, open) = (log.Active, log.Files().Where(file => file.Rows > 0 && file.MinAt < to && file.MaxAt >= from).ToList());
        if (open.Exists(file => file.Seq >= present.Seq)) await log.RotateAsync(cancel);
        return open.Count == 0;
    }

    public static bool IsFull(LogFile file) => file.Bytes >= FullAt;

    public async ValueTask DisposeAsync()
    {
        foreach (var log in logs.Values) await log.Value.DisposeAsync();
    }

    private AppendLog Of(string deployment, LogKind kind) => logs.GetOrAdd(
        (deployment, kind), key => new Lazy<AppendLog>(() => new AppendLog(data.Folder(Path.Combine(FolderOf(key.Kind), Checked(key.Deployment)))))).Value;

    private static string FolderOf(LogKind kind) => Path.Combine("log", kind == LogKind.Predictions ? "predictions" : "labels");

    /// <summary>Names of deployments are names of models, which the project file bounds; they become part of a path only here.</summary>
    private static string Checked(string name) =>
        name.Length is > 0 and <= 100 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') ? name : throw Refusal.NotFound("deployment", name);
}
