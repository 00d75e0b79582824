namespace Flyball.Models.Features.Compilation;

/// <summary>Three-valued logic and choices.</summary>
internal static class Logic
{
    public static Compiled Not(Compiled child)
    {
        var boolean = Casts.Implicit(child, SqlType.Boolean);
        if (boolean.Constant is { } constant) return Compiled.Of(SqlType.Boolean, constant.IsNull ? constant : Value.Of(!constant.Boolean));
        return new Compiled(SqlType.Boolean, Strict.Of(boolean.Run, x => Value.Of(!x.Boolean)));
    }

    public static Compiled IsNull(Compiled child, bool wanted)
    {
        if (child.Constant is { } constant) return Compiled.Of(SqlType.Boolean, Value.Of(constant.IsNull == wanted));
        var run = child.Run;
        return new Compiled(SqlType.Boolean, row => Value.Of(run(row).IsNull == wanted));
    }

    /// <summary>All children are computed, as DuckDB does: an error in the second is raised even where the first decides, unless that is a literal.</summary>
    public static Compiled Conjunction(bool isAnd, IReadOnlyList<Compiled> children)
    {
        var booleans = children.Select(child => Casts.Implicit(child, SqlType.Boolean)).ToList();
        if (booleans.Exists(child => child.Constant is { IsNull: false } constant && constant.Boolean != isAnd)) return Compiled.Of(SqlType.Boolean, Value.Of(!isAnd));
        booleans.RemoveAll(child => child.Constant is { IsNull: false });
        if (booleans.Count == 0) return Compiled.Of(SqlType.Boolean, Value.Of(isAnd));
        var runs = booleans.Select(child => child.Run).ToArray();
        return new Compiled(SqlType.Boolean, row =>
        {
            bool decided = false, unknown = false;
            foreach (var run in runs)
            {
                var value = run(row);
                if (value.IsNull) unknown = true;
                else if (value.Boolean != isAnd) decided = true;
            }

            return decided ? Value.Of(!isAnd) : unknown ? Value.Null : Value.Of(isAnd);
        });
    }

    /// <summary>Children are condition, result, condition, result, …, otherwise. Only the chosen result is computed.</summary>
    public static Compiled Case(IReadOnlyList<Compiled> children, SqlType type)
    {
        var branches = new List<(Evaluate Condition, Compiled Result)>();
        var otherwise = Casts.Implicit(children[^1], type);
        for (var i = 0; i + 1 < children.Count; i += 2)
        {
            var condition = Casts.Implicit(children[i], SqlType.Boolean);
            var result = Casts.Implicit(children[i + 1], type);
            if (condition.Constant is { } constant)
            {
                if (constant.IsNull || !constant.Boolean) continue;
                otherwise = result;
                break;
            }

            branches.Add((condition.Run, result));
        }

        if (branches.Count == 0) return otherwise;
        var conditions = branches.Select(branch => branch.Condition).ToArray();
        var results = branches.Select(branch => branch.Result.Run).ToArray();
        var last = otherwise.Run;
        return new Compiled(type, row =>
        {
            for (var i = 0; i < conditions.Length; i++)
            {
                if (conditions[i](row) is { IsNull: false, Boolean: true }) return results[i](row);
            }

            return last(row);
        });
    }

    public static Compiled Coalesce(IReadOnlyList<Compiled> children, SqlType type)
    {
        var casts = children.Select(child => Casts.Implicit(child, type)).Where(child => !child.IsNullLiteral).ToList();
        if (casts.Count == 0) return Compiled.Of(type, Value.Null);
        if (casts[0].Constant is not null) return casts[0];
        var runs = casts.Select(child => child.Run).ToArray();
        return new Compiled(type, row =>
        {
            foreach (var run in runs)
            {
                if (run(row) is { IsNull: false } value) return value;
            }

            return Value.Null;
        });
    }

    /// <summary>TRY(…): null in place of an error.</summary>
    public static Compiled Try(Compiled child) => new(child.Type, row =>
    {
        try
        {
            return child.Run(row);
        }
        catch (FeatureEvaluationException)
        {
            return Value.Null;
        }
    });
}
