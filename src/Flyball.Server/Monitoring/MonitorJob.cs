using System.Collections.Concurrent;
using System.Globalization;
using Flyball.Foundation;
using Flyball.Models;
using Flyball.Native.DuckDb;
using Flyball.Numerics;
using Flyball.Server.Datasets;
using Flyball.Server.Projects;
using Flyball.Server.Serving;

namespace Flyball.Server.Monitoring;

/// <summary>What a monitor run is to measure: one window of one deployment. Times are microseconds; labels received after <paramref name="LabelsUntil"/> came too late for it. The package's files are those of the version that is judged.</summary>
internal sealed record MonitorSpecOfJob(
    string Project, string Deployment, int Version, string VersionEvent, MonitorKind Kind, long From, long To, long LabelsUntil, DatasetSpec Data, IReadOnlyList<Column> Columns, TrafficSegments Traffic, LabelEpochs Epochs,
    string ManifestObject, string ReferenceObject, MonitorSpec Monitor, IReadOnlyList<KeyMetricSpec> KeyMetrics);

/// <summary>Measures one window: distance of features and predictions from the reference, or realised error where labels are there.</summary>
internal sealed class MonitorJob() : JobWork<MonitorSpecOfJob, WindowResult>(Name)
{
    public const string Name = "monitor";

    private static readonly ConcurrentDictionary<(string Counts, long Rows), double> Thresholds = new();

    public override async Task<WindowResult> RunAsync(JobContext context, MonitorSpecOfJob spec, CancellationToken cancel)
    {
        using var database = await WorkerDuck.OpenAsync(context, spec.Traffic.Objects, [], cancel);
        using var duck = database.Connect();
        await using var stop = cancel.Register(duck.Interrupt);
        var manifest = ModelPackage.ReadManifest(await File.ReadAllBytesAsync(await context.Objects.LocalPathAsync(spec.ManifestObject, cancel), cancel));
        var reference = ModelPackage.ReadReference(await File.ReadAllBytesAsync(await context.Objects.LocalPathAsync(spec.ReferenceObject, cancel), cancel));
        var relation = await LabelledTraffic.RelationAsync(context, spec.Traffic, spec.Columns, spec.Data.Label!.Name, spec.Data.Time, new TruthsAsked(spec.LabelsUntil, spec.Epochs), cancel);
        try
        {
            duck.Execute(string.Create(CultureInfo.InvariantCulture, $"create table traffic as select * from {relation} where _flyball_at >= {spec.From} and _flyball_at < {spec.To} order by _flyball_at, _flyball_id"));
            return spec.Kind == MonitorKind.Drift ? Drift(context, duck, spec, manifest, reference) : Performance(duck, spec, manifest, reference);
        }
        catch (DuckDbException wrong)
        {
            throw new JobFailedException($"The traffic of {spec.Deployment} cannot be measured: {wrong.Reason}");
        }
    }

    private static WindowResult Drift(JobContext context, DuckDbConnection duck, MonitorSpecOfJob spec, ModelManifest manifest, ModelReference reference)
    {
        var mine = string.Create(CultureInfo.InvariantCulture, $"from traffic where _flyball_version = {spec.Version}");
        var rows = Count(duck, mine);
        if (rows == 0) return new WindowResult { Rows = 0 };
        var features = new List<FeatureDrift>();
        for (var i = 0; i < manifest.Features.Count; i++)
        {
            var feature = manifest.Features[i];
            context.Report(0.2 + (0.7 * i / manifest.Features.Count), $"comparing {feature.Name} with its reference");
            if (feature.Kind == FeatureKind.Category)
            {
                using var counted = duck.Query($"select json_extract_string(_flyball_features, '$[{i}]'), count(*) {mine} group by 1");
                var before = reference.Categories[feature.Name];
                var now = CategoryCounts.Of(before.Vocabulary, counted.Rows().Select(row => new KeyValuePair<string?, long>((string?)row[0], (long)row[1]!)));
                features.Add(Compare(feature.Name, "category", [.. before.Vocabulary.Top, "(other)", "(not in reference)"], [.. before.Counts, before.Missing], [.. now.Counts, now.Missing]));
            }
            else
            {
                var value = $"cast(json_extract_string(_flyball_features, '$[{i}]') as double)";
                features.Add(Compare(feature.Name, feature.Kind == FeatureKind.Boolean ? "boolean" : "number", reference.Numbers[feature.Name], Doubles(duck, value, mine)));
            }
        }

        return new WindowResult { Rows = rows, Features = features, Predictions = Compare("prediction", "number", reference.Predictions, Doubles(duck, "_flyball_prediction", mine)) };
    }

    private static WindowResult Performance(DuckDbConnection duck, MonitorSpecOfJob spec, ModelManifest manifest, ModelReference reference)
    {
        // the baseline was measured on rows that train_where keeps, so this is too
        var label = DuckDbText.Quote(spec.Data.Label!.Name);
        var where = spec.Data.TrainWhere is { } filter ? $"and (\n{filter}\n)" : "";
        var task = manifest.Task == PredictionTask.Regression ? MetricTask.Regression : MetricTask.Classification;
        var versions = new List<VersionPerformance>();
        using (var known = duck.Query("select _flyball_version, count(*) from traffic group by 1 order by 1"))
        {
            foreach (var row in known.Rows())
            {
                var version = (int)row[0]!;
                var mine = string.Create(CultureInfo.InvariantCulture, $"from traffic where _flyball_version = {version} and _flyball_labelled is not null {where}");
                var (labels, predictions) = (Doubles(duck, label, mine), Doubles(duck, "_flyball_prediction", mine));
                versions.Add(new VersionPerformance(version, (long)row[1]!, labels.Length, labels.Length == 0 ? new Dictionary<string, double>() : Metrics.ComputeAll(task, labels, predictions)));
            }
        }

        var judged = versions.Find(version => version.Version == spec.Version);
        var watched = spec.Monitor.Performance;
        double? baseline = watched is not null && reference.Metrics.TryGetValue(watched.Metric, out var value) ? Metrics.Judged(watched.Metric, value) : null;
        return new WindowResult
        {
            Rows = versions.Sum(version => version.Rows), Versions = versions, Baseline = baseline, Limit = baseline is { } known2 ? watched!.Alert.Limit(known2) : null,
            KeyMetrics = judged is { Labelled: > 0 } ? [.. spec.KeyMetrics.Select(metric => KeyMetric(duck, spec, metric, judged, label, where))] : [],
        };
    }

    private static KeyMetricValue KeyMetric(DuckDbConnection duck, MonitorSpecOfJob spec, KeyMetricSpec metric, VersionPerformance judged, string label, string where)
    {
        double? value = null;
        if (metric.Sql is null) value = judged.Metrics.TryGetValue(metric.Name, out var known) ? known : null;
        else
        {
            try
            {
                using var result = duck.Query(string.Create(CultureInfo.InvariantCulture, $"select cast((\n{metric.Sql}\n) as double) from (select {label} as label, _flyball_prediction as prediction from traffic where _flyball_version = {spec.Version} and _flyball_labelled is not null {where})"));
                value = result.Rows() is [[double number]] && double.IsFinite(number) ? number : null;
            }
            catch (DuckDbException)
            {
                // what is told to an audience does not keep the error from being watched
                value = null;
            }
        }

        return new KeyMetricValue(metric.Name, value, value is { } measured ? metric.Goal.Holds(metric.Sql is null ? Metrics.Judged(metric.Name, measured) : measured) : null);
    }

    private static FeatureDrift Compare(string name, string kind, Histogram reference, double[] values)
    {
        var now = Histogram.Of(reference.Edges, values);
        return Compare(name, kind, [.. Enumerable.Range(0, reference.Edges.Bins).Select(bin => Cell(reference.Edges, bin))], [.. reference.Counts, reference.Missing], [.. now.Counts, now.Missing]);
    }

    /// <summary>Missing values have a cell of their own, the last: more of them is a drift like any other.</summary>
    private static FeatureDrift Compare(string name, string kind, IReadOnlyList<string> cells, long[] reference, long[] current)
    {
        var rows = current.Sum();
        if (rows == 0 || reference.Sum() == 0) return new FeatureDrift(name, kind, double.NaN, double.NaN, false, [.. cells, "(missing)"], reference, current);
        var (distance, threshold) = (DriftMeasures.JensenShannon(reference, current), Threshold(reference, DriftThreshold.SharedRows(rows)));
        return new FeatureDrift(name, kind, distance, threshold, distance > threshold, [.. cells, "(missing)"], reference, current);
    }

    private static double Threshold(long[] reference, long rows) =>
        Thresholds.GetOrAdd((string.Join(',', reference), rows), _ => DriftThreshold.Calibrate(DriftDistance.JensenShannon, reference, rows).Value);

    private static string Cell(HistogramEdges edges, int bin)
    {
        string Text(double value) => value.ToString("G5", CultureInfo.InvariantCulture);
        if (edges.Cuts.Count == 0) return "all";
        return bin == 0 ? $"< {Text(edges.Cuts[0])}" : bin == edges.Bins - 1 ? $"≥ {Text(edges.Cuts[^1])}" : $"{Text(edges.Cuts[bin - 1])} to {Text(edges.Cuts[bin])}";
    }

    private static long Count(DuckDbConnection duck, string from)
    {
        using var result = duck.Query($"select count(*) {from}");
        return (long)result.Rows()[0][0]!;
    }

    private static double[] Doubles(DuckDbConnection duck, string sql, string from)
    {
        using var result = duck.Query($"select coalesce(cast({sql} as double), 'nan'::double) {from}");
        return result.Doubles(0);
    }
}
