using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Flyball.Tests.Replay;

public sealed partial class The_demo
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Closes_the_loop_and_tells_the_same_story_for_the_same_seed()
    {
        var first = await RunAsync(7);
        Assert.True(first.ExitCode == 0, first.Story);
        foreach (var told in (string[])["passed all gates", "The bridge closes", "drift, to be looked into", "error alarm", "serves version 2 instead of 1", "recovered: rmse of version 2", "Why is version 2 in production?", "The loop closed"])
        {
            Assert.Contains(told, first.Story);
        }

        Assert.Equal(first.Story, (await RunAsync(7)).Story);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(20260101)]
    public async Task Closes_the_loop_in_other_cities_too(int seed)
    {
        var told = await RunAsync(seed);
        Assert.True(told.ExitCode == 0, told.Story);
        Assert.DoesNotContain("seed 7", told.Story);
    }

    /// <summary>Killed when its story has come this far, it goes on from there and closes all the same.</summary>
    [Theory]
    [InlineData("History:")]
    [InlineData("version 1 is challenger")]
    [InlineData("day  4 of 15")]
    [InlineData("error alarm")]
    [InlineData("version 2 passed all gates")]
    public async Task Goes_on_where_it_was_killed(string at)
    {
        var folder = Directory.CreateTempSubdirectory("flyball-test-").FullName;
        using (var process = Process.Start(Arguments(7, folder))!)
        {
            _ = process.StandardError.ReadToEndAsync(Cancel);
            while (await process.StandardOutput.ReadLineAsync(Cancel) is { } line)
            {
                if (line.Contains(at, StringComparison.Ordinal)) break;
            }

            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(Cancel);
        }

        var (code, story) = await RunAsync(7, folder);
        Directory.Delete(folder, recursive: true);
        Assert.True(code == 0, story);
        if (at != "History:") Assert.Contains("Going on where it was interrupted", story);
        Assert.Contains("The loop closed", story);
    }

    private static async Task<(int ExitCode, string Story)> RunAsync(int seed)
    {
        var folder = Directory.CreateTempSubdirectory("flyball-test-").FullName;
        var told = await RunAsync(seed, folder);
        Directory.Delete(folder, recursive: true);
        return told;
    }

    private static ProcessStartInfo Arguments(int seed, string folder)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "flyball")) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["demo", "--exit", "--seed", seed.ToString(CultureInfo.InvariantCulture), "--folder", Path.Combine(folder, "demo")]) start.ArgumentList.Add(argument);
        return start;
    }

    private static async Task<(int ExitCode, string Story)> RunAsync(int seed, string folder)
    {
        using var process = Process.Start(Arguments(seed, folder))!;
        var errors = process.StandardError.ReadToEndAsync(Cancel);
        var story = await process.StandardOutput.ReadToEndAsync(Cancel);
        await process.WaitForExitAsync(Cancel);
        return (process.ExitCode, Changing().Replace(story, "") + await errors);
    }

    /// <summary>What is not part of the story: the port and how long things took.</summary>
    [GeneratedRegex(@":\d+/ |\s+about \d+ s to go| in \d+ seconds")]
    private static partial Regex Changing();
}
