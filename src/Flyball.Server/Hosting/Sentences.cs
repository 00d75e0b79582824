using System.Text.Json;
using Flyball.Client;

namespace Flyball.Server.Hosting;

/// <summary>Journal entries in plain words, for the terminal.</summary>
internal static class Sentences
{
    public static string Of(JournalEntryInfo entry)
    {
        string Text(string name) => entry.Data.TryGetProperty(name, out var value) ? value.ToString() : "?";
        bool Flag(string name) => entry.Data.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;
        string Model() => entry.Data.TryGetProperty("version", out var version) && version.ValueKind == JsonValueKind.Number ? $"{Text("model")} version {version}" : Text("model");
        string Count(string name) => entry.Data.GetProperty(name).GetArrayLength() is var count && (name == "loggedModels" ? "logged models" : name) is var things ? $"{count:N0} {(count == 1 ? things[..^1] : things)}" : "";
        string Guarded() => entry.Subject.StartsWith("model:", StringComparison.Ordinal) ? Text("model") : "every model";
        return entry.Type switch
        {
            "access.user-added" => $"{Text("name")} was added as {Text("role")}",
            "access.user-removed" => $"{Text("name")} was removed; its tokens are no longer taken",
            "access.token-issued" => $"{Text("name")} got a new token; those before are no longer taken",
            "project.applied" => $"{entry.Actor} applied revision {Text("revision")} of {Text("name")}",
            "dataset.version-created" => $"{Text("dataset")} v{Text("number")}: {entry.Data.GetProperty("rows").GetInt64():N0} rows, {Arrived(Text("origin"), entry.Data.GetProperty("newFiles").GetArrayLength())}"
                + (List(entry.Data, "failedExpectations") is { Length: > 0 } wrong ? $"; expectations not met: {wrong}{(Flag("usable") ? "" : "; nothing trains on it")}" : "; all expectations met"),
            "dataset.ingest-failed" => $"{Text("dataset")} could not be taken in: {Text("reason")}",
            "dataset.unchanged" => $"{Text("dataset")} can be taken in again: v{Text("number")} holds what its files hold{(Flag("usable") ? "" : "; nothing trains on it")}",
            "dataset.source-missing" => $"{Text("dataset")} waits: no file matches {Text("source")}; put files there, or name their folder with --data",
            "dataset.pushed" => $"{entry.Actor} sent rows to {Text("dataset")} ({Text("bytes")} bytes){(entry.Data.TryGetProperty("resolves", out var batch) && batch.ValueKind == JsonValueKind.String ? ", mended from quarantine" : "")}",
            "dataset.rows-quarantined" => $"{(entry.Data.TryGetProperty("rows", out var aside) && aside.ValueKind == JsonValueKind.Number ? $"{aside.GetInt64():N0} rows" : "all")} of {Text("file")} set aside from {Text("dataset")}: {Reasons(entry.Data)}",
            "dataset.quarantine-discarded" => $"{entry.Actor} said that the rows of {Text("file")} that were set aside from {Text("dataset")} are not needed",
            "dataset.versions-removed" => $"{entry.Actor} removed {Count("numbers").Replace("numbers", "versions", StringComparison.Ordinal).Replace("number", "version", StringComparison.Ordinal)} of {Text("dataset")}",
            "dataset.tagged" => entry.Data.TryGetProperty("value", out var tag) && tag.ValueKind == JsonValueKind.String ? $"{Text("dataset")} v{Text("number")} was tagged {Text("key")} = {tag}" : $"{Text("dataset")} v{Text("number")} lost its tag {Text("key")}",
            "retraining.decided" => Flag("trains") ? $"{Text("model")} is trained: {Text("reason")}" : $"{Text("model")} is not trained yet ({Text("guard")}): {Text("reason")}",
            "training.started" => $"training of {Text("model")} started: {Text("reason")}",
            "training.finished" => $"training of {Text("model")} ended: {Text("outcome")}",
            "training.failed" => $"training of {Text("model")} failed: {Text("reason")}",
            "model.registered" => $"{Text("model")} was registered as a name for versions",
            "model.described" => $"{Model()} was described: {Text("description")}",
            "model.renamed" => $"{Text("from")} was renamed to {Text("model")}",
            "model.deleted" => $"{Text("model")} was deleted with its versions",
            "model.tag-set" => $"{Model()} was tagged {Text("key")} = {Text("value")}",
            "model.tag-deleted" => $"{Model()} lost its tag {Text("key")}",
            "model.version-registered" => $"{Text("model")} version {Text("version")} registered, {(Text("status") == "unjudged" ? $"from {Text("source")}" : $"gates {Text("status")}")}",
            "model.card-written" => $"the card of {Model()} was written: {Text("section").Replace('-', ' ')}",
            "model.version-approved" => $"{Text("model")} version {Text("version")} was approved for {Text("alias")}{(Text("comment") is { Length: > 0 } comment ? $": {comment}" : "")}",
            "model.version-rejected" => $"{Text("model")} version {Text("version")} was rejected for {Text("alias")}: {Text("comment")}",
            "model.alias-protected" => $"the alias {Text("alias")} of {Guarded()} is protected: it moves only to approved versions",
            "model.alias-unprotected" => $"the alias {Text("alias")} of {Guarded()} is no longer protected",
            "model.version-deleted" => $"{Text("model")} version {Text("version")} was deleted",
            "model.stage-changed" => $"{Text("model")} version {Text("version")} went from stage {Text("from")} to {Text("to")}",
            "model.alias-deleted" => $"{Text("model")} version {Text("version")} is no longer {Text("alias")}",
            "model.alias-moved" => $"{Text("model")} version {Text("version")} is {Text("alias")}{(Text("reason") is { Length: > 0 } reason ? $": {reason}" : "")}",
            "server.backup-taken" => $"{entry.Actor} took a backup of {Text("files")} files",
            "deployment.changed" => $"{Text("deployment")} serves version {Text("version")}{(entry.Data.TryGetProperty("from", out var from) ? $" instead of {from}" : "")}",
            "deployment.refused" => $"{Text("deployment")} does not serve version {Text("version")}: {Text("reason")}",
            "log.seal-failed" => $"a stretch of the traffic of {Text("deployment")} cannot be read: {Text("reason")}",
            "monitoring.measurement-failed" => $"{Text("deployment")} cannot be measured from {Text("from")} to {Text("to")}: {Text("reason")}",
            "monitoring.alarm-raised" => $"{Alarm(Text("kind"))}: {Text("message")}",
            "monitoring.alarm-continued" => $"{Alarm(Text("kind"))}, window {Text("breaches")} in a row: {Text("message")}",
            "monitoring.alarm-cleared" => $"recovered: {Text("message")}",
            "retention.rule-set" => $"{entry.Actor} set how long runs of {entry.Subject.Replace(':', ' ')} are kept",
            "retention.rule-removed" => $"{entry.Actor} took back how long runs of {entry.Subject.Replace(':', ' ')} are kept",
            "runs.expired" => $"{Count("runs")} of experiment {Text("experiment")} were deleted by its retention rule",
            "garbage.removed" => $"{entry.Actor} removed for good: {Count("runs")}, {Count("loggedModels")} and {Count("experiments")}",
            "run.started" => $"run {Text("name")} started",
            "run.ended" => $"run {Text("name")} ended: {Text("status")}",
            _ => $"{entry.Type} {entry.Subject}",
        };
    }

    private static string Arrived(string origin, int files) => files switch { 0 => origin.Equals("traffic", StringComparison.OrdinalIgnoreCase) ? "with labelled traffic" : "no new file", 1 => "1 new file", _ => $"{files} new files" };

    private static string Alarm(string kind) => kind == "drift" ? "drift, to be looked into" : "error alarm";

    private static string List(JsonElement data, string name) =>
        data.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array ? string.Join(", ", list.EnumerateArray().Select(item => item.ToString())) : "";

    /// <summary>Rows by reason.</summary>
    private static string Reasons(JsonElement data) => data.TryGetProperty("reasons", out var reasons) && reasons.ValueKind == JsonValueKind.Object ? string.Join(", ", reasons.EnumerateObject().Select(reason => $"{reason.Name} ({reason.Value})")) : "";
}
