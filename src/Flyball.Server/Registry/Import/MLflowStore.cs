using System.Globalization;
using Flyball.Client;

namespace Flyball.Server.Registry;

/// <summary>A store of MLflow's, read in place and never written: the database of its tracking server, or the folder of its file store.</summary>
internal abstract class MLflowStore : IDisposable
{
    private static readonly string[] RunStatuses = ["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"];

    /// <summary>How the store is named in reports.</summary>
    public abstract string Source { get; }

    /// <summary>Where relative addresses of files start.</summary>
    public abstract string Folder { get; }

    /// <summary>The folders in which the store keeps its own files. What it names elsewhere is taken only where whoever imports it says so: a store that somebody else wrote can name any folder of this machine.</summary>
    public abstract IReadOnlyList<string> Places { get; }

    public abstract IEnumerable<ImportExperiment> Experiments();

    /// <summary>The runs of an experiment, by its id there.</summary>
    public abstract IEnumerable<StoredRun> Runs(string experiment);

    /// <summary>Every point of a run's metrics that has a time.</summary>
    /// <param name="untimed">Is told the metric of each other point, and what stands there in place of a time.</param>
    public abstract IEnumerable<MetricValue> Metrics(StoredRun run, Action<string, string> untimed);

    public abstract IEnumerable<StoredLoggedModel> LoggedModels(string experiment);

    /// <summary>Every metric of a logged model that has a time; see <see cref="Metrics"/>.</summary>
    public abstract IEnumerable<ImportModelMetric> MetricsOf(ImportLoggedModel model, Action<string, string> untimed);

    public abstract IEnumerable<StoredModel> Models();

    /// <summary>What the store holds that Flyball has no place for, and how many of it.</summary>
    public virtual IEnumerable<(string What, long Count)> NotTaken() => [];

    public abstract void Dispose();

    /// <summary>A time as MLflow writes it; null where it is none between 1970 and 9999, such as one in microseconds.</summary>
    protected static DateTimeOffset? Milliseconds(long at) => at is >= 0 and < 253_402_300_800_000 ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null;

    /// <summary>What stands in place of a run's times; a run may have no end.</summary>
    protected static IReadOnlyList<(string Of, string Such)> Untimed(string? start, DateTimeOffset? started, string? end, DateTimeOffset? ended) =>
        [.. started is null ? [("start", start ?? "nothing")] : (ReadOnlySpan<(string, string)>)[], .. ended is null && end is not null ? [("end", end)] : (ReadOnlySpan<(string, string)>)[]];

    /// <summary>The status of a run by its name or number; one that has none has ended somehow.</summary>
    protected static string Status(string stored) => int.TryParse(stored, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= 1 and <= 5 ? RunStatuses[number - 1] : RunStatuses.Contains(stored) ? stored : "FINISHED";

    /// <summary>Opens <c>sqlite:PATH</c>, <c>sqlite:///PATH</c>, <c>file:FOLDER</c> or a path.</summary>
    /// <exception cref="Hosting.VerbException">It is none of these, or nothing is there.</exception>
    public static MLflowStore Open(string from)
    {
        var (kind, path) = from.IndexOf(':', StringComparison.Ordinal) is var colon and > 1 ? (from[..colon], from[(colon + 1)..]) : ("", from);
        // sqlite:///mlflow.db is a relative path and sqlite:////srv/mlflow.db an absolute one; file:///srv/mlruns is absolute
        if (kind == "sqlite" && path.StartsWith("///", StringComparison.Ordinal)) path = path[3..];
        else if (kind == "file" && path.StartsWith("//", StringComparison.Ordinal)) path = Uri.UnescapeDataString(path[2..]);
        if (kind is not ("" or "sqlite" or "file")) throw new Hosting.VerbException($"'{from}' cannot be read; --from takes sqlite:PATH or file:FOLDER. Copy a server's other database into a SQLite file first.");
        path = Path.GetFullPath(path);
        if (kind != "sqlite" && Directory.Exists(path)) return new MLflowFiles(path);
        return File.Exists(path) ? new MLflowDatabase(path) : throw new Hosting.VerbException($"There is no {(kind == "file" ? "folder" : "file")} {path} to import from.");
    }
}

/// <summary>A run as it is stored there.</summary>
/// <param name="Info">All of it but metrics and files; the experiment is named by its id there.</param>
/// <param name="ArtifactUri">Where its files are.</param>
/// <param name="Deleted">When it was deleted.</param>
/// <param name="Untimed">What stands there in place of its start or its end, where that is no time.</param>
internal sealed record StoredRun(ImportRun Info, string ArtifactUri, DateTimeOffset? Deleted, IReadOnlyList<(string Of, string Such)> Untimed);

internal sealed record StoredLoggedModel(ImportLoggedModel Info, string ArtifactUri);

/// <param name="Versions">With the sources as they are written there.</param>
internal sealed record StoredModel(ImportModel Info, IReadOnlyList<ImportModelVersion> Versions, IReadOnlyDictionary<string, int> Aliases);
