using Flyball.Foundation;

namespace Flyball.Server.Serving;

/// <summary>Whether a segment is still the file as written, or sealed as Parquet. The numbers are stored and frozen.</summary>
public enum SegmentState { Raw = 0, Sealed = 1 }

/// <summary>An immutable stretch of a log. Times are microseconds.</summary>
public sealed record LogSegment(string Deployment, LogKind Kind, int Seq, string Object, long Bytes, long Rows, long MinAt, long MaxAt, SegmentState State)
{
    public Ref Ref => new("log-segment", $"{Deployment}/{(int)Kind}/{Seq}");
}

internal static class SegmentsSql
{
    public static Task InsertAsync(Tx tx, LogSegment segment) => tx.ExecuteAsync(
        "insert into log_segments (deployment, kind, seq, object, bytes, rows, min_at, max_at, state) values (@Deployment, @kind, @Seq, @Object, @Bytes, @Rows, @MinAt, @MaxAt, @state)",
        new { segment.Deployment, kind = (int)segment.Kind, segment.Seq, segment.Object, segment.Bytes, segment.Rows, segment.MinAt, segment.MaxAt, state = (int)segment.State });

    public static Task SealAsync(Tx tx, LogSegment segment) => tx.ExecuteAsync(
        "update log_segments set object = @Object, bytes = @Bytes, state = 1 where deployment = @Deployment and kind = @kind and seq = @Seq",
        new { segment.Deployment, kind = (int)segment.Kind, segment.Seq, segment.Object, segment.Bytes });

    public static Task<LogSegment?> FindAsync(Tx tx, string deployment, LogKind kind, int seq) => tx.FirstAsync(
        "select * from log_segments where deployment = @deployment and kind = @kind and seq = @seq", new { deployment, kind = (int)kind, seq }, Read);

    /// <summary>Segments that hold anything at or after <paramref name="from"/> and before <paramref name="to"/>, in order.</summary>
    public static Task<List<LogSegment>> BetweenAsync(Tx tx, string deployment, LogKind kind, long from, long to) => tx.QueryAsync(
        "select * from log_segments where deployment = @deployment and kind = @kind and max_at >= @from and min_at < @to order by seq", new { deployment, kind = (int)kind, from, to }, Read);

    /// <summary>Segments that are not Parquet yet.</summary>
    public static Task<List<LogSegment>> RawAsync(Tx tx) => tx.QueryAsync("select * from log_segments where state = 0 order by deployment, kind, seq", null, Read);

    /// <summary>Rows received after <paramref name="after"/>; a segment that began before counts by the share of its time that is later.</summary>
    public static Task<long> CountAfterAsync(Tx tx, string deployment, LogKind kind, long after) => tx.ScalarAsync<long>(
        """
        select coalesce(sum(case when min_at > @after then rows when max_at <= @after then 0 else rows * (max_at - @after) / (max_at - min_at + 1) end), 0)
        from log_segments where deployment = @deployment and kind = @kind
        """,
        new { deployment, kind = (int)kind, after });

    private static LogSegment Read(Row row) => new(
        row.Text("deployment"), (LogKind)row.Int("kind"), row.Int("seq"), row.Text("object"), row.Long("bytes"), row.Long("rows"), row.Long("min_at"), row.Long("max_at"), (SegmentState)row.Int("state"));
}
