using System.CommandLine;
using Flyball.Server.Hosting;
using Flyball.Server.Projects;

namespace Flyball.Server.Datasets;

internal static class InitCommands
{
    public static Command Init()
    {
        var file = new Argument<string>("file") { Description = "The project file to write; one that is there is never replaced.", DefaultValueFactory = _ => "flyball.yaml" };
        var yes = new Option<bool>("--yes") { Description = "Ask nothing: take what the options say, and the proposals for the rest." };
        var project = Text("--project", "Name of the project.");
        var problem = Text("--problem", "The question that the model answers.");
        var users = Text("--users", "Who uses the answer, and when.");
        var value = new Option<double?>("--value") { Description = "What the model is worth, as a number." };
        var unit = Text("--value-unit", "Unit of the value, such as EUR/year.");
        var because = Text("--value-because", "Where the value comes from.");
        var latency = new Option<double?>("--latency-p99-ms") { Description = "Within how many milliseconds 99 % of the answers must come." };
        var daily = new Option<double?>("--predictions-per-day") { Description = "Predictions expected per day." };
        var explainable = new Option<bool?>("--explainable") { Description = "Each prediction must be explained." };
        var compliance = Many("--compliance", "A rule that applies, such as gdpr.");
        var role = Many("--role", "A role and its address, such as approver=approver@example.org.");
        var maturity = new Option<int?>("--maturity") { Description = "Wanted maturity level, 0 to 4." };
        var why = Text("--maturity-because", "Why this level is the right one.");
        var metric = Many("--key-metric", "Audience, metric and goal, such as \"stakeholder: rmse <= 6.5\".");
        var source = Text("--source", "Path or pattern of the Parquet, CSV or JSON files.");
        var time = Text("--time", "Column with the time of the event.");
        var labelSql = Text("--label-sql", "The label: a column, or SQL over a complete row.");
        var label = Text("--label", "Name of the label.");
        var later = Many("--known-later", "A column that is not there yet when the model is asked; - for none.");
        var number = Many("--number", "A column that is a feature as a number.");
        var category = Many("--category", "A column that is a feature as a category.");
        var boolean = Many("--boolean", "A column that is a feature as true or false.");
        var init = new Command("init", "Asks for the design charter and the data, and writes a commented project file.")
        {
            file, yes, project, problem, users, value, unit, because, latency, daily, explainable, compliance, role, maturity, why, metric, source, time, labelSql, label, later, number, category, boolean,
        };
        Verbs.Offline(init, (parsed, output, cancel) => WriteAsync(
            parsed.GetRequiredValue(file),
            new GivenAnswers
            {
                Project = parsed.GetValue(project), Problem = parsed.GetValue(problem), Users = parsed.GetValue(users), Value = parsed.GetValue(value), ValueUnit = parsed.GetValue(unit), ValueBecause = parsed.GetValue(because),
                LatencyP99Ms = parsed.GetValue(latency), PredictionsPerDay = parsed.GetValue(daily), Explainable = parsed.GetValue(explainable), Compliance = List(parsed, compliance), Roles = List(parsed, role),
                Maturity = parsed.GetValue(maturity), MaturityBecause = parsed.GetValue(why), KeyMetrics = List(parsed, metric), Source = parsed.GetValue(source), Time = parsed.GetValue(time),
                LabelSql = parsed.GetValue(labelSql), LabelName = parsed.GetValue(label), KnownLater = List(parsed, later), Numbers = List(parsed, number), Categories = List(parsed, category), Booleans = List(parsed, boolean),
            },
            parsed.GetValue(yes) ? null : Console.IsInputRedirected ? throw new VerbException("Standard input is not a terminal, so nobody can be asked: give the answers as options and --yes for the rest; `flyball init --help` lists them.") : Console.In,
            output, cancel));
        return init;
    }

    /// <summary>Asks <paramref name="person"/> (nobody: takes the proposals) and writes the file.</summary>
    internal static async Task<int> WriteAsync(string path, GivenAnswers given, TextReader? person, TextWriter output, CancellationToken cancel)
    {
        if (Path.Exists(path)) throw new VerbException($"{path} is there already; it is not replaced. Name another file, or edit it.");
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (!Directory.Exists(folder)) throw new VerbException($"There is no folder {folder}.");
        try
        {
            var answers = new InitDialog(new Interview(person, output), given).Run(folder);
            var text = ProjectFileText.Of(answers);
            ProjectFileReader.Read(text, Path.GetFileName(path));
            await using (var file = new FileStream(path, FileMode.CreateNew)) await file.WriteAsync(System.Text.Encoding.UTF8.GetBytes(text), cancel);
            var elsewhere = SourceFiles.Find(Path.Combine(folder, answers.Source)).Count == 0;
            await output.WriteLineAsync($"Wrote {path}: {answers.Features.Count} features, label {answers.Label.Name} ({answers.Task.ToString().ToLowerInvariant()}). Next: flyball up {path}{(elsewhere ? " --data FOLDER, with the folder that holds the source files" : "")}");
            return 0;
        }
        catch (Exception wrong) when (wrong is InitException or ProjectFileException)
        {
            throw new VerbException(wrong.Message);
        }
    }

    private static Option<string?> Text(string name, string description) => new(name) { Description = description };

    private static Option<string[]> Many(string name, string description) => new(name) { Description = description, AllowMultipleArgumentsPerToken = true };

    private static string[]? List(ParseResult parsed, Option<string[]> option) => parsed.GetResult(option) is null ? null : parsed.GetValue(option);
}
