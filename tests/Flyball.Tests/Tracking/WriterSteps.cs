using Flyball.Foundation;
using Microsoft.Data.Sqlite;

namespace Flyball.Tests.Tracking;

/// <summary>The work that SQLite does on the writer's connection, as a measure that no other process of the machine changes.</summary>
internal sealed class WriterSteps
{
    private const int Each = 10;
    private long times;

    /// <summary>Steps of SQLite's machine since the count began.</summary>
    public long Count => times * Each;

    public static async Task<WriterSteps> CountAsync(Db db, CancellationToken cancel)
    {
        var steps = new WriterSteps();
        await db.WriteAsync(
            tx =>
            {
                SQLitePCL.raw.sqlite3_progress_handler(((SqliteConnection)tx.Connection).Handle, Each, _ => (int)(++steps.times & 0), null);
                return Task.CompletedTask;
            },
            cancel);
        return steps;
    }
}
