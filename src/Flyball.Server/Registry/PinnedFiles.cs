using Flyball.Foundation;
using Flyball.Server.Tracking;

namespace Flyball.Server.Registry;

/// <summary>The files of model versions, as they were when the version was registered.</summary>
internal sealed class PinnedFiles : IPinnedFiles
{
    /// <summary>Where clients fetch a version: its pinned files, whatever becomes of the run they came from; where this server has none, the storage it was registered with.</summary>
    public static string AddressOf(ModelVersion version) => version.Content.Files.Count > 0 ? $"mlflow-artifacts:/{ArtifactPlace.Pinned}/{version.Id}" : version.Storage;

    public async Task<IReadOnlyList<Artifact>> FilesAsync(Tx tx, string id) => (await ModelsSql.ByIdAsync(tx, id))?.Content.Files ?? [];
}
