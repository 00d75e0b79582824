using System.Net;
using System.Net.Http.Headers;
using Flyball.Foundation;
using Flyball.Server.Projects;

namespace Flyball.Server.Datasets;

/// <summary>What to fetch.</summary>
/// <param name="ETag">What the host called the content that is known, and <paramref name="Modified"/> since when it had it; null where none is known.</param>
/// <param name="Hosts">Hosts that may be asked, each with its port where it is not the scheme's own.</param>
internal sealed record FetchSpec(string Project, string Dataset, string Url, string? ETag, string? Modified, IReadOnlyList<string> Hosts);

/// <param name="Object">Null where the host says that nothing has changed.</param>
internal sealed record FetchResult(string? Object, long Bytes, string? ETag, string? Modified);

/// <summary>Fetches the file behind an address, if it is another one than before. Only hosts that the server's operator has named are asked, also where one sends on to another.</summary>
internal sealed class FetchJob() : JobWork<FetchSpec, FetchResult>(Name)
{
    public const string Name = "fetch";

    /// <summary>Bytes that a file has at most.</summary>
    private const long Largest = 64L << 30;

    private const int MostRedirects = 5;
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(60);

    public override async Task<FetchResult> RunAsync(JobContext context, FetchSpec spec, CancellationToken cancel)
    {
        using var handler = new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(20), AutomaticDecompression = DecompressionMethods.None, UseCookies = false };
        using var http = new HttpClient(handler) { Timeout = LongestSilence };
        var address = new Uri(spec.Url);
        for (var sent = 0; ; sent++)
        {
            if (!SourceHosts.Allow(address, spec.Hosts)) throw new JobFailedException($"{spec.Dataset}: {address.Host} may not be asked for data; start the server with --source-host {SourceHosts.NameOf(address)}.");
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            request.Headers.UserAgent.Add(new ProductInfoHeaderValue("Flyball", Product.Version.Split('+')[0]));
            if (spec.ETag is { } tag) request.Headers.TryAddWithoutValidation("If-None-Match", tag);
            if (spec.Modified is { } since) request.Headers.TryAddWithoutValidation("If-Modified-Since", since);
            context.Report(0, $"asking {address.Host}");
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
            if (answer.StatusCode == HttpStatusCode.NotModified) return new FetchResult(null, 0, spec.ETag, spec.Modified);
            if ((int)answer.StatusCode is >= 300 and < 400 && answer.Headers.Location is { } next)
            {
                if (sent == MostRedirects) throw new JobFailedException($"{spec.Dataset}: {address.Host} sends on and on, more than {MostRedirects} times.");
                address = new Uri(address, next);
                continue;
            }

            // what the host cannot answer just now is tried again
            if ((int)answer.StatusCode is >= 500 or 408 or 429) throw new HttpRequestException($"{address.Host} answered {(int)answer.StatusCode}.");
            if (!answer.IsSuccessStatusCode) throw new JobFailedException($"{spec.Dataset}: {address.Host} answered {(int)answer.StatusCode} {answer.ReasonPhrase} to the request for {Refusal.Shown(Fetch.NameOf(spec.Url))}.");
            return await TakeAsync(context, spec, answer, cancel);
        }
    }

    private static async Task<FetchResult> TakeAsync(JobContext context, FetchSpec spec, HttpResponseMessage answer, CancellationToken cancel)
    {
        var (path, whole, bytes) = (Path.Combine(context.Scratch, "fetched"), answer.Content.Headers.ContentLength, 0L);
        await using (var from = await answer.Content.ReadAsStreamAsync(cancel))
        await using (var to = File.Create(path))
        {
            var buffer = new byte[1 << 20];
            while (true)
            {
                using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancel);
                silence.CancelAfter(LongestSilence);
                var read = await from.ReadAsync(buffer, silence.Token);
                if (read == 0) break;
                bytes += read;
                if (bytes > Largest) throw new JobFailedException($"{spec.Dataset}: the file has more than {Largest >> 30} GiB, which is more than is fetched.");
                await to.WriteAsync(buffer.AsMemory(0, read), cancel);
                context.Report(whole is > 0 and var all ? Math.Min(0.99, bytes / (double)all) : 0, $"fetched {bytes >> 20:N0} MiB{(whole is { } length ? $" of {length >> 20:N0}" : "")}");
            }
        }

        if (whole is { } promised && promised != bytes) throw new HttpRequestException($"The file ended after {bytes:N0} of {promised:N0} bytes.");
        var stored = await context.Objects.PutFileAsync(path, cancel);
        var modified = answer.Content.Headers.TryGetValues("Last-Modified", out var times) ? times.First() : null;
        return new FetchResult(stored.Digest, stored.Size, answer.Headers.ETag?.ToString(), modified);
    }
}
