using Flyball.Foundation;

namespace Flyball.Server.Tracking;

/// <summary>The folders above the files of runs and logged models, as a client sees them that lists the artifact proxy: places of experiments, runs and models with files.</summary>
internal sealed class ArtifactFolders(Db db)
{
    private const string Scheme = "mlflow-artifacts:";

    /// <summary>The names of the folders directly below a path that is not a run's or model's own.</summary>
    public Task<IReadOnlyList<string>> BelowAsync(string path, CancellationToken cancel) => db.ReadAsync<IReadOnlyList<string>>(
        async tx =>
        {
            var asked = Parts(path);
            var found = new SortedSet<string>(StringComparer.Ordinal);
            foreach (var experiment in await ExperimentsSql.AllAsync(tx))
            {
                if (!experiment.Location.StartsWith(Scheme, StringComparison.Ordinal)) continue;
                var place = Parts(Inside(experiment.Location[Scheme.Length..]));
                if (asked.Length < place.Length)
                {
                    if (place.AsSpan(0, asked.Length).SequenceEqual(asked) && await HasAnyAsync(tx, experiment.Id)) found.Add(place[asked.Length]);
                }
                else if (asked.AsSpan(0, place.Length).SequenceEqual(place)) found.UnionWith(await WithinAsync(tx, experiment.Id, asked[place.Length..]));
            }

            return [.. found];
        },
        cancel);

    /// <summary>Whether an experiment's location lies where the files of model versions are, and nobody writes.</summary>
    public static bool IsPinned(string location) => location.StartsWith(Scheme, StringComparison.Ordinal) && Parts(Inside(location[Scheme.Length..])) is [ArtifactPlace.Pinned, ..];

    /// <summary>Whether what lies below an experiment's location is told to be of its runs and logged models by its path.</summary>
    public static bool IsPlain(string location)
    {
        if (!location.StartsWith(Scheme, StringComparison.Ordinal)) return true;
        var (place, run, model) = (Inside(location[Scheme.Length..]).Trim('/'), new string('0', 32), $"m-{new string('0', 32)}");
        return !Parts(place).Contains(".")
            && ArtifactPlace.OfProxied($"{place}/{run}/{ArtifactPlace.Files}/x") == new ArtifactPlace(run, "x")
            && ArtifactPlace.OfProxied($"{place}/{ArtifactPlace.Models}/{model}/{ArtifactPlace.Files}/x") == new ArtifactPlace(model, "x");
    }

    private static async Task<IEnumerable<string>> WithinAsync(Tx tx, string experiment, string[] rest) => rest switch
    {
        [] => [.. await ArtifactsSql.RunsAsync(tx, experiment), .. (await ArtifactsSql.LoggedModelsAsync(tx, experiment)).Count > 0 ? (string[])[ArtifactPlace.Models] : []],
        [ArtifactPlace.Models] => await ArtifactsSql.LoggedModelsAsync(tx, experiment),
        [ArtifactPlace.Models, var model] => (await ArtifactsSql.LoggedModelsAsync(tx, experiment)).Contains(model) ? [ArtifactPlace.Files] : [],
        [var run] => (await ArtifactsSql.RunsAsync(tx, experiment)).Contains(run) ? [ArtifactPlace.Files] : [],
        _ => [],
    };

    private static async Task<bool> HasAnyAsync(Tx tx, string experiment) => (await ArtifactsSql.RunsAsync(tx, experiment)).Count > 0 || (await ArtifactsSql.LoggedModelsAsync(tx, experiment)).Count > 0;

    /// <summary>An address may name a host between two slashes and the path.</summary>
    private static string Inside(string address) => !address.StartsWith("//", StringComparison.Ordinal) ? address : address.IndexOf('/', 2) is var slash and > 0 ? address[slash..] : "";

    private static string[] Parts(string path) => path.Split('/', StringSplitOptions.RemoveEmptyEntries);
}
