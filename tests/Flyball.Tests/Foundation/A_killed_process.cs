using System.Diagnostics;
using Flyball.Client;

namespace Flyball.Tests.Foundation;

/// <summary>The real program, killed at a named point while it takes data in, and started again.</summary>
public sealed class A_killed_process
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("db.before-commit", 6)]
    [InlineData("db.after-commit", 6)]
    [InlineData("jobs.after-claim", 0)]
    [InlineData("jobs.before-complete", 0)]
    public async Task Continues_where_it_was_and_makes_one_version(string point, int after)
    {
        var folder = Directory.CreateTempSubdirectory("flyball-test-").FullName;
        var sources = Directory.CreateDirectory(Path.Combine(folder, "sources")).FullName;
        await File.WriteAllTextAsync(Path.Combine(sources, "rows.csv"), "at,x,y\n" + string.Concat(Enumerable.Range(0, 200).Select(i => $"2024-01-{1 + (i % 28):00} 10:00:00,{i},{2 * i}\n")), Cancel);
        var file = Path.Combine(folder, "flyball.yaml");
        await File.WriteAllTextAsync(file, "project: crash\ndata:\n  rows:\n    source: sources/*.csv\n    time: at\n    label: { name: target, sql: y }\nfeatures:\n  v:\n    x: { type: number }\nmodels:\n  line:\n    train: { data: rows, features: [v], trainer: linear, split: { by: time, test: 7d } }\n", Cancel);

        // 1. killed at the point, as SIGKILL does
        Assert.Equal(137, await RunAsync(folder, file, point, after));
        // 2. started again, it ends what was begun
        Assert.Equal(0, await RunAsync(folder, file, null, 0));
        await CheckAsync(folder, versions: 1);
        // 3. written again, killed again, checked again
        await File.AppendAllTextAsync(Path.Combine(sources, "rows.csv"), "2024-01-29 10:00:00,1000,2000\n", Cancel);
        Assert.Equal(137, await RunAsync(folder, file, point, after: 0));
        Assert.Equal(0, await RunAsync(folder, file, null, 0));
        await CheckAsync(folder, versions: 2);
        Directory.Delete(folder, recursive: true);
    }

    private static async Task CheckAsync(string folder, int versions)
    {
        var flyball = await TestFlyball.StartAsync(folder);
        await flyball.UntilQuietAsync();
        Assert.Equal(versions, (await flyball.Client.ListDatasetVersionsAsync("crash", "rows", Cancel)).Count);
        var journal = await flyball.JournalAsync();
        Assert.Single(journal, entry => entry.Type == "project.applied");
        Assert.Equal(versions, journal.Count(entry => entry.Type == "dataset.version-created"));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(folder, "data", "tmp")));
        Assert.Single(await flyball.Client.ListAliasesAsync("line", Cancel), alias => alias is AliasInfo { Alias: "champion" });
        flyball.Client.Dispose();
        flyball.Http.Dispose();
        await flyball.Server.DisposeAsync();
    }

    private static async Task<int> RunAsync(string folder, string file, string? point, int after)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "flyball")) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["up", file, "--once", "--data-dir", Path.Combine(folder, "data")]) start.ArgumentList.Add(argument);
        if (point is not null)
        {
            start.Environment["FLYBALL_CRASH_AT"] = point;
            start.Environment["FLYBALL_CRASH_AFTER"] = after.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync(Cancel);
        await process.StandardOutput.ReadToEndAsync(Cancel);
        await errors;
        await process.WaitForExitAsync(Cancel);
        return process.ExitCode;
    }
}
