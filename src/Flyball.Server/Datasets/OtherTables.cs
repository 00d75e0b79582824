using System.Text.RegularExpressions;
using Flyball.Foundation;
using Flyball.Native.DuckDb;
using Flyball.Server.Projects;

namespace Flyball.Server.Datasets;

/// <summary>Other datasets of a project that expectations of one look at, each with the objects of its newest usable version.</summary>
internal static class OtherTables
{
    public static async Task<IReadOnlyDictionary<string, IReadOnlyList<string>>> OfAsync(Tx tx, string project, DatasetSpec declared)
    {
        var others = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        if (!declared.Expect.Any(IsAboutOthers)) return others;
        foreach (var name in await DatasetsSql.NamesAsync(tx, project))
        {
            if (name != declared.Name && declared.Expect.Any(expectation => Names(expectation, name)) && await DatasetsSql.LatestUsableAsync(tx, project, name) is { } version) others[name] = [.. version.Content.Segments.Select(segment => segment.Object)];
        }

        return others;
    }

    /// <summary>Makes each a view of its name; answers the names as SQL.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> ViewAsync(JobContext context, DuckDbConnection duck, IReadOnlyDictionary<string, IReadOnlyList<string>> others, CancellationToken cancel)
    {
        foreach (var (name, objects) in others)
        {
            var paths = new List<string>();
            foreach (var digest in objects) paths.Add(await context.Objects.LocalPathAsync(digest, cancel));
            duck.Execute($"create or replace temporary view {DuckDbText.Quote(name)} as select * from {VersionBuild.Relation(paths)}");
        }

        return others.Keys.ToDictionary(name => name, DuckDbText.Quote);
    }

    private static bool IsAboutOthers(ExpectationSpec expectation) => expectation.Kwargs.ContainsKey("other_table_name") || expectation.Kwargs.ContainsKey("unexpected_rows_query");

    private static bool Names(ExpectationSpec expectation, string dataset) => expectation.Kwargs.GetValueOrDefault("other_table_name") is string other
        ? other == dataset
        : expectation.Kwargs.GetValueOrDefault("unexpected_rows_query") is string query && Regex.IsMatch(query, $@"(?<![\w-]){Regex.Escape(dataset)}(?![\w-])", RegexOptions.IgnoreCase);
}
