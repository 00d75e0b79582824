using System.Globalization;
using Flyball.Server.Ui;

namespace Flyball.Server.Tracking.Pages;

/// <summary>Where the runs of a comparison lie along one metric, param or tag: by size where all values are numbers, otherwise each text at a place of its own.</summary>
public sealed class PlotAxis
{
    /// <summary>More texts than this are not told apart.</summary>
    public const int MostTexts = 40;

    private const int Labelled = 12;
    private readonly double?[] numbers;
    private readonly List<string> texts = [];
    private readonly IReadOnlyList<RunCell> cells;
    private readonly double low;
    private readonly double high;

    public PlotAxis(Field field, IReadOnlyList<RunCell> values)
    {
        (Field, cells) = (field, values);
        numbers = [.. values.Select(Number)];
        IsNumber = values.Any(cell => !cell.IsEmpty) && values.Zip(numbers).All(pair => pair.First.IsEmpty || pair.Second is not null);
        if (!IsNumber)
        {
            texts = [.. values.Select(cell => cell.Text).OfType<string>().Distinct(StringComparer.Ordinal).Order(RunGroups.Values).Take(MostTexts)];
            return;
        }

        var finite = numbers.OfType<double>().Where(double.IsFinite).DefaultIfEmpty(0).ToList();
        (low, high) = Ui.Ticks.Around(finite.Min(), finite.Max());
    }

    public Field Field { get; }

    public bool IsNumber { get; }

    /// <summary>The place of a run, from 0 to 1; null where it has no value to be placed by.</summary>
    public double? At(int run)
    {
        if (IsNumber) return numbers[run] is { } number && double.IsFinite(number) ? Math.Clamp((number - low) / (high - low), 0, 1) : null;
        return cells[run].Text is { } text && texts.IndexOf(text) is var place and >= 0 ? PlaceOf(place) : null;
    }

    /// <summary>How a run's value is written.</summary>
    public string Written(int run) => cells[run] switch { { Number: { } number } => Show.Number(number), { Text: { } text } => Short(text), _ => "not set" };

    /// <summary>What is written along the axis.</summary>
    public IEnumerable<(double At, string Label)> Ticks()
    {
        if (!IsNumber)
        {
            var every = (texts.Count + Labelled - 1) / Labelled;
            for (var i = 0; i < texts.Count; i += Math.Max(1, every)) yield return (PlaceOf(i), Short(texts[i]));
            yield break;
        }

        foreach (var tick in Ui.Ticks.Between(low, high)) yield return ((tick - low) / (high - low), Show.Number(tick));
    }

    /// <summary>A field as pages name it.</summary>
    public static string Short(string text) => text.Length > 16 ? string.Concat(text.AsSpan(0, 15), "…") : text;

    private double PlaceOf(int text) => texts.Count == 1 ? 0.5 : text / (texts.Count - 1.0);

    private static double? Number(RunCell cell) => cell.Number ?? (cell.Text is { } text && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null);
}
