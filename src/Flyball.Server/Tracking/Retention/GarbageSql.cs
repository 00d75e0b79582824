using Flyball.Foundation;

namespace Flyball.Server.Tracking;

internal static class GarbageSql
{
    /// <summary>What versions of models were made from, with one of those versions.</summary>
    public static async Task<Dictionary<Ref, Ref>> NeededAsync(Tx tx)
    {
        var needed = new Dictionary<Ref, Ref>();
        await tx.Prepared("select target, source from links where source >= 'model-version:' and source < 'model-version;' and relation in ('made-by', 'made-from')").ReadAsync(row => needed[Ref.Parse(row.GetString(0))] = Ref.Parse(row.GetString(1)));
        return needed;
    }

    /// <summary>Whether a version of a model was made from a thing.</summary>
    public static async Task<bool> IsNeededAsync(Tx tx, Ref thing) =>
        await tx.Prepared("select 1 from links where target = $1 and relation in ('made-by', 'made-from') and source >= 'model-version:' and source < 'model-version;' limit 1").ScalarAsync(thing.ToString()) is not null;

    public static async Task<List<GarbageRun>> RunsAsync(Tx tx, DateTimeOffset before)
    {
        var found = new List<GarbageRun>();
        await tx.Prepared("select number, id, experiment from runs where deleted is not null and deleted <= $1 order by number").ReadAsync(row => found.Add(new GarbageRun(row.GetInt64(0), row.GetString(1), row.GetString(2))), Micros.Of(before));
        return found;
    }

    public static Task<List<GarbageModel>> LoggedModelsAsync(Tx tx, DateTimeOffset before) => ModelsAsync(tx, "deleted is not null and deleted <= $1", Micros.Of(before));

    /// <summary>All of an experiment, whether they are deleted or not.</summary>
    public static Task<List<GarbageModel>> LoggedModelsOfAsync(Tx tx, string experiment) => ModelsAsync(tx, "experiment = $1", experiment);

    public static async Task<long> CountRunsAsync(Tx tx, string experiment) => (long)(await tx.Prepared("select count(*) from runs where experiment = $1").ScalarAsync(experiment))!;

    public static async Task<bool> IsDeletedAsync(Tx tx, GarbageRun run, DateTimeOffset before) => await tx.Prepared("select 1 from runs where number = $1 and deleted <= $2").ScalarAsync(run.Number, Micros.Of(before)) is not null;

    public static async Task<bool> IsDeletedAsync(Tx tx, GarbageModel model, DateTimeOffset before) => await tx.Prepared("select 1 from logged_models where id = $1 and deleted <= $2").ScalarAsync(model.Id, Micros.Of(before)) is not null;

    /// <summary>What hangs on a run goes with its row.</summary>
    public static async Task RemoveRunAsync(Tx tx, GarbageRun run)
    {
        await RemoveFilesAsync(tx, run.Id, run.Ref);
        await tx.Prepared("delete from runs where number = $1").ExecuteAsync(run.Number);
    }

    public static async Task RemoveLoggedModelAsync(Tx tx, LoggedModelIndex index, GarbageModel model)
    {
        await RemoveFilesAsync(tx, model.Id, model.Ref);
        await LoggedModelsSql.RemoveAsync(tx, index, model.Id);
    }

    public static async Task RemoveExperimentAsync(Tx tx, string id)
    {
        await tx.Prepared("delete from retention_rules where experiment = $1").ExecuteAsync(id);
        await tx.Prepared("delete from experiments where id = $1").ExecuteAsync(id);
    }

    private static async Task RemoveFilesAsync(Tx tx, string root, Ref owner)
    {
        await tx.Prepared("delete from artifacts where root = $1").ExecuteAsync(root);
        await tx.Prepared("delete from links where source = $1").ExecuteAsync(owner.ToString());
    }

    private static async Task<List<GarbageModel>> ModelsAsync(Tx tx, string where, object value)
    {
        var found = new List<GarbageModel>();
        await tx.Prepared($"select id, experiment from logged_models where {where} order by id").ReadAsync(row => found.Add(new GarbageModel(row.GetString(0), row.GetString(1))), value);
        return found;
    }
}
