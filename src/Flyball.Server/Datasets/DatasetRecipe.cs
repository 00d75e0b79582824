using System.Security.Cryptography;
using System.Text;
using Flyball.Foundation;
using Flyball.Server.Projects;

namespace Flyball.Server.Datasets;

/// <summary>What decides how a source file becomes rows, and what is expected of them. Where it changes, files are read again.</summary>
internal static class DatasetRecipe
{
    /// <summary>SHA-256 over the parts of a declaration that an ingest reads, in hex digits.</summary>
    public static string Of(DatasetSpec declared) => Digest(new { declared.Time, declared.Partitions, declared.KnownLater, declared.Transform, declared.Label, declared.Expect, declared.Quarantine });

    /// <summary>SHA-256 over what the label is, in hex digits. Truths that were sent for another label are none for this one.</summary>
    public static string OfLabel(DatasetSpec declared) => Digest(new { declared.Label });

    private static string Digest<T>(T parts) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Json.Write(parts))));
}
