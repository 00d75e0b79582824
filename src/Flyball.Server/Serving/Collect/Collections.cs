using System.Collections.Concurrent;
using Flyball.Foundation;
using Flyball.Native.DuckDb;
using Flyball.Server.Datasets;
using Flyball.Server.Projects;

namespace Flyball.Server.Serving;

/// <summary>Turns labelled traffic into versions of the dataset that a model is trained on.</summary>
internal sealed class Collections(TrafficLog log, WholeLog whole, SealedTraffic traffic, LabelHistory labelled, Db db, Jobs jobs)
{
    /// <summary>What was collected into a version that is not usable is collected again, together with what is new.</summary>
    private const string Taken = "from collections where deployment = @deployment and dataset = @dataset and label = @label and dataset_version in (select id from dataset_versions where usable = 1)";

    private readonly ConcurrentDictionary<string, (long After, long Received, LabelEpochs Epochs, long New)> counted = new();

    /// <summary>
    /// Predictions that were labelled for the first time since the last collection. What was received since then is counted first; only where that reaches <paramref name="enough"/> is the log asked how many of it are new,
    /// since a label that is sent again, or one that nobody asked a prediction for, teaches nothing.
    /// </summary>
    public async Task<long> NewLabelsAsync(string project, string deployment, DatasetSpec dataset, long enough, CancellationToken cancel)
    {
        var open = log.Open(deployment, LogKind.Labels);
        var (after, count, epochs) = await db.ReadAsync(
            async tx =>
            {
                var (until, spans) = (await UntilAsync(tx, deployment, dataset), await labelled.ReadAsync(tx, project, deployment, dataset));
                return (until, await SegmentsSql.CountAfterAsync(tx, deployment, LogKind.Labels, until), spans);
            },
            cancel);
        var received = count + open.Where(file => file.MaxAt > after).Sum(file => file.Rows);
        if (received == 0 || received < enough) return received;
        if (counted.TryGetValue(deployment, out var known) && known.After == after && known.Received == received && ReferenceEquals(known.Epochs, epochs)) return known.New;
        var fresh = await whole.ReadAsync(deployment, (predictions, labels) => CountNew(predictions, labels, after, epochs), cancel);
        counted[deployment] = (after, received, epochs, fresh);
        return fresh;
    }

    private static long CountNew(string predictions, string labels, long after, LabelEpochs epochs)
    {
        using var database = DuckDbDatabase.OpenInMemory(new DuckDbOptions { Threads = 1 });
        using var duck = database.Connect();
        using var found = duck.Query($"select count(*) from (select id from {labels} where {epochs.Sql("\"at\"")} group by id having min(\"at\") > {after}) fresh semi join (select id from {predictions}) asked using (id)");
        return found.Scalar<long>();
    }

    /// <summary>Collects what was labelled until <paramref name="until"/> because of the journal entry <paramref name="cause"/>, once. True when that is done, false while it is under way.</summary>
    public async Task<bool> CollectAsync(string project, string deployment, DatasetSpec dataset, DateTimeOffset until, string cause, CancellationToken cancel)
    {
        var key = $"collect:{cause}";
        if (await jobs.ByKeyAsync(key, cancel) is { } job) return job.Done;
        var to = Micros.Of(until);
        if (await traffic.SegmentsAsync(deployment, LogKind.Labels, 0, to + 1, cancel) is not { } labels) return false;
        if (labels.Count == 0) return true;
        if (await traffic.SegmentsAsync(deployment, LogKind.Predictions, 0, to + 1, cancel) is not { } predictions) return false;
        return await db.WriteAsync(
            async tx =>
            {
                var subject = DatasetVersions.Subject(project, dataset.Name);
                if (await Jobs.AnyOpenAsync(tx, subject)) return false;
                var label = DatasetRecipe.OfLabel(dataset);
                var from = await UntilAsync(tx, deployment, dataset);
                // until the files have the label that is declared, nothing can be added to them; nor is anything to what is not usable
                if (from >= to || await DatasetsSql.LatestUsableAsync(tx, project, dataset.Name) is not { } latest || !latest.HasLabel(label)) return true;
                var parent = latest.Content;
                var windows = await tx.QueryAsync(
                    $"select label_from, label_to {Taken} order by label_to", new { deployment, dataset = dataset.Name, label }, row => CollectWindow.Of(deployment, row.Long("label_from"), row.Long("label_to")));
                var spec = new CollectSpec(
                    project, deployment, dataset, latest.Id, parent.Segments, parent.Columns, parent.SourceColumns, TrafficSegments.Of(predictions, labels), CollectWindow.Of(deployment, from, to),
                    windows.FindAll(window => parent.Segments.Any(segment => segment.File == window.File)), await labelled.ReadAsync(tx, project, deployment, dataset), await OtherTables.OfAsync(tx, project, dataset), cause);
                await jobs.EnqueueAsync(tx, CollectJob.Name, subject, project, spec, key, maxAttempts: 3);
                return false;
            },
            cancel);
    }

    private static Task<long> UntilAsync(Tx tx, string deployment, DatasetSpec dataset) =>
        tx.ScalarAsync<long>($"select coalesce(max(label_to), 0) {Taken}", new { deployment, dataset = dataset.Name, label = DatasetRecipe.OfLabel(dataset) });
}

/// <summary>Waits, step by step, until a stretch of a log can be read from sealed segments.</summary>
internal sealed class SealedTraffic(TrafficLog log, Db db)
{
    /// <summary>The sealed segments that hold anything in [from, to), in microseconds; null while some of it is still being sealed, which this sets going.</summary>
    public async Task<IReadOnlyList<LogSegment>?> SegmentsAsync(string deployment, LogKind kind, long from, long to, CancellationToken cancel)
    {
        if (!await log.CloseAsync(deployment, kind, from, to, cancel)) return null;
        var segments = await db.ReadAsync(tx => SegmentsSql.BetweenAsync(tx, deployment, kind, from, to), cancel);
        return segments.TrueForAll(segment => segment.State == SegmentState.Sealed) ? segments : null;
    }

    /// <summary>The time of the first row at or after <paramref name="from"/>, to a segment's precision; null where there is none.</summary>
    public async Task<long?> FirstAsync(string deployment, LogKind kind, long from, CancellationToken cancel)
    {
        var segments = await db.ReadAsync(tx => SegmentsSql.BetweenAsync(tx, deployment, kind, from, long.MaxValue), cancel);
        var starts = segments.Select(segment => Math.Max(segment.MinAt, from)).Concat(log.Open(deployment, kind).Where(file => file.MaxAt >= from).Select(file => Math.Max(file.MinAt, from))).ToList();
        return starts.Count == 0 ? null : starts.Min();
    }
}
