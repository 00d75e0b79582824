namespace Flyball.Models;

/// <summary>How a model sees a feature. The numbers are stored and frozen.</summary>
public enum FeatureKind { Number = 0, Category = 1, Boolean = 2 }

/// <summary>A feature's name and kind.</summary>
public sealed record FeatureColumn(string Name, FeatureKind Kind);

/// <summary>Feature values of some rows, column by column: numbers (booleans as 0 and 1; NaN where null) or categories (null where null).</summary>
public sealed class FeatureColumns
{
    private readonly double[]?[] numbers;
    private readonly string?[]?[] categories;

    public FeatureColumns(IReadOnlyList<FeatureColumn> columns, int rows)
    {
        (Columns, Rows) = (columns, rows);
        numbers = new double[]?[columns.Count];
        categories = new string?[]?[columns.Count];
        for (var i = 0; i < columns.Count; i++)
        {
            if (columns[i].Kind == FeatureKind.Category) categories[i] = new string?[rows];
            else numbers[i] = new double[rows];
        }
    }

    public IReadOnlyList<FeatureColumn> Columns { get; }

    public int Rows { get; }

    /// <summary>The values of a number or boolean column.</summary>
    public double[] Numbers(int column) => numbers[column] ?? throw new InvalidOperationException($"{Columns[column].Name} is a category");

    /// <summary>The values of a category column.</summary>
    public string?[] Categories(int column) => categories[column] ?? throw new InvalidOperationException($"{Columns[column].Name} is a number");

    /// <summary>Rows <paramref name="from"/> up to but not including <paramref name="to"/>.</summary>
    public FeatureColumns Slice(int from, int to)
    {
        var slice = new FeatureColumns(Columns, to - from);
        for (var i = 0; i < Columns.Count; i++)
        {
            if (numbers[i] is { } values) values.AsSpan(from, to - from).CopyTo(slice.numbers[i]);
            else categories[i].AsSpan(from, to - from).CopyTo(slice.categories[i]);
        }

        return slice;
    }
}
