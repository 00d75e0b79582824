using System.Text.Json;
using Flyball.Foundation;

namespace Flyball.Server.Serving;

/// <summary>MLflow's scoring request: an object with exactly one of <c>dataframe_split</c>, <c>dataframe_records</c>, <c>instances</c>, <c>inputs</c>.</summary>
internal static class InvocationsRequest
{
    private static readonly string[] Forms = ["dataframe_split", "dataframe_records", "instances", "inputs"];

    /// <exception cref="Refusal">The body has none of the forms, several, or one that is malformed.</exception>
    public static RequestRows Read(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object) throw Malformed($"the body is {RequestRows.Name(body.ValueKind)}");
        string? form = null;
        JsonElement content = default;
        foreach (var field in body.EnumerateObject())
        {
            if (field.Name is "params") continue;
            if (!Forms.Contains(field.Name)) throw Malformed($"it has a field '{Refusal.Shown(field.Name)}'");
            if (form is not null) throw Malformed($"it has both {form} and {field.Name}");
            (form, content) = (field.Name, field.Value);
        }

        var rows = new RequestRows(JsonSize(content));
        switch (form)
        {
            case null: throw Malformed("it has none");
            case "dataframe_split": Split(content, rows); break;
            case "inputs" when content.ValueKind == JsonValueKind.Object: Columns(content, rows); break;
            default: Records(form, content, rows); break;
        }

        return rows.Count > 0 ? rows : throw Refusal.Invalid("no-rows", "The request holds no rows.");
    }

    private static void Records(string form, JsonElement content, RequestRows rows)
    {
        if (content.ValueKind != JsonValueKind.Array) throw Refusal.Invalid("rows-malformed", $"{form} is {RequestRows.Name(content.ValueKind)}; it is an array of rows, each an object with a field per column.");
        foreach (var row in content.EnumerateArray()) rows.Add(row);
    }

    private static void Split(JsonElement content, RequestRows rows)
    {
        if (content.ValueKind != JsonValueKind.Object || !content.TryGetProperty("columns", out var named) || named.ValueKind != JsonValueKind.Array || !content.TryGetProperty("data", out var data) || data.ValueKind != JsonValueKind.Array)
        {
            throw Refusal.Invalid("rows-malformed", "dataframe_split is an object with the arrays columns and data.");
        }

        List<string> columns = [.. named.EnumerateArray().Select(column => column.ValueKind == JsonValueKind.String ? column.GetString()! : throw Refusal.Invalid("rows-malformed", "The columns of dataframe_split are texts."))];
        foreach (var row in data.EnumerateArray())
        {
            if (row.ValueKind != JsonValueKind.Array || row.GetArrayLength() != columns.Count) throw Refusal.Invalid("rows-malformed", $"Row {rows.Count + 1} of dataframe_split is not an array of {columns.Count} values, one per column.");
            rows.Add(columns, i => row[i]);
        }
    }

    /// <summary>Column form: an array of values per column, or one value each for a single row.</summary>
    private static void Columns(JsonElement content, RequestRows rows)
    {
        var columns = content.EnumerateObject().ToList();
        var names = columns.ConvertAll(column => column.Name);
        if (columns.TrueForAll(column => column.Value.ValueKind is not JsonValueKind.Array))
        {
            rows.Add(names, i => columns[i].Value);
            return;
        }

        var lengths = columns.ConvertAll(column => column.Value.ValueKind == JsonValueKind.Array ? column.Value.GetArrayLength() : -1);
        if (lengths.Exists(length => length != lengths[0])) throw Refusal.Invalid("rows-malformed", "The columns of inputs differ in length.");
        var values = columns.ConvertAll(column => column.Value.EnumerateArray().ToArray());
        for (var row = 0; row < lengths[0]; row++) rows.Add(names, i => values[i][row]);
    }

    private static int JsonSize(JsonElement content) => content.ValueKind == JsonValueKind.Undefined ? 16 : System.Runtime.InteropServices.JsonMarshal.GetRawUtf8Value(content).Length + 64;

    private static Refusal Malformed(string found) => Refusal.Invalid("invocation-malformed", $"An invocation is an object with exactly one of {string.Join(", ", Forms)} (and params); {found}.");
}
