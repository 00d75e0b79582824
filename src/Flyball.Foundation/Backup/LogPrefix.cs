using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Flyball.Foundation;

/// <summary>The whole lines that an append-only file held at one moment, readable while the file grows and after it is deleted.</summary>
internal sealed class LogPrefix : IDisposable
{
    private readonly SafeFileHandle file;

    private LogPrefix(string path, SafeFileHandle file, long length) => (Path, this.file, Length) = (path, file, length);

    /// <summary>Path below the data directory, with forward slashes.</summary>
    public string Path { get; }

    public long Length { get; }

    /// <summary>Opens every log file below <paramref name="folder"/>, which is <c>log</c> of the data directory. One that is deleted meanwhile has become a segment and is left out.</summary>
    public static List<LogPrefix> OpenAll(string folder)
    {
        var opened = new List<LogPrefix>();
        try
        {
            foreach (var path in Directory.EnumerateFiles(folder, "*.ndjson", SearchOption.AllDirectories))
            {
                if (TryOpen(path) is not { } handle) continue;
                opened.Add(new LogPrefix("log/" + System.IO.Path.GetRelativePath(folder, path).Replace('\\', '/'), handle, WholeLines(handle)));
            }

            return opened;
        }
        catch
        {
            opened.ForEach(prefix => prefix.Dispose());
            throw;
        }
    }

    public Stream Read() => new Reader(file, Length);

    public string Sha256()
    {
        using var reader = Read();
        return Convert.ToHexStringLower(SHA256.HashData(reader));
    }

    public void Dispose() => file.Dispose();

    private static SafeFileHandle? TryOpen(string path)
    {
        try
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Bytes up to and with the last line feed: what follows is still being written, or was torn by a crash.</summary>
    private static long WholeLines(SafeFileHandle file)
    {
        Span<byte> buffer = stackalloc byte[4096];
        for (var end = RandomAccess.GetLength(file); end > 0;)
        {
            var start = Math.Max(0, end - buffer.Length);
            var read = RandomAccess.Read(file, buffer[..(int)(end - start)], start);
            if (buffer[..read].LastIndexOf((byte)'\n') is var last and >= 0) return start + last + 1;
            end = start;
        }

        return 0;
    }

    private sealed class Reader(SafeFileHandle file, long length) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => false;

        public override long Length => length;

        public override long Position { get; set; }

        public override int Read(Span<byte> buffer)
        {
            var read = RandomAccess.Read(file, buffer[..(int)Math.Min(buffer.Length, length - Position)], Position);
            Position += read;
            return read;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await RandomAccess.ReadAsync(file, buffer[..(int)Math.Min(buffer.Length, length - Position)], Position, cancellationToken);
            Position += read;
            return read;
        }

        public override long Seek(long offset, SeekOrigin origin) => Position = offset + (origin == SeekOrigin.Begin ? 0 : origin == SeekOrigin.Current ? Position : length);

        public override void Flush()
        {
            // nothing is written here
        }

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
