using Flyball.Client;

namespace Flyball.Tests;

/// <summary>The smallest project that goes through the whole loop: y is twice x, and a straight line learns it.</summary>
internal static class LineProject
{
    public const string Model = "line";

    public const string Yaml =
        """
        project: straight
        data:
          rows:
            source: sources/*.csv
            time: at
            label: { name: target, sql: y }
        features:
          v:
            x: { type: number }
        models:
          line:
            train: { data: rows, features: [v], trainer: linear, split: { by: time, test: 7d } }
        """;

    /// <summary>Rows of the source from number <paramref name="from"/> on, with a header.</summary>
    public static string Rows(int from, int count) =>
        "at,x,y\n" + string.Concat(Enumerable.Range(from, count).Select(i => $"2024-01-{1 + (i % 28):00} 10:00:00,{i},{2 * i}\n"));

    /// <summary>Writes 200 rows into the sources and applies the project.</summary>
    public static async Task ApplyAsync(TestFlyball flyball)
    {
        await File.WriteAllTextAsync(Path.Combine(flyball.Sources, "rows.csv"), Rows(0, 200), TestContext.Current.CancellationToken);
        await flyball.Client.ApplyAsync(new ApplyProject(Yaml, "flyball.yaml", flyball.Sources, flyball.Sources), TestContext.Current.CancellationToken);
    }
}
