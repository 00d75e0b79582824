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
}
