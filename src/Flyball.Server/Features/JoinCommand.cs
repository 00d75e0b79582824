using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Flyball.Native.DuckDb;
using Flyball.Server.Datasets;
using Flyball.Server.Hosting;

namespace Flyball.Server.Features;

/// <summary><c>flyball features join</c>: the point-in-time join on files, without a server or a project.</summary>
internal static class JoinCommand
{
    public static Command Join()
    {
        var entities = new Option<string[]>("--entities") { Description = "Files, or patterns with * and **, of the rows that ask: Parquet, CSV or JSON, also as .gz or .zst. All of them come out once, in their order.", Required = true, AllowMultipleArgumentsPerToken = true };
        var time = new Option<string>("--entity-time") { Description = "The column of the entities that holds the time as of which a row asks. Times without a zone are UTC.", DefaultValueFactory = _ => "event_timestamp" };
        var view = new Option<string[]>("--view")
        {
            Description = $"{ViewArgument.Form}, as often as there are views. FILES are as those of the entities. Several keys are a+b; one that the entities call otherwise is ENTITY:VIEW. The latest row at or before the time asked for is found, of several with that time the one created last, and none that is older than the ttl (s, m, h, d, w; without a limit if it is 0 or not there). Columns are all but keys and times unless named. A view is called as its file unless named. Names that hold , + : or spaces are written in double quotes.",
            Required = true,
        };
        var known = new Option<bool>("--as-known-at") { Description = "Do not see rows that were created after the time asked for, or that nobody knows when: what was corrected later stays as it was known. Otherwise created only decides between rows of one time, as in Feast." };
        var full = new Option<bool>("--full-feature-names") { Description = "Call features view__feature." };
        var to = new Option<string>("--out") { Description = "The Parquet file to write; it is replaced whole or not at all.", Required = true };
        var command = new Command("join", "Puts beside rows the features as they were at the time of each row: the point-in-time join of Feast.") { entities, time, view, known, full, to };
        Verbs.Offline(command, async (parsed, output, cancel) =>
        {
            var watch = Stopwatch.StartNew();
            var views = parsed.GetRequiredValue(view).Select(ViewArgument.Parse).ToList();
            var options = new JoinOptions(parsed.GetValue(known), parsed.GetValue(full));
            var rows = NamedFiles.Find(parsed.GetRequiredValue(entities));
            var files = views.ConvertAll(one => NamedFiles.Find([one.Files]));
            var target = new JoinTarget(parsed.GetRequiredValue(to), [.. rows, .. files.SelectMany(paths => paths)]);
            var (written, counts) = await Task.Run(
                () => target.Write(partial => NamedFiles.With(
                    [.. rows, .. files.SelectMany(paths => paths), partial],
                    duck => PointInTimeJoin.Plan(Entities(duck, rows, parsed.GetRequiredValue(time)), [.. views.Zip(files, (one, paths) => View(duck, one, paths))], options).Write(duck, partial),
                    cancel)),
                CancellationToken.None);
            foreach (var one in counts) output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{one.View}: {one.Found:N0} rows found a value, {one.None:N0} none, {one.Expired:N0} only one that had expired"));
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{written:N0} rows with their features are in {target.Path}, after {watch.Elapsed.TotalSeconds:0.0} s."));
            return 0;
        });
        return command;
    }

    private static JoinEntities Entities(DuckDbConnection duck, IReadOnlyList<string> paths, string time)
    {
        var relation = NamedFiles.Relation(duck, paths);
        return new JoinEntities(relation, VersionBuild.Describe(duck, relation), time);
    }

    private static JoinView View(DuckDbConnection duck, ViewArgument view, IReadOnlyList<string> paths)
    {
        var relation = NamedFiles.Relation(duck, paths);
        return new JoinView(view.Name, relation, VersionBuild.Describe(duck, relation), view.Keys, view.EventTime, view.Created, view.Ttl, view.Columns);
    }
}
