using System.Globalization;
using Flyball.Numerics;

namespace Flyball.Tests.Crashes;

/// <summary>MLflow clients that write all at once while the server is killed, over and over.</summary>
public sealed class Clients_of_a_killed_server
{
    private static readonly int Kills = Math.Max(1, int.Parse(Environment.GetEnvironmentVariable("FLYBALL_RANDOM_KILLS") ?? "4", CultureInfo.InvariantCulture) / 4);

    [Theory]
    [InlineData("db.before-commit", 40)]
    [InlineData("db.after-commit", 40)]
    [InlineData("objects.before-rename", 4)]
    [InlineData("objects.after-rename", 4)]
    [InlineData("webhooks.after-send", 2)]
    public async Task Find_what_was_acknowledged_and_nothing_half_when_it_died_at(string point, int after)
    {
        await using var run = new ClientsRun();
        await run.StartAsync();
        Assert.False(await run.DriveAsync(TimeSpan.FromSeconds(1), atLeast: 20));
        await run.StartAsync(point, after);
        Assert.True(await run.DriveAsync(TimeSpan.FromSeconds(60)), $"the server did not get to {point} {after} times");
        await run.StartAsync();
        await run.CheckAsync();
        Assert.True(run.Acknowledged >= 20, $"{run.Acknowledged} writes were acknowledged");
    }

    [Fact]
    public async Task Find_what_was_acknowledged_and_nothing_half_whenever_it_died()
    {
        var chance = new Seeded(20261122);
        await using var run = new ClientsRun();
        for (var kill = 0; kill < Kills; kill++)
        {
            await run.StartAsync();
            if (kill > 0) await run.CheckAsync();
            Assert.False(await run.DriveAsync(TimeSpan.FromMilliseconds(chance.Uniform(200, 2500)), atLeast: 20), "the server ended by itself");
        }

        await run.StartAsync();
        await run.CheckAsync();
        Assert.True(run.Acknowledged >= 20 * Kills, $"{run.Acknowledged} writes were acknowledged");
    }
}
