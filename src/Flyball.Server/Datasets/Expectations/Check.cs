namespace Flyball.Server.Datasets;

/// <summary>An aggregate of the scan that all expectations share.</summary>
/// <param name="Call">A call of an aggregate function.</param>
/// <param name="Where">The rows that it is over; all where it is null.</param>
internal sealed record Aggregate(string Call, string? Where = null)
{
    /// <param name="condition">The rows that the expectation is about.</param>
    public string Sql(string? condition) => (condition, Where) switch
    {
        (null, null) => Call,
        ({ } one, null) => $"{Call} filter ({one})",
        (null, { } other) => $"{Call} filter ({other})",
        var (one, other) => $"{Call} filter ({one} and {other})",
    };
}

/// <summary>An expectation compiled against the columns of a relation.</summary>
internal abstract record Check;

/// <summary>Judged by aggregates, of which there may be none.</summary>
internal sealed record ObservedCheck(IReadOnlyList<Aggregate> Aggregates, Func<object?[], Outcome> Judge) : Check;

/// <summary>Judged by questions of its own.</summary>
internal sealed record AskedCheck(Func<ExpectedRows, Outcome> Ask) : Check
{
    /// <summary>What of the shared scan it looks at (<see cref="ExpectedRows.Values"/>).</summary>
    public IReadOnlyList<Aggregate> Aggregates { get; init; } = [];
}

/// <summary>Judged row by row; <c>mostly</c> of the rows that count must do.</summary>
/// <param name="Shown">Columns whose values are told of a row that does not.</param>
/// <param name="Kept">SQL, never null: the row counts. Others are missing.</param>
/// <param name="Unexpected">SQL, never null: a row that counts does not do.</param>
internal sealed record RowCheck(IReadOnlyList<string> Shown, string Kept, string Unexpected, double Mostly) : Check
{
    /// <summary>Each row can be judged by itself in SQL.</summary>
    public bool IsPlain => From is null && Does is null;

    /// <summary>Rows told as tuples (of a pair) or objects (of several columns) instead of plain values.</summary>
    public RowShape Shape { get; init; } = RowShape.Value;

    /// <summary>About what is missing itself, so that nothing is told to be missing.</summary>
    public bool IsOfNulls { get; init; }

    /// <summary>Makes another relation of the rows in their order, where a row cannot be judged alone. What <see cref="Kept"/> and <see cref="Unexpected"/> name may come from it.</summary>
    public Func<string, string>? From { get; init; }

    /// <summary>Judges a text of the column here, where SQL cannot say it; asked once for each different value.</summary>
    public Func<string, bool>? Does { get; init; }

    /// <summary>The number of unexpected rows in a relation, where that is had for less than by asking every row.</summary>
    public Func<string, string>? Counted { get; init; }

    /// <summary>The same as kept and unexpected, for less; null counts as false.</summary>
    public string? Fails { get; init; }

    /// <summary>The column whose presence alone makes a row count.</summary>
    public string? Present { get; init; }

    /// <summary>An aggregate that is as many as there are rows that count where no row is unexpected, and fewer otherwise.</summary>
    public string? Most { get; init; }
}

internal enum RowShape { Value, Tuple, Record }

/// <summary>What a check found.</summary>
/// <param name="Observed">A plain value, or a list of such.</param>
/// <param name="Details">Further facts, as Great Expectations names them.</param>
internal sealed record Outcome(bool Success, object? Observed = null, IReadOnlyDictionary<string, object?>? Details = null)
{
    /// <summary>Values among the rows, told as missing and in all.</summary>
    public (long Elements, long Missing)? Counts { get; init; }

    /// <summary>Unexpected values, where a check on the whole column names some.</summary>
    public IReadOnlyList<object?>? Unexpected { get; init; }
}
