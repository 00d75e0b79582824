using System.Globalization;
using System.Text;
using System.Text.Json;
using Flyball.Foundation;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Flyball.Server.Tracking;

/// <summary>
/// The fields of a request to MLflow's API, from the query of a GET or the JSON body of anything else, read as protobuf's JSON is: unknown fields are passed over, numbers may be texts, and null is as good as absent.
/// </summary>
internal sealed class MLflowFields
{
    private const string Docs = " See the API docs for more information about request parameters.";
    private readonly IQueryCollection? query;
    private readonly JsonElement body;

    /// <summary>What stands before a field's name in messages: for the entry of a list, which one it is.</summary>
    private readonly string within;

    private MLflowFields(IQueryCollection? query, JsonElement body, string within = "", long bytes = 0) => (this.query, this.body, this.within, Bytes) = (query, body, within, bytes);

    /// <summary>The size of the body they were read from.</summary>
    public long Bytes { get; }

    /// <summary>Reads the fields of a request.</summary>
    /// <exception cref="Refusal">The body is no JSON object.</exception>
    /// <exception cref="BadHttpRequestException">The body is no JSON.</exception>
    public static async Task<MLflowFields> ReadAsync(HttpRequest request, CancellationToken cancel)
    {
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method)) return new MLflowFields(request.Query, default);
        if (request.ContentLength == 0 || request.HttpContext.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false }) return new MLflowFields(null, default);
        CheckType(request);
        var body = await ParseAsync(request, cancel);
        if (body.ValueKind == JsonValueKind.Undefined) return new MLflowFields(null, default);
        return body.ValueKind == JsonValueKind.Object ? new MLflowFields(null, body, bytes: request.ContentLength ?? Encoding.UTF8.GetByteCount(body.GetRawText())) : throw Refusal.Invalid("body-malformed", "The body of this request is a JSON object.");
    }

    private static async Task<JsonElement> ParseAsync(HttpRequest request, CancellationToken cancel)
    {
        try
        {
            var body = await JsonSerializer.DeserializeAsync<JsonElement>(request.Body, MLflowJson.Options, cancel);
            // some clients send JSON inside of a JSON text
            return body.ValueKind == JsonValueKind.String ? JsonSerializer.Deserialize<JsonElement>(Unicode("body", body)) : body;
        }
        catch (JsonException malformed)
        {
            throw new BadHttpRequestException("The body is not JSON.", StatusCodes.Status400BadRequest, malformed);
        }
    }

    /// <summary>MLflow's guard against pages of other origins, which may send forms and texts without being asked for permission.</summary>
    private static void CheckType(HttpRequest request)
    {
        if (!HttpMethods.IsPost(request.Method) && !HttpMethods.IsPut(request.Method)) return;
        if (request.ContentType is not { Length: > 0 } type) throw Refusal.Invalid("content-type", "Bad Request. Content-Type header is missing.");
        if (!type.Split(';')[0].Trim().Equals("application/json", StringComparison.OrdinalIgnoreCase)) throw Refusal.Invalid("content-type", "Bad Request. Content-Type must be one of ['application/json'].");
    }

    /// <summary>The fields of an object within this one.</summary>
    private MLflowFields Of(JsonElement entry, string name) => entry.ValueKind == JsonValueKind.Object ? new MLflowFields(null, entry, $"{within}{name}.") : throw Refusal.Invalid("entry-missing", $"An entry of '{name}' is an object, not {Shown(entry)}.");

    public string? TextOrNull(string name)
    {
        if (query is not null) return query.TryGetValue(name, out var values) ? values.ToString() : null;
        return Find(name) is not { } value ? null
            : value.ValueKind == JsonValueKind.String ? Unicode(name, value)
            : throw Invalid(name, value);
    }

    public string Text(string name) => TextOrNull(name) is { Length: > 0 } text ? text : throw Missing(name);

    /// <summary>A text that may be empty, but not absent.</summary>
    public string TextGiven(string name) => TextOrNull(name) ?? throw Missing(name);

    /// <summary>A run's id, under its new or its old name.</summary>
    public string RunId() => TextOrNull("run_id") is { Length: > 0 } id ? id : TextOrNull("run_uuid") is { Length: > 0 } old ? old : throw Missing("run_id");

    public long? LongOrNull(string name)
    {
        if (query is not null) return !query.TryGetValue(name, out var values) ? null : long.TryParse(values.ToString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var given) ? given : throw Invalid(name, $"\"{values}\"", "str");
        if (Find(name) is not { } value) return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number)) return number;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var whole) && whole == Math.Floor(whole) && Math.Abs(whole) < 9e15) return (long)whole;
        if (value.ValueKind == JsonValueKind.String && long.TryParse(Unicode(name, value), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var text)) return text;
        throw Invalid(name, value);
    }

    public double Double(string name)
    {
        var value = Find(name) ?? throw Missing(name);
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number)) return number;
        return value.ValueKind == JsonValueKind.String ? Named(Unicode(name, value)) ?? throw Invalid(name, value) : throw Invalid(name, value);
    }

    public bool Flag(string name)
    {
        if (query is not null) return query.TryGetValue(name, out var values) ? values.ToString() is "true" or "True" : throw Missing(name);
        return Find(name) is not { } value ? throw Missing(name) : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Invalid(name, value);
    }

    public IReadOnlyList<string> Texts(string name)
    {
        if (query is not null) return query.TryGetValue(name, out var values) ? [.. values.Where(value => value is not null).Select(value => value!)] : [];
        return [.. Entries(name).Select(entry => entry.ValueKind == JsonValueKind.String ? Unicode(name, entry) : throw Invalid(name, Find(name)!.Value))];
    }

    public IReadOnlyList<MLflowFields> List(string name) => [.. Entries(name).Select((entry, i) => Of(entry, $"{name}[{i}]"))];

    public MLflowFields? ObjectOrNull(string name) => Find(name) is { } value ? Of(value, name) : null;

    public bool Has(string name) => query?.ContainsKey(name) ?? Find(name) is not null;

    /// <summary>Key and value pairs such as tags and params.</summary>
    public KeyValuePair<string, string>[] Pairs(string name) => [.. List(name).Select(pair => KeyValuePair.Create(pair.Text("key"), pair.TextOrNull("value") ?? ""))];

    /// <summary>A time in milliseconds since 1970.</summary>
    public DateTimeOffset? TimeOrNull(string name) => LongOrNull(name) is { } millis ? Time(millis) : null;

    public static DateTimeOffset Time(long millis) => millis is >= 0 and <= 253_402_300_799_999
        ? DateTimeOffset.FromUnixTimeMilliseconds(millis)
        : throw Refusal.Invalid("timestamp", $"{millis} is not a time in milliseconds since 1970.");

    /// <summary>An enumeration's value by MLflow's name for it, or by its number in MLflow's messages.</summary>
    public T? NamedOrNull<T>(string name, Func<T, string> nameOf)
        where T : struct, Enum
    {
        var text = query is null && Find(name) is { ValueKind: JsonValueKind.Number } number ? number.GetRawText() : TextOrNull(name);
        if (text is null) return null;
        foreach (var known in Enum.GetValues<T>())
        {
            if (nameOf(known).Equals(text, StringComparison.OrdinalIgnoreCase) || text == known.ToString("D")) return known;
        }

        throw Refusal.Invalid("value-invalid", $"Invalid value \"{Refusal.Shown(text)}\" for parameter '{name}' supplied: it is one of {string.Join(", ", Enum.GetValues<T>().Select(nameOf))}.");
    }

    /// <summary>How many entries of an answer are asked for.</summary>
    /// <exception cref="Refusal">None or more than <paramref name="most"/>, in MLflow's words.</exception>
    public long MaxResults(long otherwise, long most)
    {
        var limit = LongOrNull("max_results") ?? otherwise;
        if (limit < 1) throw Refusal.Invalid("max-results", $"Invalid value {limit} for parameter 'max_results' supplied. It must be a positive integer");
        return limit <= most ? limit : throw Invalid("max_results", limit.ToString(CultureInfo.InvariantCulture), "int");
    }

    /// <summary>A value that is of its type and still cannot be.</summary>
    public Refusal Wrong(string name, long value, string why) => Refusal.Invalid("value-invalid", $"Invalid value {value.ToString(CultureInfo.InvariantCulture)} for parameter '{within}{name}' supplied: {why}");

    public Refusal Missing(string name) => Refusal.Invalid("value-missing", $"Missing value for required parameter '{within}{name}'.{Docs}");

    private Refusal Invalid(string name, JsonElement value) => Invalid(name, value.GetRawText(), value.ValueKind switch
    {
        JsonValueKind.String => "str",
        JsonValueKind.Number => value.TryGetInt64(out _) ? "int" : "float",
        JsonValueKind.True or JsonValueKind.False => "bool",
        JsonValueKind.Array => "list",
        _ => "dict",
    });

    /// <summary>MLflow's words, with the type as its server knows it.</summary>
    private Refusal Invalid(string name, string value, string type) =>
        Refusal.Invalid("value-invalid", $"Invalid value {Refusal.Shown(value)} for parameter '{within}{name}' supplied:  Hint: Value was of type '{type}'.{Docs}");

    private static string Shown(JsonElement value) => Refusal.Shown(value.GetRawText());

    private static string Unicode(string name, JsonElement value)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Refusal.Invalid("value-invalid", $"The value of parameter '{name}' is no Unicode text.");
        }
    }

    private static double? Named(string text) => text switch
    {
        "NaN" => double.NaN,
        "Infinity" => double.PositiveInfinity,
        "-Infinity" => double.NegativeInfinity,
        _ => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null,
    };

    private JsonElement? Find(string name) =>
        body.ValueKind == JsonValueKind.Object && body.TryGetProperty(name, out var value) && value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined) ? value : null;

    private JsonElement.ArrayEnumerator Entries(string name) => Find(name) is not { } list ? default : list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : throw Invalid(name, list);
}
