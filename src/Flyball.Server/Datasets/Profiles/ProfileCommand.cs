using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Flyball.Foundation;
using Flyball.Server.Hosting;

namespace Flyball.Server.Datasets;

/// <summary><c>flyball data profile</c>: what files hold, without a server or a project.</summary>
internal static class ProfileCommand
{
    private const long LargestProfile = 256 << 20;
    private static readonly JsonSerializerOptions Written = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly TimeSpan Silent = TimeSpan.FromSeconds(10);

    public static Command Profile()
    {
        var files = new Argument<string[]>("file") { Description = GivenFiles.Told + " Several are described together, column by column of one name.", Arity = ArgumentArity.OneOrMore };
        var json = new Option<bool>("--json") { Description = "Print the whole profile as JSON, as docs/formats/profile.md describes it." };
        var html = new Option<string?>("--html") { Description = "Write the profile as one page that needs nothing else." };
        var like = new Option<string?>("--like") { Description = "An earlier profile in JSON, into whose edges numbers are counted, so that the two can be compared and merged." };
        var suggest = new Option<string?>("--suggest") { Description = "Write a suite of Great Expectations that these files meet, each with its reason, for you to look through." };
        var command = new Command("profile", "Tells what files hold: types, missing and frequent values, distributions, shapes of texts, correlations.") { files, json, html, like, suggest };
        Verbs.Offline(command, async (parsed, output, cancel) =>
        {
            var patterns = parsed.GetRequiredValue(files);
            var earlier = parsed.GetValue(like) is { } path ? await EarlierAsync(path, cancel) : null;
            var asked = parsed.GetValue(suggest);
            var name = patterns.Length == 1 ? Path.GetFileName(patterns[0]) : $"{patterns.Length} files";
            var (profile, suite) = GivenFiles.Read(patterns, given =>
            {
                if (new[] { parsed.GetValue(html), asked }.FirstOrDefault(target => target is not null && given.Paths.Contains(Path.GetFullPath(target), StringComparer.Ordinal)) is { } own) throw new VerbException($"{own} is one of the files that are read; write to another one.");
                var told = Profiler.Profile(given.Duck, given.Relation, given.Columns, earlier, given.Bytes, Progress(parsed.InvocationConfiguration.Error));
                return (told, asked is null ? null : ExpectationSuggestions.Tested(told, given));
            }, cancel);
            if (parsed.GetValue(html) is { } page) await File.WriteAllTextAsync(page, ProfilePage.Of(profile, name), new UTF8Encoding(false), cancel);
            if (suite is not null) await File.WriteAllTextAsync(asked!, ExpectationSuggestions.Json(suite, Path.GetFileNameWithoutExtension(asked!), name, profile).ToJsonString(Written), new UTF8Encoding(false), cancel);
            if (parsed.GetValue(json))
            {
                await output.WriteLineAsync(JsonSerializer.Serialize(profile, Json.Options));
                return 0;
            }

            if (parsed.GetValue(html) is null && suite is null) ProfileTable.Write(output, profile);
            if (parsed.GetValue(html) is { } written) await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{written}: {profile.Rows:N0} rows, {profile.Columns.Count:N0} columns."));
            if (suite is not null) await output.WriteLineAsync($"{asked}: {suite.Count} expectations, each with its reason in meta. Look through them, then: flyball data check FILE --suite {asked}");
            return 0;
        });
        return command;
    }

    private static async Task<DatasetProfile> EarlierAsync(string path, CancellationToken cancel)
    {
        if (new FileInfo(path) is { Exists: true, Length: > LargestProfile }) throw new VerbException($"{path} is larger than {LargestProfile >> 20} MiB, which no profile is.");
        DatasetProfile read;
        try
        {
            read = Json.Read<DatasetProfile>(await File.ReadAllTextAsync(path, cancel));
        }
        catch (Exception wrong) when (wrong is JsonException or NotSupportedException)
        {
            throw new VerbException($"{path} is no profile: {wrong.Message}");
        }

        foreach (var column in read.Columns ?? throw new VerbException($"{path} is no profile: it has no columns."))
        {
            if (column?.Name is null || column.Numbers is { Cuts: null }) throw new VerbException($"{path} is no profile: a column has no name or no cuts.");
            for (var i = 0; i < (column.Numbers?.Cuts.Count ?? 0); i++)
            {
                if (!double.IsFinite(column.Numbers!.Cuts[i]) || (i > 0 && !(column.Numbers.Cuts[i] > column.Numbers.Cuts[i - 1]))) throw new VerbException($"{path} is no profile: the cuts of the column {Refusal.Shown(column.Name)} do not ascend.");
            }
        }

        return read;
    }

    /// <summary>A line every ten seconds, none before.</summary>
    private static Action<long> Progress(TextWriter error)
    {
        var (watch, next) = (Stopwatch.StartNew(), Silent);
        return rows =>
        {
            if (watch.Elapsed < next) return;
            next += Silent;
            error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rows:N0} rows after {watch.Elapsed.TotalSeconds:0} s"));
        };
    }
}
