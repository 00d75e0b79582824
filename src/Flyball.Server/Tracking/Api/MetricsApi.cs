using System.Globalization;
using Flyball.Foundation;
using Flyball.Server.Access;
using Microsoft.AspNetCore.Routing;

namespace Flyball.Server.Tracking;

internal sealed class MetricsApi(Db db)
{
    private const int MostPoints = 25_000;
    private const int MostSteps = 2500;
    private const int MostRuns = 100;

    public void Map(RouteGroupBuilder group)
    {
        group.Answers("GET", "/get-history", Permission.Read, HistoryAsync);
        group.Answers("GET", "/get-history-bulk", Permission.Read, BulkAsync);
        group.Answers("GET", "/get-history-bulk-interval", Permission.Read, IntervalAsync);
    }

    private async Task<object> HistoryAsync(MLflowCall call)
    {
        var fields = call.Fields;
        var (id, key, limit) = (fields.RunId(), fields.Text("metric_key"), fields.MaxResults(long.MaxValue, long.MaxValue));
        var last = fields.TextOrNull("page_token") is { Length: > 0 } token ? PointOf(PageToken.Read(token, 3)) : (Point?)null;
        var (page, isMore) = await OfAsync(id, key, points =>
        {
            var left = last is { } before ? points[PlaceBehind(points, before)..] : points;
            return (left[..(int)Math.Min(limit, left.Length)].ToArray(), left.Length > limit);
        }, call.Cancel);
        return new { metrics = page is not { Length: > 0 } ? null : page.Select(point => MlMetric.Of(key, point)), next_page_token = isMore ? PageToken.Write(KeyOf(page![^1])) : null };
    }

    private async Task<object> BulkAsync(MLflowCall call)
    {
        var fields = call.Fields;
        var ids = fields.Texts("run_id");
        if (ids.Count == 0) throw Refusal.Invalid("run-ids", "GetMetricHistoryBulk request must specify at least one run_id.");
        if (ids.Count > MostRuns) throw Refusal.Invalid("run-ids", $"GetMetricHistoryBulk request cannot specify more than {MostRuns} run_ids. Received {ids.Count} run_ids.");
        if (fields.TextOrNull("metric_key") is not { Length: > 0 } key) throw Refusal.Invalid("metric-key", "GetMetricHistoryBulk request must specify a metric_key.");
        var left = (int)Math.Clamp(fields.LongOrNull("max_results") ?? MostPoints, 0, MostPoints);
        var found = new List<MlMetric>();
        foreach (var id in ids.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            if (found.Count >= left) break;
            foreach (var point in await OfAsync(id, key, points => points[..Math.Min(left - found.Count, points.Length)].ToArray(), call.Cancel) ?? []) found.Add(MlMetric.Of(key, point, id));
        }

        return new { metrics = found };
    }

    private async Task<object> IntervalAsync(MLflowCall call)
    {
        var fields = call.Fields;
        var ids = fields.Texts("run_ids");
        if (ids.Count == 0) throw fields.Missing("run_ids");
        if (ids.Count > MostRuns) throw Refusal.Invalid("run-ids", $"GetMetricHistoryBulkInterval request must specify at most {MostRuns} run_ids. Received {ids.Count} run_ids. See the API docs for more information about request parameters.");
        var (key, from, to, most) = (fields.Text("metric_key"), fields.LongOrNull("start_step"), fields.LongOrNull("end_step"), fields.LongOrNull("max_results") ?? MostSteps);
        if (most is < 1 or > MostSteps) throw Refusal.Invalid("max-results", $"max_results must be between 1 and {MostSteps}. See the API docs for more information about request parameters.");
        if (from is null != to is null) throw Refusal.Invalid("steps", "If either start step or end step are specified, both must be specified.");
        if (from > to) throw Refusal.Invalid("steps", $"end_step must be greater than start_step. Found start_step={from} and end_step={to}.");
        // one run is read once; of several the steps are gathered first, so that one history is in memory at a time; all as they were at one moment
        await using var tx = await db.ReadAsync(call.Cancel);
        var (choice, found) = (new StepChoice((int)most), new List<MlMetric>());
        Span<Point> Within(Span<Point> points)
        {
            PointChunk.Sort(points, Point.InSteps);
            return from is { } first && to is { } last ? points[StepChoice.FirstFrom(points, first)..(last == long.MaxValue ? points.Length : StepChoice.FirstFrom(points, last + 1))] : points;
        }

        void Pick(string run, ReadOnlySpan<Point> points, long[] steps)
        {
            var left = MostPoints;
            StepChoice.Pick(steps, points, point =>
            {
                if (left-- > 0) found.Add(MlMetric.Of(key, point, run));
            });
        }

        var runs = new List<Run>();
        foreach (var id in ids)
        {
            if (await RunsSql.FindAsync(tx, id) is { } run) runs.Add(run);
        }

        foreach (var run in runs)
        {
            call.Cancel.ThrowIfCancellationRequested();
            await MetricsSql.LookAsync(tx, run.Number, key, points =>
            {
                var own = Within(points);
                choice.Add(own);
                if (runs.Count == 1) Pick(run.Id, own, choice.Chosen());
                return true;
            });
        }

        var chosen = choice.Chosen();
        foreach (var run in runs.Count == 1 ? [] : runs)
        {
            call.Cancel.ThrowIfCancellationRequested();
            await MetricsSql.LookAsync(tx, run.Number, key, points =>
            {
                Pick(run.Id, Within(points), chosen);
                return true;
            });
        }

        return new { metrics = found };
    }

    /// <summary>A look at a metric's points; the default for a run that is not there, which is no error, as MLflow has it.</summary>
    private Task<T?> OfAsync<T>(string run, string key, MetricsSql.Look<T> look, CancellationToken cancel) =>
        db.ReadAsync(async tx => await RunsSql.FindAsync(tx, run) is { } known ? await MetricsSql.LookAsync(tx, known.Number, key, look) : default, cancel);

    /// <summary>A point as a place in a history; whole numbers as texts, which lose nothing.</summary>
    private static PageKey KeyOf(in Point point) => new(
        [Whole(point.At), Whole(point.Step), new PagePart(double.IsPositiveInfinity(point.Value) ? 3 : double.IsNegativeInfinity(point.Value) ? 2 : double.IsNaN(point.Value) ? 1 : 0, double.IsFinite(point.Value) ? point.Value : 0, null)], "");

    private static PagePart Whole(long number) => new(0, 0, number.ToString(CultureInfo.InvariantCulture));

    private static long Whole(PagePart part) => long.TryParse(part.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : throw Refusal.Invalid("page-token", "Invalid page token: it is not one of a metric's history.");

    private static Point PointOf(PageKey key)
    {
        var value = key.Parts[2].Place switch { 1 => double.NaN, 2 => double.NegativeInfinity, 3 => double.PositiveInfinity, _ => key.Parts[2].Number };
        return new Point(Whole(key.Parts[1]), Whole(key.Parts[0]), value);
    }

    /// <summary>How many points of a history come no later than one.</summary>
    private static int PlaceBehind(ReadOnlySpan<Point> points, Point last)
    {
        var (low, high) = (0, points.Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (Point.InTime(points[middle], last) <= 0) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}
