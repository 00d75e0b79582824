using Flyball.Foundation;

namespace Flyball.Server.Tracking;

/// <summary>A dataset as a client names it: known by experiment, name and digest.</summary>
internal sealed record InputDataset(string Name, string Digest, string SourceType, string Source, string? Schema, string? Profile);

/// <param name="Tags">Such as <c>mlflow.data.context</c>: training, eval.</param>
/// <param name="Number">The dataset in this database; 0 until it is stored.</param>
internal sealed record DatasetInput(InputDataset Dataset, IReadOnlyDictionary<string, string> Tags, long Number = 0);

/// <summary>What a run read and made.</summary>
/// <param name="Models">Ids of logged models that it read.</param>
/// <param name="Outputs">Ids of logged models that it made, and at which step.</param>
internal sealed record RunInputs(IReadOnlyList<DatasetInput> Datasets, IReadOnlyList<string> Models, IReadOnlyList<(string Model, long Step)> Outputs)
{
    public static readonly RunInputs None = new([], [], []);
}

/// <summary>Datasets and logged models that runs read and made.</summary>
internal static class RunInputsSql
{
    /// <summary>True where the run had not named the dataset before; how it named it first stands.</summary>
    public static async Task<bool> AddDatasetAsync(Tx tx, Run run, DatasetInput input)
    {
        var dataset = input.Dataset;
        await tx.Prepared("insert into input_datasets (experiment, name, digest, source_type, source, schema, profile) values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing")
            .ExecuteAsync(run.ExperimentId, dataset.Name, dataset.Digest, dataset.SourceType, dataset.Source, dataset.Schema, dataset.Profile);
        return await tx.Prepared("insert into run_datasets (run, dataset, tags) select $1, number, $2 from input_datasets where experiment = $3 and name = $4 and digest = $5 on conflict do nothing")
            .ExecuteAsync(run.Number, Json.Write(input.Tags), run.ExperimentId, dataset.Name, dataset.Digest) == 1;
    }

    public static Task AddModelAsync(Tx tx, long run, string model, bool made, long step) =>
        tx.Prepared("insert into run_models (run, model, direction, step) values ($1, $2, $3, $4) on conflict do nothing").ExecuteAsync(run, model, made ? 1L : 0L, step);

    /// <summary>What runs read and made, of those that did.</summary>
    public static async Task<Dictionary<long, RunInputs>> ReadAsync(Tx tx, IReadOnlyList<long> runs)
    {
        var (datasets, read, made) = (new Dictionary<long, List<DatasetInput>>(), new Dictionary<long, List<string>>(), new Dictionary<long, List<(string, long)>>());
        // what many runs read, with a schema and a profile of up to megabytes, is read once
        var (named, known) = (new List<(long Run, long Dataset, Dictionary<string, string> Tags)>(), new Dictionary<long, InputDataset>());
        await RunsSql.EachAsync(tx, "select run, dataset, tags from run_datasets where run in", runs, row => named.Add((row.GetInt64(0), row.GetInt64(1), Json.Read<Dictionary<string, string>>(row.GetString(2)))), " order by dataset");
        foreach (var part in named.Select(one => one.Dataset).Distinct().Chunk(RunsSql.Together))
        {
            await RunsSql.EachAsync(tx, "select number, name, digest, source_type, source, schema, profile from input_datasets where number in", part, row =>
                known[row.GetInt64(0)] = new InputDataset(row.GetString(1), row.GetString(2), row.GetString(3), row.GetString(4), row.IsDBNull(5) ? null : row.GetString(5), row.IsDBNull(6) ? null : row.GetString(6)));
        }

        foreach (var (run, dataset, tags) in named) RunsSql.Of(datasets, run).Add(new DatasetInput(known[dataset], tags, dataset));
        await RunsSql.EachAsync(tx, "select run, model, direction, step from run_models where run in", runs, row =>
        {
            if (row.GetInt64(2) == 0) RunsSql.Of(read, row.GetInt64(0)).Add(row.GetString(1));
            else RunsSql.Of(made, row.GetInt64(0)).Add((row.GetString(1), row.GetInt64(3)));
        }, " order by direction, step, model");
        return datasets.Keys.Union(read.Keys).Union(made.Keys).ToDictionary(run => run, run => new RunInputs(datasets.GetValueOrDefault(run, []), read.GetValueOrDefault(run, []), made.GetValueOrDefault(run, [])));
    }

    /// <summary>A dataset with the experiment that it was named in, or null.</summary>
    public static async Task<(string Experiment, InputDataset Dataset)?> DatasetAsync(Tx tx, long number)
    {
        (string, InputDataset)? found = null;
        await tx.Prepared("select experiment, name, digest, source_type, source from input_datasets where number = $1").ReadAsync(row => found = (row.GetString(0), new InputDataset(row.GetString(1), row.GetString(2), row.GetString(3), row.GetString(4), null, null)), number);
        return found;
    }

    /// <summary>Every dataset of experiments with its contexts.</summary>
    public static async Task<List<(string Experiment, string Name, string Digest, string? Context)>> SummariesAsync(Tx tx, IReadOnlyList<string> experiments, int most)
    {
        var found = await tx.QueryAsync(
            "select distinct input_datasets.experiment, name, digest, tags from input_datasets join run_datasets on run_datasets.dataset = input_datasets.number where experiment in @experiments",
            new { experiments },
            row => (row.Text("experiment"), row.Text("name"), row.Text("digest"), row.Json<Dictionary<string, string>>("tags").GetValueOrDefault("mlflow.data.context")));
        // other tags may differ where the context does not
        return [.. found.Distinct().Take(most)];
    }
}
