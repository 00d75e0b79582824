using Flyball.Foundation;

namespace Flyball.Server.Datasets;

/// <summary>Reads versions.</summary>
public sealed class DatasetVersions(Db db)
{
    /// <summary>What every job that makes a version of a dataset is about; only one of them is open at a time.</summary>
    internal static Ref Subject(string project, string dataset) => new("dataset", $"{project}/{dataset}");

    public Task<List<DatasetVersion>> ListAsync(string project, string dataset, CancellationToken cancel) => db.ReadAsync(tx => DatasetsSql.ListAsync(tx, project, dataset), cancel);

    public async Task<DatasetVersion> GetAsync(string project, string dataset, int number, CancellationToken cancel) =>
        await db.ReadAsync(tx => DatasetsSql.FindAsync(tx, project, dataset, number), cancel) ?? throw Refusal.NotFound("dataset version", $"{project}/{dataset} v{number}");
}
