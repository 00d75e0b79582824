using Flyball.Foundation;
using Flyball.Server.Tracking;

namespace Flyball.Server.Overview;

/// <summary>A thing in a lineage.</summary>
/// <param name="Level">Its place in reading order: 0 is what was asked about, what it was made from lies below, what was made from it above. Every edge goes from a higher level to a lower one, but for those that close a circle.</param>
/// <param name="Href">Its page, or null where it has none.</param>
/// <param name="Known">False: it is not there (any more), and only links name it.</param>
internal sealed record LineageNode(Ref Ref, int Level, string Title, string Detail, string? Href, bool Known = true);

/// <summary>What a thing was made from, and what was made from it, as far as links lead.</summary>
/// <param name="Whole">False where the walk stopped because there is more than is shown.</param>
internal sealed record LineageGraph(Ref Of, IReadOnlyList<LineageNode> Nodes, IReadOnlyList<Link> Edges, bool Whole)
{
    private const int MostNodes = 300;

    /// <summary>Kinds that are means, not things that people trace.</summary>
    private static readonly string[] Hidden = ["object", "job", "log-segment", "upload"];

    /// <summary>The edges that a picture needs: those that longer ways tell too are left out.</summary>
    public IEnumerable<Link> Drawn()
    {
        var levels = Nodes.ToDictionary(node => node.Ref, node => node.Level);
        var from = Edges.ToLookup(edge => edge.Source, edge => edge.Target);
        return Edges.Where(edge => !from[edge.Source].Any(between => Leads(between, edge.Target, levels[edge.Source], [])));

        // downwards alone, so that of a circle no edge is left out for the other
        bool Leads(Ref thing, Ref to, int below, HashSet<Ref> seen) =>
            levels[thing] < below && levels[thing] > levels[to] && seen.Add(thing) && from[thing].Any(next => next == to || Leads(next, to, levels[thing], seen));
    }

    /// <summary>Walks both ways from a thing. The siblings of what is found (other things made from the same data) do not belong to it.</summary>
    public static async Task<LineageGraph> ReadAsync(Tx tx, Ref of)
    {
        var (levels, edges, whole) = (new Dictionary<Ref, int> { [of] = 0 }, new HashSet<Link>(), true);
        whole &= await WalkAsync(tx, of, -1, async thing => (await Links.FromAsync(tx, thing)).Concat(await RunLinks.FromAsync(tx, thing)).Where(link => !Hidden.Contains(link.Target.Kind)).Select(link => (link, link.Target)), levels, edges);
        whole &= await WalkAsync(tx, of, 1, async thing => (await Links.ToAsync(tx, thing)).Concat(await RunLinks.ToAsync(tx, thing)).Where(link => !Hidden.Contains(link.Source.Kind)).Select(link => (link, link.Source)), levels, edges);
        var nodes = new List<LineageNode>();
        foreach (var (thing, level) in levels) nodes.Add(await LineageNames.NodeAsync(tx, thing, level));
        if (edges.Count == 0 && nodes is [{ Known: false }]) throw Refusal.NotFound(of.Kind, of.Id);
        return new LineageGraph(of, [.. nodes.OrderBy(node => node.Level).ThenBy(node => node.Ref.Kind, StringComparer.Ordinal).ThenBy(node => node.Title, StringComparer.Ordinal)], [.. edges], whole);
    }

    private static async Task<bool> WalkAsync(Tx tx, Ref of, int step, Func<Ref, Task<IEnumerable<(Link Link, Ref Next)>>> next, Dictionary<Ref, int> levels, HashSet<Link> edges)
    {
        var found = new Dictionary<Ref, List<Ref>>();
        var waiting = new Queue<Ref>([of]);
        var whole = true;
        while (waiting.TryDequeue(out var thing))
        {
            if (found.ContainsKey(thing)) continue;
            var neighbours = found[thing] = [];
            foreach (var (link, other) in await next(thing))
            {
                if (!found.ContainsKey(other) && found.Count + waiting.Count >= MostNodes)
                {
                    whole = false;
                    continue;
                }

                edges.Add(link);
                neighbours.Add(other);
                waiting.Enqueue(other);
            }
        }

        // the longest way decides, so that what was made from something stands on its other side; a circle ends after as many rounds as there are things
        var far = found.Keys.ToDictionary(thing => thing, _ => 0);
        for (var (round, moved) = (0, true); moved && round < found.Count; round++)
        {
            moved = false;
            foreach (var (thing, neighbours) in found)
            {
                foreach (var other in neighbours.Where(other => other != of && far[other] < far[thing] + 1 && far[thing] + 1 < found.Count))
                {
                    far[other] = far[thing] + 1;
                    moved = true;
                }
            }
        }

        foreach (var (thing, distance) in far) levels.TryAdd(thing, step * distance);
        return whole;
    }
}
