using System.Globalization;
using System.Text.RegularExpressions;
using Flyball.Numerics;
using Flyball.Server.Projects;

namespace Flyball.Server.Datasets;

/// <summary>The questions of <c>flyball init</c>, in the order of the project file: the design charter first, then the data.</summary>
internal sealed class InitDialog(Interview interview, GivenAnswers given)
{
    /// <summary>The answers for a project file in <paramref name="folder"/>, a full path.</summary>
    /// <exception cref="InitException">An answer that was given in advance cannot be used, or one is missing.</exception>
    public InitAnswers Run(string folder)
    {
        var project = interview.Ask("Name of the project", ProjectName(Path.GetFileName(folder)), given.Project, "--project", text => NameRule.Project.Fits(text) ? text : throw new InitException($"A project has {NameRule.Project.Rule}."));
        interview.Say("The design first: why the model exists and what it must hold to. Enter leaves a question open.");
        var design = Charter();
        interview.Say("Now the data.");
        using var source = interview.Ask("Source files (path or pattern)", Found(folder), given.Source, "--source", text => SourceInspection.Open(Pattern(text)));
        Show(source);
        var time = interview.Ask("Column with the time of the event", Proposals.Time(source.Profile), given.Time, "--time", text => TimeColumn(source, text));
        var label = interview.Ask("Label: a column, or SQL over a complete row", Proposals.Label(source.Profile, time), given.LabelSql, "--label-sql", text => source.Label(source.Find(text) is { } column ? Proposals.Sql(column.Name) : text));
        var name = interview.Ask("Name of the label", Proposals.LabelName(source.Profile, label.Sql), given.LabelName, "--label", text =>
            !NameRule.Column.Fits(text) ? throw new InitException($"A label has {NameRule.Column.Rule}.") : source.Find(text) is not null ? throw new InitException($"There is a column {text} already; name the label otherwise.") : text);
        var task = label.Binary ? TaskKind.Classification : TaskKind.Regression;
        interview.Say(label.Binary ? $"A classification: {label.Mean:P1} of the rows are 1." : string.Create(CultureInfo.InvariantCulture, $"A regression: mean {label.Mean:G4}, standard deviation {label.Spread:G4}."));
        var proposed = Proposals.KnownLater(source.Profile, time, label, source.GivesAway(label));
        foreach (var (column, why) in proposed) interview.Say($"  {column}: {why}");
        var later = interview.List("Columns that are not there yet when the model is asked", given.KnownLater, string.Join(", ", proposed.Keys), "--known-later", text => Column(source, text).Name);
        var reasons = later.Distinct(StringComparer.OrdinalIgnoreCase).ToDictionary(column => column, column => proposed.GetValueOrDefault(column, ""));
        var features = Features(source, time, later, name);
        design = design with { KeyMetrics = KeyMetrics(task, label) };
        var used = features.SelectMany(feature => source.ColumnsOf(feature)).Append(time).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return new InitAnswers(
            project, design, Relative(folder, source), time, reasons, new LabelSpec(name, label.Sql), task, features,
            [.. source.Profile.Columns.Where(column => column.Nulls == 0 && used.Contains(column.Name)).Select(column => column.Name)], Proposals.Test(source.Span(time)));
    }

    private DesignCharter Charter()
    {
        var problem = interview.Optional("Problem: which question does the model answer", given.Problem, "--problem");
        var users = interview.Optional("Users: who uses the answer, and when", given.Users, "--users");
        var value = interview.Number("Value: what is it worth, as a number", given.Value, "--value");
        var promised = value is not { } worth ? null : new PromisedValue(
            worth, interview.Ask("  unit", "EUR/year", given.ValueUnit, "--value-unit", text => text), interview.Optional("  because", given.ValueBecause, "--value-because"));
        var requirements = new Requirements
        {
            LatencyP99Ms = interview.Number("Requirement: 99 % of the answers within how many milliseconds", given.LatencyP99Ms, "--latency-p99-ms", positive: true),
            PredictionsPerDay = interview.Number("Requirement: predictions per day", given.PredictionsPerDay, "--predictions-per-day", positive: true),
            Explainable = interview.Yes("Requirement: must each prediction be explained", given.Explainable, "--explainable"),
            Compliance = interview.List("Requirement: rules that apply, such as gdpr", given.Compliance, "", "--compliance", text => text),
        };
        var roles = interview.List("Roles, each role=address, such as approver=approver@example.org", given.Roles, "", "--role", Role);
        var maturity = interview.Ask("Maturity level that you want, 0 to 4 (4: retrained and rolled out by policy)", "2", given.Maturity?.ToString(CultureInfo.InvariantCulture), "--maturity", text =>
            text is [>= '0' and <= '4'] ? text[0] - '0' : throw new InitException($"'{text}' is not a level from 0 to 4."));
        return new DesignCharter
        {
            Problem = problem, Users = users, Value = promised, Requirements = requirements, Roles = roles.ToDictionary(role => role.Name, role => role.Address),
            Maturity = new MaturityTarget(maturity, interview.Optional("  because", given.MaturityBecause, "--maturity-because")),
        };
    }

    private List<KeyMetricSpec> KeyMetrics(TaskKind task, LabelFacts label)
    {
        // better than always saying the mean, or the more frequent answer: the least that a model must be
        var proposal = task == TaskKind.Regression
            ? string.Create(CultureInfo.InvariantCulture, $"data-scientist: rmse <= {label.Spread:G3}")
            : string.Create(CultureInfo.InvariantCulture, $"data-scientist: accuracy >= {Math.Max(label.Mean, 1 - label.Mean):0.###}");
        return [.. interview.List("Key metrics, each audience: metric goal", given.KeyMetrics, proposal, "--key-metric", text => KeyMetric(text, task))];
    }

    private static KeyMetricSpec KeyMetric(string text, TaskKind task)
    {
        var metrics = Metrics.ForTask(task == TaskKind.Regression ? MetricTask.Regression : MetricTask.Classification);
        var match = Regex.Match(text, @"^(?<audience>[^:]+):\s*(?<metric>\w+)\s*(?<goal>.+)\z");
        if (!match.Success || Notation.Comparison(match.Groups["goal"].Value) is not { } goal) throw new InitException($"'{text}' is not audience: metric goal, such as stakeholder: {metrics[0]} <= 6.5.");
        var metric = match.Groups["metric"].Value;
        return metrics.Contains(metric) ? new KeyMetricSpec(metric, match.Groups["audience"].Value.Trim(), goal, null, null) : throw new InitException($"There is no metric '{metric}' for this label; there is {string.Join(", ", metrics)}.");
    }

    private IReadOnlyList<FeatureSpec> Features(SourceInspection source, string time, IReadOnlyList<string> later, string label)
    {
        var proposed = Proposals.Features(source.Profile, time, later, label);
        var chosen = given.Numbers is not null || given.Categories is not null || given.Booleans is not null;
        if (!chosen && !interview.Asks) return proposed.Count > 0 ? proposed : throw new InitException("No column is left to be a feature; name some with --number or --category.");
        while (true)
        {
            var features = Choose(source, proposed, later, chosen);
            if (features.Count > 0) return features;
            if (chosen) throw new InitException("A model needs at least one feature; name some with --number or --category.");
            interview.Say("  A model needs at least one feature.");
        }
    }

    /// <summary>The features as somebody chooses them; the proposals among them keep their SQL.</summary>
    private List<FeatureSpec> Choose(SourceInspection source, IReadOnlyList<FeatureSpec> proposed, IReadOnlyList<string> later, bool chosen)
    {
        var features = new List<FeatureSpec>();
        foreach (var (type, question, option, named) in new[]
        {
            (FeatureType.Number, "Features that are numbers", "--number", given.Numbers), (FeatureType.Category, "Features that are categories", "--category", given.Categories), (FeatureType.Boolean, "Features that are true or false", "--boolean", given.Booleans),
        })
        {
            features.AddRange(interview.List(question, chosen ? named ?? [] : null, string.Join(", ", proposed.Where(feature => feature.Type == type).Select(feature => feature.Name)), option, text =>
                !chosen && proposed.FirstOrDefault(feature => feature.Name.Equals(text, StringComparison.OrdinalIgnoreCase) && feature.Type == type) is { } known ? known
                : later.Contains(text, StringComparer.OrdinalIgnoreCase) ? throw new InitException($"{text} is not there yet when the model is asked.")
                : Proposals.Feature(Column(source, text), type)));
        }

        return features;
    }

    private void Show(SourceInspection source)
    {
        interview.Say($"{source.Files.Count} {(source.Files.Count == 1 ? "file" : "files")}; {source.Files[^1].Name} has {source.Profile.Rows:N0} rows:");
        foreach (var column in source.Profile.Columns)
        {
            var nulls = column.Nulls == 0 ? "" : $", {100.0 * column.Nulls / Math.Max(1, source.Profile.Rows):0.#} % null";
            interview.Say($"  {column.Name,-28} {column.Type,-12} {(column.Count == 0 ? "empty" : $"{column.Min} to {column.Max}, about {column.Distinct:N0} values{nulls}")}");
        }
    }

    private static (string Name, string Address) Role(string text) =>
        text.Split('=', 2, StringSplitOptions.TrimEntries) is [{ Length: > 0 } name, { Length: > 0 } address] && NameRule.Column.Fits(name) ? (name, address) : throw new InitException($"'{text}' is not role=address.");

    private static ColumnProfile Column(SourceInspection source, string name) => source.Find(name)
        ?? throw new InitException($"There is no column '{name}'{(Suggestions.For(name, source.Names) is { } near ? $"; did you mean {near}?" : $"; there is {string.Join(", ", source.Names)}.")}");

    private static string TimeColumn(SourceInspection source, string text)
    {
        var column = Column(source, text).Name;
        source.Span(column);
        return column;
    }

    private static string ProjectName(string folder) => Regex.Replace(folder.ToLowerInvariant(), "[^a-z0-9]+", "-").Trim('-') is { Length: > 0 } name && char.IsAsciiLetter(name[0]) ? name[..Math.Min(100, name.Length)] : "my-project";

    private static string? Found(string folder) => new[] { "data", "." }.SelectMany(place => new[] { "parquet", "csv", "json" }.Select(type => Path.GetFullPath(Path.Combine(folder, place, $"*.{type}")))).FirstOrDefault(pattern => SourceFiles.Find(pattern).Count > 0);

    private static string Pattern(string text)
    {
        // whoever is asked has no shell between that knows the home folder
        var path = text.StartsWith("~/", StringComparison.Ordinal) ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), text[2..]) : text;
        if (!Directory.Exists(path)) return path;
        return new[] { "parquet", "csv", "json" }.Select(type => Path.Combine(path, $"*.{type}")).FirstOrDefault(pattern => SourceFiles.Find(pattern).Count > 0) ?? throw new InitException($"{text} holds no Parquet, CSV or JSON file.");
    }

    /// <summary>The source as the project file names it: below its own folder, or by file name alone for <c>up --data</c>.</summary>
    private static string Relative(string folder, SourceInspection source)
    {
        var pattern = Path.GetFullPath(source.Pattern);
        return pattern.StartsWith(folder.TrimEnd('/') + "/", StringComparison.Ordinal) ? Path.GetRelativePath(folder, pattern) : Path.Combine("data", Path.GetFileName(pattern));
    }
}
