using Flyball.Client;
using Flyball.Foundation;
using Flyball.Server.Tracking;

namespace Flyball.Tests.Tracking;

public sealed class Rules_over_many_runs
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Cost_a_writer_as_much_for_each_run_as_over_few()
    {
        var (few, many) = (await PerRunAsync(400), await PerRunAsync(12_000));
        Assert.True(many < few * 2, $"{few:N0} steps of the database for each of few runs, {many:N0} for each of many");
    }

    [Fact]
    public async Task Cost_a_writer_as_much_for_each_logged_model_as_over_few()
    {
        var (few, many) = (await PerModelAsync(400), await PerModelAsync(12_000));
        Assert.True(many < few * 2, $"{few:N0} steps of the database for each of few logged models, {many:N0} for each of many");
    }

    /// <summary>The steps that SQLite takes on the writer's connection to remove logged models.</summary>
    private static async Task<double> PerModelAsync(int models)
    {
        await using var flyball = await TestFlyball.StartAsync();
        var db = flyball.Server.Service<Db>();
        await db.WriteAsync(
            async tx =>
            {
                await tx.ExecuteAsync("with recursive n (i) as (select 1 union all select i + 1 from n where i < @models) insert into logged_models (id, experiment, name, status, created, updated, deleted) select 'm-' || i, '0', 'm', 2, 0, 1, 1 from n", new { models });
                await tx.ExecuteAsync("insert into links (source, relation, target) select 'model-version:m/' || substr(id, 3), 'made-from', 'logged-model:' || id from logged_models where cast(substr(id, 3) as integer) % 2 = 0");
            },
            Cancel);
        var steps = await WriterSteps.CountAsync(db, Cancel);
        await flyball.Client.RemoveGarbageAsync(new RemoveGarbage(0, null, 10_000), Cancel);
        Assert.Equal(models / 2, await db.ReadAsync(tx => tx.ScalarAsync<long>("select count(*) from logged_models"), Cancel));
        Assert.Equal((models / 2 + 199) / 200, (await flyball.JournalAsync()).Count(entry => entry.Type == "garbage.removed"));
        return (double)steps.Count / models;
    }

    /// <summary>The steps that SQLite takes on the writer's connection to expire and to remove runs.</summary>
    private static async Task<double> PerRunAsync(int runs)
    {
        await using var flyball = await TestFlyball.StartAsync();
        var db = flyball.Server.Service<Db>();
        await db.WriteAsync(
            async tx =>
            {
                await tx.ExecuteAsync("with recursive n (i) as (select 1 union all select i + 1 from n where i < @runs) insert into runs (id, experiment, name, user_name, status, started, ended) select printf('%032x', i), '0', 'r', 'ann', 3, 0, i from n", new { runs });
                // of every other run a version of a model was made
                await tx.ExecuteAsync("insert into links (source, relation, target) select 'model-version:m/' || number, 'made-by', 'run:' || id from runs where number % 2 = 0");
            },
            Cancel);
        var steps = await WriterSteps.CountAsync(db, Cancel);
        // what is deleted is removed by the step after: a rule that is set asks for one at once
        for (var step = 0; step < 2; step++)
        {
            await flyball.Client.SetRetentionRuleAsync("0", new SetRetentionRule(1, 0), Cancel);
            await flyball.Server.Service<RetentionRules>().StepAsync(Cancel);
        }

        Assert.Equal(runs / 2, await db.ReadAsync(tx => tx.ScalarAsync<long>("select count(*) from runs"), Cancel));
        Assert.Equal(runs / 2, await db.ReadAsync(tx => tx.ScalarAsync<long>("select count(*) from runs where deleted is null"), Cancel));
        return (double)steps.Count / runs;
    }
}
