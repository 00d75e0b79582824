using System.Data.Common;
using System.Globalization;
using Flyball.Client;
using YamlDotNet.Core;

namespace Flyball.Server.Registry;

/// <summary>Is told of points that are left out.</summary>
/// <param name="metric">The name of their metric; empty where it has none.</param>
/// <param name="such">What one of them has that is wrong, as it is said after "1 point".</param>
/// <param name="why">What is wrong with all of them, as it is said after that.</param>
internal delegate void LeaveOut(string metric, string such, string why);

/// <summary>A store of MLflow's, read in place and never written: the database of its tracking server, or the folder of its file store.</summary>
internal abstract class MLflowStore : IDisposable
{
    /// <summary>Why a point without a time is left out.</summary>
    protected const string NoTime = ", which is no time in milliseconds between 1970 and 9999";

    private static readonly string[] RunStatuses = ["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"];

    /// <summary>Is told what the store holds that cannot be read, and why: each thing by itself, so that the rest is.</summary>
    public Action<string> Tell { get; set; } = _ => { };

    /// <summary>How the store is named in reports.</summary>
    public abstract string Source { get; }

    /// <summary>Where relative addresses of files start.</summary>
    public abstract string Folder { get; }

    /// <summary>The folders in which the store keeps its own files. What it names elsewhere is taken only where whoever imports it says so: a store that somebody else wrote can name any folder of this machine.</summary>
    public abstract IReadOnlyList<string> Places { get; }

    public abstract IEnumerable<ImportExperiment> Experiments();

    /// <summary>The runs of an experiment, by its id there.</summary>
    public abstract IEnumerable<StoredRun> Runs(string experiment);

    /// <summary>Every point of a run's metrics that has a name, a time and a value.</summary>
    /// <param name="leave">Is told of each other point.</param>
    public abstract IEnumerable<MetricValue> Metrics(StoredRun run, LeaveOut leave);

    public abstract IEnumerable<StoredLoggedModel> LoggedModels(string experiment);

    /// <summary>Every metric of a logged model that is whole; see <see cref="Metrics"/>.</summary>
    public abstract IEnumerable<ImportModelMetric> MetricsOf(ImportLoggedModel model, LeaveOut leave);

    public abstract IEnumerable<StoredModel> Models();

    /// <summary>What the store holds that Flyball has no place for, and how many of it.</summary>
    public virtual IEnumerable<(string What, long Count)> NotTaken() => [];

    public abstract void Dispose();

    /// <summary>Reads what is stored, so that what is wrong with the store is known from what goes wrong with the server.</summary>
    /// <exception cref="UnreadableException">What is stored cannot be read, or no further.</exception>
    public static IEnumerable<T> Read<T>(Func<IEnumerable<T>> stored)
    {
        using var each = Readable(() => stored().GetEnumerator());
        while (Readable(each.MoveNext)) yield return each.Current;
    }

    /// <summary>A thing of the store; null where it cannot be read, which is told.</summary>
    protected T? Whole<T>(string what, Func<T?> read) where T : class
    {
        try
        {
            return Readable(read);
        }
        catch (UnreadableException wrong)
        {
            Tell($"{what}: {wrong.Message}");
            return null;
        }
    }

    /// <summary>The aliases of a model, with the numbers of their versions; one that names none is told of.</summary>
    protected Dictionary<string, int> Aliases(string model, Dictionary<string, string> stored)
    {
        var aliases = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (alias, version) in stored)
        {
            if (int.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) aliases[alias] = number;
            else Tell($"model {model}, alias {alias}: '{version}' is no number of a version");
        }

        return aliases;
    }

    /// <summary>The status of a logged model by its name or number.</summary>
    protected static string ModelStatus(string? stored) => stored switch { "2" or "READY" => "READY", "3" or "UPLOAD_FAILED" => "UPLOAD_FAILED", _ => "PENDING" };

    /// <summary>A time as MLflow writes it; null where it is none between 1970 and 9999, such as one in microseconds.</summary>
    protected static DateTimeOffset? Milliseconds(long at) => at is >= 0 and < 253_402_300_800_000 ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null;

    /// <summary>What stands in place of a run's times; a run may have no end.</summary>
    protected static IReadOnlyList<(string Of, string Such)> Untimed(string? start, DateTimeOffset? started, string? end, DateTimeOffset? ended) =>
        [.. started is null ? [("start", start ?? "nothing")] : (ReadOnlySpan<(string, string)>)[], .. ended is null && end is not null ? [("end", end)] : (ReadOnlySpan<(string, string)>)[]];

    /// <summary>The status of a run by its name or number; one that has none has ended somehow.</summary>
    protected static string Status(string stored) => int.TryParse(stored, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= 1 and <= 5 ? RunStatuses[number - 1] : RunStatuses.Contains(stored) ? stored : "FINISHED";

    private static T Readable<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception wrong) when (wrong is DbException or InvalidOperationException or InvalidCastException or FormatException or OverflowException or YamlException or IOException or UnauthorizedAccessException)
        {
            throw new UnreadableException(wrong);
        }
    }

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

/// <summary>What a store holds cannot be read.</summary>
internal sealed class UnreadableException(Exception wrong) : Exception($"what is stored cannot be read: {wrong.Message}", wrong);

/// <summary>A run as it is stored there.</summary>
/// <param name="Info">All of it but metrics and files; the experiment is named by its id there.</param>
/// <param name="ArtifactUri">Where its files are.</param>
/// <param name="Deleted">When it was deleted.</param>
/// <param name="Untimed">What stands there in place of its start or its end, where that is no time.</param>
internal sealed record StoredRun(ImportRun Info, string ArtifactUri, DateTimeOffset? Deleted, IReadOnlyList<(string Of, string Such)> Untimed);

internal sealed record StoredLoggedModel(ImportLoggedModel Info, string ArtifactUri);

/// <param name="Versions">With the sources as they are written there.</param>
internal sealed record StoredModel(ImportModel Info, IReadOnlyList<ImportModelVersion> Versions, IReadOnlyDictionary<string, int> Aliases);
