using System.Text.Json.Serialization;
using Flyball.Foundation;

namespace Flyball.Server.Datasets;

/// <summary>A column and its DuckDB type as SQL text.</summary>
public sealed record Column(string Name, string Type);

/// <summary>One immutable Parquet file of a version. Times are those of the dataset's time column; null where every time is null.</summary>
/// <param name="Label">Digest of the label that the rows have (<see cref="DatasetRecipe.OfLabel"/>).</param>
/// <param name="Recipe">Digest of what the project said of the dataset when the file was read (<see cref="DatasetRecipe.Of"/>); empty for traffic.</param>
public sealed record Segment(string File, string SourceDigest, string Object, long Bytes, long Rows, DateTimeOffset? From, DateTimeOffset? To, string Label, string Recipe = "")
{
    /// <summary>Length of the source file in bytes when it was read, and when it was last written; a file that is as it was is not read again to learn that.</summary>
    public long SourceBytes { get; init; }

    /// <inheritdoc cref="SourceBytes"/>
    public long SourceTicks { get; init; }

    internal bool IsOf(SourceFile file) => SourceTicks != 0 && File == file.Name && SourceBytes == file.Bytes && SourceTicks == file.ModifiedTicks;

    /// <summary>Made of labelled predictions, not of a source file.</summary>
    [JsonIgnore]
    public bool IsTraffic => SourceDigest.Length == 0;
}

/// <summary>Where a version's newest rows came from. The numbers are stored and frozen.</summary>
public enum VersionOrigin { Files = 0, Traffic = 1 }

/// <summary>What a version holds, beside its rows.</summary>
/// <param name="SourceColumns">Columns as the sources have them, by which later files are measured.</param>
/// <param name="Columns">Columns of the segments, label included.</param>
/// <param name="Notes">What changed against the parent, in sentences.</param>
public sealed record DatasetContent(IReadOnlyList<Segment> Segments, IReadOnlyList<Column> SourceColumns, IReadOnlyList<Column> Columns, DatasetProfile Profile, ValidationResult Validation, IReadOnlyList<string> Notes);

/// <summary>An immutable version of a dataset. Not usable: an expectation of severity critical fails, so nothing trains on it.</summary>
public sealed record DatasetVersion(string Id, string Project, string Dataset, int Number, string Digest, long Rows, VersionOrigin Origin, bool Usable, DatasetContent Content, string? Parent, DateTimeOffset Created, string Event)
{
    public Ref Ref => new("dataset-version", Id);

    public string Name => $"{Dataset} v{Number}";

    /// <summary>Whether its rows have this label (<see cref="DatasetRecipe.OfLabel"/>).</summary>
    internal bool HasLabel(string label) => Content.Segments.All(segment => segment.Label == label);
}

public sealed record DatasetVersionCreated(string Project, string Dataset, int Number, string Id, string Digest, long Rows, VersionOrigin Origin, bool Usable, IReadOnlyList<string> NewFiles, IReadOnlyList<string> Notes, IReadOnlyList<string> FailedExpectations) : IEvent
{
    public static string Type => "dataset.version-created";

    string? IEvent.Project => Project;

    public Ref Subject() => new("dataset-version", Id);
}

/// <summary>An ingest found nothing new after one that had failed: the newest version holds what the files hold.</summary>
public sealed record DatasetUnchanged(string Project, string Dataset, int Number, bool Usable) : IEvent
{
    public static string Type => "dataset.unchanged";

    string? IEvent.Project => Project;

    public Ref Subject() => DatasetVersions.Subject(Project, Dataset);
}

public sealed record IngestFailed(string Project, string Dataset, string Reason) : IEvent
{
    public static string Type => "dataset.ingest-failed";

    string? IEvent.Project => Project;

    public Ref Subject() => DatasetVersions.Subject(Project, Dataset);
}
