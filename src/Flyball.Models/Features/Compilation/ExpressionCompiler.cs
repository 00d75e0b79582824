using Flyball.Native.DuckDb;

namespace Flyball.Models.Features.Compilation;

/// <summary>Turns a bound tree into delegates. What it does not know it names and refuses; it never guesses.</summary>
internal static class ExpressionCompiler
{
    private static readonly Dictionary<string, Func<Call, Compiled>> Functions = new(StringComparer.Ordinal);

    private static readonly HashSet<string> TakesNulls = new(["concat", "greatest", "least", "nullif"], StringComparer.Ordinal);

    static ExpressionCompiler()
    {
        Arithmetic.Register(Functions);
        NumberFunctions.Register(Functions);
        TextFunctions.Register(Functions);
        TimeFunctions.Register(Functions);
    }

    /// <summary>Asks DuckDB for the type of every node and the value of every node that reads no column.</summary>
    public static void Bind(SqlNode tree, RowSchema schema, DuckDbConnection duck)
    {
        var constants = new List<SqlNode>();
        var others = new List<SqlNode>();
        void Sort(SqlNode node)
        {
            if (node.Kind is "LAMBDA" or "LAMBDA_REF" or "COLLATE") throw new FeatureNotCompilableException(node.Kind.ToLowerInvariant());
            (node.IsConstant ? constants : others).Add(node);
            if (node.IsConstant) return;
            foreach (var child in node.Children) Sort(child);
        }

        Sort(tree);
        try
        {
            if (others.Count > 0)
            {
                using var statement = duck.Prepare($"with {SqlTree.Row} as {schema.EmptyRelation} {SqlTree.Select(duck, others)}");
                foreach (var (node, column) in others.Zip(statement.Columns)) node.Bound = SqlType.Of(column);
            }

            if (constants.Count == 0) return;
            using var result = duck.Query($"with {SqlTree.Row} as (select 1) {SqlTree.Select(duck, constants)}");
            foreach (var chunk in result.Chunks())
            {
                for (var i = 0; i < constants.Count; i++)
                {
                    constants[i].Bound = SqlType.Of(result.Columns[i]);
                    // a literal null fits every type, whatever the result calls its own
                    if (chunk[i].IsNull(0)) constants[i].Bound = SqlType.Null;
                    else if (constants[i].Bound.Kind is not null) constants[i].Constant = VectorValues.Read(chunk[i], 0, constants[i].Bound);
                }
            }
        }
        catch (DuckDbException error)
        {
            throw new FeatureNotCompilableException(error.Message.Split('\n')[0]);
        }
    }

    public static Compiled Compile(SqlNode node, RowSchema schema)
    {
        if (node.Bound.Kind is null) throw new FeatureNotCompilableException($"a value of type {node.Bound}");
        if (node.Bound.Id == DuckDbType.SqlNull) return Compiled.Of(SqlType.Null, Value.Null);
        if (node.IsConstant) return Compiled.Of(node.Bound, node.Constant);
        switch (node.Kind)
        {
            case "COLUMN_REF":
                schema.TryFind(node.Name, out var place);
                return new Compiled(node.Bound, row => row[place]);
            case "CAST":
                return Casts.Explicit(Compile(node.Children[0], schema), node.Bound, (bool?)node.Json["try_cast"] == true);
            case "FUNCTION":
                return Function(node, schema);
        }

        var children = node.Children.Select(child => Compile(child, schema)).ToList();
        return node.Kind switch
        {
            "COMPARISON" => Untruncated(node, children) ?? Comparisons.Compile(node.Type, children[0], children[1]),
            "BETWEEN" => Comparisons.Between(children[0], children[1], children[2]),
            "CONJUNCTION" => Logic.Conjunction(node.Type == "CONJUNCTION_AND", children),
            "CASE" => Logic.Case(children, node.Bound),
            "OPERATOR" => node.Type switch
            {
                "OPERATOR_NOT" => Logic.Not(children[0]),
                "OPERATOR_IS_NULL" => Logic.IsNull(children[0], true),
                "OPERATOR_IS_NOT_NULL" => Logic.IsNull(children[0], false),
                "OPERATOR_COALESCE" => Logic.Coalesce(children, node.Bound),
                "OPERATOR_TRY" => Logic.Try(children[0]),
                "COMPARE_IN" => Comparisons.In(children, negated: false),
                "COMPARE_NOT_IN" => Comparisons.In(children, negated: true),
                _ => throw new FeatureNotCompilableException(node.Type.ToLowerInvariant()),
            },
            _ => throw new FeatureNotCompilableException(node.Kind.ToLowerInvariant()),
        };
    }

    /// <summary>
    /// DuckDB's optimizer decides <c>date_trunc(part, column) = constant</c> once for all rows where the constant is not truncated itself: false, or true for
    /// an inequality, also where the column is null. Training computed it so.
    /// </summary>
    private static Compiled? Untruncated(SqlNode node, List<Compiled> children)
    {
        if (node.Type is not ("COMPARE_EQUAL" or "COMPARE_NOTEQUAL")) return null;
        for (var i = 0; i < 2; i++)
        {
            var (function, constant) = (node.Children[i], children[1 - i]);
            if (function.Kind != "FUNCTION" || function.Name is not ("date_trunc" or "datetrunc") || function.Children[1].Kind != "COLUMN_REF" || !node.Children[1 - i].IsConstant || constant.IsNullLiteral) continue;
            if (function.Children[1].Bound.Id is not (DuckDbType.Timestamp or DuckDbType.TimestampTz or DuckDbType.Date)) continue;
            var moment = Casts.Implicit(constant, SqlType.Timestamp);
            var truncated = Functions[function.Name](new Call(function.Name, [Compiled.Of(function.Children[0].Bound, function.Children[0].Constant), moment], SqlType.Timestamp));
            if (Comparisons.Order(SqlType.Timestamp)(truncated.Run([]), moment.Run([])) != 0) return Compiled.Of(SqlType.Boolean, Value.Of(node.Type == "COMPARE_NOTEQUAL"));
        }

        return null;
    }

    private static Compiled Function(SqlNode node, RowSchema schema)
    {
        if (TimeFunctions.Elapsed(node, child => Compile(child, schema)) is { } elapsed) return elapsed;
        if (!Functions.TryGetValue(node.Name, out var compile)) throw new FeatureNotCompilableException($"{node.Name}()");
        var call = new Call(node.Name, [.. node.Children.Select(child => Compile(child, schema))], node.Bound);
        // a literal null makes the whole null, and what the other arguments hold is not computed
        if (!TakesNulls.Contains(node.Name) && call.Arguments.Any(argument => argument.IsNullLiteral)) return Compiled.Of(SqlType.Null, Value.Null);
        return compile(call);
    }
}
