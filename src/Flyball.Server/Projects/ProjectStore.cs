using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Flyball.Client;
using Flyball.Foundation;

namespace Flyball.Server.Projects;

/// <summary>Applied project files: plan, apply, read.</summary>
public sealed class ProjectStore(Db db, Journal journal, TimeProvider time, FlyballServerOptions options)
{
    /// <summary>What was read of a text, or why it cannot be: the loops and the home page ask again and again, and to read one takes many milliseconds.</summary>
    private static readonly ConcurrentDictionary<string, Reading> Known = new(StringComparer.Ordinal);

    /// <summary>A file that could not be read is tried again after a while: it may have been for want of memory.</summary>
    private static readonly TimeSpan Believed = TimeSpan.FromMinutes(1);

    /// <summary>What applying this file would change; nothing is written.</summary>
    public async Task<PlannedProject> PlanAsync(ApplyProject request, CancellationToken cancel)
    {
        var file = Parse(request);
        Free(file, await ListAsync(cancel));
        var before = await FindAsync(file.Project, cancel);
        return new PlannedProject(file.Project, before?.Revision ?? 0, ProjectPlan.Changes(before?.File, file));
    }

    /// <summary>Makes this file the project's desired state; the loops do the rest. Applying the same file again changes nothing.</summary>
    public async Task<AppliedProject> ApplyAsync(ApplyProject request, string actor, CancellationToken cancel)
    {
        var file = Parse(request);
        var folder = Allowed(request.Folder);
        var dataFolder = request.DataFolder is { } data ? Allowed(data) : null;
        foreach (var dataset in file.Data)
        {
            if (!dataset.IsRemote) Allowed(Path.GetFullPath(SourcePattern(dataset, folder, dataFolder)));
            else if (new Uri(dataset.Source) is var address && !SourceHosts.Allow(address, options.SourceHosts)) throw new Refusal(RefusalKind.Forbidden, "source-host-forbidden", $"The data of '{dataset.Name}' may not be fetched from {address.Host}: this server asks only hosts that it was started with; start it with --source-host {SourceHosts.NameOf(address)}.");
        }

        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(request.Yaml)));
        await using var tx = await db.BeginAsync(cancel);
        var all = await ReadAsync(tx, "order by name", null);
        Free(file, all);
        var (before, last) = (all.Find(known => known.Name == file.Project), await Journal.LastAsync(tx));
        if (before is { } same && same.Digest == digest && same.Folder == folder && same.DataFolder == dataFolder) return new AppliedProject(file.Project, before.Revision, [], last);
        var changes = ProjectPlan.Changes(before?.File, file);
        // a file that this program cannot read has a revision too
        var (revision, at) = (await tx.ScalarAsync<int>("select coalesce(max(revision), 0) from projects where name = @name", new { name = file.Project }) + 1, time.Now());
        var applied = await journal.AppendAsync(tx, new ProjectApplied(file.Project, revision, digest, changes), actor, cause: null);
        await tx.ExecuteAsync(
            """
            insert into projects (name, yaml, folder, data_folder, digest, revision, applied, applied_by, event) values (@name, @yaml, @folder, @dataFolder, @digest, @revision, @at, @actor, @applied)
            on conflict (name) do update set yaml = excluded.yaml, folder = excluded.folder, data_folder = excluded.data_folder, digest = excluded.digest, revision = excluded.revision,
              applied = excluded.applied, applied_by = excluded.applied_by, event = excluded.event
            """,
            new { name = file.Project, yaml = request.Yaml, folder, dataFolder, digest, revision, at, actor, applied });
        await tx.ExecuteAsync(
            "insert into project_revisions (project, revision, yaml, digest, applied, event) values (@project, @revision, @yaml, @digest, @at, @applied)",
            new { project = file.Project, revision, yaml = request.Yaml, digest, at, applied });
        await tx.CommitAsync(cancel);
        return new AppliedProject(file.Project, revision, changes, last);
    }

    public Task<List<Project>> ListAsync(CancellationToken cancel) => db.ReadAsync(tx => ReadAsync(tx, "order by name", null), cancel);

    public async Task<Project?> FindAsync(string name, CancellationToken cancel) => (await db.ReadAsync(tx => ReadAsync(tx, "where name = @name", new { name }), cancel)).FirstOrDefault();

    public async Task<Project> GetAsync(string name, CancellationToken cancel) =>
        await FindAsync(name, cancel) ?? ((await db.ReadAsync(UnreadableAsync, cancel)).Find(known => known.Name == name) is { Reason: { } reason }
            ? throw Refusal.Conflict("project-unreadable", $"The applied file of {name} cannot be read by this version of Flyball ({reason}); apply a corrected one.")
            : throw Refusal.NotFound("project", name));

    /// <summary>Applied files that this program can no longer read, and why: they wait for a corrected one, and what they deployed goes on being served.</summary>
    internal static async Task<List<(string Name, string Reason)>> UnreadableAsync(Tx tx) =>
        [.. (await tx.QueryAsync("select name, yaml from projects order by name", null, row => (Name: row.Text("name"), Reason: Read(row.Text("yaml")).Problem))).Where(known => known.Reason is not null).Select(known => (known.Name, known.Reason!))];

    private static Reading Read(string yaml)
    {
        if (Known.TryGetValue(yaml, out var known) && (known.Problem is null || TimeProvider.System.GetElapsedTime(known.At) < Believed)) return known;
        Reading read;
        try
        {
            read = new Reading(ProjectFileReader.Read(yaml, "flyball.yaml"), null, 0);
        }
        catch (ProjectFileException wrong)
        {
            read = new Reading(null, wrong.Message, TimeProvider.System.GetTimestamp());
        }

        return Known[yaml] = read;
    }

    /// <summary>The journal entry of the newest application of a project's file.</summary>
    internal static async Task<string> AppliedAsync(Tx tx, string name) => await tx.ScalarAsync<string>("select event from projects where name = @name", new { name }) ?? "";

    /// <summary>All files of a project that were applied, oldest first.</summary>
    internal static Task<List<ProjectRevision>> RevisionsAsync(Tx tx, string name) => tx.QueryAsync(
        "select * from project_revisions where project = @name order by revision", new { name }, row => new ProjectRevision(row.Int("revision"), Read(row.Text("yaml")).File, row.Time("applied")));

    private static async Task<List<Project>> ReadAsync(Tx tx, string where, object? args) => [.. (await tx.QueryAsync($"select * from projects {where}", args, row =>
    {
        var (yaml, digest) = (row.Text("yaml"), row.Text("digest"));
        return Read(yaml).File is { } file ? new Project(row.Text("name"), file, yaml, row.Text("folder"), row.TextOrNull("data_folder"), digest, row.Int("revision"), row.Time("applied"), row.Text("applied_by"), row.Text("event")) : null;
    })).OfType<Project>()];

    private static ProjectFile Parse(ApplyProject request)
    {
        try
        {
            return ProjectFileReader.Read(request.Yaml, request.FileName);
        }
        catch (ProjectFileException wrong)
        {
            throw Refusal.Unprocessable("project-file-wrong", wrong.Message);
        }
    }

    /// <summary>Where a dataset's files are looked for: its pattern below the project's folder, or its file names in the data folder.</summary>
    internal static string SourcePattern(DatasetSpec dataset, string folder, string? dataFolder) =>
        dataFolder is null ? Path.Combine(folder, dataset.Source) : Path.Combine(dataFolder, Path.GetFileName(dataset.Source));

    /// <summary>A model's name is also its deployment's, so it belongs to one project.</summary>
    private static void Free(ProjectFile file, IEnumerable<Project> all)
    {
        foreach (var other in all.Where(other => other.Name != file.Project))
        {
            if (file.Models.FirstOrDefault(model => other.File.Models.Any(known => known.Name == model.Name)) is { } taken)
            {
                throw Refusal.Conflict("model-taken", $"The model name '{taken.Name}' belongs to project '{other.Name}'; choose another name.");
            }
        }
    }

    /// <summary>What a project reads must lie below a folder that whoever started the server named.</summary>
    private string Allowed(string named)
    {
        if (!Path.IsPathFullyQualified(named)) throw Refusal.Invalid("folder-relative", "The project's folder must be a full path on the server.");
        var folder = Path.GetFullPath(named);
        return options.SourceRoots.Select(Path.GetFullPath).Any(root => folder == root || folder.StartsWith(root.TrimEnd('/') + "/", StringComparison.Ordinal))
            ? folder
            : throw new Refusal(RefusalKind.Forbidden, "source-forbidden", "The server may not read sources from the folder this project names; start it with --source-root naming that folder.");
    }

    /// <summary>What was read of a text, or why it cannot be and when that was seen.</summary>
    private sealed record Reading(ProjectFile? File, string? Problem, long At);
}
