using Flyball.Foundation;

namespace Flyball.Server.Tracking;

public enum ViewType { ActiveOnly = 1, DeletedOnly = 2, All = 3 }

/// <param name="After">The key of the last run of the page before, or null for the first page.</param>
internal sealed record RunQuery(IReadOnlyList<string> Experiments, Filter? Filter, IReadOnlyList<OrderKey> Order, ViewType View, int Limit, PageKey? After);

/// <summary>The numbers of a page's runs in order, the key to go on behind it (null where the page is not full), and how many runs the filter finds in all.</summary>
internal sealed record FoundRuns(IReadOnlyList<long> Runs, PageKey? Next, long Total);

/// <summary>Where a run stands in an order: a place and a value for each key, and its id. A token of it goes on behind that run, whatever was inserted meanwhile.</summary>
public sealed record PageKey(IReadOnlyList<PagePart> Parts, string Run);

/// <param name="Place">0: has a value, 1: is NaN, 2: has none.</param>
public sealed record PagePart(int Place, double Number, string? Text);

/// <summary>Finds a page of runs in columns.</summary>
internal static class RunSearch
{
    public static FoundRuns Find(RunColumns columns, RunQuery query)
    {
        var matches = query.Filter is null ? null : Matcher.Of(columns, query.Filter);
        var order = query.Order.Select(key => Sorter.Of(columns, key)).ToArray();
        var after = query.After is { } last ? (Keys: order.Zip(last.Parts, (sorter, part) => sorter.Key(part)).ToArray(), Id: RunId.Of(last.Run)) : default;
        if (query.After is { } given && given.Parts.Count != order.Length) throw Refusal.Invalid("page-token", "Invalid page token: it belongs to a search with another order.");
        var best = new PriorityQueue<int, int>(Comparer<int>.Create((one, other) => Compare(order, columns, other, one)));
        var worst = default(SortKey);
        long total = 0;
        foreach (var experiment in columns.Of(query.Experiments))
        {
            // newest first: in the usual order the page is found at once and the rest is only passed by
            for (var i = experiment.Count - 1; i >= 0; i--)
            {
                var slot = experiment[i];
                if (!columns.IsVisible(slot, query.View) || (matches is not null && !matches(slot))) continue;
                total++;
                if (after.Keys is not null && !IsBehind(order, columns, slot, after.Keys, after.Id)) continue;
                if (best.Count < query.Limit) best.Enqueue(slot, slot);
                else if (order[0].Compare(order[0].Key(slot), worst) <= 0 && Compare(order, columns, slot, best.Peek()) < 0) best.EnqueueDequeue(slot, slot);
                else continue;
                worst = order[0].Key(best.Peek());
            }
        }

        var found = new int[best.Count];
        for (var i = found.Length - 1; i >= 0; i--) found[i] = best.Dequeue();
        // as MLflow does, a full page has a next one, which may turn out to be empty
        var next = found.Length == query.Limit ? new PageKey([.. order.Select(sorter => sorter.Part(found[^1]))], columns.Id(found[^1]).ToString()) : null;
        return new FoundRuns([.. found.Select(columns.Number)], next, total);
    }

    private static int Compare(Sorter[] order, RunColumns columns, int one, int other)
    {
        foreach (var sorter in order)
        {
            var compared = sorter.Compare(sorter.Key(one), sorter.Key(other));
            if (compared != 0) return compared;
        }

        return columns.Id(one).CompareTo(columns.Id(other));
    }

    private static bool IsBehind(Sorter[] order, RunColumns columns, int slot, SortKey[] last, RunId id)
    {
        for (var i = 0; i < order.Length; i++)
        {
            var compared = order[i].Compare(order[i].Key(slot), last[i]);
            if (compared != 0) return compared > 0;
        }

        return columns.Id(slot).CompareTo(id) > 0;
    }
}

/// <summary>A value to sort by. Place 0: has a value, 1: is NaN, 2: has none; in this order in both directions.</summary>
internal readonly record struct SortKey(int Place, double Value, RunId Id);

/// <summary>Gives the sort key of each run for one order key.</summary>
internal sealed class Sorter(bool descending, Func<int, SortKey> key, Func<PagePart, SortKey> keyOf, Func<int, PagePart> part)
{
    private static readonly SortKey None = new(2, 0, default);

    public SortKey Key(int slot) => key(slot);

    public SortKey Key(PagePart of) => keyOf(of);

    public PagePart Part(int slot) => part(slot);

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
            return new Sorter(order.Descending, slot => new SortKey(0, 0, columns.Id(slot)), of => new SortKey(0, 0, RunId.Of(of.Text ?? "")), slot => new PagePart(0, 0, columns.Id(slot).ToString()));
        }

        if (field.Kind == FieldKind.Metric || field is { Kind: FieldKind.Attribute, Key: "start_time" or "end_time" or "duration" })
        {
            var metric = field.Kind == FieldKind.Metric ? columns.Metric(field.Key) : null;
            double Value(int slot) => field.Kind == FieldKind.Attribute ? columns.Time(field.Key, slot) ?? NumberColumn.Absent : metric?[slot] ?? NumberColumn.Absent;
            SortKey Number(double value) => NumberColumn.IsAbsent(value) ? None : double.IsNaN(value) ? new SortKey(1, 0, default) : new SortKey(0, value, default);
            return new Sorter(
                order.Descending, slot => Number(Value(slot)), of => of.Place switch { 0 => new SortKey(0, of.Number, default), 1 => new SortKey(1, 0, default), _ => None },
                slot => Value(slot) is var value && NumberColumn.IsAbsent(value) ? new PagePart(2, 0, null) : double.IsNaN(value) ? new PagePart(1, 0, null) : new PagePart(0, value, null));
        }

        if (columns.Text(field) is not { } column) return new Sorter(order.Descending, _ => None, of => of.Place == 2 ? None : new SortKey(0, 0, default), _ => new PagePart(2, 0, null));
        var ranks = column.Ranks();
        return new Sorter(
            order.Descending, slot => column[slot] is var code and > 0 ? new SortKey(0, ranks[code], default) : None,
            of => of.Text is not { } text ? None : new SortKey(0, column.Place(text) is (var before, true) ? before + 1 : column.Place(text).Before + 0.5, default),
            slot => new PagePart(column[slot] > 0 ? 0 : 2, 0, column.Text(slot)));
    }
}
