using Flyball.Foundation;
using Flyball.Server.Projects;

namespace Flyball.Server.Datasets;

/// <summary>Looks every while whether there is another file behind the address of a dataset.</summary>
internal sealed class FetchLoop(ProjectStore projects, Db db, Jobs jobs, TimeProvider time, FlyballServerOptions options) : ILoop
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(10);

    public string Name => "fetch";

    public async Task<bool> StepAsync(CancellationToken cancel)
    {
        var remote = (await projects.ListAsync(cancel)).SelectMany(project => project.File.Data.Where(dataset => dataset.IsRemote).Select(dataset => (Project: project.Name, Dataset: dataset)));
        return await Each.StepAsync(remote, one => StepAsync(one.Project, one.Dataset, cancel));
    }

    private async Task<bool> StepAsync(string project, DatasetSpec dataset, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        bool IsDue(Fetch? known) => known is null || known.Url != dataset.Source || now >= known.Checked + Every;
        if (!IsDue(await db.ReadAsync(tx => FetchesSql.FindAsync(tx, project, dataset.Name), cancel))) return false;
        await using var tx = await db.BeginAsync(cancel);
        var subject = DatasetVersions.Subject(project, dataset.Name);
        if (await Jobs.AnyOpenAsync(tx, subject)) return false;
        var known = await FetchesSql.FindAsync(tx, project, dataset.Name);
        if (!IsDue(known)) return false;
        // what lies behind another address is another file
        var same = known?.Url == dataset.Source && known.Object is not null;
        await FetchesSql.SaveAsync(tx, same ? known! with { Checked = now } : new Fetch(project, dataset.Name, dataset.Source, null, null, null, 0, now));
        await jobs.EnqueueAsync(tx, FetchJob.Name, subject, project, new FetchSpec(project, dataset.Name, dataset.Source, same ? known!.ETag : null, same ? known!.Modified : null, options.SourceHosts), dedupe: null, maxAttempts: 3);
        await tx.CommitAsync(cancel);
        return true;
    }
}

/// <summary>Lets what was fetched be the dataset's source file.</summary>
internal sealed class FetchEffect(VersionWriter versions) : JobEffect<FetchSpec, FetchResult>(FetchJob.Name)
{
    public override async Task ApplyAsync(Tx tx, Job job, FetchSpec spec, FetchResult result)
    {
        if (await FetchesSql.FindAsync(tx, spec.Project, spec.Dataset) is not { } known || known.Url != spec.Url || result.Object is null) return;
        if (known.Object is { } before) await Links.RemoveAsync(tx, known.Ref, "holds", new Ref("object", before));
        await Links.AddAsync(tx, known.Ref, "holds", new Ref("object", result.Object));
        await FetchesSql.SaveAsync(tx, known with { Object = result.Object, Bytes = result.Bytes, ETag = result.ETag, Modified = result.Modified });
    }

    public override Task FailedAsync(Tx tx, Job job, FetchSpec spec, string error) => versions.FailedAsync(tx, spec.Project, spec.Dataset, error);
}
