using System.Diagnostics;
using Flyball.Models;
using Flyball.Native.DuckDb;
using Flyball.Native.XGBoost;
using Flyball.Server.Training;

namespace Flyball.Benchmarks;

/// <summary>One hundred rounds of <c>hist</c> through the trainer, target encoding and all, against the engine alone on the same matrix.</summary>
internal static class TrainBenchmark
{
    private const int Rounds = 100;

    public static void Run(string data)
    {
        FeatureDefinition[] features =
        [
            new("route", "PULocationID || '_' || DOLocationID", FeatureKind.Category), new("trip_distance", "trip_distance", FeatureKind.Number),
            new("hour", "extract(hour from lpep_pickup_datetime)", FeatureKind.Number), new("dow", "extract(dow from lpep_pickup_datetime)", FeatureKind.Number),
        ];
        using var database = DuckDbDatabase.OpenInMemory();
        using var duck = database.Connect();
        var relation = $"(select *, date_diff('second', lpep_pickup_datetime, lpep_dropoff_datetime) / 60.0 as duration from read_parquet({DuckDbText.Literal(Path.Combine(data, "green_tripdata_*.parquet"))}, union_by_name=true) where duration between 1 and 60)";
        var (columns, labels) = FeatureReader.Read(duck, relation, features, "duration");
        var parameters = new Dictionary<string, object> { ["max_depth"] = 8L, ["eta"] = 0.2, ["rounds"] = (long)Rounds };
        var task = new FittingTask(columns, labels, PredictionTask.Regression, parameters, 42, _ => { }, CancellationToken.None);
        var (own, limit) = (new List<double>(), new List<double>());
        for (var round = 0; round < 3; round++)
        {
            var watch = Stopwatch.StartNew();
            using (var fitted = XGBoostFit.Fit(task)) own.Add(watch.Elapsed.TotalSeconds);
            limit.Add(Bare(columns, labels));
        }

        Console.WriteLine("| what | flyball | bare XGBoost | ratio |\n|---|---|---|---|");
        Report.Row($"{Rounds} rounds of hist on {labels.Length:N0} rows × {features.Length}", Report.Spread(own, "s"), Report.Spread(limit, "s"), $"{Report.Median(own) / Report.Median(limit):0.00} ×");
    }

    private static double Bare(FeatureColumns columns, double[] labels)
    {
        var encoding = TargetEncoding.Fit(columns.Categories(0), labels);
        var matrix = new float[labels.Length * 4];
        for (var row = 0; row < labels.Length; row++)
        {
            matrix[row * 4] = (float)encoding[columns.Categories(0)[row]];
            for (var column = 1; column < 4; column++) matrix[(row * 4) + column] = (float)columns.Numbers(column)[row];
        }

        var watch = Stopwatch.StartNew();
        using var data = XGBoostMatrix.FromDense(matrix, labels.Length, 4);
        data.SetLabels(Array.ConvertAll(labels, label => (float)label));
        using var booster = XGBoostBooster.Create(
            new Dictionary<string, string> { ["objective"] = "reg:squarederror", ["tree_method"] = "hist", ["max_depth"] = "8", ["eta"] = "0.2", ["nthread"] = $"{Environment.ProcessorCount}" }, data);
        for (var round = 0; round < Rounds; round++) booster.Update(round, data);
        return watch.Elapsed.TotalSeconds;
    }
}
