using System.Buffers;
using System.Text.Json;
using Flyball.Foundation;
using Microsoft.AspNetCore.Http;

namespace Flyball.Server.Tracking;

/// <summary>The answer of a search for runs: parts of a page are read and written side by side, and sent in their order. A run is told of one snapshot: of what was logged at once, all or nothing.</summary>
internal sealed class FoundRunsAnswer(Db db)
{
    /// <summary>Runs of a part: what it costs to begin one is little beside them.</summary>
    private const int PartSize = 2 * RunsSql.Together;

    /// <summary>Parts that are made at a time; so many more wait to be sent at most.</summary>
    private static readonly int AtOnce = Math.Clamp(Environment.ProcessorCount, 2, 4);
    private static readonly RunJson Runs = new();

    /// <param name="next">The token of the next page.</param>
    public async Task WriteAsync(HttpResponse response, IReadOnlyList<long> runs, string? next, CancellationToken cancel)
    {
        var numbers = runs.Chunk(PartSize).ToArray();
        var parts = new Task<ArrayBufferWriter<byte>>?[numbers.Length];
        var isFirst = true;
        response.ContentType = "application/json; charset=utf-8";
        try
        {
            for (var i = 0; i < parts.Length; i++)
            {
                for (var ahead = i; ahead < Math.Min(i + AtOnce, parts.Length); ahead++) parts[ahead] ??= MakeAsync(numbers[ahead], cancel);
                var written = (await parts[i]!).WrittenMemory;
                parts[i] = null;
                if (written.IsEmpty) continue;
                response.BodyWriter.Write(isFirst ? "{\"runs\":["u8 : ","u8);
                isFirst = false;
                await response.BodyWriter.WriteAsync(written, cancel);
            }
        }
        finally
        {
            // none goes on alone where one failed
            await ((Task)Task.WhenAll(parts.OfType<Task>())).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        response.BodyWriter.Write(isFirst ? "{"u8 : "]"u8);
        if (next is not null)
        {
            if (!isFirst) response.BodyWriter.Write(","u8);
            response.BodyWriter.Write("\"next_page_token\":"u8);
            response.BodyWriter.Write(JsonSerializer.SerializeToUtf8Bytes(next));
        }

        response.BodyWriter.Write("}"u8);
        await response.BodyWriter.FlushAsync(cancel);
    }

    /// <summary>Runs with commas between them; on another thread, where others follow.</summary>
    private Task<ArrayBufferWriter<byte>> MakeAsync(long[] numbers, CancellationToken cancel) =>
        numbers.Length < PartSize ? PartAsync(numbers, cancel) : Task.Run(() => PartAsync(numbers, cancel), cancel);

    private async Task<ArrayBufferWriter<byte>> PartAsync(long[] numbers, CancellationToken cancel)
    {
        var found = await db.ReadAsync(tx => RunsSql.DetailsAsync(tx, numbers), cancel);
        var written = new ArrayBufferWriter<byte>(2048 * (found.Count + 1));
        // a list without its brackets
        using var writer = new Utf8JsonWriter(written, new JsonWriterOptions { SkipValidation = true });
        foreach (var run in found) Runs.Write(writer, run, MLflowJson.Options);
        await writer.FlushAsync(cancel);
        return written;
    }
}
