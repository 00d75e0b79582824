using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Flyball.Server.Tracking.Pages;

/// <summary>What a comparison of runs shows: the state of its page, which is the query of its address.</summary>
public sealed record CompareView
{
    internal RunsToCompare Runs { get; private init; } = new([], null, new RunsView());

    /// <summary>The metric whose curves are drawn.</summary>
    public string? Metric { get; init; }

    /// <summary>What the curves are drawn over: step, time or relative.</summary>
    public string Over { get; init; } = "step";

    public bool Logarithmic { get; init; }

    /// <summary>The weight of what was before, from 0 to 0.99.</summary>
    public double Smoothing { get; init; }

    /// <summary>Params and metrics that are the same everywhere are shown too.</summary>
    public bool All { get; init; }

    /// <summary>The axes of the parallel coordinates; none: the usual ones.</summary>
    public IReadOnlyList<Field> Axes { get; init; } = [];

    /// <summary>What the scatter plot has from left to right, and upwards.</summary>
    public Field? Across { get; init; }

    public Field? Up { get; init; }

    /// <summary>The metric of the box plot, and what its boxes are told apart by.</summary>
    public Field? Box { get; init; }

    public Field? By { get; init; }

    public static CompareView Of(IQueryCollection query) => new()
    {
        Runs = RunsToCompare.Of(query),
        Metric = query["metric"].ToString() is { Length: > 0 } metric ? metric : null,
        Over = query["x"].ToString() switch { "time" => "time", "relative" => "relative", _ => "step" },
        Logarithmic = query["log"] == "true",
        Smoothing = double.TryParse(query["smooth"], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var smoothing) ? Math.Clamp(smoothing, 0, 0.99) : 0,
        All = query["same"] == "true",
        Axes = [.. query["axis"].Select(RunsView.FieldOf).OfType<Field>().Distinct().Take(20)],
        Across = RunsView.FieldOf(query["across"]),
        Up = RunsView.FieldOf(query["up"]),
        Box = RunsView.FieldOf(query["box"]),
        By = RunsView.FieldOf(query["by"]),
    };

    /// <summary>The state as the words of an address; what is usual is left out.</summary>
    public IEnumerable<KeyValuePair<string, string>> Words()
    {
        foreach (var word in Runs.Words()) yield return word;
        if (Metric is not null) yield return KeyValuePair.Create("metric", Metric);
        if (Over != "step") yield return KeyValuePair.Create("x", Over);
        if (Logarithmic) yield return KeyValuePair.Create("log", "true");
        if (Smoothing > 0) yield return KeyValuePair.Create("smooth", Smoothing.ToString(CultureInfo.InvariantCulture));
        if (All) yield return KeyValuePair.Create("same", "true");
        foreach (var axis in Axes) yield return KeyValuePair.Create("axis", RunsView.Name(axis));
        foreach (var (name, field) in new[] { ("across", Across), ("up", Up), ("box", Box), ("by", By) })
        {
            if (field is { } chosen) yield return KeyValuePair.Create(name, RunsView.Name(chosen));
        }
    }

    /// <summary>The address of this comparison, and what of it a form leaves as it is.</summary>
    public string Href(string path = "/experiments/compare") => path + QueryString.Create(Words()!);

    public IEnumerable<KeyValuePair<string, string>> WordsBut(params string[] names) => Words().Where(word => !names.Contains(word.Key));
}
