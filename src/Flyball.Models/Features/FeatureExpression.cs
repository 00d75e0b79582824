using Flyball.Models.Features.Compilation;
using Flyball.Native.DuckDb;

namespace Flyball.Models.Features;

/// <summary>A scalar SQL expression over a request's row, compiled to delegates. Safe for any number of threads.</summary>
public sealed class FeatureExpression
{
    private readonly Evaluate run;

    private FeatureExpression(Compiled compiled, IReadOnlyList<string> columns)
    {
        run = compiled.Run;
        Columns = columns;
        ResultKind = compiled.Type.Kind!.Value;
    }

    /// <summary>The columns it reads, as the schema calls them, in the order of first appearance.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>What it answers where it does not answer null.</summary>
    public ValueKind ResultKind { get; }

    /// <summary>Compiles an expression; the connection parses and binds it, and is not needed afterwards.</summary>
    /// <exception cref="FeatureNotCompilableException">It holds something that has no compiled form, which is named.</exception>
    public static FeatureExpression Compile(string sql, RowSchema schema, DuckDbConnection parser)
    {
        try
        {
            var tree = SqlTree.Parse(parser, sql);
            SqlRules.Check(tree, schema, parser);
            ExpressionCompiler.Bind(tree, schema, parser);
            return new FeatureExpression(ExpressionCompiler.Compile(tree, schema), tree.ColumnNames(schema));
        }
        catch (SqlRefusedException refused)
        {
            throw new FeatureNotCompilableException(refused.Message);
        }
    }

    /// <summary>The value for a row that has one value per column of the schema.</summary>
    /// <exception cref="FeatureEvaluationException">There is none, for instance because a sum does not fit its type.</exception>
    public Value Evaluate(ReadOnlySpan<Value> row) => run(row);
}
