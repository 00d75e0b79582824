using Flyball.Foundation;

namespace Flyball.Tests.Tracking;

/// <summary>A server's database, with a count of the transactions that read it and a way to hold them up.</summary>
internal sealed class WatchedDb(Db db) : Db
{
    private int reads;

    public int Reads => reads;

    /// <summary>What is waited for before each of them.</summary>
    public Task Before { get; set; } = Task.CompletedTask;

    public override Dialect Dialect => db.Dialect;

    public override Task<Tx> BeginAsync(CancellationToken cancel) => db.BeginAsync(cancel);

    public override Task<T> WriteAsync<T>(Func<Tx, Task<T>> work, CancellationToken cancel) => db.WriteAsync(work, cancel);

    public override async Task<Tx> ReadAsync(CancellationToken cancel)
    {
        Interlocked.Increment(ref reads);
        await Before;
        cancel.ThrowIfCancellationRequested();
        return await db.ReadAsync(cancel);
    }

    public override Task CopyAsync(string path, CancellationToken cancel) => db.CopyAsync(path, cancel);

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
