using System.Buffers.Text;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Flyball.Native.XGBoost;

/// <summary>The file formats of a model: text or binary JSON.</summary>
public enum XGBoostFormat
{
    Json,
    Ubj,
}

/// <summary>Numbers of any shape, the last index running fastest.</summary>
public sealed record XGBoostTensor(float[] Values, IReadOnlyList<int> Shape);

/// <summary>
/// A gradient-boosted model. Training and everything on a <see cref="XGBoostMatrix"/> is for one thread at a time;
/// <see cref="PredictDense"/> may run on any number of threads at once, as long as nothing else does.
/// </summary>
public sealed unsafe class XGBoostBooster : IDisposable
{
    /// <summary>
    /// What a prediction in place tells the engine of its rows, one per thread. Where none is given the engine makes one for every call,
    /// and reads the machine's processor limits from two files each time, which takes longer than the trees.
    /// </summary>
    [ThreadStatic]
    private static MatrixHandle? proxy;

    private readonly BoosterHandle handle;
    private bool inPlace = true;

    private XGBoostBooster(nint booster) => handle = new BoosterHandle(booster);

    /// <summary>The engine's version, such as 1.7.4.</summary>
    public static Version EngineVersion
    {
        get
        {
            XGBoostNative.XGBoostVersion(out var major, out var minor, out var patch);
            return new Version(major, minor, patch);
        }
    }

    /// <summary>Number of columns of a row; 0 before the first update.</summary>
    public int FeatureCount
    {
        get
        {
            XGBoostException.Check(XGBoostNative.XGBoosterGetNumFeature(handle, out var count));
            return (int)count;
        }
    }

    /// <summary>Rounds of boosting so far.</summary>
    public int Rounds
    {
        get
        {
            XGBoostException.Check(XGBoostNative.XGBoosterBoostedRounds(handle, out var count));
            return count;
        }
    }

    /// <summary>Names of the columns; kept in the model file; empty where nobody set them.</summary>
    public IReadOnlyList<string> FeatureNames
    {
        get
        {
            XGBoostException.Check(XGBoostNative.XGBoosterGetStrFeatureInfo(handle, "feature_name", out var length, out var values));
            var names = new string[length];
            for (var i = 0; i < names.Length; i++) names[i] = Marshal.PtrToStringUTF8(values[i]) ?? "";
            return names;
        }
        set => XGBoostException.Check(XGBoostNative.XGBoosterSetStrFeatureInfo(handle, "feature_name", [.. value], (ulong)value.Count));
    }

    /// <summary>A model to be trained; the matrices given here keep their margins between rounds, which makes rounds cheap.</summary>
    /// <exception cref="XGBoostException">A parameter is refused.</exception>
    /// <exception cref="NativeLibraryMissingException">The engine is not installed.</exception>
    public static XGBoostBooster Create(IReadOnlyDictionary<string, string> parameters, params XGBoostMatrix[] caches)
    {
        var booster = New(caches);
        try
        {
            foreach (var (name, value) in parameters) XGBoostException.Check(XGBoostNative.XGBoosterSetParam(booster.handle, name, value));
            return booster;
        }
        catch
        {
            booster.Dispose();
            throw;
        }
    }

    /// <summary>Reads a model in any of the engine's formats (JSON, UBJ, the old binary one); threads is what a prediction may use.</summary>
    /// <exception cref="XGBoostException">The bytes are not a model.</exception>
    /// <exception cref="NativeLibraryMissingException">The engine is not installed.</exception>
    public static XGBoostBooster Load(ReadOnlySpan<byte> model, int threads = 1)
    {
        XGBoostModelFile.Check(model);
        var booster = New([]);
        try
        {
            booster.Set("verbosity", "0");
            fixed (byte* bytes = model) XGBoostException.Check(XGBoostNative.XGBoosterLoadModelFromBuffer(booster.handle, bytes, (ulong)model.Length));
            booster.SetParameter("nthread", threads.ToString(CultureInfo.InvariantCulture));
            return booster;
        }
        catch
        {
            booster.Dispose();
            throw;
        }
    }

    /// <summary>Reads a model file.</summary>
    /// <exception cref="XGBoostException">The file is not a model.</exception>
    public static XGBoostBooster LoadFile(string path, int threads = 1) => Load(File.ReadAllBytes(path), threads);

    /// <summary>Sets a parameter; not while predictions run.</summary>
    public void SetParameter(string name, string value)
    {
        Set(name, value);
        Configure();
    }

    /// <summary>One round of boosting.</summary>
    public void Update(int iteration, XGBoostMatrix train) => XGBoostException.Check(XGBoostNative.XGBoosterUpdateOneIter(handle, iteration, train.Handle));

    /// <summary>The evaluation metrics of each named matrix, keyed as <c>name-metric</c>, for instance <c>valid-rmse</c>.</summary>
    public IReadOnlyDictionary<string, double> Evaluate(int iteration, params (string Name, XGBoostMatrix Matrix)[] sets)
    {
        using var matrices = new BorrowedMatrices(Array.ConvertAll(sets, set => set.Matrix));
        XGBoostException.Check(XGBoostNative.XGBoosterEvalOneIter(handle, iteration, matrices.Addresses, Array.ConvertAll(sets, set => set.Name), (ulong)sets.Length, out var text));
        var values = new Dictionary<string, double>(StringComparer.Ordinal);
        // [0]<tab>train-rmse:1.5<tab>valid-rmse:1.7
        foreach (var part in (Marshal.PtrToStringUTF8(text) ?? "").Split('\t').Skip(1))
        {
            var colon = part.LastIndexOf(':');
            values[part[..colon]] = Number(part[(colon + 1)..]);
        }

        return values;
    }

    /// <summary>Predictions of shape rows × outputs; the margin is the sum of the trees before the objective's transformation.</summary>
    public float[] Predict(XGBoostMatrix matrix, bool outputMargin = false) =>
        Run(matrix, outputMargin ? "{\"type\":1,\"training\":false,\"iteration_begin\":0,\"iteration_end\":0,\"strict_shape\":false}\0"u8
            : "{\"type\":0,\"training\":false,\"iteration_begin\":0,\"iteration_end\":0,\"strict_shape\":false}\0"u8).Values;

    /// <summary>
    /// SHAP values (Lundberg et al., Consistent individualized feature attribution for tree ensembles, 2018) of shape rows × outputs × (columns + 1);
    /// the last column is the bias, and a row's values add up to its margin.
    /// </summary>
    public XGBoostTensor Contributions(XGBoostMatrix matrix) =>
        Run(matrix, "{\"type\":2,\"training\":false,\"iteration_begin\":0,\"iteration_end\":0,\"strict_shape\":true}\0"u8);

    /// <summary>Predicts row-major values of shape rows × columns without copying them; NaN is missing. Answers the number of outputs per row.</summary>
    /// <exception cref="ArgumentException">The spans do not fit the shape, or the model wants another number of columns.</exception>
    public int PredictDense(ReadOnlySpan<float> values, int rows, int columns, Span<float> output, bool outputMargin = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rows);
        if (values.Length != (long)rows * columns) throw new ArgumentException($"{rows} rows of {columns} columns need {(long)rows * columns} values, not {values.Length}.", nameof(values));
        if (columns != FeatureCount) throw new ArgumentException($"The model wants {FeatureCount} columns, not {columns}.", nameof(columns));
        if (!inPlace) return PredictCopied(values, rows, columns, output, outputMargin);

        Span<byte> json = stackalloc byte[160];
        fixed (float* data = values)
        fixed (byte* array = json)
        fixed (byte* config = outputMargin
            ? "{\"type\":1,\"training\":false,\"iteration_begin\":0,\"iteration_end\":0,\"strict_shape\":false,\"cache_id\":0,\"missing\":NaN}\0"u8
            : "{\"type\":0,\"training\":false,\"iteration_begin\":0,\"iteration_end\":0,\"strict_shape\":false,\"cache_id\":0,\"missing\":NaN}\0"u8)
        {
            Describe(json, (ulong)data, rows, columns);
            XGBoostException.Check(XGBoostNative.XGBoosterPredictFromDense(handle, array, config, proxy ??= NewProxy(), out var shape, out var dimensions, out var result));
            return Copy(new ReadOnlySpan<float>(result, Length(shape, dimensions)), rows, output);
        }
    }

    /// <summary>The model file's bytes.</summary>
    public byte[] Save(XGBoostFormat format)
    {
        fixed (byte* config = format == XGBoostFormat.Json ? "{\"format\":\"json\"}\0"u8 : "{\"format\":\"ubj\"}\0"u8)
        {
            XGBoostException.Check(XGBoostNative.XGBoosterSaveModelToBuffer(handle, config, out var length, out var bytes));
            return new ReadOnlySpan<byte>(bytes, (int)length).ToArray();
        }
    }

    public void Dispose() => handle.Dispose();

    private static XGBoostBooster New(XGBoostMatrix[] caches)
    {
        using var matrices = new BorrowedMatrices(caches);
        XGBoostException.Check(XGBoostNative.XGBoosterCreate(matrices.Addresses, (ulong)caches.Length, out var booster));
        return new XGBoostBooster(booster);
    }

    private static MatrixHandle NewProxy()
    {
        XGBoostException.Check(XGBoostNative.XGProxyDMatrixCreate(out var matrix));
        return new MatrixHandle(matrix);
    }

    /// <summary>The array interface of row-major floats, zero-terminated, written without garbage: this is the path of every single prediction.</summary>
    private static void Describe(Span<byte> json, ulong address, int rows, int columns)
    {
        var rest = Put(json, "{\"data\":["u8);
        Utf8Formatter.TryFormat(address, rest, out var digits);
        rest = Put(rest[digits..], ",true],\"shape\":["u8);
        Utf8Formatter.TryFormat(rows, rest, out digits);
        rest = Put(rest[digits..], ","u8);
        Utf8Formatter.TryFormat(columns, rest, out digits);
        Put(rest[digits..], "],\"typestr\":\"<f4\",\"version\":3}\0"u8);
    }

    private static Span<byte> Put(Span<byte> target, ReadOnlySpan<byte> text)
    {
        text.CopyTo(target);
        return target[text.Length..];
    }

    private static double Number(string text) => text switch
    {
        "nan" or "-nan" => double.NaN,
        "inf" => double.PositiveInfinity,
        "-inf" => double.NegativeInfinity,
        _ => double.Parse(text, CultureInfo.InvariantCulture),
    };

    private static int Length(ulong* shape, ulong dimensions)
    {
        var length = 1UL;
        for (var i = 0UL; i < dimensions; i++) length *= shape[i];
        return checked((int)length);
    }

    private static int Copy(ReadOnlySpan<float> result, int rows, Span<float> output)
    {
        if (result.Length != output.Length) throw new ArgumentException($"The prediction has {result.Length} values; there is room for {output.Length}.", nameof(output));
        result.CopyTo(output);
        return result.Length / rows;
    }

    private void Set(string name, string value) => XGBoostException.Check(XGBoostNative.XGBoosterSetParam(handle, name, value));

    /// <summary>The engine takes new parameters over at the next use, which must not be a concurrent one; linear boosters cannot predict in place.</summary>
    private void Configure()
    {
        if (FeatureCount is not (> 0 and var columns)) return;
        var row = new float[columns];
        using var matrix = XGBoostMatrix.FromDense(row, 1, columns, threads: 1);
        var output = Predict(matrix);
        try
        {
            inPlace = true;
            PredictDense(row, 1, columns, output);
        }
        catch (XGBoostException error) when (error.Message.Contains("not supported", StringComparison.Ordinal))
        {
            inPlace = false;
        }
    }

    private int PredictCopied(ReadOnlySpan<float> values, int rows, int columns, Span<float> output, bool outputMargin)
    {
        using var matrix = XGBoostMatrix.FromDense(values, rows, columns, threads: 1);
        lock (handle) return Copy(Predict(matrix, outputMargin), rows, output);
    }

    private XGBoostTensor Run(XGBoostMatrix matrix, ReadOnlySpan<byte> json)
    {
        fixed (byte* config = json)
        {
            XGBoostException.Check(XGBoostNative.XGBoosterPredictFromDMatrix(handle, matrix.Handle, config, out var shape, out var dimensions, out var values));
            var sizes = new int[dimensions];
            for (var i = 0; i < sizes.Length; i++) sizes[i] = (int)shape[i];
            return new XGBoostTensor(new ReadOnlySpan<float>(values, Length(shape, dimensions)).ToArray(), sizes);
        }
    }
}
