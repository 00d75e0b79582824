using Flyball.Native.DuckDb;

namespace Flyball.Models.Features.Compilation;

/// <summary>Functions of numbers, with the domains that DuckDB enforces.</summary>
internal static class NumberFunctions
{
    public static void Register(Dictionary<string, Func<Call, Compiled>> functions)
    {
        void Double(string name, Func<double, double> f) => functions[name] = call => One(call, f);

        Double("sqrt", static x => x < 0 ? throw new FeatureEvaluationException("cannot take square root of a negative number") : Math.Sqrt(x));
        Double("cbrt", Math.Cbrt);
        Double("exp", Math.Exp);
        Double("ln", Logarithm(Math.Log));
        Double("log10", Logarithm(Math.Log10));
        Double("log", Logarithm(Math.Log10));
        Double("log2", Logarithm(Math.Log2));
        Double("sin", Finite(Math.Sin));
        Double("cos", Finite(Math.Cos));
        Double("tan", Finite(Math.Tan));
        Double("atan", Math.Atan);
        Double("asin", Unit(Math.Asin));
        Double("acos", Unit(Math.Acos));
        Double("radians", static x => x * (Math.PI / 180));
        Double("degrees", static x => x * (180 / Math.PI));
        functions["atan2"] = call => Arithmetic.Doubles(call, Math.Atan2);
        functions["abs"] = Absolute;
        functions["round"] = Round;
        functions["floor"] = call => Step(call, Math.Floor, static (quotient, rest) => rest < 0 ? quotient - 1 : quotient);
        functions["ceil"] = functions["ceiling"] = call => Step(call, Math.Ceiling, static (quotient, rest) => rest > 0 ? quotient + 1 : quotient);
        functions["sign"] = Sign;
        functions["greatest"] = call => Extreme(call, 1);
        functions["least"] = call => Extreme(call, -1);
        functions["nullif"] = NullIf;
        Test(functions, "isnan", double.IsNaN);
        Test(functions, "isinf", double.IsInfinity);
        Test(functions, "isfinite", double.IsFinite);
    }

    private static Compiled One(Call call, Func<double, double> f)
    {
        if (call.Arguments.Count != 1 || call.Result.Id != DuckDbType.Double) throw call.Refuse();
        return new Compiled(call.Result, Strict.OfNumber(call.As(0, SqlType.Double), f));
    }

    private static Func<double, double> Logarithm(Func<double, double> f) => x => x switch
    {
        0 => throw new FeatureEvaluationException("cannot take logarithm of zero"),
        < 0 => throw new FeatureEvaluationException("cannot take logarithm of a negative number"),
        _ => f(x),
    };

    private static Func<double, double> Finite(Func<double, double> f) => x => double.IsInfinity(x) ? throw new FeatureEvaluationException("an infinite number has no angle") : f(x);

    private static Func<double, double> Unit(Func<double, double> f) => x => x is < -1 or > 1 ? throw new FeatureEvaluationException($"{x} is outside -1 to 1") : f(x);

    private static void Test(Dictionary<string, Func<Call, Compiled>> functions, string name, Func<double, bool> holds) => functions[name] = call =>
    {
        if (call.Arguments.Count != 1 || !call[0].Type.IsNumeric) throw call.Refuse();
        return new Compiled(SqlType.Boolean, Strict.Of(call.As(0, SqlType.Double), x => Value.Of(holds(x.Number))));
    };

    private static Compiled Absolute(Call call)
    {
        var type = call.Result;
        if (call[0].Type != type) throw call.Refuse();
        var run = call[0].Run;
        if (type.IsFloating) return new Compiled(type, Strict.OfNumber(run, Math.Abs));
        if (type.IsInteger) return new Compiled(type, Strict.Of(run, x => Arithmetic.Ranged(Int128.Abs(x.Integer), type, "abs")));
        return type.IsDecimal ? new Compiled(type, Strict.Of(run, x => Value.OfDecimal(Int128.Abs(x.Unscaled), type.Scale))) : throw call.Refuse();
    }

    private static Compiled Round(Call call)
    {
        var type = call.Result;
        if (call.Arguments.Count == 1)
        {
            if (type.IsInteger && call[0].Type == type) return call[0];
            return Step(call, static x => Math.Round(x, MidpointRounding.AwayFromZero), null);
        }

        var digits = call[1].Constant is { Kind: ValueKind.Integer } constant ? constant.Integer : throw call.Refuse();
        // DuckDB wraps around where a rounded whole number does not fit: not to be imitated
        if (type.IsInteger && call[0].Type == type && digits >= 0) return call[0];
        if (type.Id != DuckDbType.Double || Math.Abs(digits) > 300) throw call.Refuse();
        var modifier = Math.Pow(10, Math.Abs(digits));
        return new Compiled(type, Strict.OfNumber(call.As(0, type), digits < 0 ? x => Coarse(x, modifier) : x => Fine(x, modifier)));
    }

    private static double Coarse(double value, double modifier)
    {
        var rounded = Math.Round(value / modifier, MidpointRounding.AwayFromZero) * modifier;
        return double.IsFinite(rounded) ? rounded : 0;
    }

    private static double Fine(double value, double modifier)
    {
        var rounded = Math.Round(value * modifier, MidpointRounding.AwayFromZero) / modifier;
        return double.IsFinite(rounded) ? rounded : value;
    }

    /// <summary>To a whole number; decimals go by quotient and rest, where given, or round halves away from zero.</summary>
    private static Compiled Step(Call call, Func<double, double> f, Func<Int128, Int128, Int128>? step)
    {
        var type = call.Result;
        if (call.Arguments.Count != 1) throw call.Refuse();
        if (type.IsFloating) return new Compiled(type, Strict.OfNumber(call.As(0, type), f));
        if (!type.IsDecimal || !call[0].Type.IsDecimal || type.Scale != 0) throw call.Refuse();
        var scale = call[0].Type.Scale;
        var power = Decimals.Power(scale);
        return new Compiled(type, Strict.Of(call[0].Run, x =>
        {
            var (quotient, rest) = Int128.DivRem(x.Unscaled, power);
            return Value.OfDecimal(step is null ? Decimals.Round(x.Unscaled, scale) : step(quotient, rest), 0);
        }));
    }

    private static Compiled Sign(Call call)
    {
        var run = call[0].Run;
        Evaluate sign = call[0].Type.Kind switch
        {
            ValueKind.Integer => Strict.Of(run, static x => Value.Of((long)Math.Sign(x.Integer))),
            ValueKind.Number => Strict.Of(run, static x => Value.Of(x.Number > 0 ? 1L : x.Number < 0 ? -1L : 0L)),
            ValueKind.Decimal => Strict.Of(run, static x => Value.Of((long)Int128.Sign(x.Unscaled))),
            _ => throw call.Refuse(),
        };
        return new Compiled(call.Result, sign);
    }

    /// <summary>The greatest or least of those that are not null.</summary>
    private static Compiled Extreme(Call call, int direction)
    {
        var runs = call.Arguments.Select((_, i) => call.As(i, call.Result)).ToArray();
        var order = Comparisons.Order(call.Result);
        return new Compiled(call.Result, row =>
        {
            var best = Value.Null;
            foreach (var run in runs)
            {
                var value = run(row);
                if (!value.IsNull && (best.IsNull || order(value, best) * direction > 0)) best = value;
            }

            return best;
        });
    }

    /// <summary>A macro in DuckDB: case when a = b then null else a end.</summary>
    private static Compiled NullIf(Call call)
    {
        if (call.Arguments.Count != 2) throw call.Refuse();
        var same = Comparisons.Compile("COMPARE_EQUAL", call[0], call[1]).Run;
        var run = call.As(0, call.Result);
        return new Compiled(call.Result, row => same(row) is { IsNull: false, Boolean: true } ? Value.Null : run(row));
    }
}
