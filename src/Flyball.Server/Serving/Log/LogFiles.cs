using System.Buffers.Text;

namespace Flyball.Server.Serving;

/// <summary>Reads what files of a log hold.</summary>
internal static class LogFiles
{
    private static ReadOnlySpan<byte> LineStart => "{\"at\":"u8;

    /// <summary>Counts a file's lines and cuts off a last one that a crash left unfinished: nobody was told that it was taken.</summary>
    public static LogFile Repair(int seq, string path)
    {
        using var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, 1 << 16);
        return Repair(seq, path, stream);
    }

    /// <summary>What a closed file holds; nothing if it has become a segment meanwhile.</summary>
    public static LogFile? Find(int seq, string path)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, 1 << 16);
            return Repair(seq, path, stream);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private static LogFile Repair(int seq, string path, FileStream stream)
    {
        var (rows, whole, min, max) = (0L, 0L, long.MaxValue, 0L);
        var line = new MemoryStream();
        Span<byte> buffer = stackalloc byte[4096];
        long position = 0;
        for (int read; (read = stream.Read(buffer)) > 0; position += read)
        {
            var rest = buffer[..read];
            while (rest.IndexOf((byte)'\n') is var end and >= 0)
            {
                Keep(line, rest[..end]);
                if (At(line) is { } at) (min, max) = (Math.Min(min, at), Math.Max(max, at));
                line.SetLength(0);
                rows++;
                whole = position + (read - rest.Length) + end + 1;
                rest = rest[(end + 1)..];
            }

            Keep(line, rest);
        }

        if (stream.Length > whole) stream.SetLength(whole);
        return new LogFile(seq, path, whole, rows, rows == 0 ? 0 : min, max);
    }

    /// <summary>Only the start of a line is of interest here.</summary>
    private static void Keep(MemoryStream line, ReadOnlySpan<byte> part)
    {
        var room = 32 - (int)line.Length;
        if (room > 0) line.Write(part[..Math.Min(room, part.Length)]);
    }

    private static long? At(MemoryStream line)
    {
        var bytes = line.GetBuffer().AsSpan(0, (int)line.Length);
        return bytes.StartsWith(LineStart) && Utf8Parser.TryParse(bytes[LineStart.Length..], out long at, out _) ? at : null;
    }
}
