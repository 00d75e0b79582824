using System.Globalization;
using System.Text;
using Flyball.Client;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Flyball.Server.Registry;

/// <summary>MLflow's file store: a folder per experiment and run, a file per metric, param and tag. Links are not followed.</summary>
internal sealed class MLflowFiles : MLflowStore
{
    private const string Meta = "meta.yaml";
    private const string ModelsFolder = "models";
    private const int Deepest = 32;
    private readonly string root;

    public MLflowFiles(string root)
    {
        this.root = root;
        if (!ExperimentFolders().Any()) throw new Hosting.VerbException($"{root} is no file store of MLflow: none of its folders holds an experiment's {Meta}.");
    }

    public override string Source => $"file:{Path.GetFileName(root.TrimEnd('/'))}";

    public override string Folder => Path.GetDirectoryName(root.TrimEnd('/')) ?? "/";

    public override IReadOnlyList<string> Places => [root];

    public override void Dispose()
    {
        // nothing is held open
    }

    public override IEnumerable<ImportExperiment> Experiments() => Each("experiment", ExperimentFolders(), (folder, meta) =>
    {
        if (folder != Home(Path.GetFileName(folder))) return Another(folder);
        if (!meta.TryGetValue("name", out var name)) return Nameless<ImportExperiment>("experiment", folder);
        var created = Time(meta, "creation_time") ?? DateTimeOffset.UnixEpoch;
        return new ImportExperiment(Path.GetFileName(folder), name, meta.GetValueOrDefault("lifecycle_stage") == "deleted", created, Time(meta, "last_update_time") ?? created, Pairs(Path.Combine(folder, "tags")));
    });

    public override IEnumerable<StoredRun> Runs(string experiment)
    {
        var home = Home(experiment);
        return Each("run", Folders(home).Where(IsStored), (folder, meta) =>
        {
            if ((meta.GetValueOrDefault("run_id") ?? meta.GetValueOrDefault("run_uuid")) is not { } id) return Nameless<StoredRun>("run", folder);
            if (id != Path.GetFileName(folder)) return Other<StoredRun>("run", folder, id);
            var (started, ended, tags) = (Time(meta, "start_time"), Time(meta, "end_time"), Pairs(Path.Combine(folder, "tags")));
            var name = meta.GetValueOrDefault("run_name") is { Length: > 0 } named ? named : tags.GetValueOrDefault("mlflow.runName", "");
            return new StoredRun(
                new ImportRun(
                    id, experiment, name, meta.GetValueOrDefault("user_id", ""), Status(meta.GetValueOrDefault("status", "")), started ?? DateTimeOffset.UnixEpoch, ended, Pairs(Path.Combine(folder, "params")), tags, [.. Datasets(home, folder)],
                    [.. Models(folder, "inputs").Select(model => model.Model)], [.. Models(folder, "outputs")], Source),
                meta.GetValueOrDefault("artifact_uri") is { Length: > 0 } uri ? uri : Path.Combine(folder, "artifacts"),
                meta.GetValueOrDefault("lifecycle_stage") == "deleted" ? Time(meta, "deleted_time") ?? ended ?? started ?? DateTimeOffset.UnixEpoch : null,
                Untimed(meta.GetValueOrDefault("start_time"), started, meta.GetValueOrDefault("end_time"), ended));
        });
    }

    public override IEnumerable<MetricValue> Metrics(StoredRun run, LeaveOut leave)
    {
        // the run's folder: an experiment that was deleted is in the trash
        var folder = Path.Combine(Home(run.Info.Experiment), run.Info.Id, "metrics");
        foreach (var (key, path) in Files(folder))
        {
            foreach (var line in File.ReadLines(path))
            {
                if (Point(key, line.Split(' ', StringSplitOptions.RemoveEmptyEntries), leave) is { } point) yield return point;
            }
        }
    }

    public override IEnumerable<StoredLoggedModel> LoggedModels(string experiment)
    {
        var home = Path.Combine(Home(experiment), ModelsFolder);
        return Each("logged model", Folders(home).Where(IsStored), (folder, meta) =>
        {
            if (meta.GetValueOrDefault("model_id") is not { } id) return Nameless<StoredLoggedModel>("logged model", folder);
            if (id != Path.GetFileName(folder)) return Other<StoredLoggedModel>("logged model", folder, id);
            var created = Time(meta, "creation_timestamp") ?? DateTimeOffset.UnixEpoch;
            var updated = Time(meta, "last_updated_timestamp") ?? created;
            return new StoredLoggedModel(
                new ImportLoggedModel(
                    id, experiment, meta.GetValueOrDefault("name", ""), meta.GetValueOrDefault("model_type"), meta.GetValueOrDefault("source_run_id"),
                    ModelStatus(meta.GetValueOrDefault("status")), created, updated, meta.GetValueOrDefault("lifecycle_stage") == "deleted" ? updated : null,
                    Pairs(Path.Combine(folder, "params")), Pairs(Path.Combine(folder, "tags"))),
                meta.GetValueOrDefault("artifact_location") is { Length: > 0 } place ? place : Path.Combine(folder, "artifacts"));
        });
    }

    /// <summary>Its lines are those of a run's metrics, and the run that measured it and what on.</summary>
    public override IEnumerable<ImportModelMetric> MetricsOf(ImportLoggedModel model, LeaveOut leave)
    {
        var folder = Path.Combine(Home(model.Experiment), ModelsFolder, model.Id, "metrics");
        foreach (var (key, path) in Files(folder))
        {
            foreach (var line in File.ReadLines(path))
            {
                // the name of a dataset may hold spaces, its digest none
                var parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (Point(key, parts, leave, fewest: 4) is not { } point) continue;
                var (name, digest) = parts.Length > 5 ? (string.Join(' ', parts[4..^1]), parts[^1]) : (null, null);
                yield return new ImportModelMetric(key, point.Value, point.At, point.Step, parts[3], name, digest);
            }
        }
    }

    public override IEnumerable<StoredModel> Models() => Each("model", Folders(Path.Combine(root, ModelsFolder)).Where(IsStored), (folder, meta) =>
    {
        if (meta.GetValueOrDefault("name") is not { Length: > 0 } name) return Nameless<StoredModel>("model", folder);
        var created = Time(meta, "creation_timestamp") ?? DateTimeOffset.UnixEpoch;
        var versions = Folders(folder).Where(version => Path.GetFileName(version).StartsWith("version-", StringComparison.Ordinal) && IsStored(version));
        return new StoredModel(
            new ImportModel(name, meta.GetValueOrDefault("description", ""), created, Time(meta, "last_updated_timestamp") ?? created, Pairs(Path.Combine(folder, "tags")), Source),
            [.. Each($"model {name}", versions, Version).OrderBy(version => version.Version)], Aliases(name, Pairs(Path.Combine(folder, "aliases"))));
    });

    /// <summary>MLflow 3 keeps in folders of their own which logged models a run read, beside the datasets, and made.</summary>
    private static IEnumerable<RunOutput> Models(string run, string kind)
    {
        foreach (var folder in Folders(Path.Combine(run, kind)).Where(IsStored))
        {
            var meta = Read(folder);
            // as the destination, or by the name of the folder
            if (meta.GetValueOrDefault("source_type") == "DATASET" || ((string[])[meta.GetValueOrDefault("destination_id", ""), Path.GetFileName(folder)]).FirstOrDefault(id => id.StartsWith("m-", StringComparison.Ordinal)) is not { } model) continue;
            yield return new RunOutput(model, long.TryParse(meta.GetValueOrDefault("step"), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var step) ? step : 0);
        }
    }

    private ImportModelVersion? Version(string folder, Dictionary<string, string> meta)
    {
        if (meta.GetValueOrDefault("current_stage") == "Deleted_Internal") return null;
        if (!int.TryParse(meta.GetValueOrDefault("version"), NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return Nameless<ImportModelVersion>("version", folder);
        var (source, created) = (meta.GetValueOrDefault("source", ""), Time(meta, "creation_timestamp") ?? DateTimeOffset.UnixEpoch);
        return new ImportModelVersion(
            number, source, meta.GetValueOrDefault("storage_location") is { Length: > 0 } storage ? storage : source, meta.GetValueOrDefault("run_id") is { Length: > 0 } run ? run : null, meta.GetValueOrDefault("run_link", ""),
            meta.GetValueOrDefault("model_id") is { Length: > 0 } model ? model : null, meta.GetValueOrDefault("description"), meta.GetValueOrDefault("user_id", ""), meta.GetValueOrDefault("current_stage") is { Length: > 0 } stage ? stage : "None", created, Time(meta, "last_updated_timestamp") ?? created,
            Pairs(Path.Combine(folder, "tags")));
    }

    private static IEnumerable<ImportDataset> Datasets(string experiment, string run)
    {
        foreach (var input in Folders(Path.Combine(run, "inputs")).Where(IsStored))
        {
            var meta = Read(input);
            var folder = Path.Combine(experiment, "datasets", Path.GetFileName(meta.GetValueOrDefault("source_id", "")));
            if (meta.GetValueOrDefault("source_type") != "DATASET" || !IsFolder(Path.Combine(experiment, "datasets")) || !IsStored(folder)) continue;
            var dataset = Read(folder);
            yield return new ImportDataset(
                dataset.GetValueOrDefault("name", ""), dataset.GetValueOrDefault("digest", ""), dataset.GetValueOrDefault("source_type", ""), dataset.GetValueOrDefault("source", ""), dataset.GetValueOrDefault("schema"), dataset.GetValueOrDefault("profile"),
                meta.Where(pair => pair.Key.StartsWith("tags.", StringComparison.Ordinal)).ToDictionary(pair => pair.Key["tags.".Length..], pair => pair.Value));
        }
    }

    /// <summary>A point of a metric as its line has it: time, value and, where it is written, step; null where it is none.</summary>
    private static MetricValue? Point(string key, string[] parts, LeaveOut leave, int fewest = 2)
    {
        if (parts.Length == 0) return null;
        if (parts.Length < fewest)
        {
            leave(key, "", " in a line that is cut off");
            return null;
        }

        if (Number(parts[1]) is not { } value)
        {
            leave(key, $" of {parts[1]}", ", which is no number");
            return null;
        }

        var step = 0L;
        if (parts.Length > 2 && !long.TryParse(parts[2], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out step))
        {
            leave(key, $" at the step {parts[2]}", ", which is no whole number of 64 bits");
            return null;
        }

        // as a whole number, what is none would be 1970
        if (double.TryParse(parts[0], NumberStyles.Float, CultureInfo.InvariantCulture, out var at) && !double.IsNaN(at) && Milliseconds((long)at) is { } time) return new MetricValue(key, value, time, step);
        leave(key, $" at {parts[0]}", NoTime);
        return null;
    }

    /// <summary>What folders hold, each by itself.</summary>
    private IEnumerable<T> Each<T>(string thing, IEnumerable<string> folders, Func<string, Dictionary<string, string>, T?> read) where T : class =>
        folders.Select(folder => Whole($"{thing} {Path.GetFileName(folder)}", () => read(folder, Read(folder)))).OfType<T>();

    private T? Nameless<T>(string thing, string folder) where T : class
    {
        Tell($"{thing} {Path.GetFileName(folder)}: its {Meta} does not say which it is, or is cut off");
        return null;
    }

    private T? Other<T>(string thing, string folder, string id) where T : class
    {
        Tell($"{thing} {Path.GetFileName(folder)}: its {Meta} says that it is {id}");
        return null;
    }

    private ImportExperiment? Another(string folder)
    {
        Tell($"experiment {Path.GetFileName(folder)}: there is another folder of that name, in the trash");
        return null;
    }

    private string Home(string experiment) => ExperimentFolders().First(folder => Path.GetFileName(folder) == experiment);

    private IEnumerable<string> ExperimentFolders() =>
        Below(root).Concat(Folders(Path.Combine(root, ".trash"))).Where(folder => Path.GetFileName(folder) is not (ModelsFolder or ".trash") && IsStored(folder)).OrderBy(Path.GetFileName, StringComparer.Ordinal);

    /// <summary>The folders in a folder, in the order of their names; none where it is not there, or a link.</summary>
    private static IEnumerable<string> Folders(string folder) => IsFolder(folder) ? Below(folder) : [];

    private static IEnumerable<string> Below(string folder) => Directory.EnumerateDirectories(folder).Where(IsFolder).Order(StringComparer.Ordinal);

    private static bool IsFolder(string path) => Directory.Exists(path) && !IsLink(path);

    private static bool IsLink(string path) => File.GetAttributes(path).HasFlag(FileAttributes.ReparsePoint);

    private static bool IsStored(string folder) => IsFolder(folder) && Path.Combine(folder, Meta) is var meta && File.Exists(meta) && !IsLink(meta);

    /// <summary>The files below a folder by their path in it: a name with slashes is a path.</summary>
    private static IEnumerable<(string Key, string Path)> Files(string folder)
    {
        if (!IsFolder(folder)) yield break;
        foreach (var path in Directory.EnumerateFiles(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint }).Order(StringComparer.Ordinal))
            yield return (Path.GetRelativePath(folder, path).Replace(Path.DirectorySeparatorChar, '/'), path);
    }

    private static Dictionary<string, string> Pairs(string folder) => Files(folder).ToDictionary(file => file.Key, file => Encoding.UTF8.GetString(File.ReadAllBytes(file.Path)).TrimEnd('\n'));

    /// <summary>The single values of a meta file, those of a map in it as <c>map.key</c>.</summary>
    private static Dictionary<string, string> Read(string folder)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        Parser? parser = null;
        try
        {
            using var text = new StreamReader(Path.Combine(folder, Meta));
            var yaml = parser = new Parser(text);
            yaml.Consume<StreamStart>();
            if (!yaml.TryConsume<DocumentStart>(out _) || !yaml.TryConsume<MappingStart>(out _)) return found;
            Each(yaml, key =>
            {
                if (yaml.TryConsume<MappingStart>(out _)) Each(yaml, name => Take($"{key}.{name}"));
                else Take(key);
            });
        }
        catch (YamlException)
        {
            // a file that is cut off: as if it were not there
            found.Clear();
        }

        return found;

        void Take(string key)
        {
            var yaml = parser!;
            if (!yaml.TryConsume<Scalar>(out var single)) Skip(yaml);
            else if (!(single.Style == ScalarStyle.Plain && single.Value is "null" or "~" or "")) found[key] = single.Value;
        }
    }

    /// <summary>Calls <paramref name="take"/> on each key of the map that the parser is in, to take its value.</summary>
    private static void Each(Parser yaml, Action<string> take)
    {
        while (!yaml.TryConsume<MappingEnd>(out _))
        {
            if (yaml.TryConsume<Scalar>(out var key))
            {
                take(key.Value);
                continue;
            }

            Skip(yaml);
            Skip(yaml);
        }
    }

    /// <summary>Steps over a value, which MLflow writes no deeper than a few levels.</summary>
    private static void Skip(Parser yaml)
    {
        var depth = 0;
        do
        {
            var passed = yaml.Consume<ParsingEvent>();
            depth += passed.NestingIncrease;
            if (depth > Deepest) throw new YamlException(passed.Start, passed.End, "too deep");
        }
        while (depth > 0);
    }

    private static double? Number(string text) => text.ToLowerInvariant() switch
    {
        "nan" => double.NaN,
        "inf" or "infinity" => double.PositiveInfinity,
        "-inf" or "-infinity" => double.NegativeInfinity,
        _ => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null,
    };

    private static DateTimeOffset? Time(Dictionary<string, string> meta, string key) => long.TryParse(meta.GetValueOrDefault(key), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var at) ? Milliseconds(at) : null;
}
