using System.Security.Cryptography;
using System.Text.Json;
using Flyball.Native.XGBoost;

namespace Flyball.Models;

/// <summary>Reads the scoring part of a package from its files, by name, after checking every file against its digest.</summary>
public static class ScorerFile
{
    /// <exception cref="PackageException">A file is missing, altered, or of a newer layout.</exception>
    public static (ModelManifest Manifest, Scorer Scorer) Open(Func<string, byte[]> read) => Open(read, "");

    /// <summary>The fit that the gates judged, of a package that was fitted again afterwards.</summary>
    /// <inheritdoc cref="Open(Func{string, byte[]})"/>
    public static (ModelManifest Manifest, Scorer Scorer) OpenJudged(Func<string, byte[]> read) => Open(read, PackageWriter.JudgedFolder);

    private static (ModelManifest Manifest, Scorer Scorer) Open(Func<string, byte[]> read, string folder)
    {
        try
        {
            return OpenParts(read, folder);
        }
        catch (Exception damaged) when (damaged is JsonException or FormatException or InvalidDataException or NotSupportedException or InvalidOperationException or ArgumentException or KeyNotFoundException or NullReferenceException)
        {
            throw new PackageException($"The package cannot be read: {damaged.Message}");
        }
    }

    private static (ModelManifest Manifest, Scorer Scorer) OpenParts(Func<string, byte[]> read, string folder)
    {
        var manifest = PackageJson.Read<ModelManifest>(read(PackageWriter.ManifestFile));
        if (manifest.Layout > ModelManifest.CurrentLayout) throw new PackageException($"The package has layout {manifest.Layout}; this version reads up to {ModelManifest.CurrentLayout}.");
        var model = Checked(manifest, read, folder + PackageWriter.ModelFileName(manifest.Format));
        if (manifest.Format == ModelFormat.Linear) return (manifest, new LinearScorer(LinearModelFile.Read(model)));
        var encodings = PackageJson.Read<List<TargetEncoding?>>(Checked(manifest, read, folder + PackageWriter.EncodingsFile));
        if (encodings.Count != manifest.Features.Count) throw new PackageException($"The package has encodings for {encodings.Count} features, and {manifest.Features.Count} features.");
        try
        {
            return (manifest, new XGBoostScorer(XGBoostBooster.Load(model), encodings));
        }
        catch (XGBoostException broken)
        {
            throw new PackageException($"The package's model file cannot be loaded: {broken.Message}");
        }
    }

    /// <summary>A file of the package, if it is the one that training wrote.</summary>
    internal static byte[] Checked(ModelManifest manifest, Func<string, byte[]> read, string name)
    {
        var bytes = read(name);
        return manifest.Files.TryGetValue(name, out var digest) && Convert.ToHexStringLower(SHA256.HashData(bytes)) == digest
            ? bytes
            : throw new PackageException($"The package's {name} is not the file that training wrote.");
    }
}

/// <summary>A model package cannot be used; the message says why.</summary>
public sealed class PackageException(string message) : Exception(message);
