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

    private static Task<StoredObject> PutAsync(DiskObjectStore store, string text) => store.PutAsync(new MemoryStream(Encoding.UTF8.GetBytes(text)), Cancel);
}
