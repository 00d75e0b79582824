using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Flyball.Foundation;
using Flyball.Native.DuckDb;
using Flyball.Server.Tracking;

namespace Flyball.Server.Pipelines;

/// <summary>Reads the beginning of Parquet files in a process of its own, one at a time, which ends after 10 s whatever it finds; an object is read once.</summary>
internal sealed class ParquetReader(ObjectStore objects) : ITableReader, IDisposable
{
    /// <summary>The hidden verb of that process.</summary>
    public const string Verb = "parquet-head";

    private const int MostRows = 100;
    private const int MostColumns = 40;
    private const int MostCharacters = 200;
    private const int MostKept = 200;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);
    private readonly ConcurrentDictionary<string, TableHead?> kept = new();
    private readonly SemaphoreSlim turn = new(1);

    public async Task<TableHead?> HeadAsync(string digest, CancellationToken cancel)
    {
        if (kept.TryGetValue(digest, out var known)) return known;
        await turn.WaitAsync(cancel);
        try
        {
            if (kept.TryGetValue(digest, out known)) return known;
            TableHead? head;
            try
            {
                head = await AskAsync(await objects.LocalPathAsync(digest, cancel), cancel);
            }
            catch (TimeoutException)
            {
                // the next who looks may find the machine less busy
                return null;
            }

            if (kept.Count >= MostKept) kept.Clear();
            return kept[digest] = head;
        }
        finally
        {
            turn.Release();
        }
    }

    public void Dispose() => turn.Dispose();

    /// <summary>The work of the other process: the head of the file as JSON.</summary>
    /// <exception cref="DuckDbException">It is no Parquet file.</exception>
    public static string Read(string path)
    {
        using var database = DuckDbDatabase.OpenInMemory(new DuckDbOptions { Threads = 1, MemoryLimit = "512MB", LockDown = true, AllowedFiles = [path] });
        using var duck = database.Connect();
        var from = $"from {DuckDbFiles.Parquet(path)}";
        using var described = duck.Query($"select column_name from (describe {from})");
        var columns = described.Rows().Select(row => (string)row[0]!).ToList();
        using var counted = duck.Query($"select count(*) {from}");
        var shown = columns.Take(MostColumns).ToList();
        using var found = duck.Query($"select {string.Join(", ", shown.Select(column => string.Create(CultureInfo.InvariantCulture, $"left({DuckDbText.Quote(column)}::varchar, {MostCharacters})")))} {from} limit {MostRows.ToString(CultureInfo.InvariantCulture)}");
        return Json.Write(new TableHead(shown, [.. found.Rows().Select(row => row.Select(value => (string?)value ?? "").ToList())], counted.Scalar<long>(), columns.Count > shown.Count));
    }

    private static async Task<TableHead?> AskAsync(string path, CancellationToken cancel)
    {
        var (program, arguments) = WorkerProgram.Find();
        var start = new ProcessStartInfo { FileName = program, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in (string[])[.. arguments, Verb, path]) start.ArgumentList.Add(argument);
        using var process = Process.Start(start) ?? throw new InvalidOperationException("the process that reads Parquet could not be started");
        using var longest = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        longest.CancelAfter(Longest);
        try
        {
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(longest.Token), process.StandardError.ReadToEndAsync(longest.Token));
            await process.WaitForExitAsync(longest.Token);
            await errors;
            return process.ExitCode == 0 ? Json.Read<TableHead>(await output) : null;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new TimeoutException();
        }
        catch (JsonException)
        {
            return null;
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }
}
