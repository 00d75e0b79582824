using Flyball.Foundation;

namespace Flyball.Server.Projects;

/// <summary>An applied project file. <paramref name="Folder"/> is where its relative sources start, unless all are in <paramref name="DataFolder"/>; <paramref name="Event"/> is the journal entry of its application.</summary>
public sealed record Project(string Name, ProjectFile File, string Yaml, string Folder, string? DataFolder, string Digest, int Revision, DateTimeOffset Applied, string AppliedBy, string Event);

/// <summary>A project file as it was applied at a time.</summary>
/// <param name="Revision">From 1 on, without gaps; of files that were applied by earlier programs the first ones may be lost.</param>
/// <param name="File">Null where this program can no longer read it.</param>
public sealed record ProjectRevision(int Revision, ProjectFile? File, DateTimeOffset Applied);

public sealed record ProjectApplied(string Name, int Revision, string Digest, IReadOnlyList<string> Changes) : IEvent
{
    public static string Type => "project.applied";

    public string? Project => Name;

    public Ref Subject() => new("project", Name);
}

/// <summary>What applying a file would change, as pure comparison of two files.</summary>
public static class ProjectPlan
{
    public static IReadOnlyList<string> Changes(ProjectFile? before, ProjectFile after)
    {
        var changes = new List<string>();
        if (before is null) changes.Add($"+ project {after.Project}");
        if (before is not null && Json.Write(before.Design) != Json.Write(after.Design)) changes.Add("~ design charter");
        Compare(changes, "dataset", before?.Data, after.Data, data => data.Name);
        Compare(changes, "feature view", before?.Features, after.Features, view => view.Name);
        Compare(changes, "model", before?.Models, after.Models, model => model.Name);
        return changes;
    }

    private static void Compare<T>(List<string> changes, string kind, IReadOnlyList<T>? before, IReadOnlyList<T> after, Func<T, string> name)
    {
        var old = (before ?? []).ToDictionary(name);
        foreach (var thing in after)
        {
            if (!old.Remove(name(thing), out var was)) changes.Add($"+ {kind} {name(thing)}");
            else if (Json.Write(was) != Json.Write(thing)) changes.Add($"~ {kind} {name(thing)}");
        }

        changes.AddRange(old.Keys.Select(gone => $"- {kind} {gone} (no longer kept up; its versions stay)"));
    }
}
