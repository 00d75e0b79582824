using Flyball.Foundation;

namespace Flyball.Server.Datasets;

/// <summary>
/// Schema evolution as a pure rule: numeric types widen, new columns are taken, unused columns may go or change; a used column that is missing or no longer fits is refused by name.
/// </summary>
internal static class SourceColumns
{
    private static readonly string[] Integers = ["TINYINT", "UTINYINT", "SMALLINT", "USMALLINT", "INTEGER", "UINTEGER", "BIGINT"];

    /// <summary>The columns after taking in one more file.</summary>
    public static IReadOnlyList<Column> Merge(IReadOnlyList<Column> known, IReadOnlyList<Column> found, IReadOnlyDictionary<string, string> required, string file, List<string> notes)
    {
        var merged = new List<Column>(known);
        foreach (var (name, use) in required)
        {
            if (!found.Any(column => Same(column.Name, name)))
            {
                throw new JobFailedException($"{file}: column {name}, which {use} reads, is missing: expected {known.FirstOrDefault(column => Same(column.Name, name))?.Type ?? "a column of that name"}, found {List(found)}. Nothing of this ingest was kept.");
            }
        }

        foreach (var column in found)
        {
            var at = merged.FindIndex(old => Same(old.Name, column.Name));
            if (at < 0)
            {
                if (known.Count > 0) notes.Add($"{file}: new column {column.Name} {column.Type}");
                merged.Add(column);
                continue;
            }

            var old = merged[at];
            if (old.Type == column.Type) continue;
            if (Common(old.Type, column.Type) is { } common)
            {
                notes.Add($"{file}: column {old.Name} is {column.Type}, was {old.Type}{(common == old.Type ? "" : $"; kept as {common}")}");
                merged[at] = old with { Type = common };
            }
            else if (required.TryGetValue(old.Name, out var use))
            {
                throw new JobFailedException($"{file}: column {old.Name}, which {use} reads, has another type: expected {old.Type} or a type that fits it, found {column.Type}. Nothing of this ingest was kept.");
            }
            else
            {
                notes.Add($"{file}: column {old.Name} is {column.Type} and does not fit {old.Type}; it is left empty, since nothing uses it");
            }
        }

        notes.AddRange(known.Where(old => !found.Any(column => Same(column.Name, old.Name))).Select(old => $"{file}: column {old.Name} is gone; it is null from here on"));
        return merged;
    }

    /// <summary>How a file's column is read as the merged type; null is read where the file has no column that fits.</summary>
    public static bool Fits(Column wanted, IReadOnlyList<Column> found) => found.FirstOrDefault(column => Same(column.Name, wanted.Name)) is { } column && Common(wanted.Type, column.Type) == wanted.Type;

    /// <summary>Whether one column can hold values of both types.</summary>
    public static bool Agree(string left, string right) => Common(left, right) is not null;

    private static bool Same(string left, string right) => left.Equals(right, StringComparison.OrdinalIgnoreCase);

    private static string List(IReadOnlyList<Column> found) => string.Join(", ", found.Take(30).Select(column => column.Name));

    /// <summary>The narrowest type that holds both without loss for counts and measurements, or null.</summary>
    private static string? Common(string left, string right)
    {
        if (left == right) return left;
        if (Rank(left) is { } a && Rank(right) is { } b)
        {
            if (a >= Integers.Length || b >= Integers.Length) return "DOUBLE";
            // an unsigned and a signed type of the same width need the next wider signed one
            var wider = Math.Max(a, b);
            return Integers[wider][0] == 'U' ? Integers[Math.Min(wider + 1, Integers.Length - 1)] : Integers[wider];
        }

        if (left.StartsWith("TIMESTAMP", StringComparison.Ordinal) && right.StartsWith("TIMESTAMP", StringComparison.Ordinal)) return left;
        if (left.StartsWith("TIMESTAMP", StringComparison.Ordinal) && right == "DATE") return left;
        // a column without a single value has no type worth keeping
        if (left == "\"NULL\"" || right == "\"NULL\"") return left == "\"NULL\"" ? right : left;
        return null;
    }

    private static int? Rank(string type) => Array.IndexOf(Integers, type) is var i and >= 0 ? i
        : type is "FLOAT" or "DOUBLE" or "UBIGINT" or "HUGEINT" or "UHUGEINT" || type.StartsWith("DECIMAL", StringComparison.Ordinal) ? Integers.Length
        : null;
}
