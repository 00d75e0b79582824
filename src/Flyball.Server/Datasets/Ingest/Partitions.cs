using System.Globalization;
using Flyball.Foundation;
using Flyball.Native.DuckDb;

namespace Flyball.Server.Datasets;

/// <summary>What the names of a file's folders tell, <c>year=2024/month=05/orders.parquet</c>, as columns of the file. Only folders that the project lists are columns.</summary>
internal sealed class Partitions
{
    /// <summary>What Hive writes for a value that is missing.</summary>
    private const string Missing = "__HIVE_DEFAULT_PARTITION__";
    private readonly IReadOnlyList<(string Name, string? Value, string Type)> told;

    private Partitions(IReadOnlyList<(string Name, string? Value, string Type)> told) => this.told = told;

    /// <param name="file">Path below the source's fixed part.</param>
    /// <param name="known">Columns of the dataset, whose types the values get where they fit.</param>
    /// <exception cref="JobFailedException">A listed partition is not among the folders.</exception>
    public static Partitions Of(IReadOnlyList<string> names, string file, IReadOnlyList<Column> known)
    {
        var told = new List<(string, string?, string)>();
        foreach (var name in names)
        {
            var folder = file.Split('/', '\\').SkipLast(1).FirstOrDefault(folder => folder.StartsWith(name + "=", StringComparison.OrdinalIgnoreCase)) ?? throw new JobFailedException($"{file} lies in no folder {name}=…, which is listed in partitions; move it, or take {name} from the list. Nothing of this ingest was kept.");
            var value = Uri.UnescapeDataString(folder[(name.Length + 1)..]);
            var type = known.FirstOrDefault(column => column.Name.Equals(name, StringComparison.OrdinalIgnoreCase))?.Type;
            told.Add((name, value is Missing or "" ? null : value, type is "VARCHAR" ? type : TypeOf(value)));
        }

        return new Partitions(told);
    }

    /// <summary>A file with its partitions as further columns.</summary>
    /// <exception cref="JobFailedException">The file has a column of that name itself.</exception>
    public (string Reader, IReadOnlyList<Column> Columns) In(string reader, IReadOnlyList<Column> columns, string file)
    {
        if (told.Count == 0) return (reader, columns);
        if (told.FirstOrDefault(part => columns.Any(column => column.Name.Equals(part.Name, StringComparison.OrdinalIgnoreCase))) is { Name: { } twice }) throw new JobFailedException($"{file} has a column {twice} itself, which is listed in partitions; take it from the list. Nothing of this ingest was kept.");
        var more = told.Select(part => $"cast({(part.Value is null ? "null" : DuckDbText.Literal(part.Value))} as {part.Type}) as {DuckDbText.Quote(part.Name)}");
        return ($"(select *, {string.Join(", ", more)} from {reader})", [.. columns, .. told.Select(part => new Column(part.Name, part.Type))]);
    }

    private static string TypeOf(string value) => value switch
    {
        Missing or "" => "VARCHAR",
        _ when long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _) => "BIGINT",
        _ when DateOnly.TryParseExact(value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _) => "DATE",
        _ => "VARCHAR",
    };
}
