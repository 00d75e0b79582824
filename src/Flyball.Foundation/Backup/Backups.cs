using System.Formats.Tar;
using System.Security.Cryptography;

namespace Flyball.Foundation;

/// <summary>Takes backups of a data directory while it is used.</summary>
public sealed class Backups(Db db, ObjectStore objects, DataDirectory data, TimeProvider time)
{
    /// <summary>
    /// Captures one consistent state: database, logs, and the objects they need. Writers of the database wait while it is copied, so that no log file becomes a segment between the two; predictions do not wait.
    /// </summary>
    public async Task<CapturedBackup> CaptureAsync(string version, CancellationToken cancel)
    {
        var copy = Path.Combine(data.Folder("tmp"), Path.GetRandomFileName());
        List<LogPrefix> logs = [];
        var held = objects.Hold();
        try
        {
            (IReadOnlySet<string> Linked, IReadOnlySet<string> Mentioned) used;
            await using (var tx = await db.BeginAsync(cancel))
            {
                logs = LogPrefix.OpenAll(data.Folder("log"));
                used = await UsedObjects.ReadAsync(tx);
                await db.CopyAsync(copy, cancel);
            }

            var files = new List<BackupFile> { new(BackupManifest.Database, new FileInfo(copy).Length, await DigestAsync(copy, cancel)) };
            files.AddRange(logs.Select(log => new BackupFile(log.Path, log.Length, log.Sha256())));
            foreach (var digest in used.Linked.Union(used.Mentioned).Order(StringComparer.Ordinal))
            {
                if (!used.Linked.Contains(digest) && !objects.Holds(digest)) continue;
                await using var content = await objects.OpenAsync(digest, cancel);
                files.Add(new BackupFile($"objects/{digest[..2]}/{digest[2..]}", content.Length, digest));
            }

            return new CapturedBackup(new BackupManifest(BackupManifest.CurrentFormat, version, time.GetUtcNow(), files), copy, logs, objects, held);
        }
        catch
        {
            held.Dispose();
            logs.ForEach(log => log.Dispose());
            File.Delete(copy);
            throw;
        }
    }

    private static async Task<string> DigestAsync(string path, CancellationToken cancel)
    {
        await using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancel));
    }
}

/// <summary>A captured state, ready to be written as a tar archive: the manifest first, then every file under its path in the data directory.</summary>
public sealed class CapturedBackup : IDisposable
{
    private readonly string database;
    private readonly List<LogPrefix> logs;
    private readonly ObjectStore objects;
    private readonly IDisposable held;

    internal CapturedBackup(BackupManifest manifest, string database, List<LogPrefix> logs, ObjectStore objects, IDisposable held) =>
        (Manifest, this.database, this.logs, this.objects, this.held) = (manifest, database, logs, objects, held);

    public BackupManifest Manifest { get; }

    /// <summary>Streams the archive.</summary>
    public async Task WriteAsync(Stream target, CancellationToken cancel)
    {
        await using var tar = new TarWriter(target, TarEntryFormat.Pax, leaveOpen: true);
        using (var manifest = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(Json.Write(Manifest)))) await WriteAsync(tar, BackupManifest.FileName, manifest, cancel);
        foreach (var file in Manifest.Files)
        {
            await using var content = await OpenAsync(file, cancel);
            await WriteAsync(tar, file.Path, content, cancel);
        }
    }

    public void Dispose()
    {
        held.Dispose();
        logs.ForEach(log => log.Dispose());
        File.Delete(database);
    }

    private async Task<Stream> OpenAsync(BackupFile file, CancellationToken cancel) =>
        file.Path == BackupManifest.Database ? File.OpenRead(database)
        : logs.Find(log => log.Path == file.Path) is { } log ? log.Read()
        : await objects.OpenAsync(file.Sha256, cancel);

    private Task WriteAsync(TarWriter tar, string path, Stream content, CancellationToken cancel) => tar.WriteEntryAsync(
        new PaxTarEntry(TarEntryType.RegularFile, path) { DataStream = content, Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite, ModificationTime = Manifest.Created }, cancel);
}
