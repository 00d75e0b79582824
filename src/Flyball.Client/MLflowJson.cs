using System.Text.Json;

namespace Flyball.Client;

/// <summary>How answers of MLflow's API are read: names in snake case, pairs as lists, times in milliseconds, pages by token.</summary>
public sealed partial class FlyballClient
{
    /// <summary>What a search finds, page by page, each asked for when the one before has been read.</summary>
    /// <param name="list">The list's name in each page.</param>
    private static async IAsyncEnumerable<T> FindAsync<T>(Func<string?, Task<JsonElement>> ask, string list, Func<JsonElement, T> read)
    {
        for (string? token = null; token != "";)
        {
            var page = await ask(token);
            foreach (var one in List(page, list)) yield return read(one);
            token = page.TryGetProperty("next_page_token", out var next) ? next.GetString() ?? "" : "";
        }
    }

    /// <summary>The entries of a list; none where it is left out.</summary>
    private static JsonElement.ArrayEnumerator List(JsonElement of, string name) => of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : default;

    private static Dictionary<string, string> Pairs(JsonElement of, string name) => List(of, name).ToDictionary(pair => Text(pair, "key"), pair => Text(pair, "value"), StringComparer.Ordinal);

    private static IEnumerable<object>? Pairs(IReadOnlyDictionary<string, string>? pairs) => pairs?.Select(pair => new { key = pair.Key, value = pair.Value });

    /// <summary>A text; empty where it is left out.</summary>
    private static string Text(JsonElement of, string name) => of.TryGetProperty(name, out var value) ? value.GetString() ?? "" : "";

    private static DateTimeOffset? Time(JsonElement of, string name) => of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? DateTimeOffset.FromUnixTimeMilliseconds(value.GetInt64()) : null;
}
