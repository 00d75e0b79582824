namespace Flyball.Server.Tracking;

/// <summary>Reads the beginning of stored Parquet files. What is in one is anybody's, so it is read outside of the server's process.</summary>
internal interface ITableReader
{
    /// <summary>The beginning of a stored object; null where it is no Parquet file that can be read.</summary>
    Task<TableHead?> HeadAsync(string digest, CancellationToken cancel);
}

/// <summary>The first rows of a table, as text.</summary>
/// <param name="Total">How many rows there are.</param>
/// <param name="IsNarrowed">There are more columns than are told.</param>
internal sealed record TableHead(IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows, long Total, bool IsNarrowed);
