using Flyball.Native.DuckDb;

namespace Flyball.Models.Features.Compilation;

/// <summary>Comparisons in DuckDB's order: NaN is the greatest number and equals itself, texts go by their bytes.</summary>
internal static class Comparisons
{
    public static Compiled Compile(string type, Compiled left, Compiled right)
    {
        var common = Common(left, right);
        var (a, b) = (Casts.Implicit(left, common).Run, Casts.Implicit(right, common).Run);
        var order = Order(common);
        if (type is "COMPARE_DISTINCT_FROM" or "COMPARE_NOT_DISTINCT_FROM")
        {
            var same = type == "COMPARE_NOT_DISTINCT_FROM";
            return new Compiled(SqlType.Boolean, row =>
            {
                var x = a(row);
                var y = b(row);
                return Value.Of((x.IsNull || y.IsNull ? x.IsNull && y.IsNull : order(x, y) == 0) == same);
            });
        }

        if (left.IsNullLiteral || right.IsNullLiteral) return Compiled.Of(SqlType.Boolean, Value.Null);
        Func<int, bool> holds = type switch
        {
            "COMPARE_EQUAL" => static sign => sign == 0,
            "COMPARE_NOTEQUAL" => static sign => sign != 0,
            "COMPARE_LESSTHAN" => static sign => sign < 0,
            "COMPARE_GREATERTHAN" => static sign => sign > 0,
            "COMPARE_LESSTHANOREQUALTO" => static sign => sign <= 0,
            "COMPARE_GREATERTHANOREQUALTO" => static sign => sign >= 0,
            _ => throw new FeatureNotCompilableException(type.ToLowerInvariant()),
        };
        return new Compiled(SqlType.Boolean, Strict.Of(a, b, (x, y) => Value.Of(holds(order(x, y)))));
    }

    public static Compiled Between(Compiled input, Compiled lower, Compiled upper)
    {
        var common = Common(new Compiled(Common(input, lower), input.Run), upper);
        var (a, b, c) = (Casts.Implicit(input, common).Run, Casts.Implicit(lower, common).Run, Casts.Implicit(upper, common).Run);
        var order = Order(common);
        return new Compiled(SqlType.Boolean, row =>
        {
            var x = a(row);
            var low = b(row);
            var high = c(row);
            bool? above = x.IsNull || low.IsNull ? null : order(x, low) >= 0;
            bool? below = x.IsNull || high.IsNull ? null : order(x, high) <= 0;
            return above == false || below == false ? Value.Of(false) : above is null || below is null ? Value.Null : Value.Of(true);
        });
    }

    /// <summary>The first child is looked for among the others.</summary>
    public static Compiled In(IReadOnlyList<Compiled> children, bool negated)
    {
        var common = children.Skip(1).Aggregate(children[0].Type, (type, child) => Common(new Compiled(type, children[0].Run, children[0].Constant), child));
        var runs = children.Select(child => Casts.Implicit(child, common).Run).ToArray();
        var order = Order(common);
        return new Compiled(SqlType.Boolean, row =>
        {
            var wanted = runs[0](row);
            bool found = false, unknown = wanted.IsNull;
            for (var i = 1; i < runs.Length; i++)
            {
                var value = runs[i](row);
                if (value.IsNull) unknown = true;
                else if (!wanted.IsNull) found |= order(wanted, value) == 0;
            }

            return found ? Value.Of(!negated) : unknown ? Value.Null : Value.Of(negated);
        });
    }

    /// <summary>The order of values of a type.</summary>
    public static Func<Value, Value, int> Order(SqlType type) => type.Kind switch
    {
        ValueKind.Number => static (x, y) => Order(x.Number, y.Number),
        ValueKind.Text => static (x, y) => Order(x.Text, y.Text),
        ValueKind.Decimal => static (x, y) => x.Unscaled.CompareTo(y.Unscaled),
        ValueKind.Null => static (_, _) => 0,
        _ => static (x, y) => x.Integer.CompareTo(y.Integer),
    };

    public static int Order(double x, double y)
    {
        if (double.IsNaN(x) || double.IsNaN(y)) return double.IsNaN(x).CompareTo(double.IsNaN(y));
        return x < y ? -1 : x > y ? 1 : 0;
    }

    /// <summary>By UTF-8 bytes, which is by code points: differs from UTF-16 where surrogates meet characters above them.</summary>
    public static int Order(string x, string y)
    {
        var length = Math.Min(x.Length, y.Length);
        for (var i = 0; i < length; i++)
        {
            var (a, b) = (x[i], y[i]);
            if (a == b) continue;
            if (char.IsSurrogate(a) != char.IsSurrogate(b)) return char.IsSurrogate(a) ? 1 : -1;
            return a.CompareTo(b);
        }

        return x.Length.CompareTo(y.Length);
    }

    /// <summary>The type two sides are compared in.</summary>
    private static SqlType Common(Compiled left, Compiled right)
    {
        var (a, b) = (left.Type, right.Type);
        if (a == b || b.Id == DuckDbType.SqlNull) return a;
        if (a.Id == DuckDbType.SqlNull) return b;
        // a text literal takes the type of what it is compared with
        if (Worded(left) && b.Id != DuckDbType.Varchar) return b;
        if (Worded(right) && a.Id != DuckDbType.Varchar) return a;
        if (a.IsNumeric && b.IsNumeric) return Numeric(a, b);
        if (a.IsMoment && b.Id == DuckDbType.Date) return a;
        if (b.IsMoment && a.Id == DuckDbType.Date) return b;
        if (a.IsMoment && b.IsMoment) return new SqlType(DuckDbType.TimestampTz);
        throw new FeatureNotCompilableException($"a comparison of {a} with {b}");
    }

    private static SqlType Numeric(SqlType a, SqlType b)
    {
        if (a.Id == DuckDbType.Double || b.Id == DuckDbType.Double) return SqlType.Double;
        if (a.Id == DuckDbType.Float || b.Id == DuckDbType.Float) return new SqlType(DuckDbType.Float);
        if (!a.IsDecimal && !b.IsDecimal) return SqlType.BigInt;
        // wide enough for both: exact, as DuckDB compares
        var scale = Math.Max(a.Scale, b.Scale);
        var whole = Math.Max(Whole(a), Whole(b));
        return whole + scale <= 38 ? new SqlType(DuckDbType.Decimal, 38, scale) : throw new FeatureNotCompilableException($"a comparison of {a} with {b}");
    }

    private static int Whole(SqlType type) => type.IsDecimal ? type.Width - type.Scale : 19;

    private static bool Worded(Compiled side) => side.Constant is { Kind: ValueKind.Text } && side.Type.Id == DuckDbType.Varchar;
}
