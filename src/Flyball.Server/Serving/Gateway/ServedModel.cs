using System.Security.Cryptography;
using Flyball.Foundation;
using Flyball.Models;
using Flyball.Server.Registry;

namespace Flyball.Server.Serving;

/// <summary>A loaded version behind a deployment. It is never disposed by hand: requests under way keep it until the last of them has ended.</summary>
public sealed record ServedModel(string Deployment, int Version, string Digest, ModelPackage Package)
{
    /// <summary>Loads a version's package from the object store, verifies it, and runs it once so that no request pays for first use.</summary>
    /// <exception cref="PackageException">The package is damaged or computes something else than training did.</exception>
    public static async Task<ServedModel> LoadAsync(string deployment, ModelVersion version, ObjectStore objects, CancellationToken cancel)
    {
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var file in version.Content.Files)
        {
            try
            {
                var bytes = await File.ReadAllBytesAsync(await objects.LocalPathAsync(file.Digest, cancel), cancel);
                if (Convert.ToHexStringLower(SHA256.HashData(bytes)) != file.Digest) throw new PackageException($"The package's {file.Path} is not the file that training wrote.");
                files[file.Path] = bytes;
            }
            catch (Exception missing) when (missing is Refusal or FileNotFoundException)
            {
                throw new PackageException($"The package's {file.Path} is no longer stored.");
            }
        }

        var package = await Task.Run(() => ModelPackage.Load(name => files.TryGetValue(name, out var bytes) ? bytes : throw new PackageException($"The package has no {name}.")), cancel);
        return new ServedModel(deployment, version.Version, version.Digest, package);
    }
}
