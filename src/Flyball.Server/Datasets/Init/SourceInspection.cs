using Flyball.Foundation;
using Flyball.Models;
using Flyball.Native.DuckDb;
using Flyball.Server.Projects;

namespace Flyball.Server.Datasets;

/// <summary>What a label expression yields: numbers, and whether there are only 0 and 1. <paramref name="Spread"/> is the standard deviation.</summary>
internal sealed record LabelFacts(string Sql, bool Binary, double Mean, double Spread, IReadOnlyList<string> Columns);

/// <summary>The newest of the files a source names, read once, so that a project file can be proposed for it.</summary>
internal sealed class SourceInspection : IDisposable
{
    private const int MostRows = 500_000;
    private const string Sample = "sample";
    private readonly DuckDbDatabase database;
    private readonly DuckDbConnection duck;

    private SourceInspection(DuckDbDatabase database, DuckDbConnection duck, string pattern, IReadOnlyList<SourceFile> files)
    {
        (this.database, this.duck, Pattern, Files) = (database, duck, pattern, files);
        duck.Execute($"create table {Sample} as select * from {SourceFiles.Open(duck, files[^1].Path, []).Reader} limit {MostRows}");
        Profile = Profiler.Profile(duck, Sample, VersionBuild.Describe(duck, Sample));
    }

    /// <summary>The path or pattern as it was given.</summary>
    public string Pattern { get; }

    public IReadOnlyList<SourceFile> Files { get; }

    public DatasetProfile Profile { get; }

    public IEnumerable<string> Names => Profile.Columns.Select(column => column.Name);

    /// <summary>Reads the newest file of a path or glob.</summary>
    /// <exception cref="InitException">There is no file, or it cannot be read.</exception>
    public static SourceInspection Open(string source)
    {
        var files = source.Trim().Length == 0 || source.Contains('\0', StringComparison.Ordinal) ? [] : SourceFiles.Find(source);
        if (files.Count == 0) throw new InitException($"No file is named {source}; give the path of a Parquet, CSV or JSON file, or a pattern such as data/*.parquet.");
        var database = DuckDbDatabase.OpenInMemory();
        var duck = database.Connect();
        try
        {
            return new SourceInspection(database, duck, source, files);
        }
        catch (Exception broken) when (broken is DuckDbException or JobFailedException)
        {
            duck.Dispose();
            database.Dispose();
            throw new InitException($"{files[^1].Name} cannot be read: {(broken as DuckDbException)?.Reason ?? broken.Message}");
        }
    }

    public ColumnProfile? Find(string name) => Profile.Columns.FirstOrDefault(column => column.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>The columns that a feature reads.</summary>
    public IReadOnlyList<string> ColumnsOf(FeatureSpec feature) => SqlColumns.Of(duck, feature.Sql);

    /// <summary>Looks at what an expression yields as a label. Two values that are no numbers become 0 and 1.</summary>
    /// <exception cref="InitException">It is not SQL over these columns, or not what a model can be trained on.</exception>
    public LabelFacts Label(string sql)
    {
        try
        {
            var columns = SqlColumns.Of(duck, sql);
            var type = VersionBuild.Describe(duck, $"(select ({sql}) as l from {Sample})")[0].Type;
            if (type == "BOOLEAN") sql = $"({sql})::int";
            else if (type == "VARCHAR") sql = OneOf(sql);
            using var result = duck.Query($"select count(l), avg(l)::double, stddev_pop(l)::double, bool_and(l in (0, 1)) from (select ({sql}) as l from {Sample})");
            var row = result.Rows()[0];
            if ((long)row[0]! == 0) throw new InitException($"The label {sql} is null in every row.");
            if ((double)row[2]! == 0) throw new InitException(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"The label {sql} is {(double)row[1]!:G6} in every row; there is nothing to learn from it."));
            return new LabelFacts(sql, row[3] is true, (double)row[1]!, (double)row[2]!, columns);
        }
        catch (DuckDbException wrong)
        {
            throw new InitException($"The label {sql} cannot be computed: {wrong.Reason}");
        }
    }

    /// <summary>Columns that all but give the label away, each with the reason: they are most likely known only with it.</summary>
    public IReadOnlyDictionary<string, string> GivesAway(LabelFacts label)
    {
        var numbers = Profile.Columns.Where(column => column.Mean is not null && column.Distinct > 1 && !label.Columns.Contains(column.Name, StringComparer.OrdinalIgnoreCase)).Take(40).Select(column => column.Name).ToList();
        var pairs = (from a in numbers from b in numbers where string.CompareOrdinal(a, b) < 0 select (A: a, B: b)).ToList();
        if (numbers.Count == 0) return new Dictionary<string, string>();
        var select = numbers.Select(name => $"abs(corr(l, {Value(name)}))").Concat(pairs.Select(pair => $"avg((abs({Value(pair.A)} + {Value(pair.B)} - l) < 1e-9)::int)"));
        using var result = duck.Query($"select {string.Join(", ", select)} from (select *, ({label.Sql})::double as l from {Sample})");
        var found = result.Rows()[0];
        var given = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < numbers.Count; i++)
        {
            if (found[i] is >= 0.9) given[numbers[i]] = "moves with the label";
        }

        for (var i = 0; i < pairs.Count; i++)
        {
            if (found[numbers.Count + i] is not double share || share < 0.999) continue;
            (given[pairs[i].A], given[pairs[i].B]) = ($"adds up to the label with {pairs[i].B}", $"adds up to the label with {pairs[i].A}");
        }

        return given;
    }

    /// <summary>The stretch of time that holds the middle 98 % of the rows: a clock that was reset once does not make it decades.</summary>
    /// <exception cref="InitException">The column is no time.</exception>
    public TimeSpan Span(string time)
    {
        try
        {
            using var result = duck.Query($"select approx_quantile(epoch({DuckDbText.Quote(time)}::timestamp), [0.01, 0.99]) from {Sample}");
            return result.Rows()[0][0] is object?[] and [{ } low, { } high] ? TimeSpan.FromSeconds(Convert.ToDouble(high, null) - Convert.ToDouble(low, null)) : TimeSpan.Zero;
        }
        catch (DuckDbException)
        {
            throw new InitException($"The column {time} does not hold times.");
        }
    }

    public void Dispose()
    {
        duck.Dispose();
        database.Dispose();
    }

    private string OneOf(string sql)
    {
        using var result = duck.Query($"select distinct ({sql}) as l from {Sample} where ({sql}) is not null order by 1 limit 3");
        var values = result.Strings(0);
        if (values.Length != 2) throw new InitException($"The label {sql} is text with {(values.Length < 2 ? "a single value" : "more than two values")}; give SQL that yields a number or true and false.");
        var yes = values.FirstOrDefault(value => value!.Trim().ToLowerInvariant() is "yes" or "y" or "true" or "t" or "1") ?? values[^1]!;
        return $"({sql} = {DuckDbText.Literal(yes)})::int";
    }

    private static string Value(string name) => $"{DuckDbText.Quote(name)}::double";
}

/// <summary>A project file cannot be proposed; the message is for the terminal.</summary>
internal sealed class InitException(string message) : Exception(message);
