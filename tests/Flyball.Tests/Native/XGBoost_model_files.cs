using System.Globalization;
using Flyball.Native.XGBoost;

namespace Flyball.Tests.Native;

public sealed class XGBoost_model_files
{
    [Theory]
    [InlineData("model.bst")]
    [InlineData("model.json")]
    [InlineData("model.ubj")]
    public void Give_the_published_margins_of_iris(string file)
    {
        var rows = File.ReadLines(SharedData.Path("xgboost", "COMPUTED_iris150_pred_and_margins.csv")).Skip(1)
            .Select(line => Array.ConvertAll(line.Split(','), cell => double.Parse(cell, CultureInfo.InvariantCulture))).ToArray();
        Assert.Equal(150, rows.Length);
        var values = rows.SelectMany(row => row[..4]).Select(value => (float)value).ToArray();
        using var booster = XGBoostBooster.LoadFile(SharedData.Path("xgboost", file));
        using var matrix = XGBoostMatrix.FromDense(values, 150, 4);

        var classes = new float[150];
        Assert.Equal(1, booster.PredictDense(values, 150, 4, classes));
        var margins = new float[1500];
        Assert.Equal(10, booster.PredictDense(values, 150, 4, margins, outputMargin: true));

        Assert.Equal(4, booster.FeatureCount);
        Assert.Equal(classes, booster.Predict(matrix));
        Assert.Equal(margins, booster.Predict(matrix, outputMargin: true));
        for (var row = 0; row < 150; row++)
        {
            Assert.Equal(rows[row][4], classes[row]);
            for (var output = 0; output < 10; output++) Assert.Equal(rows[row][5 + output], margins[(row * 10) + output], 1e-6);
        }
    }

    [Fact]
    public void Of_any_other_kind_are_refused()
    {
        var random = new Random(3);
        foreach (var bytes in (byte[][])[[], "{"u8.ToArray(), "{}"u8.ToArray(), "not a model"u8.ToArray(), "{\"learner\":{}}"u8.ToArray(), "{\"a\":[1,2"u8.ToArray(), [0x80, 0x04, 0x95]])
        {
            Assert.Throws<XGBoostException>(() => XGBoostBooster.Load(bytes));
        }

        for (var i = 0; i < 200; i++)
        {
            var noise = new byte[random.Next(1, 4000)];
            random.NextBytes(noise);
            Assert.Throws<XGBoostException>(() => XGBoostBooster.Load(noise));
        }
    }

    [Theory]
    [InlineData("model.bst")]
    [InlineData("model.json")]
    [InlineData("model.ubj")]
    public void That_are_damaged_never_end_the_process(string file)
    {
        var whole = File.ReadAllBytes(SharedData.Path("xgboost", file));
        var random = new Random(5);
        var refused = 0;
        for (var i = 0; i < 400; i++)
        {
            var damaged = (byte[])whole.Clone();
            if (i % 4 == 0) damaged = damaged[..random.Next(damaged.Length)];
            else if (i % 4 == 1) damaged[random.Next(600)] ^= (byte)(1 << random.Next(8));
            else damaged[random.Next(damaged.Length)] = file.EndsWith("json", StringComparison.Ordinal) ? (byte)('0' + random.Next(10)) : (byte)random.Next(256);
            try
            {
                using var booster = XGBoostBooster.Load(damaged);
                using var matrix = XGBoostMatrix.FromDense(new float[booster.FeatureCount], 1, booster.FeatureCount);
                booster.Predict(matrix);
            }
            catch (XGBoostException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 100, 400);
    }

    [Fact]
    public void Predict_the_same_on_many_threads_at_once()
    {
        using var booster = XGBoostBooster.LoadFile(SharedData.Path("xgboost", "model.ubj"));
        var expected = new float[10];
        booster.PredictDense([5.1f, 3.5f, 1.4f, 0.2f], 1, 4, expected, outputMargin: true);
        Parallel.For(0, 20_000, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            Span<float> output = stackalloc float[10];
            booster.PredictDense(i % 2 == 0 ? [5.1f, 3.5f, 1.4f, 0.2f] : [6.8f, 2.8f, 4.8f, 1.4f], 1, 4, output, outputMargin: true);
            if (i % 2 == 0) Assert.Equal(expected, output.ToArray());
        });
    }

    [Fact]
    public void Predict_a_row_without_garbage()
    {
        using var booster = XGBoostBooster.LoadFile(SharedData.Path("xgboost", "model.ubj"));
        var row = new[] { 5.1f, 3.5f, 1.4f, 0.2f };
        var output = new float[10];
        // the first calls run code that is not optimised yet
        var least = Enumerable.Range(0, 200).Min(_ =>
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 1000; i++) booster.PredictDense(row, 1, 4, output, outputMargin: true);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        });
        Assert.InRange(least, 0, 1000);
    }

    [Fact]
    public void Refuse_rows_of_another_width()
    {
        using var booster = XGBoostBooster.LoadFile(SharedData.Path("xgboost", "model.ubj"));
        Assert.Throws<ArgumentException>(() => booster.PredictDense([1, 2, 3], 1, 3, new float[1]));
        Assert.Throws<ArgumentException>(() => booster.PredictDense([1, 2, 3, 4], 1, 4, new float[3]));
        Assert.Throws<ArgumentException>(() => booster.PredictDense([1, 2, 3], 1, 4, new float[1]));
    }

    [Fact]
    public void Are_read_by_the_engine_that_Debian_ships() => Assert.Equal(new Version(1, 7, 4), XGBoostBooster.EngineVersion);
}
