using Flyball.Native.OnnxRuntime;

namespace Flyball.Tests.Native;

[Collection(Alone.Name)]
public sealed class Onnx_over_ten_thousand_uses
{
    [Fact]
    public void Runs_leave_no_memory_behind()
    {
        using var regression = OnnxSession.LoadFile(SharedData.Path("onnx", "small", "linear_regression.onnx"));
        using var zip = OnnxSession.LoadFile(SharedData.Path("onnx", "small", "TestZipMapString.onnx"));
        var width = (int)Math.Max(3, zip.Inputs[0].Shape[^1]);
        var growth = NativeMemory_growth.Of(10_000, () =>
        {
            regression.Run(new Dictionary<string, OnnxTensor> { [regression.Inputs[0].Name] = OnnxTensor.Of([1f, 2, 3, 4], 1, 4) });
            zip.Run(new Dictionary<string, OnnxTensor> { [zip.Inputs[0].Name] = OnnxTensor.Of(new float[width], 1, width) });
            Assert.Throws<OnnxException>(() => regression.Run(new Dictionary<string, OnnxTensor>()));
        });
        Assert.InRange(growth, -1000, 30);
    }

    [Fact]
    public void Sessions_leave_no_memory_behind()
    {
        var model = File.ReadAllBytes(SharedData.Path("onnx", "small", "linear_regression.onnx"));
        var growth = NativeMemory_growth.Of(3_000, () =>
        {
            using var session = OnnxSession.Load(model);
            Assert.Single(session.Outputs);
            Assert.Throws<OnnxException>(() => OnnxSession.Load("nonsense"u8));
        });
        Assert.InRange(growth, -1000, 30);
    }
}
