using Flyball.Client;

namespace Flyball.Tests.Registry;

public sealed class A_champion
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task That_an_approver_moved_back_is_not_replaced_because_somebody_gives_the_alias_challenger_again()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await File.WriteAllTextAsync(Path.Combine(flyball.Sources, "rows.csv"), LineProject.Rows(0, 200), Cancel);
        await ApplyAsync(flyball, "{ max_depth: 1, eta: 0.1, rounds: 4 }");
        await flyball.UntilQuietAsync();
        await ApplyAsync(flyball, "{ max_depth: 3, eta: 0.3, rounds: 60 }");
        await flyball.Client.StartTrainingAsync("straight", "line", new StartTraining("other parameters"), Cancel);
        await flyball.UntilQuietAsync();
        Assert.Equal(2, await ChampionAsync(flyball));

        await flyball.Client.MoveAliasAsync("line", "champion", new MoveAlias(1, "the new one misses a case"), Cancel);
        await flyball.UntilQuietAsync();
        Assert.Equal(1, await ChampionAsync(flyball));
        await flyball.CallAsync("DELETE", "registered-models/alias", """{"name": "line", "alias": "challenger"}""");
        await flyball.CallAsync("POST", "registered-models/alias", """{"name": "line", "alias": "challenger", "version": "2"}""");
        await flyball.UntilQuietAsync();
        Assert.Equal(1, await ChampionAsync(flyball));

        // an approval is a decision of its own
        await flyball.Client.DecideAsync("line", 2, new DecideVersion("champion", true, "the case was looked at"), Cancel);
        await flyball.UntilQuietAsync();
        Assert.Equal(2, await ChampionAsync(flyball));
    }

    [Fact]
    public async Task That_was_taken_away_is_not_put_back_by_what_was_known_before()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await LineProject.ApplyAsync(flyball);
        await flyball.UntilQuietAsync();
        await flyball.Client.StartTrainingAsync("straight", "line", new StartTraining("by hand"), Cancel);
        await flyball.UntilQuietAsync();
        await flyball.CallAsync("DELETE", "registered-models/alias", """{"name": "line", "alias": "champion"}""");
        await flyball.UntilQuietAsync();
        Assert.DoesNotContain(await flyball.Client.ListAliasesAsync("line", Cancel), alias => alias.Alias == "champion");

        // a version that is made since then takes the place
        await flyball.Client.StartTrainingAsync("straight", "line", new StartTraining("once more"), Cancel);
        await flyball.UntilQuietAsync();
        Assert.Equal((await flyball.Client.ListModelVersionsAsync("line", Cancel)).Max(version => version.Version), await ChampionAsync(flyball));
    }

    private static async Task ApplyAsync(TestFlyball flyball, string parameters) => await flyball.Client.ApplyAsync(
        new ApplyProject(LineProject.Yaml.Replace("trainer: linear", $"trainer: xgboost, params: {parameters}", StringComparison.Ordinal), "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);

    private static async Task<int> ChampionAsync(TestFlyball flyball) => (await flyball.Client.ListAliasesAsync("line", Cancel)).Single(alias => alias.Alias == "champion").Version;
}
