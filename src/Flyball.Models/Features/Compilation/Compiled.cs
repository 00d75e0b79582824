namespace Flyball.Models.Features.Compilation;

/// <summary>Computes a value from a row.</summary>
internal delegate Value Evaluate(ReadOnlySpan<Value> row);

/// <summary>A compiled node: its type and how it is computed; <see cref="Constant"/> where it reads no column.</summary>
internal sealed record Compiled(SqlType Type, Evaluate Run, Value? Constant = null)
{
    public static Compiled Of(SqlType type, Value constant) => new(type, _ => constant, constant);

    public bool IsNullLiteral => Constant is { IsNull: true };
}

/// <summary>A call of a function: name, compiled arguments, and the result's type as DuckDB binds it.</summary>
internal sealed record Call(string Name, IReadOnlyList<Compiled> Arguments, SqlType Result)
{
    public Compiled this[int index] => Arguments[index];

    public Evaluate As(int index, SqlType type) => Casts.Implicit(Arguments[index], type).Run;

    public FeatureNotCompilableException Refuse() => new($"{Name}({string.Join(", ", Arguments.Select(argument => argument.Type.ToString()))})");
}

/// <summary>The shapes of functions that are null where an argument is null.</summary>
internal static class Strict
{
    public static Evaluate Of(Evaluate a, Func<Value, Value> f) => row => a(row) is { IsNull: false } x ? f(x) : Value.Null;

    public static Evaluate Of(Evaluate a, Evaluate b, Func<Value, Value, Value> f) => row =>
    {
        // both are computed: DuckDB raises the error of the second even where the first is null
        var x = a(row);
        var y = b(row);
        return x.IsNull || y.IsNull ? Value.Null : f(x, y);
    };

    public static Evaluate OfNumber(Evaluate a, Func<double, double> f) => row => a(row) is { IsNull: false } x ? Value.Of(f(x.Number)) : Value.Null;

    public static Evaluate OfNumbers(Evaluate a, Evaluate b, Func<double, double, double> f) => row =>
    {
        var x = a(row);
        var y = b(row);
        return x.IsNull || y.IsNull ? Value.Null : Value.Of(f(x.Number, y.Number));
    };
}
