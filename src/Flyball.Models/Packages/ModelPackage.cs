using System.Text.Json;
using Flyball.Models.Features;

namespace Flyball.Models;

/// <summary>A loaded package: from raw rows to features and predictions. Safe for any number of threads.</summary>
public sealed class ModelPackage : IDisposable
{
    /// <summary>How far a prediction may be from the one stored at training, relative to its size and to 1.</summary>
    public const double Tolerance = 1e-6;

    private readonly Scorer scorer;

    private ModelPackage(ModelManifest manifest, FeatureSet features, Scorer scorer, ModelReference reference, IReadOnlyList<ModelSample> samples) =>
        (Manifest, Features, this.scorer, Reference, Samples) = (manifest, features, scorer, reference, samples);

    public ModelManifest Manifest { get; }

    public FeatureSet Features { get; }

    public RowSchema Schema => Features.Schema;

    public ModelReference Reference { get; }

    public IReadOnlyList<ModelSample> Samples { get; }

    /// <summary>
    /// Reads a package by its files' names, checks every file against its digest, compiles the features, and recomputes the rows stored at training:
    /// what gives other features or another prediction than training did is not loaded.
    /// </summary>
    /// <exception cref="PackageException">The package is damaged, of a newer layout, or computes something else than training did; the message says which.</exception>
    public static ModelPackage Load(Func<string, byte[]> read)
    {
        var (manifest, scorer) = ScorerFile.Open(read);
        FeatureSet? features = null;
        try
        {
            var samples = PackageJson.Read<List<ModelSample>>(ScorerFile.Checked(manifest, read, PackageWriter.SamplesFile));
            var reference = PackageJson.Read<ModelReference>(ScorerFile.Checked(manifest, read, PackageWriter.ReferenceFile));
            features = FeatureSet.Compile(new RowSchema(manifest.Inputs), manifest.Features, manifest.Where);
            var package = new ModelPackage(manifest, features, scorer, reference, samples);
            package.Verify();
            return package;
        }
        catch (Exception failure)
        {
            features?.Dispose();
            scorer.Dispose();
            if (failure is PackageException) throw;
            if (failure is FeatureRefusedException or RowFormatException or FeatureEvaluationException or JsonException or ArgumentException) throw new PackageException($"The package cannot be loaded: {failure.Message}");
            throw;
        }
    }

    /// <summary>Reads a package from the folder of a model directory.</summary>
    /// <exception cref="PackageException">As for <see cref="Load(Func{string, byte[]})"/>, or a file is missing.</exception>
    public static ModelPackage LoadFolder(string folder) => Load(name =>
    {
        try
        {
            return File.ReadAllBytes(Path.Combine(folder, name));
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new PackageException($"The package has no {name}.");
        }
    });

    /// <summary>What a package says of itself, from its file <c>flyball/package.json</c> alone.</summary>
    public static ModelManifest ReadManifest(byte[] file) => PackageJson.Read<ModelManifest>(file);

    /// <summary>What production is measured by, from the file <c>flyball/reference.json</c> alone.</summary>
    public static ModelReference ReadReference(byte[] file) => PackageJson.Read<ModelReference>(file);

    /// <summary>One prediction per row of features.</summary>
    public void Score(FeatureColumns features, Span<double> predictions) => scorer.Score(features, predictions);

    public void Dispose()
    {
        Features.Dispose();
        scorer.Dispose();
    }

    private void Verify()
    {
        if (Samples.Count == 0) throw new PackageException("The package holds no rows to check it by.");
        var computed = Features.Compute([.. Samples.Select(sample => Schema.Read(sample.Row))]);
        var predictions = new double[computed.Rows];
        Score(computed, predictions);
        for (var row = 0; row < computed.Rows; row++)
        {
            for (var column = 0; column < computed.Columns.Count; column++)
            {
                if (!Same(computed, column, row, Samples[row].Features[column]))
                {
                    throw new PackageException($"Feature {computed.Columns[column].Name} is not what training computed: {Samples[row].Features[column]} for the stored row {row + 1} of {computed.Rows}, here {Shown(computed, column, row)}.");
                }
            }

            var (stored, now) = (Samples[row].Prediction, predictions[row]);
            if (!(Math.Abs(now - stored) <= Tolerance * Math.Max(1, Math.Abs(stored)))) throw new PackageException($"The prediction for the stored row {row + 1} of {computed.Rows} is {now:R}; training computed {stored:R}.");
        }
    }

    private static bool Same(FeatureColumns computed, int column, int row, JsonElement stored)
    {
        if (computed.Columns[column].Kind == FeatureKind.Category)
        {
            return stored.ValueKind == JsonValueKind.Null ? computed.Categories(column)[row] is null : stored.ValueKind == JsonValueKind.String && stored.GetString() == computed.Categories(column)[row];
        }

        var now = computed.Numbers(column)[row];
        return stored.ValueKind switch
        {
            JsonValueKind.Null => double.IsNaN(now),
            JsonValueKind.True => now == 1,
            JsonValueKind.False => now == 0,
            // the engine's vectors and the C library round the last bit of logarithms and powers differently
            JsonValueKind.Number => stored.GetDouble() is var then && (now == then || Math.Abs(now - then) <= 1e-12 * Math.Abs(then)),
            _ => false,
        };
    }

    private static string Shown(FeatureColumns computed, int column, int row) =>
        computed.Columns[column].Kind == FeatureKind.Category ? computed.Categories(column)[row] ?? "null" : $"{computed.Numbers(column)[row]:R}";
}
