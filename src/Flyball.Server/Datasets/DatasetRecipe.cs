using System.Security.Cryptography;
using System.Text;
using Flyball.Foundation;
using Flyball.Server.Projects;

namespace Flyball.Server.Datasets;

/// <summary>What decides how a source file becomes rows and what is expected of them. Where it changes, files are read again.</summary>
internal static class DatasetRecipe
{
    /// <summary>SHA-256 over the parts of a declaration that an ingest reads, in hex digits.</summary>
    public static string Of(DatasetSpec declared) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Json.Write(new { declared.Time, declared.KnownLater, declared.Transform, declared.Label, declared.Expect }))));
}
