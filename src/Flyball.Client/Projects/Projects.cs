namespace Flyball.Client;

/// <summary>
/// A project file to plan or apply. <paramref name="Folder"/> is the full path on the server at which its relative sources start;
/// with <paramref name="DataFolder"/> the sources' file names are looked for there instead.
/// </summary>
public sealed record ApplyProject(string Yaml, string FileName, string Folder, string? DataFolder);

/// <summary>What applying a file would change: lines that start with +, ~ or -.</summary>
public sealed record PlannedProject(string Project, int Revision, IReadOnlyList<string> Changes);

/// <summary>What applying a file has changed; no changes when it was applied already.</summary>
/// <param name="JournalBefore">The journal's last entry before: what comes behind it follows from this.</param>
public sealed record AppliedProject(string Project, int Revision, IReadOnlyList<string> Changes, long JournalBefore);

/// <summary>An applied project.</summary>
public sealed record ProjectInfo(string Name, int Revision, DateTimeOffset Applied, string AppliedBy, IReadOnlyList<string> Datasets, IReadOnlyList<string> Models, string Yaml);

public sealed partial class FlyballClient
{
    public Task<PlannedProject> PlanAsync(ApplyProject project, CancellationToken cancel) => PostAgainAsync<PlannedProject>("/api/projects/plan", project, cancel);

    public Task<AppliedProject> ApplyAsync(ApplyProject project, CancellationToken cancel) => PostAgainAsync<AppliedProject>("/api/projects/apply", project, cancel);

    public Task<IReadOnlyList<ProjectInfo>> ListProjectsAsync(CancellationToken cancel) => GetAsync<IReadOnlyList<ProjectInfo>>("/api/projects", cancel);

    public Task<ProjectInfo> GetProjectAsync(string name, CancellationToken cancel) => GetAsync<ProjectInfo>($"/api/projects/{Escape(name)}", cancel);
}
