namespace Flyball.Models.Features.Compilation;

/// <summary>Three-valued logic and choices.</summary>
internal static class Logic
{
    public static Compiled Not(Compiled child)
    {
        var run = Casts.Implicit(child, SqlType.Boolean).Run;
        return new Compiled(SqlType.Boolean, Strict.Of(run, x => Value.Of(!x.Boolean)));
    }

    public static Compiled IsNull(Compiled child, bool wanted)
    {
        var run = child.Run;
        return new Compiled(SqlType.Boolean, row => Value.Of(run(row).IsNull == wanted));
    }

    /// <summary>All children are computed, as DuckDB does: an error in the second is raised even where the first decides.</summary>
    public static Compiled Conjunction(bool isAnd, IReadOnlyList<Compiled> children)
    {
        var runs = children.Select(child => Casts.Implicit(child, SqlType.Boolean).Run).ToArray();
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
        var conditions = new Evaluate[children.Count / 2];
        var results = new Evaluate[children.Count / 2];
        for (var i = 0; i < conditions.Length; i++)
        {
            conditions[i] = Casts.Implicit(children[2 * i], SqlType.Boolean).Run;
            results[i] = Casts.Implicit(children[(2 * i) + 1], type).Run;
        }

        var otherwise = Casts.Implicit(children[^1], type).Run;
        return new Compiled(type, row =>
        {
            for (var i = 0; i < conditions.Length; i++)
            {
                if (conditions[i](row) is { IsNull: false, Boolean: true }) return results[i](row);
            }

            return otherwise(row);
        });
    }

    public static Compiled Coalesce(IReadOnlyList<Compiled> children, SqlType type)
    {
        var runs = children.Select(child => Casts.Implicit(child, type).Run).ToArray();
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
