using System.Globalization;
using System.Text.Json;
using Flyball.Server.Projects;
using Flyball.Server.Tracking;

namespace Flyball.Server.Registry;

/// <summary>What the registry knows of a version, sorted into the sections of its card.</summary>
/// <param name="Dataset">The event that made the dataset version it was trained on.</param>
internal sealed record CardFacts(ModelVersion Version, IReadOnlyList<string> Aliases, RunDetails? Run, JsonElement? Dataset)
{
    private const string Engine = "flyball.engine.";
    private const int MostFiles = 20;
    private const int MostSlices = 10;
    private const int MostMetrics = 50;

    private ModelContent Content => Version.Content;

    private bool Trained => Content.Kind == PackageKind.Flyball;

    public IReadOnlyList<CardSection> Sections(ProjectFile? project, IReadOnlyDictionary<string, CardText> texts) =>
    [
        .. CardSections.All.Select(section =>
        {
            var facts = section.Name switch
            {
                CardSections.Details => Details(),
                CardSections.Use => Use(project?.Design),
                CardSections.Factors => Factors(),
                CardSections.Evaluation => Evaluation(),
                CardSections.Training => Training(),
                CardSections.Caveats => Caveats(),
                _ => [],
            };
            var tables = section.Name switch
            {
                CardSections.Metrics => Judged(project?.Design),
                CardSections.Analyses => Analyses(),
                _ => [],
            };
            return new CardSection(
                section.Name, section.Title, section.Question, [.. facts.Where(fact => fact.Value is { Length: > 0 }).Select(fact => new CardFact(fact.Name, fact.Value!))], [.. tables.Where(table => table.Rows.Count > 0)],
                texts.GetValueOrDefault(section.Name));
        }),
    ];

    /// <summary>What the version is, what goes into it and what it was trained on, each by its name.</summary>
    public IReadOnlyDictionary<string, string> Origins() => Details().Concat(Factors()).Concat(Training()).Where(fact => fact.Value is { Length: > 0 }).DistinctBy(fact => fact.Name).ToDictionary(fact => fact.Name, fact => fact.Value!, StringComparer.Ordinal);

    private IEnumerable<(string Name, string? Value)> Details() =>
    [
        ("Model", $"{Version.Model}, version {Version.Version}"),
        ("Description", Version.Description),
        ("Registered", $"{Day(Version.Created)} by {Version.Author}"),
        ("Project", Content.Project),
        ("Kind", Trained ? $"{Content.Task}, {Content.Trainer}" : Content.Flavors is { Count: > 0 } flavors ? string.Join(", ", flavors) : null),
        ("Gates", Version.Status switch { VersionStatus.Passed => "passed", VersionStatus.Refused => "not passed", _ => "none has judged it" }),
        ("Aliases", string.Join(", ", Aliases)),
        ("Stage", Version.Stage == ModelStage.None ? null : Version.Stage.ToString()),
        ("Run", Version.Run),
        ("Code", Run?.Tags.GetValueOrDefault(CodeTags.Commit) is { } commit ? $"commit {commit}{(Run.Tags.GetValueOrDefault(CodeTags.Dirty) == "true" ? ", with changes that are not committed" : "")}" : null),
        ("Environment", string.Join(", ", (Run?.Tags ?? new Dictionary<string, string>()).Where(tag => tag.Key.StartsWith(Engine, StringComparison.Ordinal)).OrderBy(tag => tag.Key, StringComparer.Ordinal).Select(tag => $"{tag.Key[Engine.Length..]} {tag.Value}"))),
        ("Package", Version.Digest.Length > 0 ? $"SHA-256 {Version.Digest}" : null),
        ("Tags", string.Join(", ", Version.Tags.Select(tag => $"{tag.Key} = {tag.Value}"))),
    ];

    private static IEnumerable<(string Name, string? Value)> Use(DesignCharter? design)
    {
        if (design is null) yield break;
        yield return ("Problem", design.Problem);
        yield return ("Users", design.Users);
        if (design.Value is { } value) yield return ("Promised value", $"{Number(value.Estimate)} {value.Unit}{(value.Because is { Length: > 0 } because ? $": {because}" : "")}");
        if (design.Requirements.LatencyP99Ms is { } latency) yield return ("Answers within", $"{Number(latency)} ms (99th percentile)");
        if (design.Requirements.PredictionsPerDay is { } rate) yield return ("Predictions a day", Number(rate));
        if (design.Requirements.Explainable) yield return ("Explainable", "required");
        yield return ("Compliance", string.Join(", ", design.Requirements.Compliance));
        yield return ("Responsible", string.Join(", ", design.Roles.Select(role => $"{role.Key}: {role.Value}")));
    }

    private IEnumerable<(string Name, string? Value)> Factors() =>
    [
        ("Inputs", string.Join(", ", Content.Features)),
        ("Evaluated apart by", string.Join(", ", Content.Slices.Select(slice => slice.Feature).Distinct())),
    ];

    private IEnumerable<(string Name, string? Value)> Evaluation() => !Trained
        ? []
        :
        [
            ("Data", DatasetName),
            ("Rows held out", $"{Count(Content.TestRows)}, the newest, seen by no fit that was judged on them"),
            ("From", Content.TrainTo is { } from ? Day(from) : null),
            ("To", Content.TestTo is { } to ? Day(to) : null),
        ];

    private IEnumerable<(string Name, string? Value)> Training() => !Trained
        ? [("Data", Run is { Inputs.Datasets.Count: > 0 } run ? string.Join(", ", run.Inputs.Datasets.Select(input => input.Dataset.Name).Distinct()) : null)]
        :
        [
            ("Data", DatasetName),
            ("Digest", Dataset is { } dataset && dataset.TryGetProperty("digest", out var digest) ? $"SHA-256 {digest.GetString()}" : null),
            ("Files new in it", Files),
            ("Rows", Count(Content.TrainRows)),
            ("From", Content.TrainFrom is { } from ? Day(from) : null),
            ("To", Content.TrainTo is { } to ? Day(to) : null),
            ("Fitted once more", Content.Refitted ? "after it passed its gates, with the held-out rows" : null),
        ];

    private IEnumerable<(string Name, string? Value)> Caveats() =>
    [
        ("Newest data it has seen", Content.FittedTo is { } to ? Day(to) : null),
        ("Gates not passed", string.Join(", ", Content.Gates.Where(gate => !gate.Passed).Select(gate => gate.Gate))),
        ("Expectations its data did not meet", Dataset is { } dataset && dataset.TryGetProperty("failedExpectations", out var failed) ? string.Join(", ", failed.EnumerateArray().Select(name => name.GetString())) : null),
        ("Loading", Content.Kind switch { PackageKind.Code => "runs code that is written in its files", PackageKind.Unknown => "nothing in its files says how", _ => null }),
    ];

    private IEnumerable<CardTable> Judged(DesignCharter? design) =>
    [
        new("Gates", ["Gate", "Outcome", "Because"], [.. Content.Gates.Select(gate => (IReadOnlyList<string>)[gate.Gate, gate.Passed ? "passed" : "not passed", gate.Reason])], Numbers: false),
        new("Key metrics of the design", ["Metric", "Audience", "Goal"], [.. (design?.KeyMetrics ?? []).Select(metric => (IReadOnlyList<string>)[metric.Name, metric.Audience, $"{metric.Goal.Operator} {Number(metric.Goal.Value)} {metric.Unit}".Trim()])], Numbers: false),
    ];

    private IEnumerable<CardTable> Analyses()
    {
        if (!Trained)
        {
            yield return new("Metrics of its run", ["Metric", "Value"], [.. (Run?.Metrics ?? []).OrderBy(metric => metric.Key, StringComparer.Ordinal).Take(MostMetrics).Select(metric => (IReadOnlyList<string>)[metric.Key, Number(metric.Value)])], Numbers: true);
            yield break;
        }

        string Of(IReadOnlyDictionary<string, double> metrics, string name) => metrics.TryGetValue(name, out var value) ? Number(value) : "–";
        var champion = Content.ChampionVersion is { } known ? $"Champion then, version {known}" : "Champion then: none";
        yield return new(
            "Overall", ["Metric", "Held-out rows", "Trained rows", champion],
            [.. Content.Metrics.Select(metric => (IReadOnlyList<string>)[metric.Key, Number(metric.Value), Of(Content.TrainMetrics, metric.Key), Of(Content.ChampionMetrics, metric.Key)])], Numbers: true);
        if (Content.Slices.Count == 0) yield break;
        var names = Content.Slices[0].Metrics.Keys.Take(3).ToList();
        yield return new(
            $"Slices with the highest {names[0]}", ["Slice", "Rows", .. names],
            [.. Content.Slices.OrderByDescending(slice => slice.Metrics.Values.First()).Take(MostSlices).Select(slice => (IReadOnlyList<string>)[$"{slice.Feature} = {slice.Value}", Count(slice.Rows), .. names.Select(name => Of(slice.Metrics, name))])], Numbers: true);
    }

    private string? Files => Dataset is { } dataset && dataset.TryGetProperty("newFiles", out var files) && files.GetArrayLength() is var count and > 0
        ? string.Join(", ", files.EnumerateArray().Take(MostFiles).Select(file => file.GetString())) + (count > MostFiles ? $" and {count - MostFiles} more" : "")
        : null;

    private string? DatasetName => Dataset is { } dataset && dataset.TryGetProperty("dataset", out var name) && dataset.TryGetProperty("number", out var number) ? $"{name.GetString()} version {number}" : null;

    private static string Day(DateTimeOffset at) => at.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string Number(double value) => value.ToString("G6", CultureInfo.InvariantCulture);

    private static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
