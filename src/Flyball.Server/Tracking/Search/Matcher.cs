namespace Flyball.Server.Tracking;

/// <summary>A filter as a function of a slot. Texts are judged once each, not once per run.</summary>
internal static class Matcher
{
    public static Func<int, bool> Of(RunColumns columns, Filter filter) => Combine(filter, comparison => Of(columns, comparison));

    /// <summary>A filter as a function of whatever its comparisons are functions of.</summary>
    public static Func<T, bool> Combine<T>(Filter filter, Func<Comparison, Func<T, bool>> one)
    {
        switch (filter)
        {
            case AllOf all:
                return All([.. all.Parts.Select(part => Combine(part, one))]);
            case AnyOf any:
                return Any([.. any.Parts.Select(part => Combine(part, one))]);
            case Not not:
                var inner = Combine(not.Part, one);
                return thing => !inner(thing);
            default:
                return one((Comparison)filter);
        }
    }

    /// <summary>Judges a number; a missing one fits IS NULL alone.</summary>
    public static Func<T, bool> Number<T>(Comparison comparison, Func<T, double?> value)
    {
        var numbers = comparison.Numbers;
        var to = numbers.Count > 0 ? numbers[0] : 0;
        return comparison.Comparator switch
        {
            Comparator.Equal => thing => value(thing) == to,
            Comparator.NotEqual => thing => value(thing) is { } own && own != to,
            Comparator.Less => thing => value(thing) < to,
            Comparator.LessOrEqual => thing => value(thing) <= to,
            Comparator.Greater => thing => value(thing) > to,
            Comparator.GreaterOrEqual => thing => value(thing) >= to,
            Comparator.In => thing => value(thing) is { } own && numbers.Contains(own),
            Comparator.NotIn => thing => value(thing) is { } own && !numbers.Contains(own),
            Comparator.IsNull => thing => value(thing) is null,
            _ => thing => value(thing) is not null,
        };
    }

    private static Func<int, bool> Of(RunColumns columns, Comparison comparison)
    {
        switch (comparison.Field)
        {
            case { Kind: FieldKind.Metric, Key: var key }:
                return Metric(columns.Metric(key), comparison);
            case { Kind: FieldKind.Attribute, Key: "start_time" or "end_time" or "duration" }:
                return Number<int>(comparison, slot => columns.Time(comparison.Field.Key, slot));
            case { Kind: FieldKind.Dataset }:
                return Dataset(columns, comparison);
            case { Kind: FieldKind.Attribute, Key: "run_id" }:
                return Ids(columns, comparison);
            case { Kind: FieldKind.Attribute, Key: "artifact_uri" }:
                var judge = Text(comparison);
                return slot => judge(columns.ArtifactUri(slot));
            default:
                return Coded(columns.Text(comparison.Field), comparison);
        }
    }

    private static Func<T, bool> All<T>(Func<T, bool>[] parts) => thing =>
    {
        foreach (var part in parts)
        {
            if (!part(thing)) return false;
        }

        return true;
    };

    private static Func<T, bool> Any<T>(Func<T, bool>[] parts) => thing =>
    {
        foreach (var part in parts)
        {
            if (part(thing)) return true;
        }

        return false;
    };

    private static Func<int, bool> Metric(NumberColumn? column, Comparison comparison)
    {
        if (column is null) return comparison.Comparator == Comparator.IsNull ? static _ => true : static _ => false;
        var to = comparison.Numbers.Count > 0 ? comparison.Numbers[0] : 0;
        // the frequent comparisons without a nullable between; a NaN is not less, equal or greater than anything
        return comparison.Comparator switch
        {
            Comparator.Greater => slot => column[slot] > to,
            Comparator.GreaterOrEqual => slot => column[slot] >= to,
            Comparator.Less => slot => column[slot] < to,
            Comparator.LessOrEqual => slot => column[slot] <= to,
            Comparator.Equal => slot => column[slot] == to,
            _ => Number<int>(comparison, slot => column[slot] is var value && NumberColumn.IsAbsent(value) ? null : value),
        };
    }

    /// <summary>Judges each text that the column has ever held, then runs by the code of theirs.</summary>
    private static Func<int, bool> Coded(TextColumn? column, Comparison comparison)
    {
        var judge = Text(comparison);
        if (column is null) return judge(null) ? static _ => true : static _ => false;
        if (comparison.Comparator == Comparator.Equal)
        {
            var code = column.Find(comparison.Texts[0]) ?? -1;
            return slot => column[slot] == code;
        }

        if (comparison.Comparator == Comparator.NotEqual)
        {
            var code = column.Find(comparison.Texts[0]) ?? -1;
            return slot => column[slot] is var own and > 0 && own != code;
        }

        var fits = new bool[column.Texts.Count];
        if (comparison.Comparator is Comparator.In or Comparator.NotIn or Comparator.IsNull or Comparator.IsNotNull)
        {
            if (comparison.Comparator is Comparator.NotIn or Comparator.IsNotNull) Array.Fill(fits, true);
            foreach (var text in comparison.Texts) if (column.Find(text) is { } code) fits[code] = comparison.Comparator == Comparator.In;
            fits[0] = comparison.Comparator == Comparator.IsNull;
            return slot => fits[column[slot]];
        }

        if (comparison.Comparator is Comparator.Like or Comparator.ILike)
        {
            var (pattern, ignoreCase) = (comparison.Texts[0], comparison.Comparator == Comparator.ILike);
            if (column.TryFindLike(pattern, ignoreCase, fits)) return slot => fits[column[slot]];
            for (var code = 1; code < fits.Length; code++) fits[code] = Wildcard.IsMatch(column.Texts.Span(code), pattern, ignoreCase);
            return slot => fits[column[slot]];
        }

        fits[0] = judge(null);
        for (var code = 1; code < fits.Length; code++) fits[code] = judge(column.Texts[code]);
        return slot => fits[column[slot]];
    }

    private static Func<int, bool> Ids(RunColumns columns, Comparison comparison)
    {
        if (comparison.Comparator is Comparator.Like or Comparator.ILike or Comparator.IsNull or Comparator.IsNotNull)
        {
            var judge = Text(comparison);
            return slot => judge(columns.Id(slot).ToString());
        }

        var wanted = comparison.Texts.Select(RunId.Of).ToHashSet();
        return comparison.Comparator is Comparator.Equal or Comparator.In ? slot => wanted.Contains(columns.Id(slot)) : slot => !wanted.Contains(columns.Id(slot));
    }

    /// <summary>A run fits where one of its datasets does; IS NULL asks for runs without any.</summary>
    private static Func<int, bool> Dataset(RunColumns columns, Comparison comparison)
    {
        var judge = Text(comparison);
        string? Part((string Name, string Digest, string? Context) dataset) => comparison.Field.Key switch { "name" => dataset.Name, "digest" => dataset.Digest, _ => dataset.Context };
        return slot =>
        {
            var own = columns.Datasets(slot);
            if (comparison.Comparator == Comparator.IsNull) return !own.Any(dataset => Part(dataset) is not null);
            for (var i = 0; i < own.Count; i++)
            {
                if (judge(Part(own[i]))) return true;
            }

            return false;
        };
    }

    /// <summary>Judges a text; a missing one fits IS NULL alone, not even "is not equal".</summary>
    public static Func<string?, bool> Text(Comparison comparison)
    {
        var texts = comparison.Texts;
        var to = texts.Count > 0 ? texts[0] : "";
        return comparison.Comparator switch
        {
            Comparator.Equal => text => text == to,
            Comparator.NotEqual => text => text is not null && text != to,
            Comparator.Like => text => text is not null && Wildcard.IsMatch(text, to, ignoreCase: false),
            Comparator.ILike => text => text is not null && Wildcard.IsMatch(text, to, ignoreCase: true),
            Comparator.In => text => text is not null && texts.Contains(text),
            Comparator.NotIn => text => text is not null && !texts.Contains(text),
            Comparator.Less => text => text is not null && string.CompareOrdinal(text, to) < 0,
            Comparator.LessOrEqual => text => text is not null && string.CompareOrdinal(text, to) <= 0,
            Comparator.Greater => text => text is not null && string.CompareOrdinal(text, to) > 0,
            Comparator.GreaterOrEqual => text => text is not null && string.CompareOrdinal(text, to) >= 0,
            Comparator.IsNull => text => text is null,
            _ => text => text is not null,
        };
    }
}
