namespace Flyball.Foundation;

/// <summary>
/// Counts what a transfer of a large object has moved. What moving bytes leaves behind on the heap is young and dead, but the runtime lets it grow to the size of the processor's cache, tens of megabytes, before it looks;
/// so every so often it is told to look, which takes a millisecond.
/// </summary>
internal struct Transfer
{
    private const long Every = 256L << 20;

    private long moved;

    public void Moved(int bytes)
    {
        if ((moved += bytes) < Every) return;
        moved = 0;
        GC.Collect(0, GCCollectionMode.Forced, blocking: true);
    }
}

/// <summary>An object's file, as it is read by whoever sends it on.</summary>
internal sealed class ObjectFile(string path) : FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, useAsync: true)
{
    private Transfer transfer;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        transfer.Moved(buffer.Length);
        return base.ReadAsync(buffer, cancellationToken);
    }
}
