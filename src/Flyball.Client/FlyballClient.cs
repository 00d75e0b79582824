using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Flyball.Client;

/// <summary>A typed client of a Flyball server. Thread-safe; keep one for the life of the program.</summary>
public sealed partial class FlyballClient : IDisposable
{
    /// <summary>How the wire writes JSON: camel case, enums as kebab-case text, no nulls.</summary>
    public static readonly JsonSerializerOptions Json = Create();

    private readonly HttpClient http;

    /// <summary>A client of the server at <paramref name="url"/>, with a token where the server asks for one.</summary>
    public FlyballClient(Uri url, string? token)
    {
        http = new HttpClient(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5) }) { BaseAddress = url, Timeout = Timeout.InfiniteTimeSpan };
        if (token is not null) http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <summary>Where the server is.</summary>
    public Uri Url => http.BaseAddress!;

    /// <summary>Whether a call was answered, be it with a refusal.</summary>
    public bool HasAnswered { get; private set; }

    public void Dispose() => http.Dispose();

    /// <summary>True when the server answers.</summary>
    public async Task<bool> IsHealthyAsync(CancellationToken cancel)
    {
        try
        {
            using var answer = await http.GetAsync(new Uri("/health", UriKind.Relative), cancel);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <summary>True when the server answers and has loaded everything that is deployed.</summary>
    public async Task<bool> IsReadyAsync(CancellationToken cancel)
    {
        try
        {
            using var answer = await http.GetAsync(new Uri("/v2/health/ready", UriKind.Relative), cancel);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static string Escape(string segment) => Uri.EscapeDataString(segment);

    private Task<T> GetAsync<T>(string path, CancellationToken cancel) => SendAsync<T>(HttpMethod.Get, path, null, cancel);

    private Task<T> PostAsync<T>(string path, object? body, CancellationToken cancel) => SendAsync<T>(HttpMethod.Post, path, Content(body), cancel);

    private async Task PostAsync(string path, object? body, CancellationToken cancel) => (await SendAsync(HttpMethod.Post, path, Content(body), cancel)).Dispose();

    private async Task PutAsync(string path, object? body, CancellationToken cancel) => (await SendAsync(HttpMethod.Put, path, Content(body), cancel)).Dispose();

    private async Task DeleteAsync(string path, CancellationToken cancel) => (await SendAsync(HttpMethod.Delete, path, null, cancel)).Dispose();

    /// <summary>A post that changes nothing, or nothing a second time.</summary>
    private async Task<T> PostAgainAsync<T>(string path, object body, CancellationToken cancel)
    {
        using var answer = await SendAsync(HttpMethod.Post, path, Content(body), cancel, mayRepeat: true);
        return await ReadAsync<T>(answer, "", cancel);
    }

    private static JsonContent? Content(object? body) => body is null ? null : JsonContent.Create(body, body.GetType(), options: Json);

    private async Task<T> SendAsync<T>(HttpMethod method, string path, HttpContent? content, CancellationToken cancel)
    {
        using var answer = await SendAsync(method, path, content, cancel);
        return await ReadAsync<T>(answer, Doubt(method, mayRepeat: false), cancel);
    }

    /// <param name="doubt">What is said where the answer does not come to its end.</param>
    private async Task<T> ReadAsync<T>(HttpResponseMessage answer, string doubt, CancellationToken cancel)
    {
        if (answer.StatusCode == HttpStatusCode.NoContent) return default!;
        try
        {
            return await answer.Content.ReadFromJsonAsync<T>(Json, cancel) ?? throw new FlyballException("empty-answer", 0, "The server answered with nothing.");
        }
        catch (Exception broken) when (broken is HttpRequestException or HttpIOException)
        {
            throw Gone(broken, doubt);
        }
        catch (JsonException)
        {
            throw Unreadable();
        }
    }

    private FlyballException Unreadable() => new("answer-unreadable", 0, $"{Url} answered, but not as a Flyball server does; is it the address of one?");

    private static string Doubt(HttpMethod method, bool mayRepeat) => mayRepeat || method == HttpMethod.Get ? "" : " Whether it did what was asked is not known; look before you ask again.";

    private FlyballException Gone(Exception lost, string doubt) => new(FlyballException.Lost, 0, $"The Flyball server at {Url} went away before it answered: {lost.Message.TrimEnd('.')}.{doubt}");

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content, CancellationToken cancel, bool mayRepeat = false)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative)) { Content = content };
        HttpResponseMessage answer;
        try
        {
            answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
        }
        catch (HttpRequestException unreachable) when (unreachable.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError)
        {
            throw new FlyballException(FlyballException.Unreachable, 0, $"No Flyball server answers at {Url}: {unreachable.GetBaseException().Message}") { MayRepeat = true };
        }
        catch (HttpRequestException lost)
        {
            throw new FlyballException(FlyballException.Lost, 0, Gone(lost, Doubt(method, mayRepeat)).Message) { MayRepeat = mayRepeat || method == HttpMethod.Get };
        }

        HasAnswered = true;
        if (answer.IsSuccessStatusCode) return answer;
        using (answer) throw await FailureAsync(answer, cancel);
    }

    private static async Task<FlyballException> FailureAsync(HttpResponseMessage answer, CancellationToken cancel)
    {
        try
        {
            var text = await answer.Content.ReadAsStringAsync(cancel);
            using var problem = JsonDocument.Parse(text);
            var root = problem.RootElement;
            string? Find(string name) => root.ValueKind == JsonValueKind.Object && root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
            return new FlyballException(Find("code") ?? Find("error_code") ?? "unknown", (int)answer.StatusCode, Find("detail") ?? Find("message") ?? Find("error") ?? text);
        }
        catch (Exception unreadable) when (unreadable is JsonException or HttpRequestException or HttpIOException)
        {
            return new FlyballException("unknown", (int)answer.StatusCode, $"The server answered {(int)answer.StatusCode} {answer.ReasonPhrase}.");
        }
    }

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
            TypeInfoResolver = JsonTypeInfoResolver.Combine(FlyballJson.Default, new DefaultJsonTypeInfoResolver()),
        };
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower));
        options.MakeReadOnly();
        return options;
    }
}

/// <summary>The server refused, or could not be reached.</summary>
/// <param name="code">Stable, machine-readable code.</param>
/// <param name="status">HTTP status, 0 where there was no answer.</param>
/// <param name="message">What happened and what to do.</param>
public sealed class FlyballException(string code, int status, string message) : Exception(message)
{
    /// <summary>The code of a failure to reach a server: nothing was asked of it.</summary>
    public const string Unreachable = "unreachable";

    /// <summary>The code of a connection that was lost before the answer came.</summary>
    public const string Lost = "connection-lost";

    /// <summary>The code of what the caller's role may not do.</summary>
    public const string Forbidden = "forbidden";

    /// <summary>The code of a folder that the server may not read sources from.</summary>
    public const string SourceForbidden = "source-forbidden";

    public string Code { get; } = code;

    public int Status { get; } = status;

    /// <summary>There was no answer, and asking the same again does no harm: the request reached no server, or changes nothing a second time.</summary>
    public bool MayRepeat { get; init; }
}
