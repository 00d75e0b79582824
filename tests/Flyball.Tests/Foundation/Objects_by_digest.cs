using System.Text;
using Flyball.Foundation;

namespace Flyball.Tests.Foundation;

public sealed class Objects_by_digest : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("flyball-test-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Are_named_by_the_sha256_of_their_bytes_and_kept_once()
    {
        var store = new DiskObjectStore(folder);
        var first = await PutAsync(store, "abc");
        Assert.Equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", first.Digest);
        Assert.Equal(first, await PutAsync(store, "abc"));
        Assert.Single(Directory.GetFiles(Path.Combine(folder, "objects"), "*", SearchOption.AllDirectories));
        Assert.Empty(Directory.GetFiles(Path.Combine(folder, "tmp")));
    }

    [Theory]
    [InlineData("../../../../etc/passwd")]
    [InlineData("BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD")]
    [InlineData("")]
    public async Task Never_become_a_path_from_anything_but_a_digest(string digest) =>
        Assert.Equal("digest-malformed", (await Assert.ThrowsAsync<Refusal>(() => new DiskObjectStore(folder).OpenAsync(digest, Cancel))).Code);

    [Fact]
    public async Task Are_swept_only_when_nothing_uses_them()
    {
        var store = new DiskObjectStore(folder);
        var (used, orphan) = (await PutAsync(store, "used"), await PutAsync(store, "orphan"));
        Assert.Equal((0, 0L), store.Sweep(digest => digest == used.Digest, DateTime.UnixEpoch));
        Assert.Equal((1, 6L), store.Sweep(digest => digest == used.Digest, DateTime.MaxValue));
        Assert.Equal(4, (await store.OpenAsync(used.Digest, Cancel)).Length);
        await Assert.ThrowsAsync<Refusal>(() => store.OpenAsync(orphan.Digest, Cancel));
    }

    [Fact]
    public async Task Stored_once_more_while_they_are_swept_stay()
    {
        var store = new DiskObjectStore(folder);
        var (again, orphan) = (await PutAsync(store, "again"), await PutAsync(store, "orphan"));
        var before = TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(-1);
        foreach (var digest in (string[])[again.Digest, orphan.Digest]) File.SetLastWriteTimeUtc(await store.LocalPathAsync(digest, Cancel), before.AddHours(-1));
        Assert.Equal((1, 6L), store.Sweep(
            digest =>
            {
                // between the look at its age and its removal
                if (digest == again.Digest) PutAsync(store, "again").GetAwaiter().GetResult();
                return false;
            },
            before));
        Assert.Equal(5, (await store.OpenAsync(again.Digest, Cancel)).Length);
    }

    [Fact]
    public async Task Set_aside_before_a_crash_come_back()
    {
        var store = new DiskObjectStore(folder);
        var path = await store.LocalPathAsync((await PutAsync(store, "abc")).Digest, Cancel);
        File.Move(path, path + ".gone");
        Assert.Equal((0, 0L), store.Sweep(_ => true, DateTime.MaxValue));
        Assert.Equal("abc", await File.ReadAllTextAsync(path, Cancel));
    }

    [Fact]
    public async Task Are_not_swept_while_somebody_holds_them()
    {
        var store = new DiskObjectStore(folder);
        await PutAsync(store, "abc");
        using (store.Hold()) Assert.Equal((0, 0L), store.Sweep(_ => false, DateTime.MaxValue));
        Assert.Equal((1, 3L), store.Sweep(_ => false, DateTime.MaxValue));
    }

    private static Task<StoredObject> PutAsync(DiskObjectStore store, string text) => store.PutAsync(new MemoryStream(Encoding.UTF8.GetBytes(text)), Cancel);
}
