using System.Globalization;

namespace Flyball.Tests.Datasets;

public sealed class Values_beyond_measure
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("1e300")]
    [InlineData("-1.7976931348623157e308")]
    [InlineData("inf")]
    [InlineData("nan")]
    public async Task In_a_column_that_nothing_reads_are_kept_and_left_out_of_its_moments(string value)
    {
        await using var flyball = await TestFlyball.StartAsync();
        var rows = string.Concat(Enumerable.Range(0, 200).Select(i => string.Create(CultureInfo.InvariantCulture, $"2024-01-{1 + (i % 28):00} 10:00:00,{i},{2 * i},{(i is 7 or 9 ? value : $"{i}.5")}\n")));
        await File.WriteAllTextAsync(Path.Combine(flyball.Sources, "rows.csv"), "at,x,y,z\n" + rows, Cancel);
        await flyball.Client.ApplyAsync(new Flyball.Client.ApplyProject(LineProject.Yaml, "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
        await flyball.UntilQuietAsync();
        Assert.Equal(1, (await flyball.Client.GetDeploymentAsync("line", Cancel)).Version);
        var profile = (await flyball.Client.GetDatasetVersionAsync("straight", "rows", 1, Cancel)).Content.GetProperty("profile").GetProperty("columns").EnumerateArray().First(column => column.GetProperty("name").GetString() == "z");
        Assert.Equal(200, profile.GetProperty("count").GetInt64() + profile.GetProperty("nans").GetInt64());
        // of the 198 others: 0.5 to 199.5 without 7.5 and 9.5
        Assert.Equal((20_000 - 17.0) / 198, profile.GetProperty("numbers").GetProperty("mean").GetDouble(), 1e-9);
    }
}
