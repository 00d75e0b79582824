using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Flyball.Native.DuckDb;

namespace Flyball.Server.Datasets;

/// <summary>Describes every column of a relation in one pass: the engine reads ahead while the chunks before are counted, column beside column. The same rows in the same order always give the same profile.</summary>
internal static class Profiler
{
    /// <summary>Numeric columns that are correlated with each other.</summary>
    public const int MostCorrelated = 50;

    private const int MostChunks = 8;
    private const int RowsOfChunk = 2048;

    /// <summary>Chunks times columns that are in memory at once: many columns come fewer rows at a time.</summary>
    private const int MostVectors = 400;

    /// <param name="relation">SQL.</param>
    /// <param name="like">A profile into whose edges numbers are counted, so that the two can be compared and merged; columns that it does not have get edges of their own.</param>
    public static DatasetProfile Profile(DuckDbConnection duck, string relation, IReadOnlyList<Column> columns, DatasetProfile? like = null, long? bytes = null, Action<long>? progress = null)
    {
        // names of any kind stay out of the statement
        var names = Enumerable.Range(0, columns.Count).Select(i => $"c{i}").ToList();
        using var rows = duck.Stream($"select {string.Join(", ", columns.Select((column, i) => Read(column, names[i])))} from {relation} as given({string.Join(", ", names)})");
        var tallies = columns.Select((column, i) => Tally(column, rows.Columns[i], like?.Columns.FirstOrDefault(old => old.Name == column.Name))).ToArray();
        var correlated = tallies.Select((tally, i) => (Tally: tally as NumberTally, Column: columns[i])).Where(one => one.Tally?.Kind == ColumnKind.Number).Take(MostCorrelated).ToList();
        var chunks = Math.Clamp(MostVectors / Math.Max(1, columns.Count), 1, MostChunks);
        foreach (var (tally, _) in correlated) tally!.Pairs = new double[chunks * RowsOfChunk];
        var pairs = new PairMoments([.. correlated.Select(one => (one.Column, one.Tally!.Pairs!))]);
        long count = 0;
        foreach (var batch in Batches(rows, chunks))
        {
            var starts = new int[batch.Count + 1];
            for (var i = 0; i < batch.Count; i++) starts[i + 1] = starts[i] + batch[i].Count;
            Parallel.For(0, tallies.Length, column =>
            {
                for (var i = 0; i < batch.Count; i++)
                {
                    if (tallies[column] is NumberTally numbers) numbers.Add(batch[i][column], starts[i]);
                    else tallies[column].Add(batch[i][column]);
                }
            });
            pairs.Add(starts[^1]);
            foreach (var chunk in batch) chunk.Dispose();
            count += starts[^1];
            progress?.Invoke(count);
        }

        return new DatasetProfile(count, bytes, [.. tallies.Select(tally => tally.Profile())], pairs.All());
    }

    private static string Read(Column column, string name) => column.Type switch
    {
        "BOOLEAN" or "VARCHAR" or "DATE" or "TIME" or "TIME_NS" => name,
        "UHUGEINT" => $"{name}::double",
        _ when ColumnTypes.IsNumeric(column) || (column.Type.StartsWith("TIMESTAMP", StringComparison.Ordinal) && !column.Type.EndsWith(']')) => name,
        _ => $"try_cast({name} as varchar)",
    };

    private static ColumnTally Tally(Column column, DuckDbColumn read, ColumnProfile? like) =>
        read.Type == DuckDbType.Boolean ? new FlagTally(column)
        : NumberReading.Of(read) is { } reading ? new NumberTally(column, reading, like?.Kind == reading.Kind && like.Numbers is { Finite: > 0 } numbers ? numbers.Cuts : null)
        : new TextTally(column, column.Type is "VARCHAR" or "JSON" or "UUID" || column.Type.StartsWith("ENUM", StringComparison.Ordinal) ? ColumnKind.Text : ColumnKind.Other);

    /// <summary>Chunks in their order, some at a time; the next ones are fetched meanwhile.</summary>
    private static IEnumerable<IReadOnlyList<DuckDbChunk>> Batches(DuckDbResult rows, int chunks)
    {
        using var ready = new BlockingCollection<List<DuckDbChunk>>(2);
        using var stop = new CancellationTokenSource();
        ExceptionDispatchInfo? failed = null;
        var fetching = Task.Factory.StartNew(
            () =>
            {
                var batch = new List<DuckDbChunk>();
                try
                {
                    while (rows.Take() is { } chunk)
                    {
                        batch.Add(chunk);
                        if (batch.Count < chunks) continue;
                        ready.Add(batch, stop.Token);
                        batch = [];
                    }

                    if (batch.Count > 0) ready.Add(batch, stop.Token);
                }
                catch (Exception wrong)
                {
                    foreach (var chunk in batch) chunk.Dispose();
                    if (wrong is not OperationCanceledException) failed = ExceptionDispatchInfo.Capture(wrong);
                }
                finally
                {
                    ready.CompleteAdding();
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            foreach (var batch in ready.GetConsumingEnumerable()) yield return batch;
        }
        finally
        {
            // where the consumer gave up, nothing of the result may be used once this returns
            stop.Cancel();
            ((IAsyncResult)fetching).AsyncWaitHandle.WaitOne();
            while (ready.TryTake(out var left)) left.ForEach(chunk => chunk.Dispose());
        }

        failed?.Throw();
    }
}
