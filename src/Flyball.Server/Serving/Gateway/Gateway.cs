using System.Buffers;
using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Diagnostics;
using System.Text.Json;
using Flyball.Foundation;
using Flyball.Models;

namespace Flyball.Server.Serving;

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
    private readonly ConcurrentDictionary<string, string> refused = new();
    private volatile FrozenDictionary<string, ServedModel> served = FrozenDictionary<string, ServedModel>.Empty;

    internal Gateway(TrafficLog log, Ids ids, TimeProvider time) => (this.log, this.ids, this.time) = (log, ids, time);

    /// <summary>What a deployment serves at this moment.</summary>
    public ServedModel? TryFind(string deployment) => served.GetValueOrDefault(deployment);

    /// <exception cref="Refusal">There is none of that name, its version was refused, or it is not known yet because the server has just started.</exception>
    public ServedModel Find(string deployment) => TryFind(deployment)
        ?? throw (ProblemOf(deployment) is { } problem ? Refusal.Unavailable("deployment-not-served", $"The deployment '{deployment}' serves nothing: {problem}")
            : IsReady ? Refusal.NotFound("deployment", deployment)
            : Refusal.Unavailable("deployments-loading", "The server is starting and still loads its deployments; try again in a moment."));

    /// <summary>Why a deployment does not serve what it should; null where it does.</summary>
    public string? ProblemOf(string deployment) => refused.GetValueOrDefault(deployment);

    /// <summary>Notes that a version is not served; what was served before still is.</summary>
    internal void Refuse(string deployment, int version, string reason) => refused[deployment] = $"version {version} was refused: {reason}";

    /// <summary>Whether everything that is deployed has been loaded since the start.</summary>
    public bool IsReady { get; private set; }

    /// <summary>Everything that is deployed has been loaded, or refused.</summary>
    internal void Ready() => IsReady = true;

    public IReadOnlyCollection<ServedModel> All => served.Values;

    public TrafficCounters Counters(string deployment) => counters.GetOrAdd(deployment, _ => new TrafficCounters());

    /// <summary>From here on requests are answered by another model; those under way end with the one they began with.</summary>
    internal void Swap(ServedModel model)
    {
        refused.TryRemove(model.Deployment, out _);
        lock (swapping) served = served.Where(known => known.Key != model.Deployment).Append(new(model.Deployment, model)).ToFrozenDictionary();
    }

    /// <summary>
    /// Predicts every row, and returns when the log has them. With <paramref name="requestId"/> the single row bears it as its id, and of several each bears it with its number.
    /// A row that the model's filter does not accept, that lacks a column, or whose features have no value is refused; unless <paramref name="partly"/>, the whole request then is.
    /// </summary>
    public async Task<Predictions> PredictAsync(ServedModel model, RequestRows rows, string? requestId, bool partly)
    {
        var (started, counter) = (Stopwatch.GetTimestamp(), Counters(model.Deployment));
        var at = time.Now();
        Predictions result;
        try
        {
            var id = Checked(requestId);
            var scored = RowScoring.Score(model.Package, rows);
            if (scored.Refused.Count > 0 && !partly) throw Refused(scored.Refused, rows.Count);
            result = Named(model, scored, id, rows.Count);
            if (scored.Kept.Length > 0) await log.AppendAsync(model.Deployment, LogKind.Predictions, Lines(result, rows, scored, at), scored.Kept.Length, at);
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

    private Predictions Named(ServedModel model, ScoredRows scored, string? requestId, int rows)
    {
        var (names, predictions) = (new string[rows], new double[rows]);
        Array.Fill(names, "");
        Array.Fill(predictions, double.NaN);
        for (var i = 0; i < scored.Scores.Length; i++)
        {
            if (!double.IsFinite(scored.Scores[i])) throw new InvalidOperationException($"{model.Deployment} version {model.Version} predicted {scored.Scores[i]}");
            var row = scored.Kept[i];
            predictions[row] = scored.Scores[i];
            names[row] = requestId is null ? ids.New() : rows == 1 ? requestId : $"{requestId}-{row}";
        }

        return new Predictions(model, names, predictions, scored.Refused);
    }

    private static ReadOnlyMemory<byte> Lines(Predictions result, RequestRows rows, ScoredRows scored, long at)
    {
        var (features, kept) = (scored.Features, scored.Kept);
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

    private static string? Checked(string? requestId) => requestId is null || (requestId.Length <= PredictionIds.LongestOfRequest && PredictionIds.IsValid(requestId))
        ? requestId
        : throw Refusal.Invalid("prediction-id", "A request's id has 1 to 100 letters, digits and - _ . : characters.");

    private static Refusal Refused(IReadOnlyList<RefusedRow> refused, int rows) => Refusal.Unprocessable("rows-refused", rows == 1
        ? $"The row is refused: {refused[0].Reason}."
        : $"{refused.Count} of {rows} rows are refused, so none was predicted: {string.Join("; ", refused.Take(5).Select(row => $"row {row.Row + 1}: {row.Reason}"))}{(refused.Count > 5 ? "; …" : "")}.");
}

/// <summary>Ids of predictions, which labels refer to.</summary>
internal static class PredictionIds
{
    /// <summary>Characters that the id of a request may have; those of its rows have their number behind it.</summary>
    public const int LongestOfRequest = 100;

    public static bool IsValid(string id) => id.Length is > 0 and <= 120 && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or ':');
}
