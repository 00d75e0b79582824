using System.Text.RegularExpressions;

namespace Flyball.Foundation;

/// <summary>The objects that something needs: those that a link names, and those that the specification of an open job mentions.</summary>
public static partial class UsedObjects
{
    private const string Kind = "object:";

    /// <summary>On the snapshot of a transaction: the digests of objects that links name, all of which are there, and what open jobs mention, of which some are the digests of other things than objects.</summary>
    public static async Task<(IReadOnlySet<string> Linked, IReadOnlySet<string> Mentioned)> ReadAsync(Tx tx)
    {
        var linked = (await tx.QueryAsync($"select distinct target from links where target like '{Kind}%'", null, row => row.Text("target")[Kind.Length..])).ToHashSet();
        var mentioned = new HashSet<string>();
        foreach (var spec in await tx.QueryAsync("select spec from jobs where state in (0, 1)", null, row => row.Text("spec")))
        {
            foreach (Match digest in Digest().Matches(spec)) mentioned.Add(digest.Value);
        }

        return (linked, mentioned);
    }

    /// <summary>Removes the objects that nothing needs and that were stored longer ago than <paramref name="grace"/>: younger ones may belong to what is about to be said.</summary>
    public static async Task<(int Count, long Bytes)> SweepAsync(Db db, DiskObjectStore objects, TimeSpan grace, CancellationToken cancel)
    {
        var before = TimeProvider.System.GetUtcNow().UtcDateTime - grace;
        var used = await db.ReadAsync(ReadAsync, cancel);
        return await Task.Run(() => objects.Sweep(digest => used.Linked.Contains(digest) || used.Mentioned.Contains(digest), before), cancel);
    }

    [GeneratedRegex("(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")]
    private static partial Regex Digest();
}
