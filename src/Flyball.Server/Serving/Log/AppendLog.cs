using System.Threading.Channels;
using Flyball.Foundation;
using Microsoft.Win32.SafeHandles;

namespace Flyball.Server.Serving;

/// <summary>What a file of a log holds. Times are microseconds; 0 rows have none.</summary>
internal sealed record LogFile(int Seq, string Path, long Bytes, long Rows, long MinAt, long MaxAt);

/// <summary>
/// Lines handed to the operating system before whoever appends them goes on: they survive the end of the process, however it ends. Appends that wait together are written together.
/// Every line starts with <c>{"at":</c> and the time in microseconds. Files are numbered; the last one is written to.
/// </summary>
internal sealed class AppendLog : IAsyncDisposable
{
    private const int Waiting = 8192;
    private const int Together = 256;

    private readonly Channel<Entry> entries = Channel.CreateBounded<Entry>(new BoundedChannelOptions(Waiting) { SingleReader = true });
    private readonly string folder;
    private readonly Task writing;
    private SafeFileHandle file;
    private volatile LogFile active;

    public AppendLog(string folder)
    {
        this.folder = folder;
        Directory.CreateDirectory(folder);
        var last = Numbers().DefaultIfEmpty(1).Max();
        active = LogFiles.Repair(last, PathOf(last));
        file = Open(active.Path);
        writing = Task.Run(WriteAsync);
    }

    /// <summary>The file that is written to, as of the last write.</summary>
    public LogFile Active => active;

    /// <summary>Appends lines, each ended by a line feed. Completes when the operating system has them.</summary>
    /// <exception cref="Refusal">More appends wait than the log takes.</exception>
    public Task AppendAsync(ReadOnlyMemory<byte> lines, int rows, long at)
    {
        var entry = new Entry(lines, rows, at);
        return entries.Writer.TryWrite(entry) ? entry.Done.Task : throw Refusal.Unavailable("log-busy", "More requests wait to be logged than the server takes; try again in a moment.");
    }

    /// <summary>Begins a new file if the present one holds anything.</summary>
    public async Task RotateAsync(CancellationToken cancel)
    {
        var entry = new Entry(default, 0, 0);
        await entries.Writer.WriteAsync(entry, cancel);
        await entry.Done.Task;
    }

    /// <summary>All files of one moment, in order; the last one is written to. A file that is sealed meanwhile may be among them.</summary>
    public IReadOnlyList<LogFile> Files()
    {
        // the moment is that of one reading: asked twice, a rotation in between would hide the file that it closes
        var present = active;
        return [.. Below(present.Seq), present];
    }

    /// <summary>Files that are no longer written to.</summary>
    public IReadOnlyList<LogFile> Closed() => [.. Below(active.Seq)];

    public async ValueTask DisposeAsync()
    {
        entries.Writer.TryComplete();
        await writing;
        file.Dispose();
    }

    private async Task WriteAsync()
    {
        var batch = new List<Entry>(Together);
        var lines = new List<ReadOnlyMemory<byte>>(Together);
        while (await entries.Reader.WaitToReadAsync())
        {
            batch.Clear();
            lines.Clear();
            Entry? rotation = null;
            while (batch.Count < Together && rotation is null && entries.Reader.TryRead(out var entry))
            {
                if (entry.Rows == 0) rotation = entry;
                else
                {
                    batch.Add(entry);
                    lines.Add(entry.Lines);
                }
            }

            if (batch.Count > 0) Write(batch, lines);
            if (rotation is not null) Rotate(rotation);
        }
    }

    private void Write(List<Entry> batch, List<ReadOnlyMemory<byte>> lines)
    {
        var before = active;
        try
        {
            RandomAccess.Write(file, lines, before.Bytes);
            CrashPoint.Reached("log.after-write");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // half a line must not stay: the next write would be joined to it
            RandomAccess.SetLength(file, before.Bytes);
            foreach (var entry in batch) entry.Done.TrySetException(failure);
            return;
        }

        var (bytes, rows, min, max) = (before.Bytes, before.Rows, before.Rows == 0 ? long.MaxValue : before.MinAt, before.MaxAt);
        foreach (var entry in batch)
        {
            bytes += entry.Lines.Length;
            rows += entry.Rows;
            (min, max) = (Math.Min(min, entry.At), Math.Max(max, entry.At));
        }

        active = before with { Bytes = bytes, Rows = rows, MinAt = min, MaxAt = max };
        foreach (var entry in batch) entry.Done.TrySetResult();
    }

    private void Rotate(Entry rotation)
    {
        try
        {
            if (active.Rows > 0)
            {
                RandomAccess.FlushToDisk(file);
                var next = new LogFile(active.Seq + 1, PathOf(active.Seq + 1), 0, 0, 0, 0);
                var opened = Open(next.Path);
                file.Dispose();
                (file, active) = (opened, next);
            }

            rotation.Done.TrySetResult();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            rotation.Done.TrySetException(failure);
        }
    }

    private IEnumerable<LogFile> Below(int present) => Numbers().Where(seq => seq < present).Order().Select(seq => LogFiles.Find(seq, PathOf(seq))).OfType<LogFile>();

    private static SafeFileHandle Open(string path) => File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read);

    private string PathOf(int seq) => Path.Combine(folder, $"{seq:D8}.ndjson");

    private IEnumerable<int> Numbers() => Directory.EnumerateFiles(folder, "*.ndjson").Select(path => int.TryParse(Path.GetFileNameWithoutExtension(path), out var seq) ? seq : 0).Where(seq => seq > 0);

    private sealed class Entry(ReadOnlyMemory<byte> lines, int rows, long at)
    {
        public ReadOnlyMemory<byte> Lines => lines;

        public int Rows => rows;

        public long At => at;

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
