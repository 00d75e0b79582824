using System.Globalization;
using Flyball.Foundation;
using Flyball.Native.DuckDb;

namespace Flyball.Server.Datasets;

/// <summary>The columnar engine as jobs use it: what does not fit into half of the machine's memory goes to the job's scratch folder, so that the server beside it keeps its own.</summary>
internal static class WorkerDuck
{
    public static DuckDbDatabase Open(JobContext context) => DuckDbDatabase.OpenInMemory(new DuckDbOptions
    {
        TempDirectory = context.Scratch,
        MemoryLimit = string.Create(CultureInfo.InvariantCulture, $"{Math.Max(256, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2 >> 20)}MiB"),
    });
}
