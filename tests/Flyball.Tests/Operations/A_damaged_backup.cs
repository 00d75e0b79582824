using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;
using Flyball.Foundation;
using Flyball.Numerics;

namespace Flyball.Tests.Operations;

/// <summary>Whatever is wrong with an archive, it is refused in one sentence and nothing of it stays.</summary>
public sealed class A_damaged_backup : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("flyball-test-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Is_refused_wherever_it_is_cut_off()
    {
        var whole = await WholeAsync();
        Assert.Equal(3, (await RestoreAsync(whole)).Files.Count);
        Directory.Delete(Path.Combine(folder, "target"), recursive: true);
        var end = whole.Length - 1024; // the two empty blocks at the end of a tar say nothing
        foreach (var length in Enumerable.Range(0, 60).Select(i => end * i / 60)) await RefusedAsync(whole[..length]);
    }

    [Fact]
    public async Task That_is_whole_is_restored_where_a_link_leads()
    {
        var (disk, link) = (Directory.CreateDirectory(Path.Combine(folder, "disk")).FullName, Path.Combine(folder, "target"));
        File.CreateSymbolicLink(link, disk);
        await RestoreAsync(await WholeAsync());
        Assert.Equal(disk, new DirectoryInfo(link).LinkTarget);
        Assert.NotEmpty(Directory.EnumerateFileSystemEntries(disk));
        Directory.Delete(link);
    }

    [Fact]
    public async Task Is_refused_wherever_content_has_changed()
    {
        var whole = await WholeAsync();
        foreach (var text in (string[])["the database", "an object", "{\"at\":1}"])
        {
            var broken = whole.ToArray();
            broken[Encoding.Latin1.GetString(whole).LastIndexOf(text, StringComparison.Ordinal) + 2] ^= 1;
            Assert.Contains("is not what was backed up", await RefusedAsync(broken));
        }
    }

    [Fact]
    public async Task Never_does_harm_whichever_byte_is_flipped()
    {
        var whole = await WholeAsync();
        var random = new Seeded(20260101);
        for (var round = 0; round < 400; round++)
        {
            var broken = whole.ToArray();
            broken[random.Below(broken.Length)] ^= (byte)(1 << (int)random.Below(8));
            try
            {
                // padding, times and owners carry nothing: what is restored then is what was backed up
                Assert.Equal(3, (await RestoreAsync(broken)).Files.Count);
                Assert.Equal("the database", await File.ReadAllTextAsync(Path.Combine(folder, "target", "flyball.db"), Cancel));
                Directory.Delete(Path.Combine(folder, "target"), recursive: true);
            }
            catch (BackupDamagedException)
            {
                Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
            }
        }
    }

    [Theory]
    [InlineData("../outside.ndjson")]
    [InlineData("/tmp/outside.ndjson")]
    [InlineData("log/../../outside/00000001.ndjson")]
    [InlineData("log/predictions/line/00000001.ndjson/../../x")]
    [InlineData("server.json")]
    [InlineData("flyball.lock")]
    [InlineData("")]
    public async Task Is_refused_when_a_file_would_land_elsewhere(string path)
    {
        var content = "x"u8.ToArray();
        Assert.Contains("no file of a data directory", await RefusedAsync(await ArchiveAsync(Manifest(Database, new BackupFile(path, 1, Digest(content))), (BackupManifest.Database, "the database"u8.ToArray()), (path, content))));
    }

    [Theory]
    [InlineData(TarEntryType.SymbolicLink)]
    [InlineData(TarEntryType.HardLink)]
    [InlineData(TarEntryType.Directory)]
    [InlineData(TarEntryType.Fifo)]
    [InlineData(TarEntryType.CharacterDevice)]
    public async Task Is_refused_when_an_entry_is_no_plain_file(TarEntryType type)
    {
        const string Log = "log/predictions/line/00000001.ndjson";
        using var stream = new MemoryStream();
        await using (var tar = new TarWriter(stream, TarEntryFormat.Pax, leaveOpen: true))
        {
            await WriteAsync(tar, BackupManifest.FileName, Encoding.UTF8.GetBytes(Json.Write(Manifest(Database, new BackupFile(Log, 0, Digest([]))))));
            await WriteAsync(tar, BackupManifest.Database, "the database"u8.ToArray());
            var entry = new PaxTarEntry(type, Log);
            if (type is TarEntryType.SymbolicLink or TarEntryType.HardLink) entry.LinkName = "/etc/passwd";
            await tar.WriteEntryAsync(entry, Cancel);
        }

        // a tar writes folders with a slash at their end, which no manifest lists
        var reason = await RefusedAsync(stream.ToArray());
        Assert.True(reason.Contains("is not a plain file", StringComparison.Ordinal) || (type == TarEntryType.Directory && reason.Contains("is not in its manifest", StringComparison.Ordinal)), reason);
    }

    [Fact]
    public async Task Is_refused_when_a_file_is_missing_added_or_there_twice()
    {
        var (database, other) = ("the database"u8.ToArray(), "other"u8.ToArray());
        var object1 = new BackupFile($"objects/{Digest(other)[..2]}/{Digest(other)[2..]}", other.Length, Digest(other));
        Assert.Contains("is missing", await RefusedAsync(await ArchiveAsync(Manifest(Database, object1), ("flyball.db", database))));
        Assert.Contains("is not in its manifest", await RefusedAsync(await ArchiveAsync(Manifest(Database), ("flyball.db", database), (object1.Path, other))));
        Assert.Contains("is not in its manifest", await RefusedAsync(await ArchiveAsync(Manifest(Database), ("flyball.db", database), ("flyball.db", database))));
        Assert.Contains("damaged", await RefusedAsync(await ArchiveAsync(Manifest(Database, Database), ("flyball.db", database))));
        Assert.Contains("no database", await RefusedAsync(await ArchiveAsync(Manifest(object1), (object1.Path, other))));
        Assert.Contains("no file of a data directory", await RefusedAsync(await ArchiveAsync(Manifest(Database, object1 with { Sha256 = Digest(database) }), ("flyball.db", database), (object1.Path, database))));
    }

    [Fact]
    public async Task Is_refused_when_it_is_none_or_of_a_later_format()
    {
        Assert.Contains("not a backup of Flyball", await RefusedAsync([]));
        Assert.Contains("not a backup of Flyball", await RefusedAsync(await ArchiveAsync(null, ("readme.txt", "hello"u8.ToArray()))));
        Assert.Contains("damaged", await RefusedAsync(RandomNumberGenerator.GetBytes(5000)));
        Assert.Contains("does not know", await RefusedAsync(await ArchiveAsync(Manifest(Database) with { Format = 2 }, ("flyball.db", "the database"u8.ToArray()))));
    }

    private static BackupFile Database => new(BackupManifest.Database, 12, Digest("the database"u8.ToArray()));

    private static BackupManifest Manifest(params BackupFile[] files) => new(1, "0.1.0", DateTimeOffset.UnixEpoch, files);

    private static async Task<byte[]> WholeAsync()
    {
        var (content, log) = ("an object"u8.ToArray(), "{\"at\":1}\n"u8.ToArray());
        var (path, logPath) = ($"objects/{Digest(content)[..2]}/{Digest(content)[2..]}", "log/predictions/line/00000001.ndjson");
        return await ArchiveAsync(
            Manifest(Database, new BackupFile(logPath, log.Length, Digest(log)), new BackupFile(path, content.Length, Digest(content))),
            (BackupManifest.Database, "the database"u8.ToArray()), (logPath, log), (path, content));
    }

    private static async Task<byte[]> ArchiveAsync(BackupManifest? manifest, params (string Path, byte[] Content)[] files)
    {
        using var stream = new MemoryStream();
        await using (var tar = new TarWriter(stream, TarEntryFormat.Pax, leaveOpen: true))
        {
            if (manifest is not null) await WriteAsync(tar, BackupManifest.FileName, Encoding.UTF8.GetBytes(Json.Write(manifest)));
            foreach (var (path, content) in files) await WriteAsync(tar, path.Length == 0 ? "x" : path, content);
        }

        return stream.ToArray();
    }

    private static Task WriteAsync(TarWriter tar, string path, byte[] content) => tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, path) { DataStream = new MemoryStream(content) }, Cancel);

    private static string Digest(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    private Task<BackupManifest> RestoreAsync(byte[] archive) => BackupArchive.RestoreAsync(new MemoryStream(archive), Path.Combine(folder, "target"), Cancel);

    private async Task<string> RefusedAsync(byte[] archive)
    {
        var refused = await Assert.ThrowsAsync<BackupDamagedException>(() => RestoreAsync(archive));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
        return refused.Message;
    }
}
