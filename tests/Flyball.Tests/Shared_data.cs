namespace Flyball.Tests;

public sealed class Shared_data
{
    [Fact]
    public void Holds_the_nine_green_months() =>
        Assert.Equal(9, Directory.GetFiles(SharedData.Path("nyc_green"), "green_tripdata_*.parquet").Length);
}
