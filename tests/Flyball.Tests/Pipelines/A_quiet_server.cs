using Flyball.Foundation;

namespace Flyball.Tests.Pipelines;

public sealed class A_quiet_server
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Is_one_without_a_project()
    {
        await using var flyball = await StartAsync(workers: 0);
        Assert.True(await flyball.Client.IsQuietAsync(Cancel));
    }

    [Fact]
    public async Task Is_not_one_whose_job_waits_for_a_worker()
    {
        await using var flyball = await StartAsync(workers: 0);
        await LineProject.ApplyAsync(flyball);
        // the question itself makes the loops look, so the very first answer knows of the new files
        Assert.False(await flyball.Client.IsQuietAsync(Cancel));
        Assert.False(await flyball.Client.IsQuietAsync(Cancel));
        Assert.Equal("ingest", Assert.Single(await flyball.Client.ListJobsAsync(Cancel)).Kind);
    }

    [Fact]
    public async Task Has_gone_the_whole_way_from_file_to_champion()
    {
        await using var flyball = await StartAsync(workers: 1);
        await LineProject.ApplyAsync(flyball);
        var journal = flyball.Server.Service<Journal>();
        while (true)
        {
            var next = journal.NextAsync();
            if (await flyball.Client.IsQuietAsync(Cancel)) break;
            await next.WaitAsync(Cancel);
        }

        Assert.Equal("deployment.changed", (await flyball.JournalAsync())[^1].Type);
        Assert.Contains(await flyball.Client.ListAliasesAsync(LineProject.Model, Cancel), alias => alias.Alias == "champion");
        var entries = (await flyball.JournalAsync()).Count;
        Assert.True(await flyball.Client.IsQuietAsync(Cancel));
        Assert.Equal(entries, (await flyball.JournalAsync()).Count);
    }

    private static Task<TestFlyball> StartAsync(int workers) => TestFlyball.StartAsync(change: options => options with { ManualLoops = false, Workers = workers });
}
