using Flyball.Native.DuckDb;
using Flyball.Server.Projects;

namespace Flyball.Tests.Projects;

public sealed class The_taxi_sample
{
    private static readonly ProjectFile Project = ProjectFileReader.Read(File.ReadAllText(Golden.Checkout("samples", "nyc-taxi", "flyball.yaml")), "flyball.yaml");

    [Theory]
    [InlineData("2021-01", 76_518, 73_908, 16.852578, 13_220)]
    [InlineData("2022-01", 62_495, 59_603, 14.092953, 6_682)]
    [InlineData("2023-03", 72_044, 69_392, 14.198222, 6_052)]
    public void Computes_the_known_numbers_on_real_months(string month, long rows, long kept, double mean, long routes)
    {
        var trips = Project.Dataset("trips");
        using var database = DuckDbDatabase.OpenInMemory();
        using var connection = database.Connect();
        var route = Project.Features[0].Features.Single(f => f.Name == "route").Sql;
        using var result = connection.Query($"""
            with source as (select *, {trips.Label!.Sql} as {trips.Label.Name} from read_parquet('{Month(month)}'))
            select count(*), count(*) filter ({trips.TrainWhere}), avg({trips.Label.Name}) filter ({trips.TrainWhere}), count(distinct {route}) filter ({trips.TrainWhere}) from source
            """);
        var row = result.Rows().Single();
        Assert.Equal([rows, kept, routes], [row[0], row[1], row[3]]);
        Assert.Equal(mean, Assert.IsType<double>(row[2]), 6);
    }

    [Fact]
    public void Reads_every_column_it_names_in_every_month_and_keeps_most_trips()
    {
        var trips = Project.Dataset("trips");
        using var database = DuckDbDatabase.OpenInMemory();
        using var connection = database.Connect();
        var files = Directory.GetFiles(SharedData.Path("nyc_green"), "green_tripdata_*.parquet");
        Assert.NotEmpty(files);
        foreach (var file in files)
        {
            var features = string.Join(", ", Project.Features[0].Features.Select(f => $"{f.Sql} as \"{f.Name}\""));
            var columns = string.Join(", ", trips.KnownLater.Append(trips.Time).Select(c => $"\"{c}\""));
            using var result = connection.Query($"""
                with source as (select *, {trips.Label!.Sql} as {trips.Label.Name} from read_parquet('{file}')),
                computed as (select {features}, {columns}, ({trips.Where}) and ({trips.TrainWhere}) as kept from source)
                select count(*) filter (kept) / count(*), count(*) filter (route is null or hour not between 0 and 23 or dow not between 0 and 6) from computed
                """);
            var row = result.Rows().Single();
            Assert.InRange(Assert.IsType<double>(row[0]), 0.9, 1);
            Assert.Equal(0L, row[1]);
        }
    }

    private static string Month(string month) => SharedData.Path("nyc_green", $"green_tripdata_{month}.parquet");
}
