using Flyball.Foundation;
using Flyball.Server.Tracking;

namespace Flyball.Server.Registry;

/// <summary>What the gates said of a version. The numbers are stored and frozen.</summary>
public enum VersionStatus
{
    Passed = 0,
    Refused = 1,

    /// <summary>Registered by a client: no gate has judged it.</summary>
    Unjudged = 2,
}

/// <summary>MLflow's stages. The numbers are stored and frozen.</summary>
public enum ModelStage { None = 0, Staging = 1, Production = 2, Archived = 3 }

/// <summary>Whether a version's files can be loaded inside of this process. The numbers are stored and frozen.</summary>
public enum PackageKind
{
    /// <summary>Written by Flyball's own trainings: verified and served in the process.</summary>
    Flyball = 0,

    /// <summary>Holds numbers alone, such as ONNX or XGBoost's own formats.</summary>
    Data = 1,

    /// <summary>Loading it runs code that somebody wrote into the file, such as pickles. It is stored, and never loaded in this process.</summary>
    Code = 2,

    /// <summary>Nothing in it says how it is loaded.</summary>
    Unknown = 3,
}

/// <summary>Which fit of a champion a challenger was measured against. The numbers are stored and frozen.</summary>
public enum ChampionFit
{
    /// <summary>The one that serves, on rows that it has not learned from.</summary>
    Served = 0,

    /// <summary>The one that its own gates judged, which has not learned from the rows; the one that serves has.</summary>
    Judged = 1,

    /// <summary>One that has learned from some of the rows, which favours it: there were not enough others.</summary>
    Favoured = 2,
}

/// <summary>A gate and how it came out.</summary>
public sealed record GateOutcome(string Gate, bool Passed, string Reason);

/// <summary>The metrics of the rows where a feature has one value (or lies in one range).</summary>
public sealed record SliceMetrics(string Feature, string Value, long Rows, IReadOnlyDictionary<string, double> Metrics);

/// <summary>What a version is made of and how it did on held-out rows.</summary>
/// <param name="Project">The project that trained it; empty where a client registered it.</param>
/// <param name="Metrics">By name, on the held-out rows.</param>
/// <param name="ChampionMetrics">The champion's on the same rows; empty where there was none.</param>
/// <param name="Files">The package's files, by their paths in it. They are pinned: what becomes of the run they came from does not change them.</param>
/// <param name="Refitted">After it passed its gates, the model was fitted again with the held-out rows: the metrics are those of the fit that had not seen them.</param>
/// <param name="Flavors">The names under which MLflow can load it.</param>
/// <param name="ChampionFit">Which fit of the champion it was measured against.</param>
public sealed record ModelContent(
    string Project, string Trainer, string Task, IReadOnlyDictionary<string, double> Metrics, IReadOnlyDictionary<string, double> TrainMetrics, IReadOnlyDictionary<string, double> ChampionMetrics, int? ChampionVersion,
    IReadOnlyList<GateOutcome> Gates, IReadOnlyList<SliceMetrics> Slices, long TrainRows, long TestRows, DateTimeOffset? TrainFrom, DateTimeOffset? TrainTo, DateTimeOffset? TestTo,
    IReadOnlyList<string> Features, IReadOnlyList<Artifact> Files, bool Refitted = false, PackageKind Kind = PackageKind.Flyball, IReadOnlyList<string>? Flavors = null, ChampionFit ChampionFit = ChampionFit.Served)
{
    private static readonly IReadOnlyDictionary<string, double> None = new Dictionary<string, double>();

    /// <summary>Every row that the model has seen is before this. <see cref="TestTo"/> is a row's own time, and times have microseconds.</summary>
    public DateTimeOffset? FittedTo => Refitted ? TestTo?.AddMicroseconds(1) : TrainTo;

    /// <summary>Every row that the fit which the gates judged has seen is before this; null where that is the one that serves.</summary>
    public DateTimeOffset? JudgedTo => Refitted ? TrainTo : null;

    /// <summary>Files that a client registered: no training of Flyball's says more of them.</summary>
    public static ModelContent OfFiles(IReadOnlyList<Artifact> files, PackageKind kind, IReadOnlyList<string> flavors) =>
        new("", "", "", None, None, None, null, [], [], 0, 0, null, null, null, [], files, Refitted: false, kind, flavors);
}

/// <summary>What a version is registered with.</summary>
/// <param name="Source">Where its files came from, as whoever registers it says.</param>
/// <param name="Storage">Where clients fetch them.</param>
public sealed record NewVersion(
    string Source, string Storage, string? Run, string? LoggedModel, string? DatasetVersion, string Digest, VersionStatus Status, ModelContent Content, string RunLink, string? Description, IReadOnlyDictionary<string, string> Tags);

/// <summary>A version of a model. Its files and what was measured never change; description, stage and tags may.</summary>
/// <param name="Author">Who registered it.</param>
public sealed record ModelVersion(
    string Id, string Model, int Version, string Source, string Storage, string? Run, string RunLink, string? LoggedModel, string? DatasetVersion, string Digest, VersionStatus Status, ModelStage Stage, string? Description,
    string Author, ModelContent Content, DateTimeOffset Created, DateTimeOffset Updated, string Event, IReadOnlyDictionary<string, string> Tags)
{
    public Ref Ref => new("model-version", $"{Model}/{Version}");

    /// <summary>The links that say where the version came from and what it keeps.</summary>
    public IEnumerable<Link> Links()
    {
        if (Run is not null) yield return new Link(Ref, "made-by", new Ref("run", Run));
        if (LoggedModel is not null) yield return new Link(Ref, "made-from", new Ref("logged-model", LoggedModel));
        if (DatasetVersion is not null) yield return new Link(Ref, "trained-on", new Ref("dataset-version", DatasetVersion));
        foreach (var digest in Content.Files.Select(file => file.Digest).Distinct()) yield return new Link(Ref, "holds", new Ref("object", digest));
    }
}

public sealed record VersionRegistered(
    string? Project, string Model, int Version, string Digest, string? Run, VersionStatus Status, IReadOnlyDictionary<string, double> Metrics, IReadOnlyDictionary<string, double> ChampionMetrics, IReadOnlyList<GateOutcome> Gates,
    string Source, string? Description, IReadOnlyDictionary<string, string> Tags, bool Prompt) : IEvent
{
    public static string Type => "model.version-registered";

    public Ref Subject() => new("model-version", $"{Model}/{Version}");
}

public sealed record VersionDeleted(string? Project, string Model, int Version) : IEvent
{
    public static string Type => "model.version-deleted";

    public Ref Subject() => new("model-version", $"{Model}/{Version}");
}

public sealed record StageChanged(string? Project, string Model, int Version, ModelStage From, ModelStage To) : IEvent
{
    public static string Type => "model.stage-changed";

    public Ref Subject() => new("model-version", $"{Model}/{Version}");
}
