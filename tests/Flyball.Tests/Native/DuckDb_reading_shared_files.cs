using Flyball.Native.DuckDb;

namespace Flyball.Tests.Native;

public sealed class DuckDb_reading_shared_files
{
    [Theory]
    [InlineData("nyc_green/green_tripdata_2021-01.parquet", 76_518)]
    [InlineData("nyc_green/green_tripdata_2021-02.parquet", 64_572)]
    [InlineData("nyc_green/green_tripdata_2021-03.parquet", 83_827)]
    [InlineData("nyc_green/green_tripdata_2022-01.parquet", 62_495)]
    [InlineData("nyc_green/green_tripdata_2023-01.parquet", 68_211)]
    [InlineData("nyc_green/green_tripdata_2023-02.parquet", 64_809)]
    [InlineData("nyc_green/green_tripdata_2023-03.parquet", 72_044)]
    [InlineData("bike_sharing/hour.csv", 17_379, 17)]
    [InlineData("bank_marketing/bank-full.csv", 45_211, 17)]
    [InlineData("adult/adult.parquet", 48_842, 15)]
    [InlineData("california_housing/california_housing_reference.csv", 5_832, 13)]
    [InlineData("california_housing/california_housing_analysis.csv", 8_232, 12)]
    [InlineData("feast/driver_stats.parquet", 1_807)]
    public void Every_row_and_column_arrives(string file, long rows, int? columns = null)
    {
        using var database = DuckDbDatabase.OpenInMemory();
        using var connection = database.Connect();
        using var result = connection.Query($"from {DuckDbText.Literal(SharedData.Path(file.Split('/')))}");

        var read = 0L;
        foreach (var chunk in result.Chunks())
        {
            read += chunk.Count;
            for (var column = 0; column < result.Columns.Count; column++) _ = chunk[column].Value(chunk.Count - 1);
        }

        Assert.Equal(rows, read);
        Assert.Equal(rows, result.RowCount);
        if (columns is { } expected) Assert.Equal(expected, result.Columns.Count);
    }

    /// <summary>The last line of these files ends differently from all others.</summary>
    [Theory]
    [InlineData("2019-01")]
    [InlineData("2019-02")]
    [InlineData("2019-03")]
    public void Mixed_line_ends_are_read_without_strictness(string month)
    {
        using var database = DuckDbDatabase.OpenInMemory();
        using var connection = database.Connect();
        var file = SharedData.Path("nyc_yellow_samples", $"yellow_tripdata_sample_{month}.csv");

        using var result = connection.Query("from read_csv(?, strict_mode = false)", file);

        Assert.Equal(10_000, result.RowCount);
        Assert.Equal(("pickup_datetime", DuckDbType.Timestamp), (result.Columns[1].Name, result.Columns[1].Type));
        Assert.All(result.Doubles(4), distance => Assert.InRange(distance, 0, 1000));
    }

    [Theory]
    [InlineData("2022-02")]
    [InlineData("2022-03")]
    public void Green_months_hold_what_their_own_footer_says(string month)
    {
        using var database = DuckDbDatabase.OpenInMemory();
        using var connection = database.Connect();
        var file = SharedData.Path("nyc_green", $"green_tripdata_{month}.parquet");

        using var counted = connection.Query("select count(*) from read_parquet(?)", file);
        using var footer = connection.Query("select num_rows from parquet_file_metadata(?)", file);

        Assert.Equal(footer.Scalar<long>(), counted.Scalar<long>());
        Assert.InRange(counted.Scalar<long>(), 60_000, 90_000);
    }

    [Fact]
    public void The_types_of_green_taxi_change_between_months()
    {
        using var database = DuckDbDatabase.OpenInMemory();
        using var connection = database.Connect();

        string TypeOf(string month, string column)
        {
            using var result = connection.Query($"select {column} from {DuckDbText.Literal(SharedData.Path("nyc_green", $"green_tripdata_{month}.parquet"))} limit 1");
            return result.Columns[0].TypeName;
        }

        Assert.Equal("BIGINT", TypeOf("2023-01", "PULocationID"));
        Assert.Equal("INTEGER", TypeOf("2023-02", "PULocationID"));
        Assert.Equal("DOUBLE", TypeOf("2023-01", "passenger_count"));
        Assert.Equal("BIGINT", TypeOf("2023-02", "passenger_count"));
        Assert.Equal("TIMESTAMP", TypeOf("2023-02", "lpep_pickup_datetime"));
    }

    [Fact]
    public void Trip_durations_agree_with_the_published_numbers()
    {
        using var database = DuckDbDatabase.OpenInMemory();
        using var connection = database.Connect();
        using var result = connection.Query(
            "select epoch_us(lpep_dropoff_datetime - lpep_pickup_datetime) / 60e6 as minutes from read_parquet(?) where minutes between ? and ?",
            SharedData.Path("nyc_green", "green_tripdata_2021-01.parquet"), 1, 60.0);

        var minutes = result.Doubles(0);

        Assert.Equal(73_908, minutes.Length);
        Assert.Equal(16.852578, minutes.Average(), 6);
    }

    [Fact]
    public void Nulls_and_labels_of_adult_are_kept()
    {
        using var database = DuckDbDatabase.OpenInMemory();
        using var connection = database.Connect();
        using var result = connection.Query("select workclass::varchar, occupation::varchar, \"native-country\"::varchar from read_parquet(?)", SharedData.Path("adult", "adult.parquet"));

        Assert.Equal(2_799, result.Strings(0).Count(text => text is null));
        Assert.Equal(2_809, result.Strings(1).Count(text => text is null));
        Assert.Equal(857, result.Strings(2).Count(text => text is null));
    }

    [Fact]
    public void Bike_counts_add_up()
    {
        using var database = DuckDbDatabase.OpenInMemory();
        using var connection = database.Connect();
        using var result = connection.Query("select cnt, sum(cnt) over () from read_csv(?)", SharedData.Path("bike_sharing", "hour.csv"));

        Assert.Equal(3_292_679, result.Longs(0).Sum());
        Assert.Equal(3_292_679, result.Longs(1)[0]);
        Assert.Equal("HUGEINT", result.Columns[1].TypeName);
    }
}
