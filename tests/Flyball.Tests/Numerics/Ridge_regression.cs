using Flyball.Native.DuckDb;
using Flyball.Numerics;

namespace Flyball.Tests.Numerics;

public sealed class Ridge_regression
{
    /// <summary>scikit-learn's Ridge(alpha=1) on green taxi: route one-hot and trip distance, fitted on January 2021 and validated on February.</summary>
    [Fact]
    public void Reproduces_the_reference_errors_on_taxi_data()
    {
        using var database = DuckDbDatabase.OpenInMemory();
        using var duck = database.Connect();
        var (routes, distances, labels) = Read(duck, "2021-01");
        var codes = new Dictionary<string, int>();
        foreach (var route in routes) codes.TryAdd(route, codes.Count + 1);
        var rows = labels.Length;
        var fit = RidgeRegression.Fit(
            new SparseRows([.. Enumerable.Range(0, rows + 1).Select(i => 2 * i)], [.. routes.SelectMany(route => new[] { 0, codes[route] })], [.. distances.SelectMany(distance => new[] { distance, 1.0 })], codes.Count + 1),
            labels, alpha: 1);

        double Rmse(string[] route, double[] distance, double[] label) => Metrics.Compute(
            "rmse", label, [.. route.Zip(distance, (r, d) => fit.Intercept + (fit.Weights[0] * d) + (codes.TryGetValue(r, out var code) ? fit.Weights[code] : 0))]);
        Assert.Equal(5.195459035574535, Rmse(routes, distances, labels), 1e-6);
        var (nextRoutes, nextDistances, nextLabels) = Read(duck, "2021-02");
        Assert.Equal(7.5641555957373, Rmse(nextRoutes, nextDistances, nextLabels), 1e-6);
    }

    [Fact]
    public void Without_a_penalty_finds_the_line_that_made_the_data()
    {
        double[] x = [1, 2, 3, 4, 5];
        var fit = RidgeRegression.Fit(new SparseRows([0, 1, 2, 3, 4, 5], [0, 0, 0, 0, 0], x, 1), Array.ConvertAll(x, value => (3 * value) - 7), alpha: 0);
        Assert.Equal(3, fit.Weights[0], 1e-9);
        Assert.Equal(-7, fit.Intercept, 1e-9);
    }

    private static (string[] Routes, double[] Distances, double[] Labels) Read(DuckDbConnection duck, string month)
    {
        var path = SharedData.Path("nyc_green", $"green_tripdata_{month}.parquet");
        using var result = duck.Query(
            $"select route, distance, label from (select PULocationID || '_' || DOLocationID as route, trip_distance as distance, date_diff('second', lpep_pickup_datetime, lpep_dropoff_datetime) / 60.0 as label from '{path}') where label between 1 and 60");
        var rows = result.Rows();
        return ([.. rows.Select(row => (string)row[0]!)], [.. rows.Select(row => (double)row[1]!)], [.. rows.Select(row => (double)row[2]!)]);
    }
}
