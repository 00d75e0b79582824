using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace Flyball.Server.Registry;

/// <summary>What came of one try.</summary>
/// <param name="Status">Null where no answer came.</param>
/// <param name="Answer">The beginning of the answer, or what went wrong.</param>
/// <param name="RetryAfter">How long the receiver asks to wait.</param>
internal sealed record PostResult(int? Status, string Answer, TimeSpan? RetryAfter)
{
    /// <summary>The receiver has it. One that has moved has not: nothing is sent to an address that nobody checked.</summary>
    public bool Delivered => Status is >= 200 and < 300;

    /// <summary>What MLflow's test call counts as success.</summary>
    public bool Succeeded => Status is >= 200 and < 400;

    /// <summary>True where trying again may help: no answer, or one that says so (MLflow retries the same).</summary>
    public bool MayBeRetried => Status is null or 408 or 429 or 500 or 502 or 503 or 504;
}

/// <summary>Sends bodies to webhooks, signed as MLflow signs them.</summary>
internal sealed class WebhookPost : IDisposable
{
    private const int LongestAnswer = 4096;
    private readonly HttpClient http;

    public WebhookPost(WebhookAddress address) => http = new HttpClient(new SocketsHttpHandler
    {
        AllowAutoRedirect = false, UseCookies = false, UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(10), PooledConnectionLifetime = TimeSpan.FromMinutes(5), ConnectCallback = address.ConnectAsync,
    })
    {
        // SendAsync has its own
        Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = 1 << 20,
    };

    /// <summary>How long a receiver has for the head of its answer, which is what counts.</summary>
    public TimeSpan Longest { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long it has for what its answer says, of which the beginning is kept.</summary>
    public TimeSpan LongestBody { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Sends a body once.</summary>
    /// <param name="id">The delivery's id, the same at each try.</param>
    /// <param name="sent">Seconds since 1970, the same at each try.</param>
    public async Task<PostResult> SendAsync(Webhook webhook, string id, long sent, string body, CancellationToken cancel)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, webhook.Url) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) };
        message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        message.Headers.Add("X-MLflow-Delivery-Id", id);
        message.Headers.Add("X-MLflow-Timestamp", sent.ToString(System.Globalization.CultureInfo.InvariantCulture));
        if (webhook.Secret is { } secret) message.Headers.Add("X-MLflow-Signature", Signature(secret, id, sent, body));
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limited.CancelAfter(Longest);
        try
        {
            using var answer = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, limited.Token);
            limited.CancelAfter(LongestBody);
            var wait = answer.Headers.RetryAfter is { } after ? after.Delta ?? after.Date - TimeProvider.System.GetUtcNow() : null;
            return new PostResult((int)answer.StatusCode, await BeginningAsync(answer.Content, limited.Token, cancel), wait);
        }
        catch (Exception failed) when (failed is HttpRequestException or IOException || (failed is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return new PostResult(null, failed is OperationCanceledException ? $"no answer within {Longest.TotalSeconds:0} seconds" : failed.Message, null);
        }
    }

    /// <summary><c>v1,</c> and the HMAC-SHA256 of <c>id.seconds.body</c> in base64 (MLflow's documentation, "Webhooks").</summary>
    public static string Signature(string secret, string id, long sent, string body) =>
        $"v1,{Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{id}.{sent}.{body}"))))}";

    public void Dispose() => http.Dispose();

    /// <summary>The beginning of an answer, or as much of it as came: its status is known, and a body that does not end must not keep the sender.</summary>
    private static async Task<string> BeginningAsync(HttpContent content, CancellationToken limited, CancellationToken cancel)
    {
        var (buffer, read) = (new byte[LongestAnswer], 0);
        try
        {
            await using var stream = await content.ReadAsStreamAsync(limited);
            for (int more; read < buffer.Length && (more = await stream.ReadAsync(buffer.AsMemory(read), limited)) > 0;) read += more;
        }
        catch (Exception cut) when (cut is HttpRequestException or IOException || (cut is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            // what came before stands
        }

        return Encoding.UTF8.GetString(buffer, 0, read);
    }
}
