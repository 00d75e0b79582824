using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text.Json;

namespace Flyball.Foundation;

/// <summary>Reads backups. Nothing of an archive is believed before its digest is checked, and nothing is written outside the folder that is restored.</summary>
public static class BackupArchive
{
    /// <summary>Reads an archive to its end and checks every file against the manifest.</summary>
    /// <exception cref="BackupDamagedException">It is no backup, of a newer format, or not as it was written.</exception>
    public static Task<BackupManifest> VerifyAsync(Stream archive, CancellationToken cancel) => ReadAsync(archive, null, cancel);

    /// <summary>Makes a data directory of an archive; it appears whole or not at all.</summary>
    /// <exception cref="BackupDamagedException">As <see cref="VerifyAsync"/>; also when the folder is there and holds anything.</exception>
    public static async Task<BackupManifest> RestoreAsync(Stream archive, string folder, CancellationToken cancel)
    {
        var target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        if (File.Exists(target) || (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any()))
        {
            throw new BackupDamagedException($"{folder} is there already and is not empty; name a new folder with --data-dir.");
        }

        // a link is another name for the folder that it leads to; replaced, it would lead to it no more
        if (Directory.Exists(target) && new DirectoryInfo(target).ResolveLinkTarget(returnFinalTarget: true) is { } led) target = Path.TrimEndingDirectorySeparator(led.FullName);
        var parent = Directory.CreateDirectory(Path.GetDirectoryName(target)!).FullName;
        var staged = Path.Combine(parent, $".{Path.GetFileName(target)}.restoring-{Path.GetRandomFileName()}");
        Directory.CreateDirectory(staged);
        try
        {
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(staged, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            var manifest = await ReadAsync(archive, staged, cancel);
            foreach (var written in Directory.EnumerateDirectories(staged, "*", SearchOption.AllDirectories).Prepend(staged)) DiskObjectStore.SyncFolder(written);
            if (Directory.Exists(target)) Directory.Delete(target);
            Directory.Move(staged, target);
            DiskObjectStore.SyncFolder(parent);
            return manifest;
        }
        catch
        {
            if (Directory.Exists(staged)) Directory.Delete(staged, recursive: true);
            throw;
        }
    }

    private static async Task<BackupManifest> ReadAsync(Stream archive, string? into, CancellationToken cancel)
    {
        try
        {
            await using var tar = new TarReader(archive, leaveOpen: true);
            var manifest = await ManifestAsync(tar, cancel);
            var expected = manifest.Files.ToDictionary(file => file.Path);
            while (await tar.GetNextEntryAsync(copyData: false, cancel) is { } entry)
            {
                if (!expected.Remove(entry.Name, out var file)) throw Damaged($"{Refusal.Shown(entry.Name)} is not in its manifest");
                if (!IsFile(entry)) throw Damaged($"{file.Path} is not a plain file");
                if (await CopyAsync(entry.DataStream, into is null ? null : Path.Combine(into, file.Path), cancel) != (file.Bytes, file.Sha256)) throw Damaged($"{file.Path} is not what was backed up");
            }

            return expected.Count == 0 ? manifest : throw Damaged($"{expected.Keys.First()} is missing{(expected.Count > 1 ? $", and {expected.Count - 1} more files" : "")}");
        }
        catch (Exception broken) when (broken is InvalidDataException or EndOfStreamException or FormatException or JsonException or ArgumentException or OverflowException or NotSupportedException)
        {
            throw Damaged("it cannot be read to its end");
        }
    }

    private static async Task<BackupManifest> ManifestAsync(TarReader tar, CancellationToken cancel)
    {
        if (await tar.GetNextEntryAsync(copyData: false, cancel) is not { Name: BackupManifest.FileName, DataStream: { } content, Length: <= BackupManifest.Longest } entry || !IsFile(entry))
        {
            throw new BackupDamagedException("This is not a backup of Flyball: it does not begin with a manifest.");
        }

        var manifest = await JsonSerializer.DeserializeAsync<BackupManifest>(content, Json.Options, cancel);
        if (manifest is not { Format: >= 1, Files: not null }) throw Damaged("its manifest cannot be read");
        if (manifest.Format > BackupManifest.CurrentFormat) throw new BackupDamagedException($"This backup was made by Flyball {Refusal.Shown(manifest.Version)} in a format that this version does not know; restore it with that version.");
        if (manifest.Files.FirstOrDefault(file => file is null || !BackupManifest.Allows(file)) is { } strange) throw Damaged($"{Refusal.Shown(strange.Path)} is no file of a data directory");
        if (manifest.Files.All(file => file.Path != BackupManifest.Database)) throw Damaged("it has no database");
        return manifest;
    }

    private static bool IsFile(TarEntry entry) => entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile;

    private static async Task<(long Bytes, string Sha256)> CopyAsync(Stream? content, string? path, CancellationToken cancel)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        FileStream? file = null;
        if (path is not null)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0, useAsync: true);
        }

        await using (file)
        {
            var (buffer, bytes) = (new byte[1 << 16], 0L);
            // an empty entry has no stream
            for (int read; content is not null && (read = await content.ReadAsync(buffer, cancel)) > 0; bytes += read)
            {
                hash.AppendData(buffer, 0, read);
                if (file is not null) await file.WriteAsync(buffer.AsMemory(0, read), cancel);
            }

            file?.Flush(flushToDisk: true);
            return (bytes, Convert.ToHexStringLower(hash.GetHashAndReset()));
        }
    }

    private static BackupDamagedException Damaged(string what) => new($"The backup is damaged: {what}. Nothing was restored; use another backup.");
}
