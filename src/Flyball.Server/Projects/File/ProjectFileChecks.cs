using Flyball.Models;
using Flyball.Models.Features;
using Flyball.Native.DuckDb;
using Flyball.Numerics;
using Flyball.Server.Projects.Gates;

namespace Flyball.Server.Projects;

/// <summary>The rules between sections: what refers to what, and what may read what.</summary>
internal sealed class ProjectFileChecks(ProjectFile project, YamlNode root, Problems problems, DuckDbConnection parser)
{
    public static void Run(ProjectFile project, YamlNode root, Problems problems)
    {
        using var database = DuckDbDatabase.OpenInMemory(new DuckDbOptions { Threads = 1, LockDown = true, MemoryLimit = "512MB" });
        using var parser = database.Connect();
        var checks = new ProjectFileChecks(project, root, problems, parser);
        foreach (var dataset in project.Data) checks.Dataset(dataset);
        checks.KeyMetrics();
        foreach (var model in project.Models) checks.Model(model);
    }

    private void Dataset(DatasetSpec dataset)
    {
        foreach (var column in dataset.KnownLater.Where(c => Same(c, dataset.Time)))
            problems.Add(Entry(["data", dataset.Name, "known_later"], column), $"data.{dataset.Name}.known_later", $"'{column}' is the time of the event, so it cannot be known later; use another column as time");
        if (dataset.Transform is { } transform) Transform(dataset, transform);
        foreach (var (expectation, i) in dataset.Expect.Select((expectation, i) => (expectation, i)))
        {
            if (expectation.Kwargs.GetValueOrDefault("other_table_name") is string other && !Declared("data").Contains(other)) Unknown("dataset", other, Declared("data"), ["data", dataset.Name, "expect", $"{i}", expectation.Type, "other_table_name"]);
            if (expectation.Kwargs.GetValueOrDefault("unexpected_rows_query") is string query && !query.Contains("{batch}", StringComparison.Ordinal)) Add("the query must contain {batch}, which stands for the rows", "data", dataset.Name, "expect", $"{i}", expectation.Type, "unexpected_rows_query");
        }

        foreach (var (reason, sql) in dataset.Quarantine) Expression(sql, "data", dataset.Name, "quarantine", reason);
        if (dataset.TrainWhere is { } trainWhere) Expression(trainWhere, "data", dataset.Name, "train_where");
        if (dataset.Label is { } label) Expression(label.Sql, "data", dataset.Name, "label", "sql");
        if (dataset.Where is null) return;
        foreach (var objection in Objections(dataset, dataset.Where))
            Add($"'where' also holds when serving, but {objection}; use train_where", "data", dataset.Name, "where");
    }

    /// <summary>The columns that an expression reads; none where it is no expression, which is told.</summary>
    private IReadOnlyList<string> Expression(string sql, params string[] at)
    {
        try
        {
            return SqlColumns.Of(parser, sql);
        }
        catch (DuckDbException wrong)
        {
            Add($"it is no SQL expression: {(wrong.Message.Contains("Only SELECT", StringComparison.Ordinal) ? "it holds a statement of its own" : wrong.Reason)}", at);
            return [];
        }
    }

    /// <summary>What is computed from what is known later is known later too.</summary>
    private void Transform(DatasetSpec dataset, string transform)
    {
        try
        {
            foreach (var (name, from) in SqlColumns.Computed(parser, transform))
            {
                if (dataset.KnownLater.Any(later => Same(later, name)) || from.FirstOrDefault(column => dataset.KnownLater.Any(later => Same(later, column))) is not { } source) continue;
                Add($"the transform computes '{name}' from '{source}', which is known later; list '{name}' in known_later too", "data", dataset.Name, "transform");
            }
        }
        catch (DuckDbException wrong) when (wrong.Message.Contains("syntax error", StringComparison.Ordinal))
        {
            Add($"it is not a query: {wrong.Reason}", "data", dataset.Name, "transform");
        }
        catch (DuckDbException)
        {
            // it has no tree: a pivot, which may stand where a table does, or something else than a query
            if (!IsTable(transform)) Add("it is not a query; write select … from source", "data", dataset.Name, "transform");
        }
    }

    private bool IsTable(string query)
    {
        try
        {
            SqlColumns.Computed(parser, $"select * from (\n{query}\n)");
            return true;
        }
        catch (DuckDbException wrong)
        {
            return !wrong.Message.Contains("syntax error", StringComparison.Ordinal);
        }
    }

    private void KeyMetrics()
    {
        var metrics = project.Design.KeyMetrics;
        for (var i = 0; i < metrics.Count; i++)
        {
            var metric = metrics[i];
            if (metric.Sql is null && Metrics.Find(metric.Name) is null)
            {
                problems.Add(root.At("design", "key_metrics", $"{i}", "name"), $"design.key_metrics[{i}].name",
                    $"there is no metric '{metric.Name}'; give it sql, or use one of {string.Join(", ", Metrics.All.Select(m => m.Name))}", Suggestions.For(metric.Name, Metrics.All.Select(m => m.Name)));
            }

            if (metric.Sql is { } sql) KeyMetric(sql, i);
            if (metrics.Take(i).Any(m => m.Name == metric.Name))
                problems.Add(root.At("design", "key_metrics", $"{i}", "name"), $"design.key_metrics[{i}].name", $"the key metric '{metric.Name}' is given twice");
        }
    }

    /// <summary>It is computed over the labelled predictions of a window, of which there are two columns.</summary>
    private void KeyMetric(string sql, int number)
    {
        string[] columns = ["label", "prediction"];
        var at = root.At("design", "key_metrics", $"{number}", "sql");
        foreach (var column in Expression(sql, "design", "key_metrics", $"{number}", "sql").Where(column => !columns.Any(known => Same(known, column))))
            problems.Add(at, $"design.key_metrics[{number}].sql", $"it reads '{column}'; a key metric is computed from label and prediction", Suggestions.For(column, columns));
    }

    private void Model(ModelSpec model)
    {
        var dataset = project.Data.FirstOrDefault(d => d.Name == model.Train.Data);
        if (!Declared("data").Contains(model.Train.Data)) Unknown("dataset", model.Train.Data, Declared("data"), ["models", model.Name, "train", "data"]);
        else if (dataset is not null && root.At("data", dataset.Name) is YamlMap map && map.Find("label") is null)
            Add($"the model is trained on '{dataset.Name}', which has no label; give data.{dataset.Name}.label", "models", model.Name, "train", "data");

        foreach (var view in model.Train.Features.Where(v => !Declared("features").Contains(v)))
            Unknown("feature view", view, Declared("features"), ["models", model.Name, "train", "features"], view);

        var features = project.Features.Where(v => model.Train.Features.Contains(v.Name)).SelectMany(v => v.Features.Select(f => (View: v.Name, Feature: f))).ToList();
        Features(model, dataset, features);
        var names = features.Select(f => f.Feature.Name).ToList();
        var everyView = model.Train.Features.All(v => project.Features.Any(f => f.Name == v));
        foreach (var slice in model.Evaluate.Slices.Where(s => everyView && !names.Contains(s)))
            Unknown("feature", slice, names, ["models", model.Name, "evaluate", "slices"], slice, " of this model");

        var task = model.Train.Task == TaskKind.Classification ? MetricTask.Classification : MetricTask.Regression;
        if (task == MetricTask.Classification && model.Train.Trainer == TrainerKind.Linear) Add("the linear trainer fits regressions only; use xgboost for a classification", "models", model.Name, "train", "trainer");
        foreach (var (name, reason, nearest) in TrainerParams.Problems(model.Train))
            problems.Add(root.At("models", model.Name, "train", "params", name), $"models.{model.Name}.train.params.{name}", reason, nearest);
        foreach (var metric in model.Evaluate.Metrics) Fits(metric, task, ["models", model.Name, "evaluate", "metrics"], metric);
        foreach (var gate in model.Evaluate.Gates) Gate(model, gate, task);
        if (model.Monitor.Performance is { } performance) Performance(model, performance, task);
    }

    private void Features(ModelSpec model, DatasetSpec? dataset, List<(string View, FeatureSpec Feature)> features)
    {
        foreach (var twice in features.GroupBy(f => f.Feature.Name, StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1))
        {
            var (view, feature) = twice.Last();
            var other = twice.First();
            problems.Add(root.At("features", view, feature.Name), $"features.{view}.{feature.Name}", $"the model '{model.Name}' would have the feature '{feature.Name}' twice: also in the view '{other.View}'");
        }

        if (dataset is null) return;
        foreach (var (view, feature) in features)
        {
            foreach (var objection in Objections(dataset, feature.Sql))
            {
                problems.Add(root.At("features", view, feature.Name, "sql"), $"features.{view}.{feature.Name}", $"as a feature of '{model.Name}' it must be there when the model is asked, but {objection}");
            }
        }
    }

    private void Gate(ModelSpec model, string text, MetricTask task)
    {
        var gate = GateExpression.Parse(text);
        string[] at = ["models", model.Name, "evaluate", "gates"];
        foreach (var metric in gate.Metrics.Where(m => m != GateExpression.Rows)) Fits(metric, task, at, text);
        foreach (var slice in gate.Slices.Where(s => !model.Evaluate.Slices.Contains(s)))
        {
            problems.Add(Entry(at, text), string.Join('.', at), $"the gate looks at slices by '{slice}', but evaluate.slices does not list it",
                Suggestions.For(slice, model.Evaluate.Slices));
        }
    }

    private void Performance(ModelSpec model, PerformanceSpec performance, MetricTask task)
    {
        string[] at = ["models", model.Name, "monitor", "performance"];
        Fits(performance.Metric, task, [.. at, "metric"], null);
        var upwards = performance.Alert.Operator.StartsWith('>');
        if (performance.Metric != "bias" && upwards == Metrics.HigherIsBetter(performance.Metric))
        {
            var better = upwards ? "higher" : "lower";
            Add($"'{performance.Alert}' would alert when the model gets better: {better} is better for {performance.Metric}; write {(upwards ? "<" : ">")}", [.. at, "alert"]);
        }
    }

    private void Fits(string metric, MetricTask task, string[] at, string? entry)
    {
        if (Metrics.Find(metric)?.Task == task) return;
        var node = entry is null ? root.At(at) : Entry(at, entry);
        problems.Add(node, string.Join('.', at), $"'{metric}' is no metric of a {Word(task)}; those are {string.Join(", ", Metrics.ForTask(task))}");
    }

    /// <summary>Why an expression cannot be computed from a request's row: it reads what is known later, or it is not a function of a row's columns at all.</summary>
    private IEnumerable<string> Objections(DatasetSpec dataset, string sql)
    {
        IReadOnlyList<string> columns = [];
        string? refused = null;
        try
        {
            columns = FeatureSet.Columns("", sql, parser);
        }
        catch (FeatureRefusedException reason)
        {
            refused = reason.Reason;
        }

        if (refused is not null) yield return refused;
        foreach (var column in dataset.KnownLater.Where(c => columns.Any(read => Same(read, c)))) yield return $"it reads '{column}', which is listed in known_later of '{dataset.Name}'";
        if (dataset.Label is { } label && columns.Any(read => Same(read, label.Name))) yield return $"it reads '{label.Name}', which is the label of '{dataset.Name}'";
        else if (dataset.Label is { } source && OnlyColumn(source.Sql) is var (own, isAll) && columns.Any(read => Same(read, own)) && !dataset.KnownLater.Any(later => Same(later, own)))
            yield return $"it reads '{own}', {(isAll ? $"which is the label of '{dataset.Name}' by another name" : $"of which alone the label of '{dataset.Name}' is made")}; list it in known_later";
    }

    /// <summary>The column that an expression reads if it reads one alone, and whether it is that column and nothing else.</summary>
    private (string Column, bool IsAll)? OnlyColumn(string sql)
    {
        try
        {
            return SqlColumns.Of(parser, sql) is [var column] ? (column, Same(sql.Trim(), column) || sql.Trim() == DuckDbText.Quote(column)) : null;
        }
        catch (DuckDbException)
        {
            return null;
        }
    }

    private void Unknown(string thing, string name, List<string> known, string[] at, string? entry = null, string of = "")
    {
        var node = entry is null ? root.At(at) : Entry(at, entry);
        var list = known.Count == 0 ? "" : $"; there is {string.Join(", ", known)}";
        problems.Add(node, string.Join('.', at), $"there is no {thing} '{name}'{of}{list}", Suggestions.For(name, known));
    }

    private void Add(string message, params string[] at) => problems.Add(root.At(at), string.Join('.', at), message);

    /// <summary>The entry of a list that holds this text, else the list.</summary>
    private YamlNode Entry(string[] at, string text)
    {
        var node = root.At(at);
        return (node as YamlList)?.Items.LastOrDefault(i => i is YamlText t && t.Text == text) ?? node;
    }

    /// <summary>The names that a section gives, also those whose content is mistaken, so that one mistake does not cause another.</summary>
    private List<string> Declared(string section) => (root as YamlMap)?.Find(section)?.Value is YamlMap map ? [.. map.Entries.Select(e => e.Key.Text)] : [];

    private static bool Same(string a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);

    private static string Word(MetricTask task) => task == MetricTask.Regression ? "regression" : "classification";
}
