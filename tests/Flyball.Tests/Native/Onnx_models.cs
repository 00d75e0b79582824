using Flyball.Native.OnnxRuntime;

namespace Flyball.Tests.Native;

public sealed class Onnx_models
{
    private static OnnxSession Open(params string[] path) => OnnxSession.LoadFile(SharedData.Path(["onnx", .. path]));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Mnist_answers_what_its_test_set_says(int set)
    {
        using var session = Open("mnist", "mnist.onnx");
        var (shape, pixels) = TensorProto.ReadFloats(File.ReadAllBytes(SharedData.Path("onnx", "mnist", $"test_data_set_{set}", "input_0.pb")));
        var (_, expected) = TensorProto.ReadFloats(File.ReadAllBytes(SharedData.Path("onnx", "mnist", $"test_data_set_{set}", "output_0.pb")));

        var output = (OnnxTensor)session.Run(new Dictionary<string, OnnxTensor> { ["Input3"] = OnnxTensor.Of(pixels, shape) })["Plus214_Output_0"];

        Assert.Equal([1, 10], output.Shape);
        Assert.Equal(10, expected.Length);
        // 1e-5 of the value: these are sums in the thousands, of which a float keeps seven digits
        foreach (var (want, got) in expected.Zip(output.Span<float>().ToArray())) Assert.InRange(Math.Abs(want - got), 0, 1e-5 * Math.Max(1, Math.Abs(want)));
    }

    [Fact]
    public void Mnist_set_0_gives_the_documented_scores()
    {
        using var session = Open("mnist", "mnist.onnx");
        var (shape, pixels) = TensorProto.ReadFloats(File.ReadAllBytes(SharedData.Path("onnx", "mnist", "test_data_set_0", "input_0.pb")));
        var output = (OnnxTensor)session.Run(new Dictionary<string, OnnxTensor> { ["Input3"] = OnnxTensor.Of(pixels, shape) })["Plus214_Output_0"];
        double[] documented = [975.67035, -618.7244, 6574.5684, 668.0278, -917.27057, -1671.6357, -1952.7606, -61.54949, -777.17645, -1439.5311];
        foreach (var (want, got) in documented.Zip(output.Span<float>().ToArray())) Assert.InRange(Math.Abs(want - got), 0, 1e-5 * Math.Abs(want));
    }

    [Fact]
    public void Ports_tell_name_type_and_shape()
    {
        using var session = Open("mnist", "mnist.onnx");
        var input = Assert.Single(session.Inputs);
        Assert.Equal(("Input3", OnnxKind.Tensor, OnnxElement.Float), (input.Name, input.Kind, input.Element));
        Assert.Equal([1, 1, 28, 28], input.Shape);
        Assert.Equal([1, 10], Assert.Single(session.Outputs).Shape);

        using var open = Open("sklearn", "treecl.onnx");
        Assert.Equal(-1, open.Inputs[0].Shape[0]);
        Assert.Equal([OnnxElement.Int64, OnnxElement.Float], open.Outputs.Select(output => output.Element));

        using var zip = Open("small", "TestZipMapString.onnx");
        Assert.Equal(OnnxKind.Sequence, zip.Outputs[0].Kind);
    }

    [Fact]
    public void Linear_regression_gives_its_documented_answer()
    {
        using var session = Open("small", "linear_regression.onnx");
        var outputs = session.Run(new Dictionary<string, OnnxTensor> { [session.Inputs[0].Name] = OnnxTensor.Of([1f, 2, 3, 4], 1, 4) });
        Assert.Equal(3.1073685f, Assert.Single(((OnnxTensor)outputs["variable"]).Span<float>().ToArray()), 1e-6f);
    }

    [Fact]
    public void Open_dimensions_take_any_size()
    {
        using var session = Open("small", "test_unknowndimensions_float.onnx");
        var name = session.Inputs[0].Name;
        var two = (OnnxTensor)session.Run(new Dictionary<string, OnnxTensor> { [name] = OnnxTensor.Of([1.1f, 1.3f, 1.2f, -1.9f, -1.3f, 1.1f], 2, 3) }).Values.Single();
        Assert.Equal([1L, 2L], two.Span<long>().ToArray());
        var one = (OnnxTensor)session.Run(new Dictionary<string, OnnxTensor> { [name] = OnnxTensor.Of([5f, 1, 1], 1, 3) }).Values.Single();
        Assert.Equal([0L], one.Span<long>().ToArray());
        Assert.Equal([-1, 3], session.Inputs[0].Shape);
    }

    [Fact]
    public void Two_inputs_and_two_outputs_keep_their_names()
    {
        using var session = Open("small", "twoinput.onnx");
        Assert.Equal(["ina", "inb"], session.Inputs.Select(port => port.Name));
        var shape = session.Inputs[0].Shape.Select(size => size < 0 ? 1 : size).ToArray();
        var count = (int)shape.Aggregate(1L, (product, size) => product * size);
        OnnxTensor Filled(float value) => OnnxTensor.Of([.. Enumerable.Repeat(value, count)], shape);
        var inputs = new Dictionary<string, OnnxTensor> { ["ina"] = Filled(5), ["inb"] = Filled(3) };

        var all = session.Run(inputs);
        Assert.Equal([2f, 8f], new[] { "outa", "outb" }.Select(name => ((OnnxTensor)all[name]).Span<float>()[0]).Order());

        var one = Assert.Single(session.Run(inputs, "outb"));
        Assert.Equal("outb", one.Key);
        Assert.Equal(((OnnxTensor)all["outb"]).Span<float>().ToArray(), ((OnnxTensor)one.Value).Span<float>().ToArray());
    }

    [Fact]
    public void Zipped_maps_arrive_with_their_keys()
    {
        using var numbers = Open("small", "TestZipMapInt64.onnx");
        using var texts = Open("small", "TestZipMapString.onnx");
        foreach (var session in (OnnxSession[])[numbers, texts])
        {
            float[] values = [0.25f, 0.5f, 0.125f];
            var sequence = (OnnxSequence)session.Run(new Dictionary<string, OnnxTensor> { [session.Inputs[0].Name] = OnnxTensor.Of(values, 1, 3) }).Values.Single();
            var map = (OnnxMap)Assert.Single(sequence.Items);
            Assert.Equal(session == numbers ? OnnxElement.Int64 : OnnxElement.String, map.Keys.Element);
            Assert.Equal(3, map.Keys.Values.Cast<object>().Distinct().Count());
            Assert.Equal(values.Order(), map.Values.Span<float>().ToArray().Order());
        }
    }

    [Theory]
    [InlineData("treecl.onnx", 20, true)]
    [InlineData("treecl2.onnx", 20, true)]
    [InlineData("treecl3.onnx", 10, false)]
    public void Tree_classifiers_answer_the_label_of_the_highest_score(string file, int width, bool areProbabilities)
    {
        using var session = Open("sklearn", file);
        var random = new Random(11);
        var rows = Enumerable.Range(0, 50 * width).Select(_ => (float)((random.NextDouble() * 4) - 2)).ToArray();
        var name = session.Inputs[0].Name;

        (long[] Labels, float[] Probabilities) Run(float[] values)
        {
            var outputs = session.Run(new Dictionary<string, OnnxTensor> { [name] = OnnxTensor.Of(values, values.Length / width, width) });
            return (((OnnxTensor)outputs[session.Outputs[0].Name]).Span<long>().ToArray(), ((OnnxTensor)outputs[session.Outputs[1].Name]).Span<float>().ToArray());
        }

        var (labels, probabilities) = Run(rows);
        var classes = probabilities.Length / 50;
        Assert.True(labels.Distinct().Count() > 1);
        for (var row = 0; row < 50; row++)
        {
            var of = probabilities.AsSpan(row * classes, classes).ToArray();
            if (areProbabilities) Assert.Equal(1, of.Sum(), 1e-4f);
            Assert.Equal(of.Max(), of[labels[row]]);
            var alone = Run(rows[(row * width)..((row + 1) * width)]);
            Assert.Equal(labels[row], Assert.Single(alone.Labels));
            Assert.Equal(of, alone.Probabilities);
        }
    }

    [Fact]
    public void Answer_the_same_on_many_threads_at_once()
    {
        using var session = Open("small", "linear_regression.onnx");
        var name = session.Inputs[0].Name;
        Parallel.For(0, 2000, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            var output = (OnnxTensor)session.Run(new Dictionary<string, OnnxTensor> { [name] = OnnxTensor.Of([1f, 2, 3, 4], 1, 4) })["variable"];
            Assert.Equal(3.1073685f, output.Span<float>()[0], 1e-6f);
        });
    }

    [Fact]
    public void Of_any_other_kind_are_refused()
    {
        Assert.Throws<OnnxException>(() => OnnxSession.Load([]));
        Assert.Throws<OnnxException>(() => OnnxSession.Load("this is no model"u8));
        var whole = File.ReadAllBytes(SharedData.Path("onnx", "mnist", "mnist.onnx"));
        Assert.Throws<OnnxException>(() => OnnxSession.Load(whole.AsSpan(0, whole.Length / 2)));
        var noise = new byte[5000];
        new Random(1).NextBytes(noise);
        Assert.Throws<OnnxException>(() => OnnxSession.Load(noise));
    }

    [Fact]
    public void Refuse_inputs_that_do_not_fit_in_the_engines_words()
    {
        using var session = Open("mnist", "mnist.onnx");
        Assert.Contains("Input3", Assert.Throws<OnnxException>(() => session.Run(new Dictionary<string, OnnxTensor>())).Message, StringComparison.Ordinal);
        Assert.Throws<OnnxException>(() => session.Run(new Dictionary<string, OnnxTensor> { ["Input3"] = OnnxTensor.Of(new double[784], 1, 1, 28, 28) }));
        Assert.Throws<OnnxException>(() => session.Run(new Dictionary<string, OnnxTensor> { ["Input3"] = OnnxTensor.Of(new float[28], 1, 1, 1, 28) }));
        Assert.Throws<OnnxException>(() => session.Run(new Dictionary<string, OnnxTensor> { ["other"] = OnnxTensor.Of(new float[784], 1, 1, 28, 28) }));
        Assert.Throws<ArgumentException>(() => OnnxTensor.Of(new float[5], 2, 3));
        Assert.Throws<ArgumentException>(() => OnnxTensor.Of(new decimal[1], 1));
    }

    [Fact]
    public void Are_run_by_the_engine_the_lock_file_names() => Assert.Equal("1.27.0", OnnxSession.EngineVersion);
}
