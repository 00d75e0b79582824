using System.Globalization;
using System.Text;
using Flyball.Numerics;
using Microsoft.AspNetCore.Http;

namespace Flyball.Server.Tracking.Pages;

/// <summary>The runs of a search as CSV (RFC 4180), page by page, so that any number of them takes no more memory than one page; or their groups, as the page shows them, but all.</summary>
internal static class RunsCsv
{
    private const int Together = 10_000;
    private static readonly string[] OfMetric = ["count", "mean", "std", "min", "max"];
    private static readonly string[] Standard = ["run_id", "run_name", "status", "user", "started", "ended"];

    public static async Task WriteAsync(HttpResponse response, RunIndex index, string experiment, RunsView view, bool allColumns, CancellationToken cancel)
    {
        if (view.Group is { } group)
        {
            await WriteGroupsAsync(response, index, experiment, view, group, cancel);
            return;
        }

        // a filter that is none is refused before anything is sent
        var query = view.FirstPage.Query(experiment, Together);
        var columns = await index.LookAsync(known => known.Keys(experiment) is var keys && allColumns ? [.. keys.Fields(FieldKind.Metric), .. keys.Fields(FieldKind.Param), .. keys.Fields(FieldKind.Tag)] : view.ColumnsOf(keys), cancel);
        await using var writer = Begin(response, experiment, "runs");
        await writer.WriteAsync(Line([.. Standard, .. columns.Select(column => Text(RunsView.Name(column)))]));
        for (var after = query.After; ;)
        {
            var (rows, next) = await index.LookAsync(known => RunSearch.Find(known, query with { After = after }) is var found ? (RunTable.Rows(known, found, columns), found.Next) : default, cancel);
            foreach (var row in rows) await writer.WriteAsync(Line(Cells(row)).AsMemory(), cancel);
            await writer.FlushAsync(cancel);
            if (next is null) return;
            after = next;
        }
    }

    private static async Task WriteGroupsAsync(HttpResponse response, RunIndex index, string experiment, RunsView view, Field by, CancellationToken cancel)
    {
        var query = view.FirstPage.Query(experiment, Together);
        var (metrics, found) = await index.LookAsync(
            known =>
            {
                var metrics = RunsView.Metrics(view.ColumnsOf(known.Keys(experiment)));
                return (metrics, RunGroups.Find(known, query, by, metrics, int.MaxValue));
            },
            cancel);
        await using var writer = Begin(response, experiment, "groups");
        await writer.WriteAsync(Line([Text(RunsView.Name(by)), "runs", .. metrics.SelectMany(metric => OfMetric.Select(what => Text($"{RunsView.Name(new Field(FieldKind.Metric, metric))} {what}")))]));
        foreach (var group in found.Shown)
        {
            // an empty text is quoted, what is not there is not
            await writer.WriteAsync(Line([group.Value is "" ? "\"\"" : Text(group.Value ?? ""), group.Runs.ToString(CultureInfo.InvariantCulture), .. group.Metrics.SelectMany(Moments)]).AsMemory(), cancel);
        }
    }

    /// <summary>As <see cref="OfMetric"/>; what does not exist, as the deviation of a single run, stays empty.</summary>
    private static IEnumerable<string> Moments(RunningMoments metric) =>
    [
        metric.Count.ToString(CultureInfo.InvariantCulture),
        .. ((double[])[metric.Mean, Math.Sqrt(metric.SampleVariance), metric.Min, metric.Max]).Select(value => double.IsNaN(value) ? "" : value.ToString("R", CultureInfo.InvariantCulture)),
    ];

    private static StreamWriter Begin(HttpResponse response, string experiment, string what)
    {
        response.ContentType = "text/csv; charset=utf-8";
        response.Headers.ContentDisposition = $"attachment; filename=\"experiment-{new string([.. experiment.Where(char.IsAsciiLetterOrDigit)])}-{what}.csv\"";
        response.Headers.XContentTypeOptions = "nosniff";
        return new StreamWriter(response.Body, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), 1 << 16);
    }

    /// <summary>A text as a field: quoted where it must be, and with an apostrophe before it where a spreadsheet would take it for a formula.</summary>
    public static string Text(string text)
    {
        var safe = text.Length > 0 && text[0] is '=' or '+' or '-' or '@' or '\t' or '\r' or '\n' && !double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _) ? $"'{text}" : text;
        return safe.AsSpan().IndexOfAny("\",\r\n") >= 0 ? $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : safe;
    }

    private static IEnumerable<string> Cells(RunRow row) =>
    [
        row.Id, Text(row.Name), row.Status.ToString().ToUpperInvariant(), Text(row.User), Time(row.Started), row.Ended is { } ended ? Time(ended) : "",
        .. row.Cells.Select(cell => cell.Number is { } number ? number.ToString("R", CultureInfo.InvariantCulture) : Text(cell.Text ?? "")),
    ];

    private static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static string Line(IEnumerable<string> fields) => string.Join(',', fields) + "\r\n";
}
