namespace Flyball.Benchmarks;

/// <summary>From the start of the program to its first answer, and what it holds when nothing is asked of it.</summary>
internal static class StartBenchmark
{
    public static async Task RunAsync(string flyball)
    {
        Console.WriteLine("| what | flyball | bare Kestrel | ratio |\n|---|---|---|---|");
        var (own, limit, idle) = (new List<double>(), new List<double>(), 0.0);
        for (var round = 0; round < 7; round++)
        {
            var folder = Directory.CreateTempSubdirectory("flyball-bench-").FullName;
            await using (var server = await ServerProcess.StartAsync(flyball, ["serve", "--urls", "http://127.0.0.1:7193", "--source-root", folder, "--data-dir", Path.Combine(folder, "data")], new Uri("http://127.0.0.1:7193")))
            {
                own.Add(server.UntilHealthy.TotalSeconds);
                if (round == 0)
                {
                    await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System);
                    server.Process.Refresh();
                    idle = server.Process.WorkingSet64 / 1048576.0;
                }
            }

            Directory.Delete(folder, recursive: true);
            await using var bare = await ServerProcess.StartAsync(Environment.ProcessPath!, ["bare", "http://127.0.0.1:7194"], new Uri("http://127.0.0.1:7194"));
            limit.Add(bare.UntilHealthy.TotalSeconds);
        }

        Report.Row("start to first 200", Report.Spread(own, "s"), Report.Spread(limit, "s"), $"{Report.Median(own) / Report.Median(limit):0.0} ×");
        Report.Row("idle RSS after 5 s", $"{idle:0} MiB", "", "");
    }
}
