using Flyball.Native.DuckDb;

namespace Flyball.Models.Features.Compilation;

/// <summary>The operators, on whole numbers with overflow as an error, floating point, and exact decimals.</summary>
internal static class Arithmetic
{
    public static void Register(Dictionary<string, Func<Call, Compiled>> functions)
    {
        functions["+"] = call => call.Arguments.Count == 1 ? call[0] : Sum(call, subtract: false);
        functions["-"] = call => call.Arguments.Count == 1 ? Negate(call) : Sum(call, subtract: true);
        functions["add"] = functions["+"];
        functions["subtract"] = functions["-"];
        functions["*"] = functions["multiply"] = Product;
        functions["/"] = Quotient;
        functions["//"] = functions["divide"] = WholeQuotient;
        functions["%"] = functions["mod"] = Remainder;
        functions["^"] = functions["**"] = functions["pow"] = functions["power"] = call => Doubles(call, Math.Pow);
    }

    /// <summary>Two numbers as doubles, or as floats whose result is rounded to a float.</summary>
    public static Compiled Doubles(Call call, Func<double, double, double> f)
    {
        if (call.Arguments.Count != 2 || !call.Result.IsFloating) throw call.Refuse();
        var (a, b) = (call.As(0, call.Result), call.As(1, call.Result));
        return new Compiled(call.Result, call.Result.Id == DuckDbType.Float ? Strict.OfNumbers(a, b, (x, y) => (float)f(x, y)) : Strict.OfNumbers(a, b, f));
    }

    /// <summary>A result inside the type's range, or the error.</summary>
    public static Value Ranged(Int128 value, SqlType type, string operation)
    {
        var (least, most) = type.Range;
        return value >= least && value <= most ? Value.Of((long)value) : throw Overflow(operation, type);
    }

    public static FeatureEvaluationException Overflow(string operation, SqlType type) => new($"overflow in {operation} of {type}");

    private static Compiled Sum(Call call, bool subtract)
    {
        var operation = subtract ? "subtraction" : "addition";
        var type = call.Result;
        if (type.IsFloating) return subtract ? Doubles(call, static (x, y) => x - y) : Doubles(call, static (x, y) => x + y);
        if (type.Id == DuckDbType.Date && call[0].Type == type && call[1].Type.IsInteger)
        {
            return new Compiled(type, Strict.Of(call[0].Run, call[1].Run, (x, y) => Shifted(x.Days, subtract ? -(Int128)y.Integer : y.Integer, operation)));
        }

        if (subtract && call[0].Type.Id == DuckDbType.Date && call[1].Type.Id == DuckDbType.Date)
        {
            return new Compiled(type, Strict.Of(call[0].Run, call[1].Run, static (x, y) => Value.Of((long)x.Days - y.Days)));
        }

        if (!Numeric(call)) throw call.Refuse();
        var (a, b) = (call.As(0, type), call.As(1, type));
        if (type.IsInteger)
        {
            return new Compiled(type, subtract
                ? Strict.Of(a, b, (x, y) => Ranged((Int128)x.Integer - y.Integer, type, operation))
                : Strict.Of(a, b, (x, y) => Ranged((Int128)x.Integer + y.Integer, type, operation)));
        }

        return new Compiled(type, Strict.Of(a, b, (x, y) => Exact(subtract ? x.Unscaled - y.Unscaled : x.Unscaled + y.Unscaled, type, operation)));
    }

    private static Compiled Product(Call call)
    {
        var type = call.Result;
        if (type.IsFloating) return Doubles(call, static (x, y) => x * y);
        if (!Numeric(call)) throw call.Refuse();
        if (type.IsInteger)
        {
            return new Compiled(type, Strict.Of(call.As(0, type), call.As(1, type), (x, y) => Ranged((Int128)x.Integer * y.Integer, type, "multiplication")));
        }

        // each side keeps its own scale, the product has both
        Evaluate Side(int index) => call[index].Type is { IsDecimal: true } own ? call[index].Run : call.As(index, new SqlType(DuckDbType.Decimal, type.Width, 0));
        if (call[0].Type.Scale + call[1].Type.Scale != type.Scale) throw call.Refuse();
        return new Compiled(type, Strict.Of(Side(0), Side(1), (x, y) =>
        {
            try
            {
                return Exact(checked(x.Unscaled * y.Unscaled), type, "multiplication");
            }
            catch (OverflowException)
            {
                throw Overflow("multiplication", type);
            }
        }));
    }

    /// <summary>Always floating point: a quotient by 0 is infinite or NaN.</summary>
    private static Compiled Quotient(Call call) => Doubles(call, static (x, y) => x / y);

    private static Compiled WholeQuotient(Call call)
    {
        var type = call.Result;
        if (call.Arguments.Count != 2) throw call.Refuse();
        if (type.IsFloating)
        {
            var isFloat = type.Id == DuckDbType.Float;
            return new Compiled(type, Strict.Of(call.As(0, type), call.As(1, type), (x, y) => y.Number == 0 ? Value.Null : Value.Of(isFloat ? (float)(x.Number / y.Number) : x.Number / y.Number)));
        }

        if (!type.IsInteger || !Numeric(call)) throw call.Refuse();
        // DuckDB's optimizer leaves the dividend out, and with it the dividend's errors
        if (Casts.Implicit(call[1], type).Constant is { IsNull: false, Integer: 0 }) return Compiled.Of(type, Value.Null);
        return new Compiled(type, Strict.Of(call.As(0, type), call.As(1, type), (x, y) => y.Integer == 0 ? Value.Null : Ranged((Int128)x.Integer / y.Integer, type, "division")));
    }

    private static Compiled Remainder(Call call)
    {
        var type = call.Result;
        if (type.IsFloating) return Doubles(call, static (x, y) => Remainder(x, y));
        if (!type.IsInteger || !Numeric(call)) throw call.Refuse();
        var least = type.Range.Least;
        return new Compiled(type, Strict.Of(call.As(0, type), call.As(1, type), (x, y) =>
        {
            if (y.Integer == 0) return Value.Null;
            if (y.Integer == -1) return x.Integer == least ? throw Overflow("division", type) : Value.Of(0L);
            return Value.Of(x.Integer % y.Integer);
        }));
    }

    /// <summary>As the C library's fmod: the first NaN of the operands, or, where there is no remainder, the NaN of negative sign.</summary>
    private static double Remainder(double x, double y)
    {
        if (double.IsNaN(x)) return x;
        if (double.IsNaN(y)) return y;
        return double.IsInfinity(x) || y == 0 ? double.NaN : x % y;
    }

    private static Compiled Negate(Call call)
    {
        var (type, run) = (call.Result, call[0].Run);
        if (call[0].Type != type) throw call.Refuse();
        if (type.IsFloating) return new Compiled(type, Strict.OfNumber(run, static x => -x));
        if (type.IsSigned) return new Compiled(type, Strict.Of(run, x => Ranged(-(Int128)x.Integer, type, "negation")));
        if (type.IsDecimal) return new Compiled(type, Strict.Of(run, x => Value.OfDecimal(-x.Unscaled, type.Scale)));
        throw call.Refuse();
    }

    private static bool Numeric(Call call) => call.Arguments.Count == 2 && call.Arguments.All(argument => argument.Type.IsNumeric || argument.Type.Id == DuckDbType.SqlNull) && call.Result.IsNumeric;

    private static Value Exact(Int128 unscaled, SqlType type, string operation) => Decimals.Fits(unscaled, type.Width) ? Value.OfDecimal(unscaled, type.Scale) : throw Overflow(operation, type);

    private static Value Shifted(int days, Int128 by, string operation)
    {
        var shifted = days + by;
        return shifted > int.MinValue && shifted < int.MaxValue ? Value.OfDate((int)shifted) : throw Overflow(operation, new SqlType(DuckDbType.Date));
    }
}
