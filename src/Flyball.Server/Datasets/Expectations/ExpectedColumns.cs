using System.Globalization;
using Flyball.Native.DuckDb;

namespace Flyball.Server.Datasets;

/// <summary>The columns that expectations are compiled against, and values as SQL that suit them.</summary>
internal sealed class ExpectedColumns(IReadOnlyList<Column> columns, IReadOnlyDictionary<string, string>? tables = null)
{
    public IReadOnlyList<Column> All => columns;

    /// <summary>A column by its name, or by its name in another case where none has it.</summary>
    public Column? Find(string name) => columns.FirstOrDefault(column => column.Name == name) ?? columns.FirstOrDefault(column => column.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <exception cref="ExpectationException">There is none.</exception>
    public Column Get(string name) => Find(name) ?? throw new ExpectationException($"Error: The column \"{name}\" in BatchData does not exist.");

    /// <summary>Another table by its name, as SQL.</summary>
    /// <exception cref="ExpectationException">There is none.</exception>
    public string Table(string name) => tables is not null && tables.TryGetValue(name, out var sql)
        ? sql
        : throw new ExpectationException($"Error: There is no table \"{name}\"{(tables is { Count: > 0 } ? $"; known are {string.Join(", ", tables.Keys.Order(StringComparer.Ordinal).Take(20))}" : "")}.");

    public static string Name(Column column) => DuckDbText.Quote(column.Name);

    public static bool IsText(Column column) => column.Type == "VARCHAR";

    public static bool IsTime(Column column) => column.Type == "DATE" || column.Type.StartsWith("TIMESTAMP", StringComparison.Ordinal);

    /// <summary>A column of numbers, or of flags as 0 and 1, as SQL.</summary>
    /// <exception cref="ExpectationException">It holds something else.</exception>
    public static string Numbers(Column column, string what) => ColumnTypes.IsNumeric(column)
        ? Name(column)
        : column.Type == "BOOLEAN" ? $"cast({Name(column)} as tinyint)" : throw new ExpectationException($"Error: The column \"{column.Name}\" holds {column.Type}; {what} needs numeric values.");

    /// <summary>A bound as SQL that a column can be compared with.</summary>
    /// <exception cref="ExpectationException">The two cannot be compared.</exception>
    public static string Bound(Column column, object bound) => bound switch
    {
        bool or string when ColumnTypes.IsNumeric(column) => throw Incomparable(column, bound),
        string text when IsTime(column) => $"cast({DuckDbText.Literal(Time(text))} as {column.Type})",
        string text when IsText(column) => DuckDbText.Literal(text),
        string text when column.Type == "TIME" => $"cast({DuckDbText.Literal(text)} as time)",
        not string when IsText(column) || IsTime(column) => throw Incomparable(column, bound),
        _ => Scalar.Sql(bound),
    };

    /// <summary>A moment that a text tells, as the engine reads it.</summary>
    public static string Time(string text) => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
        ? at.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture)
        : throw new ExpectationException($"'{(text.Length > 50 ? text[..50] + "…" : text)}' is no date or time.");

    /// <summary>SQL, never null for a value: whether a value is in a set. Numbers are compared as numbers, texts as texts; what cannot be equal to a value of the column is left out.</summary>
    public static string In(Column column, IReadOnlyList<object?> set)
    {
        var name = Name(column);
        var values = set.Where(value => value is not null).Select(value => value!).ToList();
        var literals = column switch
        {
            _ when IsText(column) => values.OfType<string>().Select(DuckDbText.Literal),
            _ when ColumnTypes.IsNumeric(column) => values.Where(value => value is not string).Select(value => value is bool flag ? flag ? "1" : "0" : Scalar.Sql(value)),
            { Type: "BOOLEAN" } => values.Where(value => value is not string).Select(value => value is bool flag ? flag ? "true" : "false" : Convert.ToDouble(value, CultureInfo.InvariantCulture) switch { 0 => "false", 1 => "true", _ => "null" }),
            _ when IsTime(column) => values.OfType<string>().Select(value => Bound(column, value)),
            _ => values.Select(value => DuckDbText.Literal(Scalar.Text(value))),
        };
        var list = literals.Where(literal => literal != "null").ToList();
        return list.Count == 0 ? "false" : $"({(IsText(column) || ColumnTypes.IsNumeric(column) || IsTime(column) || column.Type == "BOOLEAN" ? name : $"cast({name} as varchar)")} in ({string.Join(", ", list)}))";
    }

    private static ExpectationException Incomparable(Column column, object bound) =>
        new($"Error: The column \"{column.Name}\" holds {column.Type}, which cannot be compared with {(bound is string text ? $"the text '{(text.Length > 50 ? text[..50] + "…" : text)}'" : Scalar.Text(bound))}.");
}
