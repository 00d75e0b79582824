using System.Text;
using Flyball.Foundation;
using Flyball.Server.Tracking;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Flyball.Server.Registry;

/// <summary>
/// Looks at the files of a model without loading any of them: which flavors its MLmodel names, and whether loading one would run code. What is not known to be data counts as unknown.
/// </summary>
internal static class ModelPackages
{
    private const int LongestMLmodel = 1 << 20;
    private const int Deepest = 64;

    /// <summary>Formats whose loaders run what is written in the file: pickles in all their wrappings, Python sources, Keras layers with code, TorchScript.</summary>
    private static readonly string[] Code = [".pkl", ".pickle", ".joblib", ".dill", ".cloudpickle", ".pt", ".pth", ".bin", ".ckpt", ".py", ".pyc", ".h5", ".hdf5", ".keras", ".skops", ".npy", ".npz", ".rds", ".rdata", ".jar", ".mar", ".so", ".dll", ".pb"];

    private static readonly string[] Data = [".onnx", ".ubj", ".xgb", ".cbm", ".safetensors", ".pmml", ".gguf"];

    /// <summary>What lies beside a model and is not loaded as one: descriptions, examples, and the weights of ONNX models that are kept apart.</summary>
    private static readonly string[] Beside = [".json", ".yaml", ".yml", ".txt", ".md", ".csv", ".tsv", ".parquet", ".png", ".jpg", ".jpeg", ".svg", ".html", ".data"];

    private static readonly string[] Named = [MLmodel, "LICENSE", "NOTICE", "README"];

    /// <summary>The file that says how MLflow loads a model.</summary>
    public const string MLmodel = "MLmodel";

    /// <summary>What kind of package files make.</summary>
    public static PackageKind KindOf(IReadOnlyList<Artifact> files)
    {
        if (files.Any(file => Has(file, Code))) return PackageKind.Code;
        return files.Any(file => Has(file, Data)) && files.All(file => Has(file, Data) || Has(file, Beside) || Named.Contains(System.IO.Path.GetFileName(file.Path), StringComparer.Ordinal)) ? PackageKind.Data : PackageKind.Unknown;
    }

    /// <summary>The flavors that an MLmodel file names, in its order; none where it is not one.</summary>
    public static async Task<IReadOnlyList<string>> FlavorsAsync(ObjectStore objects, IReadOnlyList<Artifact> files, CancellationToken cancel)
    {
        if (files.FirstOrDefault(file => file.Path == MLmodel) is not { Size: <= LongestMLmodel } described) return [];
        await using var content = await objects.OpenAsync(described.Digest, cancel);
        using var reader = new StreamReader(content, Encoding.UTF8);
        return Flavors(await reader.ReadToEndAsync(cancel));
    }

    /// <summary>Reads events, not objects: nothing is built from what the file says, however deep or wide it is.</summary>
    internal static IReadOnlyList<string> Flavors(string yaml)
    {
        var flavors = new List<string>();
        try
        {
            var parser = new Parser(new StringReader(yaml));
            var (depth, key, within) = (0, true, false);
            while (parser.MoveNext() && depth < Deepest)
            {
                switch (parser.Current)
                {
                    case MappingStart or SequenceStart:
                        depth++;
                        key = true;
                        break;
                    case MappingEnd or SequenceEnd:
                        if (--depth == 1) within = false;
                        key = true;
                        break;
                    case Scalar scalar:
                        if (depth == 1 && key) within = scalar.Value == "flavors";
                        else if (depth == 2 && within && key && flavors.Count < Deepest) flavors.Add(Refusal.Shown(scalar.Value));
                        key = depth is not (1 or 2) || !key;
                        break;
                }
            }
        }
        catch (YamlException)
        {
            // no MLmodel that MLflow could read either
            return [];
        }

        return flavors;
    }

    /// <summary>A digest of all files of a package: their paths and contents.</summary>
    public static string DigestOf(IReadOnlyList<Artifact> files)
    {
        if (files.Count == 0) return "";
        var text = string.Concat(files.OrderBy(file => file.Path, StringComparer.Ordinal).Select(file => $"{file.Digest}  {file.Path}\n"));
        return Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }

    private static bool Has(Artifact file, string[] endings) => endings.Contains(System.IO.Path.GetExtension(file.Path), StringComparer.OrdinalIgnoreCase);
}
