using System.Text.Json;
using Flyball.Foundation;

namespace Flyball.Server.Serving;

/// <summary>An inference request of the Open Inference Protocol: one input per column, each of shape [rows] or [rows, 1].</summary>
internal sealed record OpenInferenceRequest(string? Id, RequestRows Rows, IReadOnlyList<string>? Outputs)
{
    public const string Prediction = "prediction";
    public const string PredictionId = "prediction_id";

    /// <exception cref="Refusal">The request does not follow the protocol; the message names the input.</exception>
    public static OpenInferenceRequest Read(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object || !body.TryGetProperty("inputs", out var inputs) || inputs.ValueKind != JsonValueKind.Array || inputs.GetArrayLength() == 0)
        {
            throw Refusal.Invalid("inference-malformed", "An inference request is an object with a non-empty array inputs, one input per column.");
        }

        var tensors = inputs.EnumerateArray().Select(Tensor.Read).ToList();
        var count = tensors[0].Data.Length;
        if (tensors.Find(tensor => tensor.Data.Length != count) is { } other) throw Refusal.Invalid("shape-mismatch", $"Input '{Refusal.Shown(other.Name)}' has {other.Data.Length} rows, '{Refusal.Shown(tensors[0].Name)}' has {count}.");
        if (count == 0) throw Refusal.Invalid("no-rows", "The request holds no rows.");
        var names = tensors.ConvertAll(tensor => tensor.Name);
        var rows = new RequestRows(System.Runtime.InteropServices.JsonMarshal.GetRawUtf8Value(inputs).Length);
        for (var row = 0; row < count; row++) rows.Add(names, i => tensors[i].Data[row]);
        return new OpenInferenceRequest(IdOf(body), rows, OutputsOf(body));
    }

    private static string? IdOf(JsonElement body)
    {
        if (!body.TryGetProperty("id", out var id) || id.ValueKind == JsonValueKind.Null) return null;
        return id.ValueKind == JsonValueKind.String ? id.GetString() : throw Refusal.Invalid("inference-malformed", "The request's id is a text.");
    }

    private static List<string>? OutputsOf(JsonElement body)
    {
        if (!body.TryGetProperty("outputs", out var outputs) || outputs.ValueKind != JsonValueKind.Array || outputs.GetArrayLength() == 0) return null;
        List<string> named = [.. outputs.EnumerateArray().Select(output => output.ValueKind == JsonValueKind.Object && output.TryGetProperty("name", out var name) && name.ValueKind == JsonValueKind.String
            ? name.GetString()!
            : throw Refusal.Invalid("inference-malformed", "Each of outputs is an object with a name."))];
        return named.Find(name => name is not (Prediction or PredictionId)) is { } unknown
            ? throw Refusal.Invalid("output-unknown", $"There is no output '{Refusal.Shown(unknown)}'; there are {Prediction} and {PredictionId}.")
            : named;
    }

    private sealed record Tensor(string Name, JsonElement[] Data)
    {
        private static readonly HashSet<string> Datatypes = ["BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP32", "FP64", "BYTES"];

        public static Tensor Read(JsonElement input)
        {
            string? Text(string field) => input.ValueKind == JsonValueKind.Object && input.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
            var name = Text("name") ?? throw Refusal.Invalid("inference-malformed", "Each of inputs is an object with name, shape, datatype and data.");
            Refusal Wrong(string what) => Refusal.Invalid("input-malformed", $"Input '{Refusal.Shown(name)}' {what}.");
            var datatype = Text("datatype") ?? throw Wrong("has no datatype");
            if (!Datatypes.Contains(datatype)) throw Wrong($"has the datatype {Refusal.Shown(datatype)}; in JSON one of {string.Join(", ", Datatypes)} can be sent");
            if (!input.TryGetProperty("data", out var data) || data.ValueKind != JsonValueKind.Array) throw Wrong("has no array data");
            if (!input.TryGetProperty("shape", out var shape) || shape.ValueKind != JsonValueKind.Array) throw Wrong("has no shape");
            var sizes = shape.EnumerateArray().Select(size => size.ValueKind == JsonValueKind.Number && size.TryGetInt64(out var value) ? value : -1).ToList();
            if (sizes.Count is not (1 or 2) || (sizes.Count == 2 && sizes[1] != 1) || sizes[0] < 0) throw Wrong($"has the shape {Refusal.Shown(shape.GetRawText())}; a column has the shape [rows] or [rows, 1]");
            var values = data.EnumerateArray().SelectMany(item => item.ValueKind == JsonValueKind.Array ? item.EnumerateArray().ToArray() : [item]).ToArray();
            if (values.Length != sizes[0]) throw Wrong($"has the shape {Refusal.Shown(shape.GetRawText())} but {values.Length} values");
            foreach (var value in values)
            {
                if (value.ValueKind != JsonValueKind.Null && !Fits(datatype, value)) throw Wrong($"is {datatype}, but holds {Refusal.Shown(value.GetRawText())}");
            }

            return new Tensor(name, values);
        }

        private static bool Fits(string datatype, JsonElement value) => datatype switch
        {
            "BOOL" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
            "BYTES" => value.ValueKind == JsonValueKind.String,
            "INT8" => Whole(value, sbyte.MinValue, sbyte.MaxValue),
            "INT16" => Whole(value, short.MinValue, short.MaxValue),
            "INT32" => Whole(value, int.MinValue, int.MaxValue),
            "INT64" => Whole(value, long.MinValue, long.MaxValue),
            "UINT8" => Whole(value, 0, byte.MaxValue),
            "UINT16" => Whole(value, 0, ushort.MaxValue),
            "UINT32" => Whole(value, 0, uint.MaxValue),
            "UINT64" => Whole(value, 0, ulong.MaxValue),
            _ => value.ValueKind == JsonValueKind.Number,
        };

        /// <summary>A whole number of a range, written as one or with a fraction of zero.</summary>
        private static bool Whole(JsonElement value, decimal least, decimal most) => value.ValueKind == JsonValueKind.Number && value.TryGetDecimal(out var number) && number == decimal.Truncate(number) && number >= least && number <= most;
    }
}
