using System.Runtime.InteropServices;
using Flyball.Native.XGBoost;

namespace Flyball.Tests.Native;

public sealed class XGBoost_training
{
    private static readonly Dictionary<string, string> TaxiParameters = new()
    {
        ["learning_rate"] = "0.09585355369315604",
        ["max_depth"] = "30",
        ["min_child_weight"] = "1.060597050922164",
        ["objective"] = "reg:squarederror",
        ["reg_alpha"] = "0.018060244040060163",
        ["reg_lambda"] = "0.011658731377413597",
        ["seed"] = "42",
        ["nthread"] = "2",
    };

    [Theory]
    [InlineData("exact", 6.459853)]
    [InlineData("hist", 6.479889)]
    public void Reaches_the_published_error_on_green_taxi(string method, double expected)
    {
        var taxi = GreenTaxi.FittedOn("2021-01");
        using var train = taxi.Matrix("2021-01").Matrix;
        var (validation, minutes) = taxi.Matrix("2021-02");
        using var held = validation;
        using var booster = XGBoostBooster.Create(new Dictionary<string, string>(TaxiParameters) { ["tree_method"] = method }, train, held);

        for (var round = 0; round < 100; round++) booster.Update(round, train);

        var reported = booster.Evaluate(99, ("valid", held))["valid-rmse"];
        var squares = booster.Predict(held).Zip(minutes, (guess, truth) => Math.Pow((double)guess - truth, 2));
        Assert.InRange(Math.Sqrt(squares.Average()), expected - 0.002, expected + 0.002);
        Assert.Equal(Math.Sqrt(squares.Average()), reported, 4);
        Assert.Equal(100, booster.Rounds);
        Assert.Equal(13_221, booster.FeatureCount);
    }

    [Fact]
    public void With_the_same_seed_gives_the_same_bytes()
    {
        byte[] Train(int seed)
        {
            var (values, labels) = Sample();
            using var matrix = XGBoostMatrix.FromDense(values, labels.Length, 4);
            matrix.SetLabels(labels);
            using var booster = XGBoostBooster.Create(
                new Dictionary<string, string> { ["tree_method"] = "hist", ["subsample"] = "0.5", ["colsample_bytree"] = "0.5", ["seed"] = $"{seed}", ["nthread"] = "2" }, matrix);
            for (var round = 0; round < 20; round++) booster.Update(round, matrix);
            return booster.Save(XGBoostFormat.Ubj);
        }

        Assert.Equal(Train(7), Train(7));
        Assert.NotEqual(Train(7), Train(8));
    }

    [Fact]
    public void Lets_threads_that_wait_spin_briefly()
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") is not null, "the environment says how OpenMP waits");
        using var booster = Trained(out var matrix);
        using var rows = matrix;

        Assert.Equal(Environment.GetEnvironmentVariable("GOMP_SPINCOUNT") ?? "1000", Marshal.PtrToStringUTF8(ReadVariable("GOMP_SPINCOUNT")));
    }

    [DllImport("libc", EntryPoint = "getenv")]
    private static extern nint ReadVariable([MarshalAs(UnmanagedType.LPUTF8Str)] string name);

    [Fact]
    public void Contributions_add_up_to_the_margin()
    {
        using var booster = Trained(out var matrix);
        using var rows = matrix;

        var contributions = booster.Contributions(rows);

        Assert.Equal([1000, 1, 5], contributions.Shape);
        var margins = booster.Predict(rows, outputMargin: true);
        for (var row = 0; row < rows.Rows; row++) Assert.Equal(margins[row], contributions.Values.AsSpan(row * 5, 5).ToArray().Sum(), 3);
    }

    [Fact]
    public void Weights_of_zero_take_rows_out()
    {
        var (values, labels) = Sample();
        var kept = 400;
        using var weighted = XGBoostMatrix.FromDense(values, labels.Length, 4);
        weighted.SetLabels(labels);
        weighted.SetWeights([.. labels.Select((_, row) => row < kept ? 1f : 0f)]);
        using var short_ = XGBoostMatrix.FromDense(values.AsSpan(0, kept * 4), kept, 4);
        short_.SetLabels(labels.AsSpan(0, kept));
        var parameters = new Dictionary<string, string> { ["tree_method"] = "exact", ["max_depth"] = "3", ["base_score"] = "0" };
        using var first = XGBoostBooster.Create(parameters, weighted);
        using var second = XGBoostBooster.Create(parameters, short_);
        for (var round = 0; round < 5; round++)
        {
            first.Update(round, weighted);
            second.Update(round, short_);
        }

        Assert.Equal(second.Predict(short_).Average(), first.Predict(short_).Average(), 2);
    }

    [Fact]
    public void Sparse_and_dense_rows_predict_the_same()
    {
        using var booster = Trained(out var matrix);
        matrix.Dispose();
        using var dense = XGBoostMatrix.FromDense([1, float.NaN, 3, float.NaN, float.NaN, float.NaN, float.NaN, 0.5f], 2, 4);
        using var sparse = XGBoostMatrix.FromCsr([0, 2, 3], [0, 2, 3], [1, 3, 0.5f], 4);
        Assert.Equal(booster.Predict(dense), booster.Predict(sparse));
    }

    [Fact]
    public void Names_of_columns_travel_with_the_model()
    {
        using var booster = Trained(out var matrix);
        matrix.Dispose();
        Assert.Empty(booster.FeatureNames);
        booster.FeatureNames = ["a", "b", "c", "trip distance"];
        using var loaded = XGBoostBooster.Load(booster.Save(XGBoostFormat.Json));
        Assert.Equal(["a", "b", "c", "trip distance"], loaded.FeatureNames);
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        Assert.Throws<ArgumentException>(() => XGBoostMatrix.FromDense([1, 2, 3], 2, 2));
        Assert.Throws<ArgumentException>(() => XGBoostMatrix.FromCsr([0, 2], [0, 5], [1, 1], 4));
        Assert.Throws<ArgumentException>(() => XGBoostMatrix.FromCsr([0, 3], [0, 1], [1, 1], 4));
        Assert.Throws<ArgumentException>(() => XGBoostMatrix.FromCsr([0, 2, 1], [0], [1], 4));
        using var matrix = XGBoostMatrix.FromDense([1, 2, 3, 4], 2, 2);
        Assert.Throws<ArgumentException>(() => matrix.SetLabels([1]));
        Assert.Throws<ArgumentException>(() => matrix.SetFeatureNames(["one"]));
        matrix.SetLabels([1, 2]);
        using var booster = XGBoostBooster.Create(new Dictionary<string, string> { ["objective"] = "reg:nonsense" }, matrix);
        Assert.Contains("reg:nonsense", Assert.Throws<XGBoostException>(() => booster.Update(0, matrix)).Message, StringComparison.Ordinal);
        using var second = XGBoostBooster.Create(new Dictionary<string, string> { ["max_depth"] = "deep" }, matrix);
        Assert.Contains("max_depth", Assert.Throws<XGBoostException>(() => second.Update(0, matrix)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gbtree")]
    [InlineData("dart")]
    [InlineData("gblinear")]
    public void Every_booster_survives_saving_and_loading(string name)
    {
        var (values, labels) = Sample();
        using var matrix = XGBoostMatrix.FromDense(values, labels.Length, 4);
        matrix.SetLabels(labels);
        using var booster = XGBoostBooster.Create(new Dictionary<string, string> { ["booster"] = name }, matrix);
        for (var round = 0; round < 10; round++) booster.Update(round, matrix);
        var expected = booster.Predict(matrix);

        foreach (var format in Enum.GetValues<XGBoostFormat>())
        {
            using var loaded = XGBoostBooster.Load(booster.Save(format));
            var output = new float[labels.Length];
            Assert.Equal(1, loaded.PredictDense(values, labels.Length, 4, output));
            // trees may be summed in another order
            foreach (var (want, got) in expected.Zip(output)) Assert.Equal(want, got, 1e-5f);
        }
    }

    internal static XGBoostBooster Trained(out XGBoostMatrix matrix)
    {
        var (values, labels) = Sample();
        matrix = XGBoostMatrix.FromDense(values, labels.Length, 4);
        matrix.SetLabels(labels);
        var booster = XGBoostBooster.Create(new Dictionary<string, string> { ["max_depth"] = "4", ["nthread"] = "1" }, matrix);
        for (var round = 0; round < 20; round++) booster.Update(round, matrix);
        return booster;
    }

    internal static (float[] Values, float[] Labels) Sample()
    {
        var random = new Random(1);
        var values = new float[4000];
        var labels = new float[1000];
        for (var row = 0; row < labels.Length; row++)
        {
            for (var column = 0; column < 4; column++) values[(row * 4) + column] = random.Next(10) == 0 ? float.NaN : (float)random.NextDouble() * 10;
            labels[row] = (values[row * 4] > 5 ? 3 : 1) + (float.IsNaN(values[(row * 4) + 1]) ? 0 : values[(row * 4) + 1] * 0.1f);
        }

        return (values, labels);
    }
}
