using Flyball.Client;

namespace Flyball.Tests.Datasets;

public sealed class Partitioned_folders
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Are_columns_where_the_project_lists_them()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await WriteAsync(flyball, "year=2023/zone=a%20b/x.csv", "at,n\n2023-01-01,1\n");
        await WriteAsync(flyball, "year=2024/zone=c/x.csv", "at,n\n2024-01-01,2\n2024-01-02,3\n");
        await ApplyAsync(flyball, "[year, zone]");
        var version = await flyball.Client.GetDatasetVersionAsync("parts", "rows", 1, Cancel);
        Assert.Equal(["at DATE", "n BIGINT", "year BIGINT", "zone VARCHAR"], version.Content.GetProperty("columns").EnumerateArray().Select(column => $"{column.GetProperty("name").GetString()} {column.GetProperty("type").GetString()}"));
        var columns = version.Content.GetProperty("profile").GetProperty("columns").EnumerateArray().ToDictionary(column => column.GetProperty("name").GetString()!);
        Assert.Equal(("2023", "2024", "a b", "c"), (columns["year"].GetProperty("min").GetString(), columns["year"].GetProperty("max").GetString(), columns["zone"].GetProperty("min").GetString(), columns["zone"].GetProperty("max").GetString()));
    }

    [Theory]
    [InlineData("[year]", "x.csv", "at,n\n2023-01-01,1\n", "lies in no folder year=")]
    [InlineData("[year]", "year=2023/x.csv", "at,year\n2023-01-01,1\n", "has a column year itself")]
    public async Task Are_refused_where_they_are_not_what_the_project_says(string partitions, string file, string rows, string said)
    {
        await using var flyball = await TestFlyball.StartAsync();
        await WriteAsync(flyball, file, rows);
        await ApplyAsync(flyball, partitions);
        Assert.Contains(said, Assert.Single(await flyball.JournalAsync(), entry => entry.Type == "dataset.ingest-failed").Data.GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    private static async Task WriteAsync(TestFlyball flyball, string file, string rows)
    {
        var path = Path.Combine(flyball.Sources, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllTextAsync(path, rows, Cancel);
    }

    private static async Task ApplyAsync(TestFlyball flyball, string partitions)
    {
        await flyball.Client.ApplyAsync(new ApplyProject($"project: parts\ndata:\n  rows: {{ source: '**/*.csv', time: at, partitions: {partitions} }}\n", "flyball.yaml", flyball.Sources, null), Cancel);
        await flyball.UntilQuietAsync();
    }
}
