using System.Diagnostics;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Flyball.Foundation;

namespace Flyball.Server.Tracking;

public enum ViewType { ActiveOnly = 1, DeletedOnly = 2, All = 3 }

/// <param name="After">The key of the last run of the page before, or null for the first page.</param>
/// <param name="Cancel">Whoever asks has left: while they are looked for, nothing else is found.</param>
internal sealed record RunQuery(IReadOnlyList<string> Experiments, Filter? Filter, IReadOnlyList<OrderKey> Order, ViewType View, int Limit, PageKey? After, CancellationToken Cancel = default)
{
    /// <summary>Others wait for a search that takes long.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    /// <param name="since">When the search began.</param>
    /// <exception cref="OperationCanceledException">Nobody waits for it any more.</exception>
    /// <exception cref="Refusal">It takes too long.</exception>
    public void CheckPatience(long since)
    {
        Cancel.ThrowIfCancellationRequested();
        if (Stopwatch.GetElapsedTime(since) > Longest) throw Refusal.Invalid("search-too-long", $"This search takes longer than {Longest.TotalSeconds:0} seconds, for which all others would wait; ask for fewer experiments, or with fewer conditions.");
    }
}

/// <summary>The numbers of a page's runs in order, the key to go on behind it (null where the page is not full), and how many runs the filter finds in all.</summary>
internal sealed record FoundRuns(IReadOnlyList<long> Runs, PageKey? Next, long Total);

/// <summary>Where a run stands in an order: a place and a value for each key, and its id. A token of it goes on behind that run, whatever was inserted meanwhile.</summary>
public sealed record PageKey(IReadOnlyList<PagePart> Parts, string Run);

/// <param name="Place">0: has a value, 1: is NaN, 2: has none.</param>
public sealed record PagePart(int Place, double Number, string? Text);

/// <summary>Finds a page of runs in columns.</summary>
internal static class RunSearch
{
    /// <summary>Slots that are looked at in one piece; where there are more, pieces are looked at side by side.</summary>
    private const int PieceSize = 1 << 16;

    public static FoundRuns Find(RunColumns columns, RunQuery query)
    {
        var since = Stopwatch.GetTimestamp();
        var matches = query.Filter is null ? null : Matcher.Of(columns, query.Filter);
        var order = query.Order.Select(key => Sorter.Of(columns, key)).ToArray();
        if (query.After is { } given && given.Parts.Count != order.Length) throw Refusal.Invalid("page-token", "Invalid page token: it belongs to a search with another order.");
        var found = Best(columns, query, () => new Candidates(columns, order, matches, query, since)).Sorted();
        // as MLflow does, a full page has a next one, which may turn out to be empty
        var next = found.Slots.Length == query.Limit ? new PageKey([.. order.Select(sorter => sorter.Part(found.Slots[^1]))], columns.Id(found.Slots[^1]).ToString()) : null;
        return new FoundRuns([.. found.Slots.Select(columns.Number)], next, found.Total);
    }

    private static Candidates Best(RunColumns columns, RunQuery query, Func<Candidates> start)
    {
        var all = start();
        var pieces = new List<(List<int> Slots, int From, int To)>();
        foreach (var experiment in columns.Of(query.Experiments))
        {
            for (var to = experiment.Count; to > 0; to -= PieceSize) pieces.Add((experiment, Math.Max(0, to - PieceSize), to));
        }

        if (pieces.Count < 3)
        {
            foreach (var (slots, from, to) in pieces) all.Look(slots, from, to);
            return all;
        }

        try
        {
            Side(pieces, start, all, query.Cancel);
        }
        catch (AggregateException several)
        {
            ExceptionDispatchInfo.Throw(several.InnerExceptions[0]);
        }

        return all;
    }

    /// <summary>Looks at pieces side by side.</summary>
    private static void Side(List<(List<int> Slots, int From, int To)> pieces, Func<Candidates> start, Candidates all, CancellationToken cancel) => Parallel.ForEach(
        pieces, new ParallelOptions { MaxDegreeOfParallelism = Math.Min(Environment.ProcessorCount, 4), CancellationToken = cancel }, start,
        (piece, _, own) =>
        {
            own.Look(piece.Slots, piece.From, piece.To);
            return own;
        },
        own =>
        {
            lock (all) all.Take(own);
        });

    /// <summary>
    /// The best runs of those that were looked at, as many as a page holds. Runs that may be among them are gathered, several pages of them, before the best are picked out: what a run costs then does not depend on
    /// the order in which they come, and the worst come first where runs are ordered by what grows with them.
    /// </summary>
    private sealed class Candidates
    {
        private const int LeastGathered = 1024;
        private readonly RunColumns columns;
        private readonly Sorter[] order;
        private readonly Func<int, bool>? matches;
        private readonly (ViewType View, int Limit) page;
        private readonly RunQuery query;
        private readonly long since;
        private readonly (SortKey[] Keys, double Near, RunId Id)? after;
        private readonly Comparison<int> comparison;
        private double[] nears = [];
        private int[] gathered = [];
        private int count;

        /// <summary>The last run of a full page of those that were gathered so far, and its number; -1 and infinite before there is one.</summary>
        private (int Slot, double Near) last = (-1, double.PositiveInfinity);
        private long total;

        public Candidates(RunColumns columns, Sorter[] order, Func<int, bool>? matches, RunQuery query, long since)
        {
            (this.columns, this.order, this.matches, this.query, this.since, page, comparison) = (columns, order, matches, query, since, (query.View, query.Limit), Compare);
            if (query.After is { } behind) after = ([.. order.Zip(behind.Parts, (sorter, part) => sorter.Key(part))], order[0].Near(order[0].Key(behind.Parts[0])), RunId.Of(behind.Run));
        }

        /// <summary>Looks at slots, the newest first: in the usual order the page is found at once and the rest is only passed by.</summary>
        public void Look(List<int> slots, int from, int to)
        {
            var first = order[0];
            var piece = CollectionsMarshal.AsSpan(slots)[from..to];
            for (var i = piece.Length - 1; i >= 0; i--)
            {
                var slot = piece[i];
                if ((i & 63) == 0) query.CheckPatience(since);
                if (!columns.IsVisible(slot, page.View) || (matches is not null && !matches(slot))) continue;
                total++;
                var near = first.Near(slot);
                if (near > last.Near || !IsBehind(slot, near)) continue;
                Offer(slot, near);
            }
        }

        public void Take(Candidates other)
        {
            total += other.total;
            for (var i = 0; i < other.count; i++) Offer(other.gathered[i], other.nears[i]);
        }

        public (int[] Slots, long Total) Sorted()
        {
            if (count > page.Limit) Pick();
            var found = gathered[..count];
            Array.Sort(found, comparison);
            return (found, total);
        }

        private void Offer(int slot, double near)
        {
            if (near > last.Near || (near == last.Near && last.Slot >= 0 && Compare(slot, last.Slot) > 0)) return;
            if (count == gathered.Length)
            {
                var room = count == 0 ? LeastGathered : (int)Math.Min(2L * count, Math.Max(LeastGathered, 2L * page.Limit));
                if (room > count)
                {
                    Array.Resize(ref gathered, room);
                    Array.Resize(ref nears, room);
                }
                else
                {
                    Pick();
                    Offer(slot, near);
                    return;
                }
            }

            (gathered[count], nears[count]) = (slot, near);
            count++;
        }

        /// <summary>Leaves a page of the best. Only those that share the number of its last one have to be compared by all that they are ordered by.</summary>
        private void Pick()
        {
            Array.Sort(nears, gathered, 0, count);
            var near = nears[page.Limit - 1];
            var (from, to) = (page.Limit - 1, page.Limit);
            while (from > 0 && nears[from - 1].Equals(near)) from--;
            while (to < count && nears[to].Equals(near)) to++;
            gathered.AsSpan(from, to - from).Sort(comparison);
            count = page.Limit;
            last = (gathered[count - 1], near);
        }

        private bool IsBehind(int slot, double near)
        {
            if (after is not { } behind) return true;
            if (near != behind.Near) return near > behind.Near;
            for (var i = 0; i < order.Length; i++)
            {
                var compared = order[i].Compare(order[i].Key(slot), behind.Keys[i]);
                if (compared != 0) return compared > 0;
            }

            return columns.Id(slot).CompareTo(behind.Id) > 0;
        }

        private int Compare(int one, int other)
        {
            foreach (var sorter in order)
            {
                var compared = sorter.Compare(sorter.Key(one), sorter.Key(other));
                if (compared != 0) return compared;
            }

            return columns.Id(one).CompareTo(columns.Id(other));
        }
    }
}

/// <summary>A value to sort by. Place 0: has a value, 1: is NaN, 2: has none; in this order in both directions.</summary>
internal readonly record struct SortKey(int Place, double Value, RunId Id);

/// <summary>Gives the sort key of each run for one order key.</summary>
/// <param name="near">A number by which most runs are told apart without their keys: where it is less, the run comes first; where it is the same, the keys decide. Given as for an ascending order.</param>
internal sealed class Sorter(bool descending, Func<int, SortKey> key, Func<PagePart, SortKey> keyOf, Func<int, PagePart> part, Func<int, double> near)
{
    private static readonly SortKey None = new(2, 0, default);

    public SortKey Key(int slot) => key(slot);

    public SortKey Key(PagePart of) => keyOf(of);

    public PagePart Part(int slot) => part(slot);

    public double Near(int slot) => Near(near(slot));

    public double Near(in SortKey of) => of.Place == 0 ? Near(of.Value) : double.PositiveInfinity;

    /// <summary>What is no number, or absent, comes last in both directions.</summary>
    private double Near(double value) => double.IsNaN(value) ? double.PositiveInfinity : descending ? -value : value;

    public int Compare(in SortKey one, in SortKey other)
    {
        if (one.Place != other.Place) return one.Place.CompareTo(other.Place);
        var compared = one.Value.CompareTo(other.Value);
        if (compared == 0) compared = one.Id.CompareTo(other.Id);
        return descending ? -compared : compared;
    }

    public static Sorter Of(RunColumns columns, OrderKey order)
    {
        var field = order.Field;
        if (field is { Kind: FieldKind.Attribute, Key: "run_id" })
        {
            return new Sorter(order.Descending, slot => new SortKey(0, 0, columns.Id(slot)), of => new SortKey(0, 0, RunId.Of(of.Text ?? "")), slot => new PagePart(0, 0, columns.Id(slot).ToString()), static _ => 0);
        }

        if (field.Kind == FieldKind.Metric || field is { Kind: FieldKind.Attribute, Key: "start_time" or "end_time" or "duration" })
        {
            var metric = field.Kind == FieldKind.Metric ? columns.Metric(field.Key) : null;
            Func<int, double> value = field switch
            {
                { Kind: FieldKind.Attribute, Key: "start_time" } => columns.Started,
                { Kind: FieldKind.Attribute } => slot => columns.Time(field.Key, slot) ?? NumberColumn.Absent,
                _ when metric is null => static _ => NumberColumn.Absent,
                _ => slot => metric[slot],
            };
            SortKey Number(double number) => NumberColumn.IsAbsent(number) ? None : double.IsNaN(number) ? new SortKey(1, 0, default) : new SortKey(0, number, default);
            return new Sorter(
                order.Descending, slot => Number(value(slot)), of => of.Place switch { 0 => new SortKey(0, of.Number, default), 1 => new SortKey(1, 0, default), _ => None },
                slot => value(slot) is var own && NumberColumn.IsAbsent(own) ? new PagePart(2, 0, null) : double.IsNaN(own) ? new PagePart(1, 0, null) : new PagePart(0, own, null), value);
        }

        if (columns.Text(field) is not { } column) return new Sorter(order.Descending, _ => None, of => of.Place == 2 ? None : new SortKey(0, 0, default), _ => new PagePart(2, 0, null), static _ => double.NaN);
        var ranks = column.Ranks();
        return new Sorter(
            order.Descending, slot => column[slot] is var code and > 0 ? new SortKey(0, ranks[code], default) : None,
            of => of.Text is not { } text ? None : new SortKey(0, column.Place(text) is (var before, true) ? before + 1 : column.Place(text).Before + 0.5, default),
            slot => new PagePart(column[slot] > 0 ? 0 : 2, 0, column.Text(slot)), slot => column[slot] is var code and > 0 ? ranks[code] : double.NaN);
    }
}
