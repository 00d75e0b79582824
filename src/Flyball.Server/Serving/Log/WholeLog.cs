using Flyball.Foundation;
using Flyball.Native.DuckDb;

namespace Flyball.Server.Serving;

/// <summary>A deployment's logs up to now, for questions that must see what is not sealed yet.</summary>
internal sealed class WholeLog(TrafficLog log, Db db, ObjectStore objects)
{
    private const int Tries = 5;

    /// <summary>Asks <paramref name="ask"/>, which gets predictions and labels as SQL relations, off the caller's thread.</summary>
    public async Task<T> ReadAsync<T>(string deployment, Func<string, string, T> ask, CancellationToken cancel)
    {
        for (var tries = 0; ; tries++)
        {
            var predictions = await RelationAsync(deployment, LogKind.Predictions, cancel);
            var labels = await RelationAsync(deployment, LogKind.Labels, cancel);
            try
            {
                return await Task.Run(() => ask(predictions, labels), cancel);
            }
            catch (DuckDbException) when (tries < Tries)
            {
                // a file became a segment between the listing and the reading
            }
        }
    }

    /// <summary>Sealed segments, raw ones, and the file being written, as one relation.</summary>
    private async Task<string> RelationAsync(string deployment, LogKind kind, CancellationToken cancel)
    {
        // files first: one that becomes a segment in between is then seen twice, not never
        var files = log.Files(deployment, kind);
        var segments = await db.ReadAsync(tx => SegmentsSql.BetweenAsync(tx, deployment, kind, 0, long.MaxValue), cancel);
        var parts = new List<string>();
        var (columns, select) = LogColumns.Of(kind);
        async Task<List<string>> PathsAsync(SegmentState state)
        {
            var paths = new List<string>();
            foreach (var segment in segments.Where(known => known.State == state)) paths.Add(await objects.LocalPathAsync(segment.Object, cancel));
            return paths;
        }

        if (await PathsAsync(SegmentState.Sealed) is { Count: > 0 } parquet) parts.Add($"select {select} from {DuckDbFiles.Parquet(parquet)}");
        List<string> raw = [.. await PathsAsync(SegmentState.Raw), .. files];
        if (raw.Count > 0) parts.Add($"select {select} from {DuckDbFiles.Json(raw, "format = 'newline_delimited'", $"columns = {columns}", "ignore_errors = true")}");
        return parts.Count > 0 ? $"({string.Join(" union all ", parts)})" : LogColumns.Empty(kind);
    }
}
