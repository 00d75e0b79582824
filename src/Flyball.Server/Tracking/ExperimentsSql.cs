using System.Data.Common;
using System.Globalization;
using Flyball.Foundation;

namespace Flyball.Server.Tracking;

internal static class ExperimentsSql
{
    private const string Columns = "id, name, artifact_location, stage, created, updated";

    public static Task<Experiment?> FindAsync(Tx tx, string id) => OneAsync(tx, "id", id);

    public static Task<Experiment?> NamedAsync(Tx tx, string name) => OneAsync(tx, "name", name);

    public static async Task<List<Experiment>> AllAsync(Tx tx)
    {
        var tags = new Dictionary<string, Dictionary<string, string>>();
        await tx.Prepared("select experiment, key, value from experiment_tags").ReadAsync(row =>
        {
            if (!tags.TryGetValue(row.GetString(0), out var own)) tags[row.GetString(0)] = own = [];
            own[row.GetString(1)] = row.GetString(2);
        });
        var found = new List<Experiment>();
        await tx.Prepared($"select {Columns} from experiments").ReadAsync(row => found.Add(Read(row, tags.GetValueOrDefault(row.GetString(0), []))));
        return found;
    }

    /// <param name="wanted">The id that it should have, where that is a number that was never given; null: the next.</param>
    public static async Task<Experiment> AddAsync(Tx tx, string name, string location, IReadOnlyDictionary<string, string> tags, DateTimeOffset at, string? wanted = null)
    {
        var newest = await tx.ScalarAsync<long>("select newest from experiment_ids");
        var given = long.TryParse(wanted, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > newest ? number : newest + 1;
        await tx.ExecuteAsync("update experiment_ids set newest = @given", new { given });
        var id = given.ToString(CultureInfo.InvariantCulture);
        await tx.Prepared("insert into experiments (id, name, artifact_location, stage, created, updated) values ($1, $2, $3, 0, $4, $4)").ExecuteAsync(id, name, location, Micros.Of(at));
        foreach (var (key, value) in tags) await SetTagAsync(tx, id, key, value);
        return new Experiment(id, name, location, false, at, at, tags);
    }

    public static Task UpdateAsync(Tx tx, string id, string name, bool deleted, DateTimeOffset at) =>
        tx.Prepared("update experiments set name = $2, stage = $3, updated = $4 where id = $1").ExecuteAsync(id, name, deleted ? 1L : 0L, Micros.Of(at));

    /// <summary>Whether the experiment that the database was made with has a time.</summary>
    public static async Task<bool> IsBegunAsync(Tx tx) => await tx.Prepared("select 1 from experiments where id = '0' and created = 0").ScalarAsync() is null;

    public static Task BeginAsync(Tx tx, DateTimeOffset at) => tx.Prepared("update experiments set created = $1, updated = $1 where id = '0' and created = 0").ExecuteAsync(Micros.Of(at));

    public static Task SetTagAsync(Tx tx, string id, string key, string value) =>
        tx.Prepared("insert into experiment_tags (experiment, key, value) values ($1, $2, $3) on conflict (experiment, key) do update set value = excluded.value").ExecuteAsync(id, key, value);

    public static async Task<bool> DeleteTagAsync(Tx tx, string id, string key) => await tx.Prepared("delete from experiment_tags where experiment = $1 and key = $2").ExecuteAsync(id, key) == 1;

    private static async Task<Experiment?> OneAsync(Tx tx, string column, string value)
    {
        Experiment? found = null;
        var tags = new Dictionary<string, string>();
        await tx.Prepared($"select {Columns} from experiments where {column} = $1").ReadAsync(row => found = Read(row, tags), value);
        if (found is not null) await tx.Prepared("select key, value from experiment_tags where experiment = $1").ReadAsync(row => tags[row.GetString(0)] = row.GetString(1), found.Id);
        return found;
    }

    private static Experiment Read(DbDataReader row, IReadOnlyDictionary<string, string> tags) =>
        new(row.GetString(0), row.GetString(1), row.GetString(2), row.GetInt64(3) != 0, Micros.Time(row.GetInt64(4)), Micros.Time(row.GetInt64(5)), tags);
}
