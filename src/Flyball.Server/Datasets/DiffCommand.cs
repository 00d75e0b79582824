using System.CommandLine;
using System.Globalization;
using Flyball.Foundation;
using Flyball.Native.DuckDb;
using Flyball.Server.Hosting;

namespace Flyball.Server.Datasets;

/// <summary><c>flyball data diff</c> and <c>flyball data export</c>: rows of versions, on the machine of whoever asks.</summary>
internal static class DiffCommand
{
    private const string New = "_flyball_newer";

    public static Command Diff(Verbs verbs)
    {
        var older = new Argument<string>("old") { Description = "A version (PROJECT/DATASET@3, or @latest), or files." };
        var newer = new Argument<string>("new") { Description = "What to compare it with: a version, or files." };
        var key = new Option<string[]>("--key") { Description = "A column that names a row; may be given several times. Whole rows are compared where there is none." };
        var examples = new Option<int>("--examples") { Description = "Rows that are shown of each kind of difference.", DefaultValueFactory = _ => 5 };
        var json = new Option<bool>("--json") { Description = "Print the differences as JSON." };
        var command = new Command("diff", "Tells what is different between two versions of a dataset, or two sets of files: columns, rows, distributions. The exit code is 1 when anything is.") { older, newer, key, examples, json };
        Verbs.Offline(command, async (parsed, output, cancel) =>
        {
            var (one, other) = (parsed.GetRequiredValue(older), parsed.GetRequiredValue(newer));
            var scratch = Directory.CreateTempSubdirectory("flyball-diff-").FullName;
            try
            {
                if (VersionName.Of(one) is not null || VersionName.Of(other) is not null)
                {
                    await verbs.ConnectedAsync(parsed, [], async connection =>
                    {
                        if (VersionName.Of(one) is { } first) one = (await first.FetchAsync(connection.Client, Path.Combine(scratch, "old"), cancel)).Pattern;
                        if (VersionName.Of(other) is { } second) other = (await second.FetchAsync(connection.Client, Path.Combine(scratch, "new"), cancel)).Pattern;
                        return 0;
                    }, cancel, looks: true);
                }

                var shown = Math.Clamp(parsed.GetValue(examples), 0, 1000);
                var found = GivenFiles.Read([one], [(New, other)], files => Compare(files, parsed.GetValue(key) ?? [], shown), cancel);
                if (parsed.GetValue(json)) await output.WriteLineAsync(Json.Write(found));
                else Tell(output, found);
                return found.IsSame ? 0 : 1;
            }
            finally
            {
                Directory.Delete(scratch, recursive: true);
            }
        });
        return command;
    }

    public static Command Export(Verbs verbs)
    {
        var version = new Argument<string>("version") { Description = "PROJECT/DATASET@3, or @latest." };
        var to = new Option<string>("--out") { Description = "The file to write: .parquet, .csv or .ndjson.", Required = true };
        var command = new Command("export", "Writes the rows of a version to a file.") { version, to };
        verbs.Online(command, async (client, parsed, output, cancel) =>
        {
            var name = VersionName.Of(parsed.GetRequiredValue(version)) ?? throw new VerbException($"'{Refusal.Shown(parsed.GetRequiredValue(version))}' names no version; write PROJECT/DATASET@3 or @latest.");
            var target = Path.GetFullPath(parsed.GetRequiredValue(to));
            var format = Path.GetExtension(target).ToLowerInvariant() switch
            {
                ".parquet" => "format parquet, compression zstd",
                ".csv" => "format csv, header",
                ".ndjson" or ".jsonl" => "format json",
                var ending => throw new VerbException($"Rows are written as .parquet, .csv or .ndjson, not as '{ending}'."),
            };
            var scratch = Directory.CreateTempSubdirectory("flyball-export-").FullName;
            try
            {
                var (pattern, number) = await name.FetchAsync(client, Path.Combine(scratch, "rows"), cancel);
                // whole or not at all
                var partial = target + ".partial";
                var (paths, rows) = (NamedFiles.Find([pattern]), 0L);
                NamedFiles.With<bool>([.. paths, partial], duck =>
                {
                    rows = duck.Execute($"copy (select * from {NamedFiles.Relation(duck, paths)}) to {DuckDbText.Literal(partial)} ({format})");
                    return true;
                }, cancel);
                File.Move(partial, target, overwrite: true);
                await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{name.Dataset} v{number}: {rows:N0} rows written to {parsed.GetRequiredValue(to)}."));
            }
            finally
            {
                Directory.Delete(scratch, recursive: true);
            }
        }, looks: true);
        return command;
    }

    private static DataDiff Compare(GivenFiles files, IReadOnlyList<string> key, int examples)
    {
        try
        {
            return new RowsDiff(files.Duck, files.Relation, files.Tables[New]).Compare(key, examples);
        }
        catch (DiffKeyException wrong)
        {
            throw new VerbException(wrong.Message);
        }
    }

    private static void Tell(TextWriter output, DataDiff diff)
    {
        if (diff.IsSame)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"The same: {diff.Rows.New:N0} rows, {diff.Shifts.Count} columns."));
            return;
        }

        foreach (var column in diff.AddedColumns) output.WriteLine($"+ column {column.Name} {column.Type}");
        foreach (var column in diff.RemovedColumns) output.WriteLine($"- column {column.Name} {column.Type}");
        foreach (var column in diff.Retyped) output.WriteLine($"~ column {column.Name} is {column.New}, was {column.Old}");
        var rows = diff.Rows;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"rows: {rows.Old:N0} before, {rows.New:N0} now; {rows.Added:N0} added, {rows.Removed:N0} removed{(rows.Changed is { } changed ? string.Create(CultureInfo.InvariantCulture, $", {changed:N0} changed") : "")}, {rows.Same:N0} the same"));
        foreach (var (column, count) in rows.ChangedBy.Take(20)) output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {column} differs in {count:N0}"));
        foreach (var shift in diff.Shifts.Where(shift => shift.Distance > 0.05).Take(20))
        {
            var means = shift is { OldMean: { } old, NewMean: { } now } ? string.Create(CultureInfo.InvariantCulture, $", mean {old:0.####} → {now:0.####}") : "";
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"distribution of {shift.Name}: distance {shift.Distance:0.###}{means}{(shift.OldMissing != shift.NewMissing ? $", missing {shift.OldMissing * 100:0.##} % → {shift.NewMissing * 100:0.##} %" : "")}"));
        }

        foreach (var example in diff.Examples) output.WriteLine($"{example["what"]}  {Json.Write(example["key"]!)}  {Json.Write(example["values"]!)}");
    }
}
