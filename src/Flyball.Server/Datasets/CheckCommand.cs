using System.CommandLine;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Flyball.Foundation;
using Flyball.Server.Hosting;

namespace Flyball.Server.Datasets;

/// <summary><c>flyball data check</c>: expectations on files, without a server or a project.</summary>
internal static class CheckCommand
{
    private const long LargestSuite = 64 << 20;
    private static readonly JsonSerializerOptions Written = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Check()
    {
        var files = new Argument<string[]>("file") { Description = "Files, or patterns with * and **: Parquet, CSV or JSON, also as .gz or .zst. Several are checked together, column by column of one name.", Arity = ArgumentArity.OneOrMore };
        var suite = new Option<string>("--suite") { Description = "A suite of Great Expectations in JSON, 0.x or 1.x.", Required = true };
        var format = new Option<ResultFormat>("--result-format")
        {
            Description = "BOOLEAN_ONLY, BASIC, SUMMARY or COMPLETE.",
            DefaultValueFactory = _ => ResultFormat.Summary,
            CustomParser = parsed => parsed.Tokens[0].Value.ToUpperInvariant() switch
            {
                "BOOLEAN_ONLY" => ResultFormat.BooleanOnly,
                "BASIC" => ResultFormat.Basic,
                "SUMMARY" => ResultFormat.Summary,
                "COMPLETE" => ResultFormat.Complete,
                var other => Unknown(parsed, other),
            },
        };
        var index = new Option<string[]>("--index") { Description = "A column by which unexpected rows are named; may be given several times. Otherwise they are named by their place, from 0 on." };
        var parameter = new Option<string[]>("--parameter") { Description = "NAME=VALUE, a parameter of the suite for this run; may be given several times." };
        var table = new Option<string[]>("--table") { Description = "NAME=FILE, another table that expectations compare with or that queries name; may be given several times." };
        var json = new Option<bool>("--json") { Description = "Print the validation result as Great Expectations writes it." };
        var command = new Command("check", "Checks files against a suite of Great Expectations; the exit code is 1 when they do not meet it.") { files, suite, format, index, parameter, table, json };
        Verbs.Offline(command, async (parsed, output, cancel) =>
        {
            var now = TimeProvider.System.GetUtcNow();
            var given = (parsed.GetValue(parameter) ?? []).Select(Parameter).ToDictionary(one => one.Name, one => one.Value, StringComparer.Ordinal);
            var path = parsed.GetRequiredValue(suite);
            if (new FileInfo(path) is { Exists: true, Length: > LargestSuite }) throw new VerbException($"{path} is larger than {LargestSuite >> 20} MiB, which no suite is.");
            var read = SuiteFile.Read(await File.ReadAllTextAsync(path, cancel), given, now);
            var options = new ResultOptions(parsed.GetValue(format), IndexColumns: parsed.GetValue(index) is { Length: > 0 } named ? named : null);
            var tables = (parsed.GetValue(table) ?? []).Select(Table).ToList();
            if (tables.GroupBy(one => one.Name, StringComparer.OrdinalIgnoreCase).FirstOrDefault(same => same.Count() > 1) is { } twice) throw new VerbException($"There are two tables called {twice.Key}.");
            var results = Validate(parsed.GetRequiredValue(files), tables, read, options, cancel);
            if (parsed.GetValue(json)) await output.WriteLineAsync(ValidationJson.Of(read, results, options, now).ToJsonString(Written));
            else Tell(output, read, results);
            return results.All(result => result.Success) ? 0 : 1;
        });
        return command;
    }

    private static ResultFormat Unknown(System.CommandLine.Parsing.ArgumentResult parsed, string other)
    {
        parsed.AddError($"'{other}' is no result format: BOOLEAN_ONLY, BASIC, SUMMARY and COMPLETE are.");
        return ResultFormat.Summary;
    }

    private static (string Name, object? Value) Parameter(string text)
    {
        var at = text.IndexOf('=', StringComparison.Ordinal);
        if (at <= 0) throw new VerbException($"'{text}' is no parameter; write NAME=VALUE.");
        var value = text[(at + 1)..];
        return (text[..at], long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) ? whole : double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : value);
    }

    private static (string Name, string Pattern) Table(string text) => text.IndexOf('=', StringComparison.Ordinal) is > 0 and var at ? (text[..at], text[(at + 1)..]) : throw new VerbException($"'{text}' is no table; write NAME=FILE.");

    private static IReadOnlyList<ExpectationResult> Validate(IReadOnlyList<string> patterns, IReadOnlyList<(string Name, string Pattern)> tables, SuiteFile suite, ResultOptions options, CancellationToken cancel) => GivenFiles.Read(patterns, tables, files =>
    {
        if (options.IndexColumns?.FirstOrDefault(name => !files.Columns.Any(column => column.Name == name)) is { } missing) throw new VerbException($"There is no column {missing} by which rows could be named.");
        var sound = suite.Expectations.Where(one => one.Wrong is null).ToList();
        var judged = new Queue<ExpectationResult>(new Suite(files.Duck, files.Relation, files.Columns, options, files.Tables, files.Place).Validate([.. sound.Select(one => one.Spec)]).Results);
        return (IReadOnlyList<ExpectationResult>)[.. suite.Expectations.Select(one => one.Wrong is { } wrong ? new ExpectationResult(one.Spec.Type, one.Spec.Kwargs, one.Spec.Severity, false, null, null, null, null, null, null, wrong) : judged.Dequeue())];
    }, cancel);

    private static void Tell(TextWriter output, SuiteFile suite, IReadOnlyList<ExpectationResult> results)
    {
        foreach (var result in results)
        {
            var about = result.Kwargs.GetValueOrDefault("column") as string ?? (result.Kwargs.GetValueOrDefault("column_A") is string a && result.Kwargs.GetValueOrDefault("column_B") is string b ? $"{a}, {b}" : "");
            var found = result switch
            {
                { Exception: { } wrong } => wrong,
                { UnexpectedCount: > 0 and var count } => string.Create(CultureInfo.InvariantCulture, $"{count:N0} unexpected ({result.UnexpectedPercent:0.##} %), such as {string.Join(", ", (result.PartialUnexpectedList ?? []).Select(Shown).Distinct().Take(5))}"),
                { UnexpectedCount: 0 } => "none unexpected",
                { ObservedValue: { } observed } => $"observed {Shown(observed)}",
                _ => "",
            };
            output.WriteLine($"{(result.Success ? "met    " : "NOT MET")}  {result.Type}{(about.Length == 0 ? "" : $" ({about})")}{(found.Length == 0 ? "" : $": {found}")}");
        }

        output.WriteLine();
        output.WriteLine($"{suite.Name}: {results.Count(result => result.Success)} of {results.Count} expectations are met.");
    }

    private static string Shown(object? value)
    {
        var text = value is string plain ? plain : JsonSerializer.Serialize(value, Json.Options);
        return text.Length > 100 ? text[..100] + "…" : text;
    }
}
