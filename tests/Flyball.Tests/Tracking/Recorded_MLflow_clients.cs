using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Flyball.Tests.Tracking;

/// <summary>
/// What real MLflow clients said to a real MLflow server, said to Flyball: ids are translated, times of the server left out, everything else of the recorded answer must be in ours.
/// What Flyball does not speak yet is listed in the golden file and told in the output; it is not passed.
/// </summary>
public sealed partial class Recorded_MLflow_clients(ITestOutputHelper output)
{
    private static readonly string[] OfTheServer = ["creation_time", "last_update_time", "creation_timestamp", "last_updated_timestamp", "creation_timestamp_ms", "last_updated_timestamp_ms", "last_update_timestamp", "sqlstate", "error_class", "user_id"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("client217_server311")]
    [InlineData("client311_server311")]
    public async Task Are_answered_as_they_were_wherever_Flyball_speaks_their_language(string recording)
    {
        var lines = await File.ReadAllLinesAsync(SharedData.Path("mlflow_wire", $"{recording}.jsonl"), Cancel);
        await using var flyball = await TestFlyball.StartAsync();
        var ids = new Dictionary<string, string>();
        var (same, gaps) = (0, new SortedDictionary<string, int>(StringComparer.Ordinal));
        foreach (var line in lines)
        {
            var exchange = JsonNode.Parse(line)!;
            var (request, response) = (exchange["request"]!, exchange["response"]!);
            using var message = Request(request, ids);
            using var answer = await flyball.Http.SendAsync(message, Cancel);
            var text = await answer.Content.ReadAsStringAsync(Cancel);
            var route = $"{request["method"]} {Route(request["path"]!.ToString())}";
            if (Untranslated(answer, text, response) is { } gap) Count(gaps, $"{route}: {gap}");
            else if (Differs(exchange, answer, text, ids) is { } difference) Count(gaps, $"{route}: {difference}");
            else same++;
        }

        var report = new StringBuilder($"{same} of {lines.Length} exchanges as recorded\n");
        foreach (var (gap, count) in gaps) report.Append(null, $"{count} × {gap}\n");
        output.WriteLine(report.ToString());
        Golden.Matches($"mlflow_{recording}.txt", report.ToString());
    }

    private static void Count(SortedDictionary<string, int> gaps, string gap) => gaps[gap] = gaps.GetValueOrDefault(gap) + 1;

    private static HttpRequestMessage Request(JsonNode request, Dictionary<string, string> ids)
    {
        var message = new HttpRequestMessage(new HttpMethod(request["method"]!.ToString()), Translate(request["path"]!.ToString(), ids));
        var body = request["body"];
        if (body?["json"] is { } json) message.Content = new StringContent(Translate(json, ids)!.ToJsonString(), Encoding.UTF8, "application/json");
        else if (body?["text"] is { } text) message.Content = new StringContent(text.ToString(), Encoding.UTF8, new MediaTypeHeaderValue("application/octet-stream"));
        else if (body?["bytes"] is { } length) message.Content = new ByteArrayContent(Bytes(body["base64_head"]!.ToString(), (int)length));
        return message;
    }

    /// <summary>Of long bodies the recording holds the head and the length; the rest is zeros here.</summary>
    private static byte[] Bytes(string head, int length)
    {
        var bytes = new byte[length];
        Convert.FromBase64String(head).AsSpan().CopyTo(bytes);
        return bytes;
    }

    private static string? Untranslated(HttpResponseMessage answer, string text, JsonNode response)
    {
        if ((int)answer.StatusCode == (int)response["status"]!) return null;
        if (text.Contains("ENDPOINT_NOT_FOUND", StringComparison.Ordinal) || text.Contains("route-not-found", StringComparison.Ordinal) || (int)answer.StatusCode == 405) return "there is no such route yet";
        return text.Contains("This version", StringComparison.Ordinal) ? "refused as not supported yet" : null;
    }

    private static string? Differs(JsonNode exchange, HttpResponseMessage answer, string text, Dictionary<string, string> ids)
    {
        var (request, response) = (exchange["request"]!, exchange["response"]!);
        var status = (int)response["status"]!;
        if (status != (int)answer.StatusCode) return $"{(int)answer.StatusCode} instead of {status}";
        var body = response["body"];
        if (body?["text"] is { } expected) return expected.ToString() == text ? null : "another content";
        if (body?["json"] is not { } recorded) return null;
        var actual = JsonNode.Parse(text);
        Learn(recorded, actual, ids);
        // a run without a name is given one by the server
        if (request["path"]!.ToString().EndsWith("runs/create", StringComparison.Ordinal) && string.IsNullOrEmpty(request["body"]!["json"]!["run_name"]?.ToString())) ids[recorded["run"]!["info"]!["run_name"]!.ToString()] = actual!["run"]!["info"]!["run_name"]!.ToString();
        return Difference("", Translate(recorded, ids), actual);
    }

    /// <summary>Where the recorded answer names an id for the first time, ours names its counterpart.</summary>
    private static void Learn(JsonNode? recorded, JsonNode? actual, Dictionary<string, string> ids)
    {
        if (recorded is JsonObject known && actual is JsonObject ours)
        {
            foreach (var (name, value) in known)
            {
                if (name is "experiment_id" or "run_id" or "run_uuid" or "next_page_token" && value is JsonValue && ours[name] is JsonValue mine) ids.TryAdd(value.ToString(), mine.ToString());
                else if (name is "model_id" && ours[name] is JsonValue model) ids.TryAdd(value!.ToString()[2..], model.ToString()[2..]);
                else Learn(value, ours[name], ids);
            }
        }
        else if (recorded is JsonArray list && actual is JsonArray mine)
        {
            for (var i = 0; i < Math.Min(list.Count, mine.Count); i++) Learn(list[i], mine[i], ids);
        }
    }

    /// <summary>The first place where ours lacks or changes what was recorded. Tags and params have no order.</summary>
    private static string? Difference(string path, JsonNode? recorded, JsonNode? actual)
    {
        if (recorded is JsonObject known)
        {
            foreach (var (name, value) in known.Where(field => !OfTheServer.Contains(field.Key)))
            {
                // proto3: an empty message or list may be left out
                if (actual?[name] is null && value is JsonObject { Count: 0 } or JsonArray { Count: 0 }) continue;
                if (actual?[name] is null) return $"{path}.{name} is missing";
                if (Difference($"{path}.{name}", value, actual[name]) is { } difference) return difference;
            }

            return null;
        }

        if (recorded is JsonArray list)
        {
            if (actual is not JsonArray mine) return $"{path} is no list";
            if (list.Count != mine.Count) return $"{path} has another length";
            var (left, right) = (Ordered(path, list), Ordered(path, mine));
            return Enumerable.Range(0, list.Count).Select(i => Difference($"{path}[]", left[i], right[i])).FirstOrDefault(difference => difference is not null);
        }

        if (path == ".message") return Said(recorded!.ToString()) is var said && said == Said(actual!.ToString()) ? null : $"{path} is \"{actual}\" instead of \"{said.ReplaceLineEndings(" ")}\"";
        if (JsonNode.DeepEquals(recorded, actual) || (recorded is JsonValue a && actual is JsonValue b && a.GetValueKind() == JsonValueKind.Number && b.GetValueKind() == JsonValueKind.Number && (double)a == (double)b)) return null;
        return path.EndsWith(".artifact_location", StringComparison.Ordinal) || path.EndsWith(".artifact_uri", StringComparison.Ordinal) ? null : $"{path} differs";
    }

    /// <summary>A message without what its server adds of its own: words of its database, a set in the order of its hashes, names of its folders.</summary>
    private static string Said(string message) => Own().Replace(message, "");

    private static List<JsonNode?> Ordered(string path, JsonArray list) =>
        // of a search, MLflow tells the newest of each stage in the order in which its database happens to have them
        path.EndsWith(".latest_versions", StringComparison.Ordinal) ? [.. list.OrderBy(item => item!["version"]!.ToString(), StringComparer.Ordinal)]
        : list.All(item => item is JsonObject pair && pair.ContainsKey("key") && !pair.ContainsKey("timestamp")) ? [.. list.OrderBy(item => item!["key"]!.ToString(), StringComparer.Ordinal)]
        : list.All(item => item is JsonObject pair && pair.ContainsKey("key")) ? [.. list.OrderBy(item => item!["key"]!.ToString(), StringComparer.Ordinal).ThenBy(item => (long)(item!["step"] ?? 0)).ThenBy(item => (long)item!["timestamp"]!)]
        : [.. list];

    private static JsonNode? Translate(JsonNode? node, Dictionary<string, string> ids) => node switch
    {
        JsonObject known => new JsonObject(known.Select(field => KeyValuePair.Create(field.Key, Translate(field.Value, ids)))),
        JsonArray list => new JsonArray([.. list.Select(item => Translate(item, ids))]),
        JsonValue value when value.GetValueKind() == JsonValueKind.String => JsonValue.Create(ids.GetValueOrDefault(value.ToString()) ?? Hex().Replace(value.ToString(), id => ids.GetValueOrDefault(id.Value, id.Value))),
        _ => node?.DeepClone(),
    };

    private static string Translate(string path, Dictionary<string, string> ids)
    {
        var translated = Hex().Replace(path.Replace("%27", "'", StringComparison.Ordinal), id => ids.GetValueOrDefault(id.Value, id.Value));
        translated = PageToken().Replace(translated, token => Uri.EscapeDataString(ids.GetValueOrDefault(Uri.UnescapeDataString(token.Value), Uri.UnescapeDataString(token.Value))));
        return Experiment().Replace(translated, match => match.Groups["before"].Value + ids.GetValueOrDefault(match.Groups["id"].Value, match.Groups["id"].Value));
    }

    private static string Route(string path) => Parameters().Replace(path.Split('?')[0], "/*");

    [GeneratedRegex(@"(?<=already exists\.) Error: .*|(?<=not one of ').*|(?<=##### File).*", RegexOptions.Singleline)]
    private static partial Regex Own();

    [GeneratedRegex("(?<=[?&]page_token=)[^&]+")]
    private static partial Regex PageToken();

    [GeneratedRegex("[0-9a-f]{32}")]
    private static partial Regex Hex();

    [GeneratedRegex(@"(?<before>experiment_id=|artifacts/|\?path=)(?<id>\d+)(?=%2F|/|&|$)")]
    private static partial Regex Experiment();

    [GeneratedRegex(@"(?<=mlflow-artifacts/artifacts)/.*|/(m-|tr-)?[0-9a-f]{32}")]
    private static partial Regex Parameters();
}
