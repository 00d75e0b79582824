using System.CommandLine;
using System.Globalization;
using Flyball.Client;
using Flyball.Native.DuckDb;
using Flyball.Server.Hosting;

namespace Flyball.Server.Datasets;

/// <summary><c>flyball data ingest</c> and <c>flyball data quarantine</c>: rows on their way into a dataset, and those that were set aside.</summary>
internal static class QuarantineCommand
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    public static Command Ingest(Verbs verbs)
    {
        var (project, dataset) = Names();
        var files = new Argument<string[]>("file") { Description = "Files of rows: Parquet, CSV or JSON.", Arity = ArgumentArity.OneOrMore };
        var key = new Option<string?>("--key") { Description = "What to call the batch, so that it is taken once however often it is sent; for one file." };
        var mends = new Option<string?>("--mends") { Description = "The quarantined batch that these rows are of, mended." };
        var command = new Command("ingest", "Sends files of rows to a dataset and waits until they are in a version.") { project, dataset, files, key, mends };
        verbs.Online(command, async (client, parsed, output, cancel) =>
        {
            var (named, of) = (parsed.GetRequiredValue(project), parsed.GetRequiredValue(dataset));
            var paths = parsed.GetRequiredValue(files);
            if (paths.Length > 1 && (parsed.GetValue(key) ?? parsed.GetValue(mends)) is not null) throw new VerbException("A key, or the batch that is mended, is said of one file.");
            var aside = false;
            foreach (var path in paths)
            {
                await using var rows = File.OpenRead(path);
                var push = await client.PushRowsAsync(named, of, rows, MediaType(path), parsed.GetValue(key), parsed.GetValue(mends), cancel);
                while (push.State == "waiting")
                {
                    await Task.Delay(Pause, TimeProvider.System, cancel);
                    push = await client.GetPushAsync(named, of, push.Id, cancel);
                }

                aside |= push.State != "taken";
                await output.WriteLineAsync(push.State == "taken" ? $"{Path.GetFileName(path)} is in {of} v{push.Version}." : $"{Path.GetFileName(path)} was set aside: {push.Reason}");
            }

            return aside ? 1 : 0;
        });
        return command;
    }

    public static Command Quarantine(Verbs verbs)
    {
        var (project, dataset) = Names();
        var id = new Argument<string?>("batch") { Description = "A quarantined batch; all are listed where none is named.", Arity = ArgumentArity.ZeroOrOne };
        var save = new Option<string?>("--save") { Description = "Write all rows of the batch with their reasons to this file (.csv or .parquet), to mend them there." };
        var discard = new Option<bool>("--discard") { Description = "Say that the rows of the batch are not needed." };
        var command = new Command("quarantine", "Shows what was set aside of a dataset's sources and why; mended rows go back with 'data ingest --mends'.") { project, dataset, id, save, discard };
        verbs.Online(command, async (client, parsed, output, cancel) =>
        {
            var (named, of) = (parsed.GetRequiredValue(project), parsed.GetRequiredValue(dataset));
            if (parsed.GetValue(id) is not { } batch)
            {
                var known = await client.ListQuarantineAsync(named, of, cancel);
                if (known.Count == 0) await output.WriteLineAsync("Nothing was set aside.");
                foreach (var one in known) await output.WriteLineAsync(Line(one));
            }
            else if (parsed.GetValue(discard))
            {
                await output.WriteLineAsync(Line(await client.DiscardQuarantineAsync(named, of, batch, cancel)));
            }
            else if (parsed.GetValue(save) is { } path)
            {
                await SaveAsync(client, named, of, batch, path, cancel);
                await output.WriteLineAsync($"Written to {path}. Send it back with: flyball data ingest {named} {of} {path} --mends {batch}");
            }
            else
            {
                var rows = await client.GetQuarantinedRowsAsync(named, of, batch, cancel);
                foreach (var row in rows.Rows) await output.WriteLineAsync(string.Join("  ", rows.Columns.Zip(row, (column, value) => $"{column}={value}")));
                await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{rows.Rows.Count:N0} of {rows.Total:N0} rows."));
            }
        }, looks: true);
        return command;
    }

    private static (Argument<string> Project, Argument<string> Dataset) Names() => (new("project") { Description = "Name of the project." }, new("dataset") { Description = "Name of the dataset." });

    private static string Line(QuarantineInfo batch) => string.Create(
        CultureInfo.InvariantCulture, $"{batch.Id}  {batch.State,-9}  {(batch.Rows is { } rows ? $"{rows,9:N0} rows" : "not readable   ")}  {batch.File}  {string.Join("; ", batch.Reasons.Select(reason => batch.Rows is null ? reason.Key : $"{reason.Key}: {reason.Value:N0}"))}");

    /// <summary>Text is made of Parquet here: whatever is in it is read by the program of whoever asked.</summary>
    private static async Task SaveAsync(FlyballClient client, string project, string dataset, string batch, string path, CancellationToken cancel)
    {
        var scratch = Directory.CreateTempSubdirectory("flyball-quarantine-").FullName;
        try
        {
            var content = Path.Combine(scratch, "rows");
            await using (var from = await client.OpenQuarantineAsync(project, dataset, batch, cancel))
            await using (var to = File.Create(content)) await from.CopyToAsync(to, cancel);
            if (!path.EndsWith(".csv", StringComparison.OrdinalIgnoreCase))
            {
                File.Copy(content, path, overwrite: true);
                return;
            }

            var full = Path.GetFullPath(path);
            using var database = DuckDbDatabase.OpenInMemory(new DuckDbOptions { LockDown = true, AllowedFiles = [content, full] });
            using var duck = database.Connect();
            duck.Execute($"copy (select * replace (array_to_string({QuarantineRules.Reasons}, '; ') as {QuarantineRules.Reasons}) from {DuckDbFiles.Parquet(content)}) to {DuckDbText.Literal(full)} (format csv, header)");
        }
        catch (DuckDbException)
        {
            throw new VerbException($"The batch {batch} is not of rows that could be written as CSV; save it under its own ending.");
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }

    private static string MediaType(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".csv" => "text/csv",
        ".json" => "application/json",
        ".ndjson" or ".jsonl" => "application/x-ndjson",
        ".parquet" => "application/vnd.apache.parquet",
        var other => throw new VerbException($"{Path.GetFileName(path)} is of no kind that can be sent ({other}); use .parquet, .csv, .json or .ndjson."),
    };
}
