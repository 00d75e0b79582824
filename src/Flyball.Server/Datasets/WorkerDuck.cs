using System.Globalization;
using Flyball.Foundation;
using Flyball.Native.DuckDb;

namespace Flyball.Server.Datasets;

/// <summary>
/// The columnar engine as jobs use it: what does not fit into half of the machine's memory goes to the job's scratch folder, so that the server beside it keeps its own.
/// It runs what project files say, so it reads nothing but the job's own files and objects and its scratch folder, and cannot be told otherwise.
/// </summary>
internal static class WorkerDuck
{
    /// <param name="objects">Digests of the stored objects that the job reads; no others are there for it, such as those of another project.</param>
    /// <param name="files">What it reads beside them.</param>
    public static async Task<DuckDbDatabase> OpenAsync(JobContext context, IEnumerable<string> objects, IEnumerable<string> files, CancellationToken cancel)
    {
        var paths = new List<string>(files);
        foreach (var digest in objects.Distinct(StringComparer.Ordinal)) paths.Add(await context.Objects.LocalPathAsync(digest, cancel));
        return DuckDbDatabase.OpenInMemory(new DuckDbOptions
        {
            TempDirectory = context.Scratch,
            LockDown = true,
            AllowedFolders = [context.Scratch],
            AllowedFiles = paths,
            MemoryLimit = string.Create(CultureInfo.InvariantCulture, $"{Math.Max(256, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2 >> 20)}MiB"),
        });
    }
}
