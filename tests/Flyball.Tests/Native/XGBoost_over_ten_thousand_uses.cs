using Flyball.Native.XGBoost;

namespace Flyball.Tests.Native;

[Collection(Alone.Name)]
public sealed class XGBoost_over_ten_thousand_uses
{
    [Fact]
    public void Models_matrices_and_predictions_leave_no_memory_behind()
    {
        using var trained = XGBoost_training.Trained(out var rows);
        rows.Dispose();
        var file = trained.Save(XGBoostFormat.Ubj);
        var output = new float[1];
        var growth = NativeMemory_growth.Of(10_000, () =>
        {
            using var booster = XGBoostBooster.Load(file);
            booster.PredictDense([1, 2, 3, 4], 1, 4, output);
            using var matrix = XGBoostMatrix.FromDense([1, 2, 3, 4], 1, 4, threads: 1);
            booster.Contributions(matrix);
            Assert.Throws<XGBoostException>(() => XGBoostBooster.Load("nonsense"u8));
        });
        Assert.InRange(growth, -1000, 30);
    }

    [Fact]
    public void Threads_that_end_leave_no_memory_behind()
    {
        using var trained = XGBoost_training.Trained(out var rows);
        rows.Dispose();
        using var booster = XGBoostBooster.Load(trained.Save(XGBoostFormat.Ubj));
        var expected = new float[1];
        booster.PredictDense([1, 2, 3, 4], 1, 4, expected);
        var wrong = 0;
        var growth = NativeMemory_growth.Of(2_000, () =>
        {
            var thread = new Thread(() =>
            {
                var output = new float[1];
                booster.PredictDense([1, 2, 3, 4], 1, 4, output);
                if (output[0] != expected[0]) Interlocked.Increment(ref wrong);
            });
            thread.Start();
            thread.Join();
        });
        Assert.Equal(0, wrong);
        Assert.InRange(growth, -1000, 15);
    }

    [Fact]
    public void A_prediction_reads_no_file()
    {
        using var trained = XGBoost_training.Trained(out var rows);
        rows.Dispose();
        using var booster = XGBoostBooster.Load(trained.Save(XGBoostFormat.Ubj));
        var output = new float[1];
        booster.PredictDense([1, 2, 3, 4], 1, 4, output);
        var before = Reads();
        for (var i = 0; i < 2_000; i++) booster.PredictDense([1, 2, 3, 4], 1, 4, output);
        Assert.InRange(Reads() - before, 0, 500);
    }

    /// <summary>How many times this process has asked the system to read.</summary>
    private static long Reads() => long.Parse(File.ReadLines("/proc/self/io").First(line => line.StartsWith("syscr:", StringComparison.Ordinal))["syscr:".Length..]);
}
