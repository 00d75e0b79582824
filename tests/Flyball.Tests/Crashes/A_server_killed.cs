using System.Globalization;
using Flyball.Foundation;
using Flyball.Numerics;

namespace Flyball.Tests.Crashes;

/// <summary>Kill, check, write again, kill again, check again.</summary>
public sealed class A_server_killed
{
    /// <summary>The ordinary run kills a few times; the campaign of <c>./test --all</c> sets FLYBALL_RANDOM_KILLS=200, and FLYBALL_KILL_SEED repeats one.</summary>
    private static readonly int Kills = int.Parse(Environment.GetEnvironmentVariable("FLYBALL_RANDOM_KILLS") ?? "6", CultureInfo.InvariantCulture);

    private static readonly ulong Seed = ulong.Parse(Environment.GetEnvironmentVariable("FLYBALL_KILL_SEED") ?? "20261121", CultureInfo.InvariantCulture);

    public static TheoryData<string> Points => [.. CrashPoint.All];

    [Theory]
    [MemberData(nameof(Points))]
    public async Task At_a_named_point_has_lost_nothing_it_acknowledged(string point)
    {
        await using var run = new CrashRun();
        for (var round = 0; round < 2; round++)
        {
            // a few passes first, so that the second time it dies in the middle of work
            await run.StartAsync(point, after: round == 0 ? 0 : FirstRounds(point));
            var reached = await run.DriveAsync(TimeSpan.FromSeconds(60));
            Assert.True(reached, reached ? "" : $"the point {point} was not reached\n{await run.StoryAsync()}\n{run.Errors}");
            await run.StartAsync();
            Assert.False(await run.DriveAsync(TimeSpan.FromSeconds(2), atLeast: 15));
            await run.CheckAsync();
        }

        Assert.True(run.Acknowledged > 20);
    }

    [Fact]
    public async Task At_any_time_has_lost_nothing_it_acknowledged()
    {
        var chance = new Seeded(Seed);
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {Seed}, {Kills} kills");
        await using var run = new CrashRun();
        for (var kill = 0; kill < Kills; kill++)
        {
            await run.StartAsync();
            if (kill > 0) await run.CheckAsync();
            Assert.False(await run.DriveAsync(TimeSpan.FromMilliseconds(chance.Uniform(50, 3000))), $"the server ended by itself in round {kill} of seed {Seed}");
            await run.KillAsync();
        }

        await run.StartAsync();
        await run.CheckAsync();
        Assert.True(run.Acknowledged > Kills);
    }

    private static int FirstRounds(string point) => point.StartsWith("db.", StringComparison.Ordinal) ? 9 : point == "log.after-write" ? 7 : 0;
}
