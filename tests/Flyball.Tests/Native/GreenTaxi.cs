using Flyball.Native.DuckDb;
using Flyball.Native.XGBoost;

namespace Flyball.Tests.Native;

/// <summary>The taxi problem of the reference numbers: trips of 1 to 60 minutes, pick-up and drop-off pair one-hot, distance as the last column.</summary>
internal sealed class GreenTaxi(IReadOnlyDictionary<string, uint> pairs)
{
    public int Columns => pairs.Count + 1;

    public static GreenTaxi FittedOn(string month)
    {
        var names = Read(month).Select(trip => trip.Pair).Distinct().Order(StringComparer.Ordinal);
        return new GreenTaxi(names.Index().ToDictionary(pair => pair.Item, pair => (uint)pair.Index));
    }

    public (XGBoostMatrix Matrix, float[] Minutes) Matrix(string month)
    {
        var trips = Read(month);
        var starts = new List<ulong> { 0 };
        var indices = new List<uint>();
        var values = new List<float>();
        foreach (var trip in trips)
        {
            if (pairs.TryGetValue(trip.Pair, out var column))
            {
                indices.Add(column);
                values.Add(1);
            }

            indices.Add((uint)pairs.Count);
            values.Add((float)trip.Distance);
            starts.Add((ulong)values.Count);
        }

        var minutes = trips.Select(trip => (float)trip.Minutes).ToArray();
        var matrix = XGBoostMatrix.FromCsr([.. starts], [.. indices], [.. values], Columns);
        matrix.SetLabels(minutes);
        return (matrix, minutes);
    }

    private static List<(string Pair, double Distance, double Minutes)> Read(string month)
    {
        using var database = DuckDbDatabase.OpenInMemory();
        using var connection = database.Connect();
        using var result = connection.Query(
            """
            select PULocationID || '_' || DOLocationID, trip_distance, epoch_us(lpep_dropoff_datetime - lpep_pickup_datetime) / 60e6 as minutes
            from read_parquet(?) where minutes between 1 and 60
            """,
            SharedData.Path("nyc_green", $"green_tripdata_{month}.parquet"));
        return [.. result.Strings(0).Zip(result.Doubles(1), result.Doubles(2)).Select(trip => (trip.First!, trip.Second, trip.Third))];
    }
}
