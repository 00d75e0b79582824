using Flyball.Foundation;

namespace Flyball.Server.Tracking;

internal static class RunsSql
{
    private const string RunColumns = "id, experiment, name, user_name, status, stage, started, ended";

    public static Task<Experiment?> FindExperimentAsync(Tx tx, string id) => tx.FirstAsync("select * from experiments where id = @id", new { id }, ReadExperiment);

    public static Task<Experiment?> ExperimentNamedAsync(Tx tx, string name) => tx.FirstAsync("select * from experiments where name = @name", new { name }, ReadExperiment);

    public static Task<List<Experiment>> ListExperimentsAsync(Tx tx) => tx.QueryAsync("select * from experiments where stage = 0 order by created desc, id desc", null, ReadExperiment);

    public static async Task<Experiment> AddExperimentAsync(Tx tx, string name, DateTimeOffset at)
    {
        var id = (await tx.ScalarAsync<long>("select coalesce(max(cast(id as integer)), 0) from experiments") + 1).ToString(System.Globalization.CultureInfo.InvariantCulture);
        var experiment = new Experiment(id, name, false, at, at);
        await tx.ExecuteAsync("insert into experiments (id, name, stage, created, updated) values (@id, @name, 0, @at, @at)", new { id, name, at = Micros.Of(at) });
        return experiment;
    }

    public static Task AddRunAsync(Tx tx, Run run) => tx.ExecuteAsync(
        $"insert into runs ({RunColumns}) values (@Id, @ExperimentId, @Name, @User, @status, 0, @started, null)",
        new { run.Id, run.ExperimentId, run.Name, run.User, status = (int)run.Status, started = Micros.Of(run.Started) });

    public static Task UpdateRunAsync(Tx tx, Run run) => tx.ExecuteAsync(
        "update runs set name = @Name, status = @status, ended = @ended where id = @Id",
        new { run.Id, run.Name, status = (int)run.Status, ended = run.Ended is { } ended ? Micros.Of(ended) : (long?)null });

    public static Task<Run?> FindRunAsync(Tx tx, string id) => tx.FirstAsync($"select {RunColumns} from runs where id = @id", new { id }, ReadRun);

    /// <summary>Runs of experiments, newest first, after the run that ended the last page.</summary>
    public static async Task<List<Run>> SearchAsync(Tx tx, IReadOnlyList<string> experiments, string? after, int limit)
    {
        var last = after is null ? null : await FindRunAsync(tx, after);
        return await tx.QueryAsync(
            $"select {RunColumns} from runs where stage = 0 and experiment in @experiments and (@started is null or started < @started or (started = @started and id < @id)) order by started desc, id desc limit @limit",
            new { experiments, started = last is null ? (long?)null : Micros.Of(last.Started), id = last?.Id ?? "", limit },
            ReadRun);
    }

    public static async Task<RunDetails> DetailsAsync(Tx tx, Run run)
    {
        var metrics = await tx.QueryAsync(
            "select key, step, at, value, kind from (select *, row_number() over (partition by key order by step desc, at desc, value desc) as newest from metrics where run = @Id) as ranked where newest = 1 order by key",
            new { run.Id },
            ReadMetric);
        return new RunDetails(run, await PairsAsync(tx, "params", run.Id), metrics, await PairsAsync(tx, "tags", run.Id));
    }

    public static Task<List<MetricPoint>> HistoryAsync(Tx tx, string run, string key, int limit) =>
        tx.QueryAsync("select key, step, at, value, kind from metrics where run = @run and key = @key order by step, at limit @limit", new { run, key, limit }, ReadMetric);

    public static Task<int> AddMetricsAsync(Tx tx, string run, IReadOnlyList<MetricPoint> metrics) => tx.ExecuteAsync(
        "insert into metrics (run, key, step, at, value, kind) values (@run, @Key, @Step, @at, @value, @kind)",
        metrics.Select(metric => new { run, metric.Key, metric.Step, at = Micros.Of(metric.At), value = double.IsFinite(metric.Value) ? metric.Value : (double?)null, kind = Kind(metric.Value) }));

    public static async Task AddParamAsync(Tx tx, string run, string key, string value)
    {
        if (await tx.ExecuteAsync("insert into params (run, key, value) values (@run, @key, @value) on conflict do nothing", new { run, key, value }) == 1) return;
        var known = await tx.ScalarAsync<string>("select value from params where run = @run and key = @key", new { run, key });
        if (known != value)
        {
            throw Refusal.Invalid("param-changed", $"Changing param values is not allowed. Param with key='{Refusal.Shown(key)}' was already logged with value='{Refusal.Shown(known ?? "")}' for run ID='{run}'. Attempted logging new value '{Refusal.Shown(value)}'.");
        }
    }

    public static Task SetTagAsync(Tx tx, string run, string key, string value) =>
        tx.ExecuteAsync("insert into tags (run, key, value) values (@run, @key, @value) on conflict (run, key) do update set value = excluded.value", new { run, key, value });

    public static Task PutArtifactAsync(Tx tx, string run, Artifact artifact) => tx.ExecuteAsync(
        "insert into artifacts (run, path, digest, size) values (@run, @Path, @Digest, @Size) on conflict (run, path) do update set digest = excluded.digest, size = excluded.size",
        new { run, artifact.Path, artifact.Digest, artifact.Size });

    public static Task<List<Artifact>> ArtifactsAsync(Tx tx, string run, string prefix) => tx.QueryAsync(
        "select path, digest, size from artifacts where run = @run and (@prefix = '' or path = @prefix or substr(path, 1, length(@prefix) + 1) = @prefix || '/') order by path",
        new { run, prefix },
        row => new Artifact(row.Text("path"), row.Text("digest"), row.Long("size")));

    private static async Task<IReadOnlyDictionary<string, string>> PairsAsync(Tx tx, string table, string run) =>
        (await tx.QueryAsync($"select key, value from {table} where run = @run order by key", new { run }, row => KeyValuePair.Create(row.Text("key"), row.Text("value")))).ToDictionary();

    private static int Kind(double value) => double.IsNaN(value) ? 1 : double.IsPositiveInfinity(value) ? 2 : double.IsNegativeInfinity(value) ? 3 : 0;

    private static MetricPoint ReadMetric(Row row) => new(
        row.Text("key"), row.Int("kind") switch { 1 => double.NaN, 2 => double.PositiveInfinity, 3 => double.NegativeInfinity, _ => row.Double("value") }, row.Long("step"), row.Time("at"));

    private static Experiment ReadExperiment(Row row) => new(row.Text("id"), row.Text("name"), row.Int("stage") != 0, row.Time("created"), row.Time("updated"));

    private static Run ReadRun(Row row) => new(
        row.Text("id"), row.Text("experiment"), row.Text("name"), row.Text("user_name"), (RunStatus)row.Int("status"), row.Int("stage") != 0, row.Time("started"), row.TimeOrNull("ended"));
}
