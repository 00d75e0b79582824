using Flyball.Models.Features.Compilation;
using Flyball.Native.DuckDb;

namespace Flyball.Models.Features;

/// <summary>What binding a feature's SQL shows: the columns it reads and the type it answers, as DuckDB calls it.</summary>
public sealed record ValidatedFeature(string Name, IReadOnlyList<string> Columns, string SqlType);

/// <summary>
/// The features of a model, computed from one row at a time: compiled where possible, and by prepared DuckDB statements otherwise.
/// Safe for any number of threads.
/// </summary>
public sealed class FeatureSet : IDisposable
{
    private const string Filter = "where";

    private readonly FeatureExpression?[] compiled;
    private readonly FeatureExpression? where;
    private readonly int wherePlace = -1;
    private readonly DuckDbDatabase? database;
    private readonly InterpretedFeatures? interpreted;
    private readonly int[] interpretedPlaces;

    private FeatureSet(RowSchema schema, IReadOnlyList<FeatureDefinition> features, string? filter)
    {
        Schema = schema;
        Features = features;
        compiled = new FeatureExpression?[features.Count];
        var rest = new List<(int Place, string Sql, SqlType Type)>();
        var names = new List<string>();
        database = DuckDbDatabase.OpenInMemory(new DuckDbOptions { Threads = 1, LockDown = true, MemoryLimit = "512MB" });
        try
        {
            using var parser = database.Connect();
            for (var i = 0; i < features.Count; i++)
            {
                Validate(features[i].Name, features[i].Sql, schema, parser);
                var sql = Cast(features[i]);
                if ((compiled[i] = TryCompile(sql, schema, parser)) is not null) continue;
                rest.Add((i, sql, TypeOf(features[i].Kind)));
                names.Add(features[i].Name);
            }

            if (filter is not null)
            {
                Validate(Filter, filter, schema, parser);
                var sql = $"cast((\n{filter}\n) as boolean)";
                if ((where = TryCompile(sql, schema, parser)) is null)
                {
                    wherePlace = rest.Count;
                    rest.Add((-1, sql, SqlType.Boolean));
                    names.Add(Filter);
                }
            }
        }
        catch
        {
            database.Dispose();
            throw;
        }

        Interpreted = names;
        interpretedPlaces = [.. rest.Select(item => item.Place)];
        if (rest.Count > 0)
        {
            interpreted = new InterpretedFeatures(database, schema, [.. rest.Select(item => (item.Sql, item.Type))]);
            return;
        }

        database.Dispose();
        database = null;
    }

    public RowSchema Schema { get; }

    public IReadOnlyList<FeatureDefinition> Features { get; }

    /// <summary>How many of the features and the filter are compiled.</summary>
    public int CompiledCount => compiled.Count(expression => expression is not null) + (where is null ? 0 : 1);

    /// <summary>The features that DuckDB computes, by name; <c>where</c> for the filter.</summary>
    public IReadOnlyList<string> Interpreted { get; }

    /// <summary>Compiles features and an optional filter. A feature is cast to its kind: to DOUBLE, VARCHAR or BOOLEAN.</summary>
    /// <exception cref="FeatureRefusedException">The SQL of a feature is not one that may be computed from a request's row.</exception>
    public static FeatureSet Compile(RowSchema schema, IReadOnlyList<FeatureDefinition> features, string? where = null) => new(schema, features, where);

    /// <summary>Binds a feature's SQL in DuckDB and refuses what is not a function of the row alone: other tables, aggregates, windows, the clock, chance.</summary>
    /// <exception cref="FeatureRefusedException">It names the feature and says why.</exception>
    public static ValidatedFeature Validate(string name, string sql, RowSchema schema, DuckDbConnection parser)
    {
        try
        {
            var tree = SqlTree.Parse(parser, sql);
            SqlRules.Check(tree, schema, parser);
            return new ValidatedFeature(name, tree.ColumnNames(schema), SqlRules.Bind(tree, schema, parser).TypeName);
        }
        catch (SqlRefusedException refused)
        {
            throw new FeatureRefusedException(name, refused.Message);
        }
    }

    /// <summary>The columns that a feature's SQL names, in order, before it is known which columns a row has.</summary>
    /// <exception cref="FeatureRefusedException">It is not one expression over columns that it names: it holds a subquery, a window, <c>*</c>, <c>columns()</c>, a table's name, an aggregate, the clock or chance.</exception>
    public static IReadOnlyList<string> Columns(string name, string sql, DuckDbConnection parser)
    {
        try
        {
            var tree = SqlTree.Parse(parser, sql);
            SqlRules.CheckFunctions(tree, parser);
            return tree.ColumnNames();
        }
        catch (SqlRefusedException refused)
        {
            throw new FeatureRefusedException(name, refused.Message);
        }
    }

    /// <summary>Computes all features of a row, one value each in order: numbers (or null), texts (or null), booleans (or null).</summary>
    /// <exception cref="FeatureEvaluationException">A feature has no value for this row; the message names it where it is compiled.</exception>
    public void Compute(ReadOnlySpan<Value> row, Span<Value> values)
    {
        if (interpreted is not null)
        {
            var others = interpreted.Compute(row);
            for (var i = 0; i < others.Length; i++)
            {
                if (interpretedPlaces[i] >= 0) values[interpretedPlaces[i]] = others[i];
            }
        }

        for (var i = 0; i < compiled.Length; i++)
        {
            if (compiled[i] is not { } expression) continue;
            try
            {
                values[i] = expression.Evaluate(row);
            }
            catch (FeatureEvaluationException error)
            {
                throw new FeatureEvaluationException($"feature {Features[i].Name}: {error.Message}");
            }
        }
    }

    /// <summary>Whether the filter holds for a row: a row for which it is false or unknown is not accepted.</summary>
    /// <exception cref="FeatureEvaluationException">The filter has no value for this row.</exception>
    public bool Accepts(ReadOnlySpan<Value> row)
    {
        if (where is not null) return where.Evaluate(row).AsBoolean() ?? false;
        return wherePlace < 0 || (interpreted!.Compute(row)[wherePlace].AsBoolean() ?? false);
    }

    /// <summary>Computes all features of some rows into columns.</summary>
    /// <exception cref="FeatureEvaluationException">A feature has no value for a row.</exception>
    public FeatureColumns Compute(IReadOnlyList<Value[]> rows)
    {
        var columns = new FeatureColumns([.. Features.Select(feature => new FeatureColumn(feature.Name, feature.Kind))], rows.Count);
        var values = new Value[Features.Count];
        for (var row = 0; row < rows.Count; row++)
        {
            Compute(rows[row], values);
            for (var i = 0; i < values.Length; i++)
            {
                if (Features[i].Kind == FeatureKind.Category) columns.Categories(i)[row] = values[i].AsText();
                else columns.Numbers(i)[row] = values[i].AsDouble();
            }
        }

        return columns;
    }

    public void Dispose()
    {
        interpreted?.Dispose();
        database?.Dispose();
    }

    private static FeatureExpression? TryCompile(string sql, RowSchema schema, DuckDbConnection parser)
    {
        try
        {
            return FeatureExpression.Compile(sql, schema, parser);
        }
        catch (FeatureNotCompilableException)
        {
            return null;
        }
    }

    /// <summary>The lines keep a comment at the end of the SQL from swallowing the cast.</summary>
    private static string Cast(FeatureDefinition feature) => feature.Kind switch
    {
        FeatureKind.Category => $"cast((\n{feature.Sql}\n) as varchar)",
        FeatureKind.Boolean => $"cast((\n{feature.Sql}\n) as boolean)",
        _ => $"cast((\n{feature.Sql}\n) as double)",
    };

    private static SqlType TypeOf(FeatureKind kind) => kind switch
    {
        FeatureKind.Category => SqlType.Varchar,
        FeatureKind.Boolean => SqlType.Boolean,
        _ => SqlType.Double,
    };
}
