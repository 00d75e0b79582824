using Flyball.Server.Tracking;
using Flyball.Server.Tracking.Pages;

namespace Flyball.Server.Registry.Pages;

/// <summary>A value of two versions; null where a version has none.</summary>
internal sealed record ComparedFact(string Name, string? From, string? To)
{
    public bool Differs => From != To;
}

/// <summary>A metric of two versions.</summary>
/// <param name="Better">Whether the second is better; null where they are equal or nothing says which direction is.</param>
internal sealed record ComparedMetric(string Name, double? From, double? To, bool? Better)
{
    public double? Change => To - From;
}

/// <summary>A file of two versions; sizes in bytes, null where a version does not have it.</summary>
internal sealed record ComparedFile(string Path, long? From, long? To, bool Differs);

/// <summary>The rows of a slice in two versions, and one metric on them.</summary>
internal sealed record ComparedSlice(string Slice, long FromRows, long ToRows, ComparedMetric Metric);

/// <summary>Two versions of a model, side by side.</summary>
internal sealed record ComparedVersions(CardFacts From, CardFacts To)
{
    /// <summary>Facts that no two versions share.</summary>
    private static readonly string[] Own = ["Model", "Package", "Run", "Registered"];

    public int FromVersion => From.Version.Version;

    public int ToVersion => To.Version.Version;

    /// <summary>Whether the metrics of both were measured on the same rows; null where nothing says it, as for what clients register.</summary>
    public bool? SameRows => Judge is not null ? true : Left.TestRows == 0 || Right.TestRows == 0 ? null : SameTest;

    /// <summary>The metrics of both, on the same held-out rows where one was judged against the other; those of their runs where no gate judged them.</summary>
    public IReadOnlyList<ComparedMetric> Metrics => Judge switch
    {
        { } judge when judge == Right => Compare(judge.ChampionMetrics, judge.Metrics, judged: true),
        { } judge => Compare(judge.Metrics, judge.ChampionMetrics, judged: true),
        null => Compare(Measured(From), Measured(To), judged: SameRows != false),
    };

    /// <summary>What was done differently: code, data, engines.</summary>
    public IReadOnlyList<ComparedFact> Origins => Facts(From.Origins(), To.Origins(), Own);

    public IReadOnlyList<ComparedFact> Params => Facts(From.Run?.Params, To.Run?.Params, []);

    public IReadOnlyList<ComparedFile> Files
    {
        get
        {
            var (from, to) = (Left.Files.ToDictionary(file => file.Path, StringComparer.Ordinal), Right.Files.ToDictionary(file => file.Path, StringComparer.Ordinal));
            return [.. from.Keys.Union(to.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(path => new ComparedFile(path, from.GetValueOrDefault(path)?.Size, to.GetValueOrDefault(path)?.Size, from.GetValueOrDefault(path)?.Digest != to.GetValueOrDefault(path)?.Digest))];
        }
    }

    /// <summary>The slices that both have, by the first metric, those that changed most first.</summary>
    public IReadOnlyList<ComparedSlice> Slices
    {
        get
        {
            var to = Right.Slices.ToDictionary(slice => (slice.Feature, slice.Value));
            return
            [
                .. Left.Slices.Where(slice => to.ContainsKey((slice.Feature, slice.Value)) && slice.Metrics.Count > 0).Select(slice =>
                {
                    var (name, other) = (slice.Metrics.Keys.First(), to[(slice.Feature, slice.Value)]);
                    return new ComparedSlice($"{slice.Feature} = {slice.Value}", slice.Rows, other.Rows, Metric(name, slice.Metrics[name], other.Metrics.TryGetValue(name, out var value) ? value : null, SameTest));
                }).OrderByDescending(slice => Math.Abs(slice.Metric.Change ?? 0)),
            ];
        }
    }

    /// <summary>The page of what was changed in the code; null where nothing says where it is.</summary>
    public string? Changes => Tag(To, CodeTags.Commit) != Tag(From, CodeTags.Commit) ? CodeLinks.Between(Tag(To, CodeTags.Repository), Tag(From, CodeTags.Commit), Tag(To, CodeTags.Commit)) : null;

    /// <summary>The same rows of the same dataset version were held out for both.</summary>
    private bool SameTest => From.Version.DatasetVersion is { } dataset && dataset == To.Version.DatasetVersion && Left.TestRows == Right.TestRows && Left.TestTo == Right.TestTo;

    private ModelContent Left => From.Version.Content;

    private ModelContent Right => To.Version.Content;

    /// <summary>The one of the two that was judged against the other, on rows of its own.</summary>
    private ModelContent? Judge => Right.ChampionVersion == FromVersion && Right.ChampionMetrics.Count > 0 ? Right : Left.ChampionVersion == ToVersion && Left.ChampionMetrics.Count > 0 ? Left : null;

    private static string? Tag(CardFacts facts, string key) => facts.Run?.Tags.GetValueOrDefault(key);

    private static IReadOnlyDictionary<string, double> Measured(CardFacts facts) =>
        facts.Version.Content.Metrics.Count > 0 || facts.Run is null ? facts.Version.Content.Metrics : facts.Run.Metrics.ToDictionary(metric => metric.Key, metric => metric.Value, StringComparer.Ordinal);

    private static IReadOnlyList<ComparedMetric> Compare(IReadOnlyDictionary<string, double> from, IReadOnlyDictionary<string, double> to, bool judged) =>
        [.. from.Keys.Union(to.Keys, StringComparer.Ordinal).Select(name => Metric(name, from.TryGetValue(name, out var one) ? one : null, to.TryGetValue(name, out var other) ? other : null, judged))];

    /// <param name="judged">Whether a difference says which is better; on different rows it does not.</param>
    private static ComparedMetric Metric(string name, double? from, double? to, bool judged)
    {
        if (!judged || from is not { } one || to is not { } other || one.Equals(other) || Flyball.Numerics.Metrics.Find(name) is not { } known) return new ComparedMetric(name, from, to, null);
        var (before, after) = (Flyball.Numerics.Metrics.Judged(name, one), Flyball.Numerics.Metrics.Judged(name, other));
        // what is no number is neither better nor worse
        return new ComparedMetric(name, from, to, before.Equals(after) || double.IsNaN(before) || double.IsNaN(after) ? null : known.HigherIsBetter == after > before);
    }

    private static IReadOnlyList<ComparedFact> Facts(IReadOnlyDictionary<string, string>? from, IReadOnlyDictionary<string, string>? to, string[] without)
    {
        var (one, other) = (from ?? new Dictionary<string, string>(), to ?? new Dictionary<string, string>());
        return [.. one.Keys.Union(other.Keys, StringComparer.Ordinal).Except(without).Select(name => new ComparedFact(name, one.GetValueOrDefault(name), other.GetValueOrDefault(name)))];
    }
}
