using System.Security.Cryptography;
using Flyball.Foundation;

namespace Flyball.Server.Tracking;

/// <summary>
/// Files that are sent in parts, in any order and several at once. A part that was acknowledged is on disk and is kept until the upload is completed, aborted or a day old.
/// The id of an upload is 16 random bytes: who knows it may send its parts, since clients send them without their credentials, as they would to a cloud's storage.
/// </summary>
internal sealed class Uploads(Db db, ObjectStore objects, Artifacts artifacts, TimeProvider time) : ILoop
{
    public const int MostParts = 10_000;
    private static readonly TimeSpan Kept = TimeSpan.FromDays(1);

    public string Name => "uploads";

    public async Task<string> CreateAsync(ArtifactPlace place, int parts, CancellationToken cancel)
    {
        if (parts is < 1 or > MostParts) throw Refusal.Invalid("upload-parts", $"An upload has 1 to {MostParts} parts, not {parts}.");
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        await db.WriteAsync(
            async tx =>
            {
                await Artifacts.CheckAsync(tx, place);
                await tx.Prepared("insert into uploads (id, root, path, parts, created) values ($1, $2, $3, $4, $5)").ExecuteAsync(id, place.Root, place.Path, (long)parts, time.Now());
            },
            cancel);
        return id;
    }

    /// <summary>Stores a part, in place of one that was sent before under its number; the digest of its bytes.</summary>
    public async Task<string> PutAsync(string id, int number, Stream content, CancellationToken cancel)
    {
        var upload = await db.ReadAsync(tx => GetAsync(tx, id), cancel);
        if (upload.Done) throw Refusal.NotFound("upload", id);
        if (number < 1 || number > upload.Parts) throw Refusal.Invalid("upload-part", $"This upload has the parts 1 to {upload.Parts}; there is no part {number}.");
        var stored = await objects.PutAsync(content, cancel);
        await db.WriteAsync(
            async tx =>
            {
                if ((await GetAsync(tx, id)).Done) throw Refusal.NotFound("upload", id);
                // of one part, not of all ten thousand, while everybody who writes waits for this
                var before = await tx.Prepared("select digest from upload_parts where upload = $1 and number = $2").ScalarAsync(id, (long)number) as string;
                await tx.Prepared("insert into upload_parts (upload, number, digest, size) values ($1, $2, $3, $4) on conflict (upload, number) do update set digest = excluded.digest, size = excluded.size").ExecuteAsync(id, (long)number, stored.Digest, stored.Size);
                await Links.AddAsync(tx, RefOf(id), "holds", new Ref("object", stored.Digest));
                if (before is not null && before != stored.Digest && !(await PartsAsync(tx, id)).ContainsValue(before)) await Links.RemoveAsync(tx, RefOf(id), "holds", new Ref("object", before));
            },
            cancel);
        return stored.Digest;
    }

    /// <summary>Makes the file of its parts. Done once already, it is done. A client that no longer waits for the answer does not end it: with a large file it would begin anew, and leave again.</summary>
    public async Task CompleteAsync(ArtifactPlace place, string id, IReadOnlyList<(int Number, string Digest)> parts)
    {
        var cancel = CancellationToken.None;
        var (upload, known) = await db.ReadAsync(async tx => (await GetAsync(tx, id), await PartsAsync(tx, id)), cancel);
        if (upload.Place != place) throw Refusal.NotFound("upload", id);
        if (upload.Done) return;
        var ordered = parts.OrderBy(part => part.Number).ToList();
        for (var i = 0; i < ordered.Count; i++)
        {
            if (ordered[i].Number != i + 1) throw Refusal.Invalid("upload-parts", $"The parts of an upload are numbered from 1 without a gap; {i + 1} is missing.");
            if (known.GetValueOrDefault(i + 1) != ordered[i].Digest) throw Refusal.Invalid("upload-part", $"Part {i + 1} was not stored with the ETag {Refusal.Shown(ordered[i].Digest)}; send it again.");
        }

        if (ordered.Count != upload.Parts) throw Refusal.Invalid("upload-parts", $"The upload was announced with {upload.Parts} parts, and {ordered.Count} are named; complete it with all of them.");
        await using var joined = new JoinedStream(objects, [.. ordered.Select(part => part.Digest)]);
        await artifacts.PutAsync(place, joined, cancel);
        await db.WriteAsync(
            async tx =>
            {
                await LetGoAsync(tx, id);
                await tx.Prepared("update uploads set done = 1 where id = $1").ExecuteAsync(id);
            },
            cancel);
    }

    /// <summary>Forgets an upload; one that is not there is as good as forgotten.</summary>
    public Task AbortAsync(string id, CancellationToken cancel) => db.WriteAsync(tx => DropAsync(tx, id), cancel);

    /// <summary>Forgets uploads that nobody completed.</summary>
    public async Task<bool> StepAsync(CancellationToken cancel)
    {
        var before = time.Now() - (long)Kept.TotalMicroseconds;
        var old = await db.ReadAsync(tx => tx.QueryAsync("select id from uploads where created < @before", new { before }, row => row.Text("id")), cancel);
        foreach (var id in old) await AbortAsync(id, cancel);
        return old.Count > 0;
    }

    private static async Task<Upload> GetAsync(Tx tx, string id) =>
        await tx.FirstAsync("select * from uploads where id = @id", new { id }, row => new Upload(new ArtifactPlace(row.Text("root"), row.Text("path")), row.Int("parts"), row.Bool("done"))) ?? throw Refusal.NotFound("upload", id);

    private static async Task<Dictionary<int, string>> PartsAsync(Tx tx, string id) =>
        (await tx.QueryAsync("select number, digest from upload_parts where upload = @id", new { id }, row => (row.Int("number"), row.Text("digest")))).ToDictionary();

    private static async Task DropAsync(Tx tx, string id)
    {
        await LetGoAsync(tx, id);
        await tx.Prepared("delete from uploads where id = $1").ExecuteAsync(id);
    }

    private static async Task LetGoAsync(Tx tx, string id)
    {
        foreach (var link in await Links.FromAsync(tx, RefOf(id))) await Links.RemoveAsync(tx, link.Source, link.Relation, link.Target);
        await tx.Prepared("delete from upload_parts where upload = $1").ExecuteAsync(id);
    }

    private static Ref RefOf(string id) => new("upload", id);

    private sealed record Upload(ArtifactPlace Place, int Parts, bool Done);

    /// <summary>Stored objects, one behind the other, of which one is open at a time.</summary>
    private sealed class JoinedStream(ObjectStore objects, IReadOnlyList<string> digests) : Stream
    {
        private int next;
        private Stream? open;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            while (true)
            {
                if (open is not null && await open.ReadAsync(buffer, cancellationToken) is var read and > 0) return read;
                if (open is not null) await open.DisposeAsync();
                open = null;
                if (next == digests.Count) return 0;
                open = await objects.OpenAsync(digests[next++], cancellationToken);
            }
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override async ValueTask DisposeAsync()
        {
            if (open is not null) await open.DisposeAsync();
            await base.DisposeAsync();
        }
    }
}
