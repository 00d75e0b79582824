using System.Buffers;
using System.Text.Json;
using Flyball.Foundation;
using Flyball.Models;

namespace Flyball.Server.Serving;

/// <summary>Takes ground truth for predictions. The same label again changes nothing, a later one for the same prediction replaces it, and a label may come before its prediction is known.</summary>
public sealed class Labels
{
    /// <summary>Most labels of one request.</summary>
    public const int MaxLabels = 100_000;

    private readonly TrafficLog log;
    private readonly Gateway gateway;
    private readonly TimeProvider time;

    internal Labels(TrafficLog log, Gateway gateway, TimeProvider time) => (this.log, this.gateway, this.time) = (log, gateway, time);

    /// <summary>Appends labels: a number each that is not beyond <see cref="NumberBounds.Label"/>, for a classification 0 or 1 (true and false are taken too). Returns when the log has them.</summary>
    /// <exception cref="Refusal">A label does not fit the deployment's task; nothing of the request was taken.</exception>
    public async Task<int> AppendAsync(string deployment, IReadOnlyList<(string Id, JsonElement Label)> labels)
    {
        var task = gateway.Find(deployment).Package.Manifest.Task;
        if (labels.Count > MaxLabels) throw Refusal.Invalid("too-many-labels", $"A request holds at most {MaxLabels:N0} labels; send them in parts.");
        return await AppendAsync(deployment, [.. labels.Select((label, i) => (Checked(label.Id, i), Value(task, label.Label, i)))]);
    }

    /// <inheritdoc cref="AppendAsync(string, IReadOnlyList{ValueTuple{string, JsonElement}})"/>
    internal async Task<int> AppendAsync(string deployment, IReadOnlyList<(string Id, double Label)> labels)
    {
        if (labels.Count == 0) return 0;
        var (at, given) = (time.Now(), labels.Count);
        // all of a request are received at once: of several for one prediction its last counts
        if (labels.Count > 1) labels = [.. labels.Reverse().DistinctBy(label => label.Id, StringComparer.Ordinal).Reverse()];
        var buffer = new ArrayBufferWriter<byte>(labels.Count * 96);
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true }))
        {
            foreach (var (id, label) in labels)
            {
                json.Reset();
                json.WriteStartObject();
                json.WriteNumber("at"u8, at);
                json.WriteString("id"u8, id);
                json.WriteNumber("label"u8, label);
                json.WriteEndObject();
                json.Flush();
                buffer.Write("\n"u8);
            }
        }

        await log.AppendAsync(deployment, LogKind.Labels, buffer.WrittenMemory, labels.Count, at);
        return given;
    }

    private static string Checked(string id, int place) => PredictionIds.IsValid(id) ? id : throw Refusal.Invalid("prediction-id", id.Length == 0 ? $"Label {place + 1} has no predictionId." : $"Label {place + 1}: '{Refusal.Shown(id)}' is not the id of a prediction.");

    private static double Value(PredictionTask task, JsonElement label, int place)
    {
        var number = label.ValueKind switch
        {
            JsonValueKind.Number when label.TryGetDouble(out var value) && Math.Abs(value) <= NumberBounds.Label => value,
            JsonValueKind.True when task == PredictionTask.Classification => 1,
            JsonValueKind.False when task == PredictionTask.Classification => 0,
            _ => double.NaN,
        };
        if (double.IsNaN(number) || (task == PredictionTask.Classification && number is not (0 or 1)))
        {
            throw Refusal.Invalid("label-type", $"Label {place + 1} is {Refusal.Shown(label.ValueKind == JsonValueKind.Undefined ? "missing" : label.GetRawText())}; {(task == PredictionTask.Classification ? "a classification's label is 0 or 1" : "a regression's label is a number between -1e18 and 1e18")}.");
        }

        return number;
    }
}
