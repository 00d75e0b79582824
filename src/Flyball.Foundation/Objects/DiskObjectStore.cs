using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Flyball.Foundation;

/// <summary>
/// Objects as files: written to <c>tmp/</c>, synced, then renamed to <c>objects/ab/cdef…</c>. A crash leaves at most a file in <c>tmp/</c>, which the next start removes.
/// </summary>
public sealed class DiskObjectStore : ObjectStore
{
    /// <summary>The ending of an object that is about to be removed; only a crash leaves one.</summary>
    private const string Aside = ".gone";

    private readonly Lock gate = new();
    private readonly string objects;
    private readonly string temporary;
    private int holders;

    public DiskObjectStore(string root)
    {
        objects = Path.Combine(root, "objects");
        temporary = Path.Combine(root, "tmp");
        Directory.CreateDirectory(objects);
        Directory.CreateDirectory(temporary);
    }

    public override async Task<StoredObject> PutAsync(Stream content, CancellationToken cancel)
    {
        var staged = Path.Combine(temporary, Path.GetRandomFileName());
        var buffer = ArrayPool<byte>.Shared.Rent(1 << 18);
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            long size = 0;
            var transfer = default(Transfer);
            await using (var file = new FileStream(staged, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0, useAsync: true))
            {
                for (int read; (read = await content.ReadAsync(buffer, cancel)) > 0; size += read)
                {
                    hash.AppendData(buffer, 0, read);
                    transfer.Moved(read);
                    await file.WriteAsync(buffer.AsMemory(0, read), cancel);
                }

                file.Flush(flushToDisk: true);
            }

            var digest = Convert.ToHexStringLower(hash.GetHashAndReset());
            var path = PathOf(digest);
            if (IsLinked(path) || !Touch(path))
            {
                var folder = Path.GetDirectoryName(path)!;
                if (!Directory.Exists(folder))
                {
                    Directory.CreateDirectory(folder);
                    SyncFolder(objects);
                }

                CrashPoint.Reached("objects.before-rename");
                File.Move(staged, path, overwrite: true);
                SyncFolder(folder);
                CrashPoint.Reached("objects.after-rename");
            }

            return new StoredObject(digest, size);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            File.Delete(staged);
        }
    }

    public override Task<Stream> OpenAsync(string digest, CancellationToken cancel)
    {
        try
        {
            return Task.FromResult<Stream>(new ObjectFile(Own(PathOf(digest))));
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Refusal.NotFound("object", digest);
        }
    }

    public override bool Holds(string digest) => PathOf(digest) is var path && File.Exists(path) && !IsLinked(path);

    public override Task<string> LocalPathAsync(string digest, CancellationToken cancel)
    {
        var path = PathOf(digest);
        return File.Exists(path) && !IsLinked(path) ? Task.FromResult(path) : throw Refusal.NotFound("object", digest);
    }

    /// <summary>Removes what a crash left half written. Only the process that owns the data directory may call it, before it starts workers.</summary>
    public void ClearStaged()
    {
        foreach (var file in Directory.EnumerateFiles(temporary)) File.Delete(file);
        foreach (var folder in Directory.EnumerateDirectories(temporary)) Directory.Delete(folder, recursive: true);
    }

    public override IDisposable Hold()
    {
        lock (gate) holders++;
        return new Holding(this);
    }

    /// <summary>
    /// Deletes objects last stored before <paramref name="before"/> that <paramref name="used"/> does not name; returns how many and their bytes. Stops where somebody holds the objects.
    /// Others may store meanwhile: who stores an object that is there makes it young, and what turns out to be young when it was set aside is put back, after a crash by the next sweep. One at a time.
    /// </summary>
    public (int Count, long Bytes) Sweep(Func<string, bool> used, DateTime before)
    {
        var (count, bytes) = (0, 0L);
        foreach (var file in new DirectoryInfo(objects).EnumerateFiles("*", SearchOption.AllDirectories))
        {
            if (file.Name.EndsWith(Aside, StringComparison.Ordinal))
            {
                Restore(file.FullName);
                continue;
            }

            var digest = file.Directory!.Name + file.Name;
            if (file.LastWriteTimeUtc >= before || used(digest)) continue;
            var size = file.Length;
            lock (gate)
            {
                if (holders > 0) break;
                if (!Remove(file.FullName, before)) continue;
            }

            (count, bytes) = (count + 1, bytes + size);
        }

        return (count, bytes);
    }

    /// <summary>Makes an object young; false where it is not there.</summary>
    private static bool Touch(string path)
    {
        try
        {
            File.SetLastWriteTimeUtc(path, TimeProvider.System.GetUtcNow().UtcDateTime);
            return true;
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
    }

    private static bool Remove(string path, DateTime before)
    {
        try
        {
            File.Move(path, path + Aside);
            if (File.GetLastWriteTimeUtc(path + Aside) < before)
            {
                File.Delete(path + Aside);
                return true;
            }

            Restore(path + Aside);
            return false;
        }
        catch (Exception gone) when (gone is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
    }

    private static void Restore(string aside) => File.Move(aside, aside[..^Aside.Length], overwrite: true);

    /// <summary>A link that somebody has put in place of an object, or of a folder of them, leads to what was never stored.</summary>
    private static string Own(string path) => IsLinked(path) ? throw new FileNotFoundException() : path;

    private static bool IsLinked(string path) => new FileInfo(path).LinkTarget is not null || new DirectoryInfo(Path.GetDirectoryName(path)!).LinkTarget is not null;

    private string PathOf(string digest) => IsDigest(digest)
        ? Path.Combine(objects, digest[..2], digest[2..])
        : throw Refusal.Invalid("digest-malformed", $"'{Refusal.Shown(digest)}' is not a SHA-256 digest of 64 hex digits.");

    internal static void SyncFolder(string folder)
    {
        if (!OperatingSystem.IsLinux()) return;
        using var handle = new SafeFileHandle(open(folder, 0), ownsHandle: true);
        if (!handle.IsInvalid) _ = fsync((int)handle.DangerousGetHandle());
    }

    private sealed class Holding(DiskObjectStore store) : IDisposable
    {
        private bool ended;

        public void Dispose()
        {
            if (ended) return;
            ended = true;
            lock (store.gate) store.holders--;
        }
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int fsync(int descriptor);
}
