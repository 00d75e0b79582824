using System.Security.Cryptography;
using Flyball.Foundation;
using Flyball.Models;
using Flyball.Native.DuckDb;
using Flyball.Server.Projects;

namespace Flyball.Server.Datasets;

/// <summary>Reads new source files into segments, validates what is new and profiles the whole. All files are taken or none.</summary>
internal sealed class IngestJob() : JobWork<IngestSpec, IngestResult>(Name)
{
    public const string Name = "ingest";

    private const int Tries = 5;

    public override async Task<IngestResult> RunAsync(JobContext context, IngestSpec spec, CancellationToken cancel)
    {
        using var database = await WorkerDuck.OpenAsync(context, spec.Known.Concat(spec.Traffic).Select(segment => segment.Object).Concat(spec.Files.Select(file => file.Like).OfType<string>()).Concat(spec.Others.Values.SelectMany(objects => objects)), spec.Files.Select(file => file.Path), cancel);
        using var duck = database.Connect();
        await using var stop = cancel.Register(duck.Interrupt);
        var required = Required(duck, spec);
        var (columns, notes, staged, kept) = (spec.SourceColumns, new List<string>(), new List<StagedSegment>(), new List<Segment>());
        var (aside, lost) = (new List<SetAside>(), new List<string>());
        var recipe = DatasetRecipe.Of(spec.Declared);
        var again = new HashSet<string>(StringComparer.Ordinal);
        var (asBeforeOf, byDigest) = (new Dictionary<string, Segment>(StringComparer.Ordinal), new Dictionary<string, Segment>(StringComparer.Ordinal));
        foreach (var segment in spec.Known)
        {
            asBeforeOf.TryAdd(segment.File, segment);
            byDigest.TryAdd(segment.SourceDigest, segment);
        }

        var taken = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < spec.Files.Count; i++)
        {
            var file = spec.Files[i];
            context.Report(0.7 * i / spec.Files.Count, $"reading {file.Name} ({i + 1} of {spec.Files.Count})");
            for (var tries = 1; ; tries++)
            {
                var before = Stamp(file);
                var digest = tries == 1 && before == (file.Bytes, file.ModifiedTicks) && asBeforeOf.GetValueOrDefault(file.Name) is { } unchanged && unchanged.IsOf(file) ? unchanged.SourceDigest : await DigestAsync(file, cancel);
                if (taken.TryGetValue(digest, out var same))
                {
                    notes.Add($"{file.Name} holds what {same} holds; it is taken once");
                    break;
                }

                var (known, asBefore) = (byDigest.GetValueOrDefault(digest), columns);
                if (known is not null && known.Recipe != recipe)
                {
                    again.Add(file.Name);
                    known = null;
                }

                if (known is null)
                {
                    var (told, path) = (notes.Count, Path.Combine(context.Scratch, $"segment-{i}-{tries}.parquet"));
                    try
                    {
                        columns = await StageAsync(context, duck, spec, recipe, file, digest, columns, required, notes, staged, path, cancel);
                    }
                    catch (JobFailedException wrong) when (file.Push is { } push)
                    {
                        // whoever sent it has long been told that it is stored; it must not keep all others waiting
                        notes.RemoveRange(told, notes.Count - told);
                        aside.Add(new SetAside(file.Name, digest, digest, null, new Dictionary<string, long> { [wrong.Message.Replace(" Nothing of this ingest was kept.", "", StringComparison.Ordinal)] = 1 }));
                        lost.Add(push);
                        taken.Add(digest, file.Name);
                        break;
                    }
                }

                if (Stamp(file) == before)
                {
                    // a file that was touched, and no more, is known by its new time from here on
                    if (known is not null) kept.Add(known.File == file.Name && file.Push is null ? known with { SourceBytes = before.Length, SourceTicks = before.Written } : known);
                    taken.Add(digest, file.Name);
                    break;
                }

                // what was read may be neither the old content nor the new
                if (tries == Tries) throw new JobFailedException($"{file.Name} changes while it is being read. Nothing of this ingest was kept; write files under another name and rename them when they are complete.");
                columns = asBefore;
                if (known is null) staged.RemoveAt(staged.Count - 1);
            }
        }

        var names = spec.Files.Select(file => file.Name).ToHashSet(StringComparer.Ordinal);
        var gone = spec.Known.Where(segment => !taken.ContainsKey(segment.SourceDigest) && !names.Contains(segment.File)).ToList();
        if (gone.Count > 0) notes.Add($"{(gone.Count == 1 ? $"{gone[0].File} is" : $"{gone.Count} files are")} no longer among the sources (rows that are left out with that: {gone.Sum(segment => segment.Rows):N0})");
        if (again.Count > 0) notes.Add($"{(again.Count == 1 ? again.First() : $"{again.Count} files")} read again: what the project says of {spec.Dataset} has changed");
        if (staged.Count == 0 && gone.Count == 0)
        {
            // expressions that have changed may read what the known files do not have
            if (spec.Declared.Transform is null) _ = SourceColumns.Merge([], spec.SourceColumns, required, spec.Dataset, []);
            if (spec.IsNewest) return new IngestResult(null, "", 0, [], aside, lost, []);
            notes.Add("the files are those of the last usable version again");
        }

        if (spec.LeftOut > 0) notes.Add($"labelled traffic is left out (rows: {spec.LeftOut:N0}): its truths were sent for the label as it was declared before, and count again when it is declared so again");
        if (spec.Back > 0) notes.Add($"labelled traffic counts again (rows: {spec.Back:N0}): its truths were sent for the label as it is declared now");
        foreach (var segment in spec.Traffic) kept.Add(segment);
        foreach (var one in staged.Where(segment => segment.Aside is not null))
        {
            var stored = await context.Objects.PutFileAsync(one.Aside!.Path, cancel);
            aside.Add(new SetAside(one.Segment.File, one.Segment.SourceDigest, stored.Digest, one.Aside.Rows, one.Aside.Reasons));
            notes.Add($"{one.Segment.File}: {one.Aside.Rows:N0} row{(one.Aside.Rows == 1 ? "" : "s")} set aside ({string.Join(", ", one.Aside.Reasons.Select(reason => $"{reason.Key}: {reason.Value:N0}"))})");
        }

        var content = await VersionBuild.RunAsync(context, duck, spec.Declared, staged, kept, columns, notes, spec.Others, cancel);
        return new IngestResult(content, VersionDigest.Of(content.Segments, content.Columns), content.Segments.Sum(segment => segment.Rows), [.. staged.Select(segment => segment.Segment.File).Where(name => !again.Contains(name))], aside, lost, [.. staged.Select(segment => segment.Segment.SourceDigest)]);
    }

    private static async Task<IReadOnlyList<Column>> StageAsync(
        JobContext context, DuckDbConnection duck, IngestSpec spec, string recipe, SourceFile file, string digest, IReadOnlyList<Column> columns, IReadOnlyDictionary<string, string> required, List<string> notes, List<StagedSegment> staged, string path,
        CancellationToken cancel)
    {
        try
        {
            // rows that come back from quarantine are what a transform has made
            var like = file.Like is { } batch ? VersionBuild.Describe(duck, DuckDbFiles.Parquet(await context.Objects.LocalPathAsync(batch, cancel))).Where(column => !ReservedColumns.Contains(column.Name)).ToList() : null;
            var (reader, found) = SourceFiles.Open(duck, file.Path, like ?? columns, file.Name);
            if (file.Push is null) (reader, found) = Partitions.Of(spec.Declared.Partitions, file.Name, columns).In(reader, found, file.Name);
            // with a transform the project's expressions read its output; the sources are then its own affair
            if (like is null) columns = SourceColumns.Merge(columns, found, spec.Declared.Transform is null ? required : new Dictionary<string, string>(), file.Name, notes);
            var select = string.Join(", ", (like ?? columns).Select(column => SourceColumns.Fits(column, found)
                ? $"cast({DuckDbText.Quote(column.Name)} as {column.Type}) as {DuckDbText.Quote(column.Name)}"
                : $"cast(null as {column.Type}) as {DuckDbText.Quote(column.Name)}"));
            var relation = $"(select {select} from {reader})";
            if (spec.Declared.Transform is { } transform && like is null)
            {
                Twice(file, duck, $"with source as {relation} (\n{transform}\n)");
                relation = $"(with source as {relation} select * from (\n{transform}\n))";
                _ = SourceColumns.Merge([], VersionBuild.Describe(duck, relation), required, $"{file.Name} after the transform", []);
            }

            var described = VersionBuild.Describe(duck, relation);
            KnownLater(file, spec.Declared, described);
            var selected = $"(select {Selected(spec.Declared, described)} from {relation})";
            var aside = QuarantineRules.Any(spec.Declared) ? SetAside(duck, QuarantineRules.Of(spec.Declared, VersionBuild.Describe(duck, selected), file.Name).Judged(selected), path) : Written(duck, selected, path);
            Reserved(file, VersionBuild.Describe(duck, DuckDbFiles.Parquet(path)));
            var time = DuckDbText.Quote(spec.Declared.Time);
            NoTime(duck, file, path, spec.Declared.Time);
            NotOfOurTime(duck, file, path, spec.Declared.Time);
            using var bounds = duck.Query($"select count(*), min({time})::timestamp, max({time})::timestamp from {DuckDbFiles.Parquet(path)}");
            var row = bounds.Rows()[0];
            if ((long)row[0]! == 0 && aside is null) throw new JobFailedException($"{file.Name} holds no rows. Nothing of this ingest was kept.");
            if ((long)row[0]! > 0) AllNull(duck, file, path, required);
            staged.Add(new StagedSegment(path, new Segment(file.Name, digest, "", 0, (long)row[0]!, At(row[1]), At(row[2]), DatasetRecipe.OfLabel(spec.Declared), recipe) { SourceBytes = file.Bytes, SourceTicks = file.ModifiedTicks }, aside));
            return columns;
        }
        catch (DuckDbException broken)
        {
            throw new JobFailedException($"{file.Name} cannot be read: {broken.Reason.Replace(file.Path, file.Name, StringComparison.Ordinal).Replace(path, "its segment", StringComparison.Ordinal).TrimEnd('.', ' ')}. Nothing of this ingest was kept.");
        }
    }

    private static StagedAside? Written(DuckDbConnection duck, string relation, string path)
    {
        // one statement alone is prepared, whatever the SQL of a rule says
        using var copy = duck.Prepare($"copy {relation} to {DuckDbText.Literal(path)} (format parquet, compression zstd)");
        copy.Execute();
        return null;
    }

    /// <summary>Writes the rows without a reason, and those with one apart from them; null where there are none of those.</summary>
    private static StagedAside? SetAside(DuckDbConnection duck, string judged, string path)
    {
        Written(duck, $"(select * exclude ({QuarantineRules.Reasons}) from {judged} where len({QuarantineRules.Reasons}) = 0)", path);
        var apart = path + ".aside";
        Written(duck, $"(select * from {judged} where len({QuarantineRules.Reasons}) > 0)", apart);
        using var counted = duck.Query($"select count(*) from {DuckDbFiles.Parquet(apart)}");
        if (counted.Scalar<long>() is not (> 0 and var rows)) return null;
        using var reasons = duck.Query($"select reason, count(*) from (select unnest({QuarantineRules.Reasons}) as reason from {DuckDbFiles.Parquet(apart)}) group by 1 order by 2 desc, 1");
        return new StagedAside(apart, rows, reasons.Rows().ToDictionary(row => (string)row[0]!, row => Convert.ToInt64(row[1], System.Globalization.CultureInfo.InvariantCulture)));
    }

    /// <summary>Every column, and the label. A label that is called like a column stands in its place: two of one name would leave which of them is meant to the engine.</summary>
    private static string Selected(DatasetSpec declared, IReadOnlyList<Column> columns)
    {
        if (declared.Label is not { } label) return "*";
        var name = DuckDbText.Quote(label.Name);
        var computed = $"(\n{label.Sql}\n) as {name}";
        return !columns.Any(column => column.Name.Equals(label.Name, StringComparison.OrdinalIgnoreCase)) ? $"*, {computed}" : columns.Count == 1 ? computed : $"* exclude ({name}), {computed}";
    }

    /// <summary>Refuses a query that gives two columns one name, of which the second would get another one silently.</summary>
    private static void Twice(SourceFile file, DuckDbConnection duck, string query)
    {
        using var described = duck.Query($"describe {query}");
        var names = described.Rows().Select(row => (string)row[0]!);
        if (names.GroupBy(name => name, StringComparer.OrdinalIgnoreCase).FirstOrDefault(same => same.Count() > 1) is { } twice)
            throw new JobFailedException($"{file.Name} after the transform: there are {twice.Count()} columns called {twice.Key}; replace one by the other (select * replace (… as {twice.Key})), or call them differently. Nothing of this ingest was kept.");
    }

    private static void Reserved(SourceFile file, IReadOnlyList<Column> columns)
    {
        if (columns.FirstOrDefault(column => ReservedColumns.Contains(column.Name)) is { } reserved)
            throw new JobFailedException($"{file.Name}: the column {reserved.Name} begins with {ReservedColumns.Prefix}, as only columns do that Flyball makes; call it something else. Nothing of this ingest was kept.");
    }

    /// <summary>Refuses a time that is no date or timestamp and cannot be read as one, by the first value that is none.</summary>
    private static void NoTime(DuckDbConnection duck, SourceFile file, string path, string column)
    {
        var segment = DuckDbFiles.Parquet(path);
        var type = VersionBuild.Describe(duck, segment).First(known => known.Name.Equals(column, StringComparison.OrdinalIgnoreCase)).Type;
        if (type == "DATE" || type.StartsWith("TIMESTAMP", StringComparison.Ordinal)) return;
        var time = DuckDbText.Quote(column);
        using var wrong = duck.Query($"select {time}::varchar from {segment} where {time} is not null and try_cast({time}::varchar as timestamp) is null limit 1");
        if (wrong.Rows() is [var found]) throw new JobFailedException($"{file.Name}: column {column}, which is the dataset's time, has another type: expected a date or timestamp, found {type} such as '{Refusal.Shown((string)found[0]!)}'; make it one with a transform. Nothing of this ingest was kept.");
    }

    /// <summary>Refuses a time that no calendar of clients has, by the first such value.</summary>
    private static void NotOfOurTime(DuckDbConnection duck, SourceFile file, string path, string column)
    {
        var time = DuckDbText.Quote(column);
        using var wrong = duck.Query($"select {time}::varchar from {DuckDbFiles.Parquet(path)} where not {TimeRange.Sql($"{time}::timestamp")} limit 1");
        if (wrong.Rows() is [var found]) throw new JobFailedException($"{file.Name}: column {column}, which is the dataset's time, holds '{Refusal.Shown((string)found[0]!)}'; times lie in the years 1 to 9999. Leave such rows out with a transform. Nothing of this ingest was kept.");
    }

    /// <summary>A column that is listed as known later and is none would protect from nothing.</summary>
    private static void KnownLater(SourceFile file, DatasetSpec declared, IReadOnlyList<Column> columns)
    {
        bool IsThere(string name) => columns.Any(column => column.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) || name.Equals(declared.Label?.Name, StringComparison.OrdinalIgnoreCase);
        if (declared.KnownLater.FirstOrDefault(name => !IsThere(name)) is not { } missing) return;
        var near = Suggestions.For(missing, columns.Select(column => column.Name));
        throw new JobFailedException($"{file.Name}: column {missing}, which is listed in known_later, is missing, so no feature would be kept from it{(near is null ? "." : $"; did you mean '{near}'?")} Found {string.Join(", ", columns.Take(30).Select(column => column.Name))}. Nothing of this ingest was kept.");
    }

    private static void AllNull(DuckDbConnection duck, SourceFile file, string path, IReadOnlyDictionary<string, string> required)
    {
        if (required.Count == 0) return;
        using var result = duck.Query($"select {string.Join(", ", required.Keys.Select(name => $"count({DuckDbText.Quote(name)})"))} from {DuckDbFiles.Parquet(path)}");
        var counts = result.Rows()[0];
        var empty = required.Where((_, i) => (long)counts[i]! == 0).ToList();
        if (empty.Count > 0) throw new JobFailedException($"{file.Name}: column {empty[0].Key}, which {empty[0].Value} reads, is null in every row. Nothing of this ingest was kept.");
    }

    private static Dictionary<string, string> Required(DuckDbConnection duck, IngestSpec spec)
    {
        var required = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { [spec.Declared.Time] = "the dataset's time" };
        // other expressions may read the label by its name; where the label is computed from a column of that name, the column is needed
        var label = spec.Declared.Label is { } declared && !SqlColumns.Of(duck, declared.Sql).Contains(declared.Name, StringComparer.OrdinalIgnoreCase) ? declared.Name : null;
        foreach (var (use, sql) in spec.Expressions)
        {
            foreach (var column in SqlColumns.Of(duck, sql))
            {
                if (!column.Equals(label, StringComparison.OrdinalIgnoreCase)) required.TryAdd(column, use);
            }
        }

        return required;
    }

    private static (long Length, long Written) Stamp(SourceFile file) => new FileInfo(file.Path) is { Exists: true } info ? (info.Length, info.LastWriteTimeUtc.Ticks) : throw new JobFailedException($"{file.Name} disappeared while it was being read.");

    private static async Task<string> DigestAsync(SourceFile file, CancellationToken cancel)
    {
        // a pipe has no length either, and reading it would wait for whoever writes
        if (Stamp(file).Length == 0) throw new JobFailedException($"{file.Name} cannot be read: it holds no rows. Nothing of this ingest was kept.");
        try
        {
            await using var stream = new FileStream(file.Path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, useAsync: true);
            return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancel));
        }
        catch (FileNotFoundException)
        {
            throw new JobFailedException($"{file.Name} disappeared while it was being read.");
        }
    }

    private static DateTimeOffset? At(object? value) => value is DateTime at ? new DateTimeOffset(DateTime.SpecifyKind(at, DateTimeKind.Utc)) : null;
}
