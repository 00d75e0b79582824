using System.Data.Common;
using System.Runtime.InteropServices;
using Flyball.Foundation;

namespace Flyball.Server.Tracking;

/// <summary>Runs with their params and tags.</summary>
internal static class RunsSql
{
    private const string Columns = "runs.number, runs.id, experiment, runs.name, user_name, status, started, ended, deleted, artifact_location";
    private const string From = "from runs join experiments on experiments.id = runs.experiment";

    /// <summary>Runs that are asked for in one statement.</summary>
    public const int Together = 64;
    private static readonly string Placeholders = string.Join(", ", Enumerable.Range(1, Together).Select(i => $"${i}"));

    public static async Task<long> AddAsync(Tx tx, Run run) => (long)(await tx.Prepared("insert into runs (id, experiment, name, user_name, status, started) values ($1, $2, $3, $4, $5, $6) returning number")
        .ScalarAsync(run.Id, run.ExperimentId, run.Name, run.User, (long)run.Status, Micros.Of(run.Started)))!;

    public static Task UpdateAsync(Tx tx, Run run) => tx.Prepared("update runs set name = $2, status = $3, ended = $4, deleted = $5 where number = $1")
        .ExecuteAsync(run.Number, run.Name, (long)run.Status, run.Ended is { } ended ? Micros.Of(ended) : null, run.DeletedAt is { } deleted ? Micros.Of(deleted) : null);

    public static async Task<Run?> FindAsync(Tx tx, string id)
    {
        Run? found = null;
        await tx.Prepared($"select {Columns} {From} where runs.id = $1").ReadAsync(row => found = Read(row), id);
        return found;
    }

    public static Task AllAsync(Tx tx, Action<Run> each) => tx.Prepared($"select {Columns} {From} order by runs.number").ReadAsync(row => each(Read(row)));

    public static async Task<List<Run>> OfExperimentAsync(Tx tx, string experiment)
    {
        var found = new List<Run>();
        await tx.Prepared($"select {Columns} {From} where experiment = $1 order by runs.number").ReadAsync(row => found.Add(Read(row)), experiment);
        return found;
    }

    /// <summary>Deletes or restores those runs of an experiment that are not, all at once.</summary>
    public static Task MoveAsync(Tx tx, string experiment, DateTimeOffset? deleted) => tx.Prepared("update runs set deleted = $2 where experiment = $1 and (deleted is null) <> ($2 is null)")
        .ExecuteAsync(experiment, deleted is { } at ? Micros.Of(at) : null);

    public static async Task<RunDetails> DetailsAsync(Tx tx, Run run) => (await DetailsAsync(tx, [run.Number]))[0];

    /// <summary>Runs with everything logged to them, in the order asked for; those that are gone are left out. A few statements for many runs.</summary>
    public static async Task<List<RunDetails>> DetailsAsync(Tx tx, IReadOnlyList<long> numbers)
    {
        var found = new List<RunDetails>(numbers.Count);
        foreach (var part in numbers.Chunk(Together))
        {
            var runs = new Dictionary<long, Run>();
            var (parameters, tags) = (new Dictionary<long, Dictionary<string, string>>(), new Dictionary<long, Dictionary<string, string>>());
            await EachAsync(tx, $"select {Columns} {From} where runs.number in", part, row => runs[row.GetInt64(0)] = Read(row));
            await EachAsync(tx, "select run, key, value from params where run in", part, row => Of(parameters, row.GetInt64(0))[row.GetString(1)] = row.GetString(2));
            await EachAsync(tx, "select run, key, value from tags where run in", part, row => Of(tags, row.GetInt64(0))[row.GetString(1)] = row.GetString(2));
            var metrics = await MetricsSql.NewestAsync(tx, part);
            var inputs = await RunInputsSql.ReadAsync(tx, part);
            foreach (var number in part)
            {
                if (!runs.TryGetValue(number, out var run)) continue;
                found.Add(new RunDetails(
                    run, parameters.GetValueOrDefault(number, []),
                    metrics.TryGetValue(number, out var newest) ? Sorted(newest) : [],
                    tags.GetValueOrDefault(number, []), inputs.GetValueOrDefault(number, RunInputs.None)));
            }
        }

        return found;
    }

    private static MetricPoint[] Sorted(Dictionary<string, Point> newest)
    {
        var (sorted, i) = (new MetricPoint[newest.Count], 0);
        foreach (var (key, point) in newest) sorted[i++] = new MetricPoint(key, point.Value, point.Step, Micros.Time(point.At));
        sorted.AsSpan().Sort(static (one, other) => string.CompareOrdinal(one.Key, other.Key));
        return sorted;
    }

    /// <summary>Runs a statement that ends with <c>in</c> on at most <see cref="Together"/> numbers: always as many parameters, so that it is prepared once.</summary>
    public static Task EachAsync(Tx tx, string sql, IReadOnlyList<long> numbers, Action<DbDataReader> each, string order = "")
    {
        var count = numbers.Count == 1 ? 1 : Together;
        var values = new object?[count];
        for (var i = 0; i < count; i++) values[i] = numbers[Math.Min(i, numbers.Count - 1)];
        return tx.Prepared($"{sql} ({(count == 1 ? "$1" : Placeholders)}){order}").ReadAsync(each, values);
    }

    /// <summary>What a run has in a dictionary by run.</summary>
    public static T Of<T>(Dictionary<long, T> all, long run)
        where T : new()
    {
        ref var own = ref CollectionsMarshal.GetValueRefOrAddDefault(all, run, out _);
        return own ??= new T();
    }

    /// <summary>The value that a param has already, or null where it was new and is stored now.</summary>
    public static async Task<string?> AddParamAsync(Tx tx, long run, string key, string value) =>
        await tx.Prepared("insert into params (run, key, value) values ($1, $2, $3) on conflict do nothing").ExecuteAsync(run, key, value) == 1
            ? null
            : (string?)await tx.Prepared("select value from params where run = $1 and key = $2").ScalarAsync(run, key);

    public static Task SetTagAsync(Tx tx, long run, string key, string value) =>
        tx.Prepared("insert into tags (run, key, value) values ($1, $2, $3) on conflict (run, key) do update set value = excluded.value").ExecuteAsync(run, key, value);

    public static async Task<bool> DeleteTagAsync(Tx tx, long run, string key) => await tx.Prepared("delete from tags where run = $1 and key = $2").ExecuteAsync(run, key) == 1;

    public static async Task<string?> TagAsync(Tx tx, long run, string key) => (string?)await tx.Prepared("select value from tags where run = $1 and key = $2").ScalarAsync(run, key);

    private static Run Read(DbDataReader row) => new(
        row.GetInt64(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetString(4), (RunStatus)row.GetInt64(5), Micros.Time(row.GetInt64(6)),
        row.IsDBNull(7) ? null : Micros.Time(row.GetInt64(7)), row.IsDBNull(8) ? null : Micros.Time(row.GetInt64(8)), row.GetString(9));
}
