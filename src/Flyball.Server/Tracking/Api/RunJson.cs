using System.Text.Json;
using System.Text.Json.Serialization;

namespace Flyball.Server.Tracking;

/// <summary>A run as MLflow tells it, written as it is read: a page of a thousand runs tells 20,000 values, and objects in between took as long as the writing.</summary>
internal sealed class RunJson : JsonConverter<RunDetails>
{
    public override RunDetails Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException("Runs are told, not read.");

    public override void Write(Utf8JsonWriter writer, RunDetails value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WritePropertyName("info"u8);
        RunInfoJson.Write(writer, value.Run);
        writer.WriteStartObject("data"u8);
        writer.WriteStartArray("metrics"u8);
        foreach (var metric in value.Metrics) Write(writer, metric);
        writer.WriteEndArray();
        Write(writer, "params"u8, value.Params);
        Write(writer, "tags"u8, value.Tags);
        writer.WriteEndObject();
        writer.WriteStartObject("inputs"u8);
        WriteDatasets(writer, value.Inputs.Datasets);
        Write(writer, "model_inputs"u8, value.Inputs.Models, static (writer, model) => writer.WriteString("model_id"u8, model));
        writer.WriteEndObject();
        writer.WriteStartObject("outputs"u8);
        Write(writer, "model_outputs"u8, value.Inputs.Outputs, static (writer, output) =>
        {
            writer.WriteString("model_id"u8, output.Model);
            writer.WriteNumber("step"u8, output.Step);
        });
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, in MetricPoint metric)
    {
        writer.WriteStartObject();
        writer.WriteString("key"u8, metric.Key);
        var value = MlMetric.Told(metric.Value);
        if (double.IsNaN(value)) writer.WriteString("value"u8, "NaN"u8);
        else writer.WriteNumber("value"u8, value);
        writer.WriteNumber("timestamp"u8, metric.At.ToUnixTimeMilliseconds());
        writer.WriteNumber("step"u8, metric.Step);
        writer.WriteEndObject();
    }

    private static void WriteDatasets(Utf8JsonWriter writer, IReadOnlyList<DatasetInput> inputs) => Write(writer, "dataset_inputs"u8, inputs, static (writer, input) =>
    {
        var dataset = input.Dataset;
        writer.WriteStartObject("dataset"u8);
        writer.WriteString("name"u8, dataset.Name);
        writer.WriteString("digest"u8, dataset.Digest);
        writer.WriteString("source_type"u8, dataset.SourceType);
        writer.WriteString("source"u8, dataset.Source);
        if (dataset.Schema is { } schema) writer.WriteString("schema"u8, schema);
        if (dataset.Profile is { } profile) writer.WriteString("profile"u8, profile);
        writer.WriteEndObject();
        Write(writer, "tags"u8, input.Tags);
    });

    private static void Write(Utf8JsonWriter writer, ReadOnlySpan<byte> name, IReadOnlyDictionary<string, string> pairs)
    {
        writer.WriteStartArray(name);
        foreach (var (key, value) in pairs)
        {
            writer.WriteStartObject();
            writer.WriteString("key"u8, key);
            writer.WriteString("value"u8, value);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    /// <summary>Objects under a name; nothing where there are none.</summary>
    private static void Write<T>(Utf8JsonWriter writer, ReadOnlySpan<byte> name, IReadOnlyList<T> values, Action<Utf8JsonWriter, T> each)
    {
        if (values.Count == 0) return;
        writer.WriteStartArray(name);
        foreach (var value in values)
        {
            writer.WriteStartObject();
            each(writer, value);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}

/// <summary>What MLflow calls a run's info.</summary>
internal sealed class RunInfoJson : JsonConverter<Run>
{
    public override Run Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException("Runs are told, not read.");

    public override void Write(Utf8JsonWriter writer, Run value, JsonSerializerOptions options) => Write(writer, value);

    public static void Write(Utf8JsonWriter writer, Run run)
    {
        writer.WriteStartObject();
        writer.WriteString("run_uuid"u8, run.Id);
        writer.WriteString("run_id"u8, run.Id);
        writer.WriteString("run_name"u8, run.Name);
        writer.WriteString("experiment_id"u8, run.ExperimentId);
        writer.WriteString("user_id"u8, run.User);
        writer.WriteString("status"u8, run.Status.ToString().ToUpperInvariant());
        writer.WriteNumber("start_time"u8, run.Started.ToUnixTimeMilliseconds());
        if (run.Ended is { } ended) writer.WriteNumber("end_time"u8, ended.ToUnixTimeMilliseconds());
        writer.WriteString("artifact_uri"u8, run.ArtifactUri);
        writer.WriteString("lifecycle_stage"u8, run.Deleted ? "deleted"u8 : "active"u8);
        writer.WriteEndObject();
    }
}
