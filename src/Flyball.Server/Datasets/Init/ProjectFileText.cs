using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using Flyball.Server.Projects;

namespace Flyball.Server.Datasets;

/// <summary>Writes the commented project file that answers amount to.</summary>
internal static partial class ProjectFileText
{
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Of(InitAnswers answers)
    {
        var text = new StringBuilder();
        void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
        Line($"# What this project wants. Apply it and keep its loop going: flyball up");
        Line($"# Every key is explained by the schema (flyball schema), which editors use to complete and check this file.");
        Line($"project: {Word(answers.Project)}");
        Line($"");
        Design(answers.Design, Line);
        Data(answers, Line);
        Line($"features:");
        Line($"  row:                                     # computed from the request's own row, alike for training and serving");
        foreach (var feature in answers.Features) Line($"    {feature.Name}: {{ {(feature.Sql == feature.Name ? "" : $"sql: {Word(feature.Sql)}, ")}type: {feature.Type.ToString().ToLowerInvariant()} }}");
        Line($"");
        Model(answers, Line);
        return text.ToString();
    }

    private static void Design(DesignCharter design, Action<FormattableString> line)
    {
        line($"design:                                    # why the model exists and what it must hold to");
        if (design.Problem is { } problem) line($"  problem: {Word(problem)}");
        else line($"  # problem: the question that the model answers");
        if (design.Users is { } users) line($"  users: {Word(users)}");
        else line($"  # users: who uses the answer, and when");
        if (design.Value is { } value) line($"  value: {{ estimate: {Number(value.Estimate)}, unit: {Word(value.Unit)}{Because(value.Because)} }}");
        else line($"  # value: {{ estimate: 120000, unit: EUR/year, because: what it saves }}");
        var demands = design.Requirements;
        string?[] asked =
        [
            demands.LatencyP99Ms is { } latency ? $"latency_p99_ms: {Number(latency)}" : null, demands.PredictionsPerDay is { } daily ? $"predictions_per_day: {Number(daily)}" : null,
            demands.Explainable ? "explainable: true" : null, demands.Compliance.Count > 0 ? $"compliance: [{Words(demands.Compliance)}]" : null,
        ];
        if (asked.Any(demand => demand is not null)) line($"  requirements: {{ {string.Join(", ", asked.OfType<string>())} }}");
        else line($"  # requirements: {{ latency_p99_ms: 50, predictions_per_day: 1000, explainable: true, compliance: [gdpr] }}");
        if (design.Roles.Count > 0) line($"  roles: {{ {string.Join(", ", design.Roles.Select(role => $"{role.Key}: {Word(role.Value)}"))} }}");
        else line($"  # roles: {{ product_owner: owner@example.org, approver: approver@example.org }}");
        if (design.Maturity is { } maturity) line($"  maturity: {{ target: {maturity.Target}{Because(maturity.Because)} }}");
        if (design.KeyMetrics.Count == 0) line($"  key_metrics: []");
        else
        {
            line($"  key_metrics:                             # one per audience, all tracked in production");
            foreach (var metric in design.KeyMetrics) line($"    - {{ name: {metric.Name}, audience: {Word(metric.Audience)}, goal: {Quoted(metric.Goal.ToString())} }}");
        }

        line($"");
    }

    private static void Data(InitAnswers answers, Action<FormattableString> line)
    {
        line($"data:");
        line($"  rows:");
        line($"    source: {Word(answers.Source)}");
        line($"    time: {Word(answers.Time)}                 # when the event happened: rows are split, watched and retrained by it");
        if (answers.KnownLater.Count > 0)
        {
            line($"    known_later:                           # not there when the model is asked: a feature that reads one is refused");
            foreach (var (column, why) in answers.KnownLater) line($"      - {Word(column)}{(why.Length > 0 ? $"    # {why}" : "")}");
        }

        line($"    label: {{ name: {Word(answers.Label.Name)}, sql: {Word(answers.Label.Sql)} }}");
        line($"    # where: SQL for the rows that the model is for; also applied when serving");
        line($"    # train_where: SQL for the rows to learn from, such as {answers.Label.Name} >= 0");
        line($"    expect:                                # checked on every new file; a critical one that fails keeps the data from training");
        line($"      - expect_table_row_count_to_be_between: {{ min_value: 1 }}");
        foreach (var column in answers.NeverNull) line($"      - expect_column_values_to_not_be_null: {{ column: {Word(column)} }}");
        line($"    # freshness: {{ within: 35d, severity: warning }}");
        line($"");
    }

    private static void Model(InitAnswers answers, Action<FormattableString> line)
    {
        var regression = answers.Task == TaskKind.Regression;
        var every = answers.Test >= TimeSpan.FromDays(4) ? TimeSpan.FromDays(Math.Floor(answers.Test.TotalDays / 4)) : TimeSpan.FromHours(Math.Max(1, Math.Floor(answers.Test.TotalHours / 4)));
        line($"models:");
        line($"  {answers.Project}:");
        line($"    train:");
        line($"      data: rows");
        line($"      features: [row]");
        line($"      task: {answers.Task.ToString().ToLowerInvariant()}");
        line($"      split: {{ by: time, test: {Notation.Written(answers.Test)} }}          # the newest stretch is held out to judge by");
        line($"      trainer: xgboost");
        line($"      params: {{ max_depth: 6, eta: 0.2, rounds: 100 }}");
        line($"    evaluate:");
        line($"      metrics: [{(regression ? "rmse, mae, r2, bias" : "auc, log_loss, accuracy, brier")}]");
        line($"      gates:                               # what a new version must pass; the champion wins ties");
        line($"        - {(regression ? "rmse < champion.rmse" : "log_loss < champion.log_loss")}");
        line($"        - rows >= 100");
        line($"    deploy: {{ strategy: basic }}");
        line($"    monitor:");
        line($"      every: {Notation.Written(every)}");
        line($"      min_rows: 100");
        line($"      drift: {{ share: 0.5 }}");
        line($"      performance: {{ metric: {(regression ? "rmse" : "log_loss")}, alert: \"> baseline * 1.2\", labels_within: 2d }}");
        line($"    retrain:");
        line($"      on: [performance, new_data]          # drift alone opens an investigation");
        line($"      window: expanding                    # or: sliding 90d, only new");
        line($"      guards: {{ cooldown: 1d, max_per_week: 5, min_new_labels: 100 }}");
        line($"      approval: automatic                  # or: required");
    }

    private static string Because(string? because) => because is null ? "" : $", because: {Word(because)}";

    private static string Words(IEnumerable<string> words) => string.Join(", ", words.Select(Word));

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>Text as YAML: plain where nothing in it can be taken for anything else.</summary>
    private static string Word(string text) => Plain().IsMatch(text) && text.ToLowerInvariant() is not ("true" or "false" or "null" or "yes" or "no" or "on" or "off" or "y" or "n") ? text : Quoted(text);

    private static string Quoted(string text) => JsonSerializer.Serialize(text, Relaxed);

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_/.@-]*( [A-Za-z][A-Za-z0-9_.-]*)*\z")]
    private static partial Regex Plain();
}
