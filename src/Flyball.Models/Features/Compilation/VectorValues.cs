using Flyball.Native.DuckDb;

namespace Flyball.Models.Features.Compilation;

/// <summary>Values out of a result's vectors.</summary>
internal static class VectorValues
{
    /// <summary>The value of a row as the kind that the type has.</summary>
    public static Value Read(DuckDbVector vector, int row, SqlType type)
    {
        if (vector.IsNull(row)) return Value.Null;
        return type.Kind switch
        {
            ValueKind.Boolean => Value.Of(vector.AsLong(row) != 0),
            ValueKind.Integer => Value.Of(vector.AsLong(row)),
            ValueKind.Number => Value.Of(vector.AsDouble(row)),
            ValueKind.Text => Value.Of(vector.String(row)),
            ValueKind.Timestamp => Value.OfTimestamp(vector.AsLong(row)),
            ValueKind.Date => Value.OfDate((int)vector.AsLong(row)),
            ValueKind.Decimal => Value.OfDecimal(vector.Unscaled(row), type.Scale),
            _ => Value.Null,
        };
    }
}
