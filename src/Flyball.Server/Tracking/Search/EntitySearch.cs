namespace Flyball.Server.Tracking;

/// <summary>The fields of things that are few enough to be looked at one by one.</summary>
internal abstract class EntityFields<T> : SearchFields
{
    /// <summary>A thing's value of a field that is a number; null: it has none.</summary>
    public abstract double? Number(T thing, Field field);

    public abstract string? Text(T thing, Field field);

    /// <summary>Whether a thing's value of a field that is a number fits; where it has several, whether one does.</summary>
    public virtual bool Fits(T thing, Field field, Func<double?, bool> judge) => judge(Number(thing, field));

    /// <summary>What a number is ordered by, where that is finer than what it is compared with.</summary>
    public virtual double? Order(T thing, Field field) => Number(thing, field);
}

internal sealed record EntityPage<T>(IReadOnlyList<T> Found, string? Next);

/// <summary>Searches experiments, models and versions with the same grammar, order and tokens as runs.</summary>
internal static class EntitySearch<T>
{
    /// <param name="last">The order of things that are otherwise equal, which must be unique.</param>
    public static EntityPage<T> Find(IEnumerable<T> all, EntityFields<T> fields, Filter? filter, IReadOnlyList<OrderKey> order, IReadOnlyList<OrderKey> standard, string? token, int limit, Func<T, string> last)
    {
        var keys = order.Count == 0 ? standard : order;
        var wanted = filter is null ? null : Matcher.Combine<T>(filter, comparison => One(fields, comparison));
        var after = token is { Length: > 0 } ? PageToken.Read(token, keys.Count) : null;
        // the best of a page, and one more that tells whether there is another; the worst of them is at hand
        var best = new PriorityQueue<T, PageKey>(Comparer<PageKey>.Create((one, other) => Compare(other, one)));
        foreach (var thing in all)
        {
            if (wanted is not null && !wanted(thing)) continue;
            var key = KeyOf(thing);
            if (after is not null && Compare(key, after) <= 0) continue;
            if (best.Count <= limit) best.Enqueue(thing, key);
            else best.EnqueueDequeue(thing, key);
        }

        var more = best.Count > limit;
        if (more) best.Dequeue();
        var next = more && best.TryPeek(out _, out var end) ? PageToken.Write(end) : null;
        var found = new T[best.Count];
        for (var i = found.Length - 1; i >= 0; i--) found[i] = best.Dequeue();
        return new EntityPage<T>(found, next);

        PageKey KeyOf(T thing) => new([.. keys.Select(key => Part(thing, key.Field))], last(thing));

        PagePart Part(T thing, Field field)
        {
            if (fields.IsNumber(field)) return fields.Order(thing, field) is not { } number ? new PagePart(2, 0, null) : double.IsNaN(number) ? new PagePart(1, 0, null) : new PagePart(0, number, null);
            return fields.Text(thing, field) is { } text ? new PagePart(0, 0, text) : new PagePart(2, 0, null);
        }

        int Compare(PageKey one, PageKey other)
        {
            for (var i = 0; i < keys.Count; i++)
            {
                var (a, b) = (one.Parts[i], other.Parts[i]);
                if (a.Place != b.Place) return a.Place.CompareTo(b.Place);
                var compared = a.Number.CompareTo(b.Number);
                if (compared == 0) compared = string.CompareOrdinal(a.Text, b.Text);
                if (compared != 0) return keys[i].Descending ? -compared : compared;
            }

            return string.CompareOrdinal(one.Run, other.Run);
        }
    }

    private static Func<T, bool> One(EntityFields<T> fields, Comparison comparison)
    {
        if (fields.IsNumber(comparison.Field))
        {
            var fits = Matcher.Number<double?>(comparison, value => value);
            return thing => fields.Fits(thing, comparison.Field, fits);
        }

        var judge = Matcher.Text(comparison);
        return thing => judge(fields.Text(thing, comparison.Field));
    }
}
