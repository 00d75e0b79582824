using System.Buffers;
using System.Net;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;

namespace Flyball.Client;

/// <summary>Uploads of large files in parts, over MLflow's API of multipart uploads.</summary>
public sealed partial class FlyballClient
{
    private const string Parts = "/api/2.0/mlflow-artifacts/mpu";
    private const int PartTries = 4;

    /// <summary>
    /// Stores a file of this machine with a run, in parts that are sent side by side: one that is lost on its way is sent again, and what was sent of the others stays. The run has the file when this is done, in place of one
    /// that is there, or nothing of it.
    /// </summary>
    /// <param name="file">Its path on this machine.</param>
    /// <param name="partBytes">The length of a part, from 1 MiB on; the last one is shorter. At most 10,000 parts are sent, longer ones where these would be more.</param>
    /// <param name="together">Parts that are under way at once.</param>
    /// <exception cref="FlyballException">The server refused, or a part did not arrive four times.</exception>
    public async Task LogArtifactInPartsAsync(string experiment, string run, string path, string file, CancellationToken cancel, long partBytes = 64 << 20, int together = 4)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(partBytes, 1 << 20);
        ArgumentOutOfRangeException.ThrowIfLessThan(together, 1);
        using var handle = File.OpenHandle(file, options: FileOptions.Asynchronous);
        var length = RandomAccess.GetLength(handle);
        partBytes = Math.Max(partBytes, (length + 9_999) / 10_000);
        var count = (int)Math.Max(1, (length + partBytes - 1) / partBytes);
        var target = $"{Escape(experiment)}/{Escape(run)}/artifacts/{Segments(path)}";
        var created = await PostAsync<JsonElement>($"{Parts}/create/{target}", new { path, num_parts = count }, cancel);
        var upload = Text(created, "upload_id");
        try
        {
            var etags = new string[count];
            await Parallel.ForEachAsync(List(created, "credentials"), new ParallelOptions { MaxDegreeOfParallelism = together, CancellationToken = cancel }, async (part, stop) =>
            {
                var number = part.GetProperty("part_number").GetInt32();
                var from = (number - 1) * partBytes;
                etags[number - 1] = await SendPartAsync(new Uri(Text(part, "url")).PathAndQuery, () => new FilePart(handle, from, Math.Min(partBytes, length - from)), stop);
            });
            await PostAsync($"{Parts}/complete/{target}", new { path, upload_id = upload, parts = etags.Select((etag, i) => new { part_number = i + 1, etag }) }, cancel);
        }
        catch
        {
            await AbortAsync(target, path, upload);
            throw;
        }
    }

    /// <summary>Sends a part until it is there; its entity tag. The same part twice is one.</summary>
    private async Task<string> SendPartAsync(string at, Func<HttpContent> part, CancellationToken cancel)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                using var content = part();
                using var answer = await SendAsync(HttpMethod.Put, at, content, cancel, mayRepeat: true);
                return answer.Headers.ETag?.Tag.Trim('"') ?? throw Unreadable();
            }
            catch (FlyballException lost) when ((lost.MayRepeat || lost.Status is (int)HttpStatusCode.RequestTimeout or >= 500) && attempt < PartTries)
            {
                await Task.Delay(TimeSpan.FromSeconds(1 << (attempt - 1)), TimeProvider.System, cancel);
            }
        }
    }

    /// <summary>What was sent is of no use any more; where the server does not hear of it, it forgets by itself.</summary>
    private async Task AbortAsync(string target, string path, string upload)
    {
        try
        {
            using var limited = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            await PostAsync($"{Parts}/abort/{target}", new { path, upload_id = upload }, limited.Token);
        }
        catch (Exception unheard) when (unheard is FlyballException or OperationCanceledException)
        {
        }
    }

    /// <summary>A stretch of a file, read as it is sent.</summary>
    private sealed class FilePart(SafeFileHandle file, long from, long length) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            var buffer = ArrayPool<byte>.Shared.Rent(128 << 10);
            try
            {
                for (var at = 0L; at < length;)
                {
                    var read = await RandomAccess.ReadAsync(file, buffer.AsMemory(0, (int)Math.Min(buffer.Length, length - at)), from + at);
                    if (read == 0) throw new IOException("The file became shorter while it was sent.");
                    await stream.WriteAsync(buffer.AsMemory(0, read));
                    at += read;
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }

        protected override bool TryComputeLength(out long computed)
        {
            computed = length;
            return true;
        }
    }
}
