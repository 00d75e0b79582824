using Flyball.Foundation;

namespace Flyball.Server.Datasets;

/// <summary>Makes a version of what an ingest has staged, or records why nothing was taken.</summary>
internal sealed class IngestEffect(VersionWriter versions, Quarantine quarantine) : JobEffect<IngestSpec, IngestResult>(IngestJob.Name)
{
    public override async Task ApplyAsync(Tx tx, Job job, IngestSpec spec, IngestResult result)
    {
        foreach (var push in result.Lost) await PushesSql.SetAsideAsync(tx, push);
        await quarantine.RecordAsync(tx, spec.Project, spec.Dataset, result.Aside, result.Read);
        if (result.Content is not { } content) await versions.UnchangedAsync(tx, spec.Project, spec.Dataset);
        else await versions.CreateAsync(tx, spec.Project, spec.Dataset, result.Digest, VersionOrigin.Files, content, result.NewFiles, spec.Parent, new Ref("job", job.Id), cause: null);
    }

    public override Task FailedAsync(Tx tx, Job job, IngestSpec spec, string error) => versions.FailedAsync(tx, spec.Project, spec.Dataset, error);
}
