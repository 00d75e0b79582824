using Flyball.Foundation;

namespace Flyball.Server.Datasets;

/// <summary>Whether a push is part of its dataset. The numbers are stored and frozen.</summary>
public enum PushState { Taken = 0, SetAside = 1 }

/// <summary>A batch of rows that was sent to a dataset.</summary>
/// <param name="Key">What its sender calls it; a key is taken once.</param>
/// <param name="Kind">How its content is to be read, as the ending of a file name would say.</param>
/// <param name="Prepared">Its rows are what a transform makes, not what one reads: they come back from quarantine.</param>
/// <param name="Resolves">The quarantined batch that its rows are of, mended.</param>
public sealed record Push(string Id, string Project, string Dataset, string Key, string Object, string Kind, long Bytes, bool Prepared, PushState State, string? Resolves, string PushedBy, DateTimeOffset Received)
{
    public Ref Ref => new("push", Id);

    public string Name => $"push/{Id}{Kind}";
}

public sealed record DatasetPushed(string Project, string Dataset, string Id, string Key, long Bytes, string? Resolves) : IEvent
{
    public static string Type => "dataset.pushed";

    string? IEvent.Project => Project;

    public Ref Subject() => DatasetVersions.Subject(Project, Dataset);
}
