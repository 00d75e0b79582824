using System.Globalization;
using Flyball.Native.DuckDb;
using Flyball.Numerics;

namespace Flyball.Server.Datasets;

/// <summary>Whether two columns have little to do with each other, by Cramér's φ of the table of their values; numbers count by bins.</summary>
internal static class AssociationCheck
{
    private const string Missing = "(missing)";
    private const int MostBins = 1000;

    public static IEnumerable<(string Type, Func<Arguments, ExpectedColumns, Check> Compile)> All => [("expect_column_pair_cramers_phi_value_to_be_less_than", Compile)];

    private static AskedCheck Compile(Arguments arguments, ExpectedColumns columns)
    {
        var threshold = arguments.NumberOrNull("threshold") ?? 0.1;
        var (a, b) = (columns.Get(arguments.Text("column_A")), columns.Get(arguments.Text("column_B")));
        return new AskedCheck(rows =>
        {
            var (binA, binB) = (Binned(rows, a, arguments, "A"), Binned(rows, b, arguments, "B"));
            var cells = rows.Rows($"select {binA} as a, {binB} as b, count(*) from {rows.Relation} group by 1, 2 order by 1, 2");
            var (labelsA, labelsB) = (cells.Select(cell => (string)cell[0]!).Distinct().ToList(), cells.Select(cell => (string)cell[1]!).Distinct().Order(StringComparer.Ordinal).ToList());
            var counts = labelsA.ConvertAll(_ => (IReadOnlyList<long>)new long[labelsB.Count]);
            foreach (var cell in cells) ((long[])counts[labelsA.IndexOf((string)cell[0]!)])[labelsB.IndexOf((string)cell[1]!)] = Convert.ToInt64(cell[2], CultureInfo.InvariantCulture);
            var phi = GoodnessOfFit.CramersPhi(counts);
            var table = labelsA.Select((label, i) => KeyValuePair.Create(label, (object?)labelsB.Select((other, j) => KeyValuePair.Create(other, (object?)counts[i][j])).ToDictionary())).ToDictionary();
            return new Outcome(phi <= threshold, double.IsNaN(phi) ? null : phi, new Dictionary<string, object?> { ["crosstab"] = table });
        });
    }

    /// <summary>SQL of a value's bin, a text, never null. Numbers lie in ten intervals of equal width unless said otherwise, each closed above; of other values the ten most frequent stand for themselves.</summary>
    private static string Binned(ExpectedRows rows, Column column, Arguments arguments, string side)
    {
        var (name, count) = (ExpectedColumns.Name(column), arguments.WholeOrNull($"n_bins_{side}") ?? 10);
        if (count is < 1 or > MostBins) throw arguments.Wrong($"n_bins_{side}", $"between 1 and {MostBins:N0}");
        var bins = arguments.ListOrNull($"bins_{side}");
        if (bins is { Count: > MostBins }) throw arguments.Wrong($"bins_{side}", $"a list of at most {MostBins:N0}");
        var binned = ColumnTypes.IsNumeric(column)
            ? Interval(rows, name, bins?.Select(bin => Bounds.Number(bin) ?? throw arguments.Wrong($"bins_{side}", "a list of numbers")).ToList(), count)
            : bins is not null ? Grouped(name, bins.Select(bin => bin as IReadOnlyList<object?> ?? throw arguments.Wrong($"bins_{side}", "a list of lists")))
            : Frequent(rows, name, count);
        return $"coalesce({binned}, '{Missing}')";
    }

    private static string Interval(ExpectedRows rows, string name, List<double>? bins, long count)
    {
        var ends = rows.Row($"select min({name})::double, max({name})::double from {rows.Relation}");
        if (ends[0] is not double low || ends[1] is not double high) return "null";
        if (bins is null)
        {
            // one value lies in the middle of its interval
            if (low == high) (low, high) = (low - (low == 0 ? 0.001 : 0.001 * Math.Abs(low)), high + (high == 0 ? 0.001 : 0.001 * Math.Abs(high)));
            bins = [.. Enumerable.Range(0, (int)count + 1).Select(i => i == count ? high : low + ((high - low) * i / count))];
        }
        else
        {
            bins = [.. bins.Distinct().Order()];
            if (low < bins[0]) bins.Insert(0, low);
            if (high > bins[^1]) bins.Add(high);
        }

        var cases = bins.Skip(1).Select((bin, i) => $"when {name} <= {Number(bin)} then '{i:0000}'");
        return bins.Count < 2 ? $"case when {name} is not null then '0000' end" : $"case {string.Join(' ', cases)} end";
    }

    private static string Grouped(string name, IEnumerable<IReadOnlyList<object?>> bins)
    {
        var cases = bins.Select(bin => (Label: DuckDbText.Literal(string.Join(", ", bin.Select(Scalar.Text))), Values: bin.Where(value => value is not null).Select(value => DuckDbText.Literal(Scalar.Text(value))).ToList())).Where(bin => bin.Values.Count > 0).ToList();
        return cases.Count == 0 ? $"{name}::varchar" : $"case {string.Join(' ', cases.Select(bin => $"when {name}::varchar in ({string.Join(", ", bin.Values)}) then {bin.Label}"))} else {name}::varchar end";
    }

    private static string Frequent(ExpectedRows rows, string name, long count)
    {
        var frequent = rows.Rows($"select {name}::varchar as v, count(*) as n from {rows.Relation} where {name} is not null group by 1 order by n desc, v limit {count + 1}");
        return frequent.Count <= count
            ? $"{name}::varchar"
            : $"case when {name} is null then null when {name}::varchar in ({string.Join(", ", frequent.Take((int)count).Select(row => DuckDbText.Literal((string)row[0]!)))}) then {name}::varchar else '(other)' end";
    }

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture) + "::double";
}
