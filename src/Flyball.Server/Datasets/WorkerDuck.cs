using System.Globalization;
using Flyball.Foundation;
using Flyball.Native.DuckDb;

namespace Flyball.Server.Datasets;

/// <summary>
/// The columnar engine as jobs use it: what does not fit into half of the machine's memory goes to the job's scratch folder, so that the server beside it keeps its own.
/// It runs what project files say, so it reads nothing but the job's files, stored objects and its scratch folder, and cannot be told otherwise.
/// </summary>
internal static class WorkerDuck
{
    /// <param name="files">What the job reads beside stored objects.</param>
    public static DuckDbDatabase Open(JobContext context, IReadOnlyList<string>? files = null) => DuckDbDatabase.OpenInMemory(new DuckDbOptions
    {
        TempDirectory = context.Scratch,
        LockDown = true,
        AllowedFolders = [context.Scratch, context.Objects.LocalFolder],
        AllowedFiles = files ?? [],
        MemoryLimit = string.Create(CultureInfo.InvariantCulture, $"{Math.Max(256, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2 >> 20)}MiB"),
    });
}
