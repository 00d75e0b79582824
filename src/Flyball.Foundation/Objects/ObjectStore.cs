namespace Flyball.Foundation;

/// <summary>What was stored: the SHA-256 of its bytes as 64 lower-case hex digits, and its length in bytes.</summary>
public sealed record StoredObject(string Digest, long Size);

/// <summary>Immutable content by digest. What <see cref="PutAsync"/> has returned survives the process and the machine's power.</summary>
public abstract class ObjectStore
{
    /// <summary>Stores a stream of any length without holding it in memory. Storing the same content twice keeps one copy.</summary>
    public abstract Task<StoredObject> PutAsync(Stream content, CancellationToken cancel);

    /// <summary>Opens content for reading.</summary>
    public abstract Task<Stream> OpenAsync(string digest, CancellationToken cancel);

    /// <summary>Whether there is an object with this digest.</summary>
    public abstract bool Holds(string digest);

    /// <summary>A path on this machine at which engines can read the content.</summary>
    public abstract Task<string> LocalPathAsync(string digest, CancellationToken cancel);

    /// <summary>Until what is returned is disposed, nothing is removed: for whoever reads objects that are named in a snapshot of the database.</summary>
    public abstract IDisposable Hold();

    public async Task<StoredObject> PutFileAsync(string path, CancellationToken cancel)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, useAsync: true);
        return await PutAsync(file, cancel);
    }

    /// <summary>True for 64 lower-case hex digits; anything else never becomes part of a path.</summary>
    public static bool IsDigest(string text) => text.Length == 64 && text.All(c => c is (>= '0' and <= '9') or (>= 'a' and <= 'f'));
}
