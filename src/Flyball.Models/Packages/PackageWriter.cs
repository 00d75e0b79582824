using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Flyball.Models;

/// <summary>A fitted model as files.</summary>
/// <param name="Encodings">By feature; null where one needs none.</param>
public sealed record ModelFit(ReadOnlyMemory<byte> File, IReadOnlyList<TargetEncoding?> Encodings);

/// <summary>What is written into a package.</summary>
/// <param name="Judged">The fit that the gates judged, where it is not the one that serves.</param>
public sealed record PackageContent(ModelManifest Manifest, ModelFit Served, ModelFit? Judged, IReadOnlyList<ModelSample> Samples, ModelReference Reference, string RunId, DateTimeOffset Created);

/// <summary>
/// Writes a package as an MLflow model directory: flavors <c>python_function</c> (feature columns in, predictions out, by a small loader of its own) and, for boosters, <c>xgboost</c>.
/// Layout of <c>MLmodel</c>: MLflow's documentation, "MLflow Model Format".
/// </summary>
public static class PackageWriter
{
    public const string ManifestFile = "flyball/package.json";
    public const string EncodingsFile = "flyball/encodings.json";
    public const string SamplesFile = "flyball/samples.json";
    public const string ReferenceFile = "flyball/reference.json";

    /// <summary>The folder of the fit that the gates judged: it has not seen the held-out rows, so that a challenger can be compared with it on them.</summary>
    public const string JudgedFolder = "flyball/judged/";

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    public static string ModelFileName(ModelFormat format) => format == ModelFormat.XGBoost ? "model.json" : "linear.json";

    /// <summary>Writes all files below <paramref name="folder"/> and returns the manifest with their digests.</summary>
    public static ModelManifest Write(string folder, PackageContent content)
    {
        var manifest = content.Manifest;
        var files = new SortedDictionary<string, byte[]>(StringComparer.Ordinal)
        {
            [ModelFileName(manifest.Format)] = content.Served.File.ToArray(),
            [EncodingsFile] = PackageJson.Bytes(content.Served.Encodings),
            [SamplesFile] = PackageJson.Bytes(content.Samples),
            [ReferenceFile] = PackageJson.Bytes(content.Reference),
            ["MLmodel"] = Utf8.GetBytes(MLmodel(content)),
            ["conda.yaml"] = Utf8.GetBytes(Conda(manifest.Format)),
            ["python_env.yaml"] = Utf8.GetBytes("python: 3.11\nbuild_dependencies:\n- pip\n- setuptools\n- wheel\ndependencies:\n- -r requirements.txt\n"),
            ["requirements.txt"] = Utf8.GetBytes(string.Join('\n', Requirements(manifest.Format)) + "\n"),
            ["input_example.json"] = InputExample(manifest, content.Samples),
            ["code/flyball_model.py"] = Loader(),
        };
        if (content.Judged is { } judged)
        {
            files[JudgedFolder + ModelFileName(manifest.Format)] = judged.File.ToArray();
            files[JudgedFolder + EncodingsFile] = PackageJson.Bytes(judged.Encodings);
        }

        manifest = manifest with { Files = files.ToDictionary(file => file.Key, file => Convert.ToHexStringLower(SHA256.HashData(file.Value))) };
        files[ManifestFile] = PackageJson.Bytes(manifest);
        foreach (var (name, bytes) in files)
        {
            var path = Path.Combine(folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, bytes);
        }

        return manifest;
    }

    private static string[] Requirements(ModelFormat format) => format == ModelFormat.XGBoost ? ["mlflow", "numpy", "pandas", "xgboost>=1.7"] : ["mlflow", "numpy", "pandas"];

    private static string Conda(ModelFormat format) =>
        "name: mlflow-env\nchannels:\n- conda-forge\ndependencies:\n- python=3.11\n- pip\n- pip:\n" + string.Concat(Requirements(format).Select(package => $"  - {package}\n"));

    private static string MLmodel(PackageContent content)
    {
        var manifest = content.Manifest;
        var yaml = new StringBuilder("artifact_path: model\nflavors:\n  python_function:\n    code: code\n    env:\n      conda: conda.yaml\n      virtualenv: python_env.yaml\n    loader_module: flyball_model\n    python_version: 3.11.0\n");
        if (manifest.Format == ModelFormat.XGBoost)
        {
            yaml.Append("  xgboost:\n    code: code\n    data: model.json\n    model_class: xgboost.core.Booster\n    model_format: json\n    xgb_version: 1.7.4\n");
        }

        var inputs = manifest.Features.Select(feature => new { type = Type(feature.Kind), name = feature.Name, required = true });
        yaml.Append(CultureInfo.InvariantCulture, $"mlflow_version: 2.17.2\nmodel_uuid: {content.RunId}\nrun_id: {content.RunId}\n");
        yaml.Append("saved_input_example_info:\n  artifact_path: input_example.json\n  pandas_orient: split\n  type: dataframe\n");
        yaml.Append(CultureInfo.InvariantCulture, $"signature:\n  inputs: '{JsonSerializer.Serialize(inputs)}'\n");
        yaml.Append("  outputs: '[{\"type\": \"tensor\", \"tensor-spec\": {\"dtype\": \"float64\", \"shape\": [-1]}}]'\n  params: null\n");
        yaml.Append(CultureInfo.InvariantCulture, $"utc_time_created: '{content.Created.UtcDateTime:yyyy-MM-dd HH:mm:ss.ffffff}'\n");
        return yaml.ToString();
    }

    private static string Type(FeatureKind kind) => kind switch { FeatureKind.Category => "string", FeatureKind.Boolean => "boolean", _ => "double" };

    private static byte[] InputExample(ModelManifest manifest, IReadOnlyList<ModelSample> samples) => PackageJson.Bytes(new
    {
        columns = manifest.Features.Select(feature => feature.Name),
        data = samples.Where(sample => sample.Features.All(value => value.ValueKind != JsonValueKind.Null)).Take(5).Select(sample => sample.Features),
    });

    private static byte[] Loader()
    {
        using var stream = typeof(PackageWriter).Assembly.GetManifestResourceStream("flyball_model.py")!;
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        return memory.ToArray();
    }
}
