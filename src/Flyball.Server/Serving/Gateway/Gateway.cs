using System.Buffers;
using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Diagnostics;
using System.Text.Json;
using Flyball.Foundation;
using Flyball.Models;
using Flyball.Models.Features;

namespace Flyball.Server.Serving;

/// <summary>A row that was not predicted, and why. Rows count from 0.</summary>
public sealed record RefusedRow(int Row, string Reason);

/// <summary>What became of a request: an id and a prediction per row, NaN and an empty id where the row was refused.</summary>
public sealed record Predictions(ServedModel Model, string[] Ids, double[] Values, IReadOnlyList<RefusedRow> Refused);

/// <summary>
/// Answers predictions: filter, features, score, log, answer. Which version serves is one immutable map that is swapped whole; the request path reads no database.
/// </summary>
public sealed class Gateway
{
    private readonly TrafficLog log;
    private readonly Ids ids;
    private readonly TimeProvider time;
    private readonly ConcurrentDictionary<string, TrafficCounters> counters = new();
    private readonly Lock swapping = new();
    private volatile FrozenDictionary<string, ServedModel> served = FrozenDictionary<string, ServedModel>.Empty;

    internal Gateway(TrafficLog log, Ids ids, TimeProvider time) => (this.log, this.ids, this.time) = (log, ids, time);

    /// <summary>What a deployment serves at this moment.</summary>
    public ServedModel? TryFind(string deployment) => served.GetValueOrDefault(deployment);

    public ServedModel Find(string deployment) => TryFind(deployment) ?? throw Refusal.NotFound("deployment", deployment);

    public IReadOnlyCollection<ServedModel> All => served.Values;

    public TrafficCounters Counters(string deployment) => counters.GetOrAdd(deployment, _ => new TrafficCounters());

    /// <summary>From here on requests are answered by another model; those under way end with the one they began with.</summary>
    internal void Swap(ServedModel model)
    {
        lock (swapping) served = served.Where(known => known.Key != model.Deployment).Append(new(model.Deployment, model)).ToFrozenDictionary();
    }

    /// <summary>
    /// Predicts every row, and returns when the log has them. With <paramref name="requestId"/> the single row bears it as its id, and of several each bears it with its number.
    /// A row that the model's filter does not accept, that lacks a column, or whose features have no value is refused; unless <paramref name="partly"/>, the whole request then is.
    /// </summary>
    public async Task<Predictions> PredictAsync(ServedModel model, RequestRows rows, string? requestId, bool partly)
    {
        var (started, counter) = (Stopwatch.GetTimestamp(), Counters(model.Deployment));
        Predictions result;
        ReadOnlyMemory<byte> lines;
        var at = time.Now();
        try
        {
            (result, var features, var kept) = Compute(model, rows, Checked(requestId), at);
            if (result.Refused.Count > 0 && !partly) throw Refused(result.Refused, rows.Count);
            lines = Lines(result, rows, features, kept, at);
            if (kept.Length > 0) await log.AppendAsync(model.Deployment, LogKind.Predictions, lines, kept.Length, at);
        }
        catch (Refusal)
        {
            counter.Refused();
            throw;
        }
        catch (Exception)
        {
            counter.Failed();
            throw;
        }

        counter.Answered(rows.Count - result.Refused.Count, Stopwatch.GetElapsedTime(started), TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());
        return result;
    }

    private (Predictions Result, FeatureColumns Features, int[] Kept) Compute(ServedModel model, RequestRows rows, string? requestId, long at)
    {
        var (package, refused, kept) = (model.Package, new List<RefusedRow>(), new List<int>(rows.Count));
        var features = new FeatureColumns(package.Manifest.Columns, rows.Count);
        var raw = new Value[package.Schema.Columns.Count];
        var values = new Value[package.Features.Features.Count];
        for (var row = 0; row < rows.Count; row++)
        {
            try
            {
                var reader = new Utf8JsonReader(rows[row]);
                reader.Read();
                package.Schema.Read(ref reader, raw);
                if (!package.Features.Accepts(raw))
                {
                    refused.Add(new RefusedRow(row, $"the filter does not hold: {package.Manifest.Where}"));
                    continue;
                }

                package.Features.Compute(raw, values);
            }
            catch (Exception wrong) when (wrong is RowFormatException or FeatureEvaluationException)
            {
                refused.Add(new RefusedRow(row, wrong.Message));
                continue;
            }

            for (var column = 0; column < values.Length; column++)
            {
                if (package.Manifest.Features[column].Kind == FeatureKind.Category) features.Categories(column)[kept.Count] = values[column].AsText();
                else features.Numbers(column)[kept.Count] = values[column].AsDouble();
            }

            kept.Add(row);
        }

        if (kept.Count < rows.Count) features = features.Slice(0, kept.Count);
        var scores = new double[kept.Count];
        if (kept.Count > 0) package.Score(features, scores);
        var (names, predictions) = (new string[rows.Count], new double[rows.Count]);
        Array.Fill(names, "");
        Array.Fill(predictions, double.NaN);
        for (var i = 0; i < scores.Length; i++)
        {
            if (!double.IsFinite(scores[i])) throw new InvalidOperationException($"{model.Deployment} version {model.Version} predicted {scores[i]}");
            predictions[kept[i]] = scores[i];
            names[kept[i]] = requestId is null ? ids.New() : rows.Count == 1 ? requestId : $"{requestId}-{kept[i]}";
        }

        return (new Predictions(model, names, predictions, refused), features, [.. kept]);
    }

    private static ReadOnlyMemory<byte> Lines(Predictions result, RequestRows rows, FeatureColumns features, int[] kept, long at)
    {
        var buffer = new ArrayBufferWriter<byte>(Math.Max(256, kept.Length * 512));
        using var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true });
        for (var i = 0; i < kept.Length; i++)
        {
            json.Reset();
            json.WriteStartObject();
            json.WriteNumber("at"u8, at);
            json.WriteString("id"u8, result.Ids[kept[i]]);
            json.WriteNumber("version"u8, result.Model.Version);
            json.WriteString("digest"u8, result.Model.Digest);
            json.WritePropertyName("row"u8);
            json.WriteRawValue(rows[kept[i]], skipInputValidation: true);
            json.WriteStartArray("features"u8);
            for (var column = 0; column < features.Columns.Count; column++)
            {
                if (features.Columns[column].Kind == FeatureKind.Category) json.WriteStringValue(features.Categories(column)[i]);
                else if (double.IsFinite(features.Numbers(column)[i])) json.WriteNumberValue(features.Numbers(column)[i]);
                else json.WriteNullValue();
            }

            json.WriteEndArray();
            json.WriteNumber("prediction"u8, result.Values[kept[i]]);
            json.WriteEndObject();
            json.Flush();
            buffer.Write("\n"u8);
        }

        return buffer.WrittenMemory;
    }

    private static string? Checked(string? requestId) => requestId is null || PredictionIds.IsValid(requestId)
        ? requestId
        : throw Refusal.Invalid("prediction-id", "A request's id has 1 to 100 letters, digits and - _ . : characters.");

    private static Refusal Refused(IReadOnlyList<RefusedRow> refused, int rows) => Refusal.Unprocessable("rows-refused", rows == 1
        ? $"The row is refused: {refused[0].Reason}."
        : $"{refused.Count} of {rows} rows are refused, so none was predicted: {string.Join("; ", refused.Take(5).Select(row => $"row {row.Row + 1}: {row.Reason}"))}{(refused.Count > 5 ? "; …" : "")}.");
}

/// <summary>Ids of predictions, which labels refer to.</summary>
internal static class PredictionIds
{
    public static bool IsValid(string id) => id.Length is > 0 and <= 120 && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or ':');
}
