using Flyball.Foundation;

namespace Flyball.Server.Datasets;

/// <summary>What became of a quarantined batch. The numbers are stored and frozen.</summary>
public enum QuarantineState
{
    Open = 0,

    /// <summary>Its rows came back.</summary>
    Mended = 1,

    /// <summary>Somebody said that they are not needed.</summary>
    Discarded = 2,

    /// <summary>The file was read again.</summary>
    Replaced = 3,
}

/// <summary>Rows of one source file, or a whole push, that were set aside by an ingest.</summary>
/// <param name="Object">Parquet with the columns of a segment and <c>_flyball_reasons</c>, a list of texts; the push itself, as it was sent, where it could not be read.</param>
/// <param name="Rows">Null where it could not be read.</param>
/// <param name="Reasons">Rows by reason; a row may have several.</param>
public sealed record QuarantinedBatch(string Id, string Project, string Dataset, string File, string SourceDigest, string Object, long? Rows, IReadOnlyDictionary<string, long> Reasons, QuarantineState State, DateTimeOffset Created, DateTimeOffset? Closed, string? ClosedBy)
{
    public Ref Ref => new("quarantine", Id);
}

/// <summary>What an ingest has set aside.</summary>
public sealed record SetAside(string File, string SourceDigest, string Object, long? Rows, IReadOnlyDictionary<string, long> Reasons);

public sealed record RowsQuarantined(string Project, string Dataset, string Id, string File, long? Rows, IReadOnlyDictionary<string, long> Reasons) : IEvent
{
    public static string Type => "dataset.rows-quarantined";

    string? IEvent.Project => Project;

    public Ref Subject() => DatasetVersions.Subject(Project, Dataset);
}

public sealed record QuarantineDiscarded(string Project, string Dataset, string Id, string File) : IEvent
{
    public static string Type => "dataset.quarantine-discarded";

    string? IEvent.Project => Project;

    public Ref Subject() => DatasetVersions.Subject(Project, Dataset);
}
