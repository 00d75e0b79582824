using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Flyball.Native.DuckDb;
using Flyball.Numerics;
using Flyball.Server;
using Flyball.Server.Datasets;

namespace Flyball.Tests.Datasets;

/// <summary>What is different between two relations, two sets of files, two versions.</summary>
public sealed class A_diff : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("flyball-test-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Counts_rows_as_a_person_with_much_time_would(int seed)
    {
        var chance = new Seeded((ulong)seed);
        Dictionary<(long, string), (long?, double?)> Rows() => Enumerable.Range(0, 400).Select(_ => (Key: (chance.Below(60), new[] { "a", "b", "c" }[chance.Below(3)]), Value: (chance.Below(4) is 0 ? (long?)null : chance.Below(3), chance.Below(5) is 0 ? (double?)null : chance.Below(2)))).GroupBy(row => row.Key).ToDictionary(row => row.Key, row => row.First().Value);
        var (old, now) = (Rows(), Rows());
        using var database = DuckDbDatabase.OpenInMemory();
        using var duck = database.Connect();
        var diff = new RowsDiff(duck, Table(duck, "o", old), Table(duck, "n", now)).Compare(["k", "t"], 1000);
        var both = old.Keys.Intersect(now.Keys).ToList();
        var changed = both.Where(key => old[key] != now[key]).ToList();
        Assert.Equal((old.Count, now.Count, now.Keys.Except(old.Keys).Count(), old.Keys.Except(now.Keys).Count(), changed.Count, both.Count - changed.Count), (diff.Rows.Old, diff.Rows.New, diff.Rows.Added, diff.Rows.Removed, diff.Rows.Changed, diff.Rows.Same));
        Assert.Equal((changed.Count(key => old[key].Item1 != now[key].Item1), changed.Count(key => old[key].Item2 != now[key].Item2)), (diff.Rows.ChangedBy["x"], diff.Rows.ChangedBy["y"]));
        Assert.Equal(changed.Count + diff.Rows.Added + diff.Rows.Removed, diff.Examples.Count);
        Assert.All(diff.Examples.Where(example => (string)example["what"]! == "changed"), example => Assert.NotEmpty((IReadOnlyDictionary<string, object?>)example["values"]!));
        // as whole rows, a row that is there twice is there twice
        var whole = new RowsDiff(duck, "(from o union all from o)", "n").Compare([], 0);
        var same = old.Count(row => now.TryGetValue(row.Key, out var other) && other == row.Value);
        Assert.Equal((2 * old.Count, now.Count - same, (2 * old.Count) - same, null), (whole.Rows.Old, whole.Rows.Added, whole.Rows.Removed, whole.Rows.Changed));
    }

    [Fact]
    public void Tells_columns_and_how_differently_they_are_spread()
    {
        using var database = DuckDbDatabase.OpenInMemory();
        using var duck = database.Connect();
        var diff = new RowsDiff(duck, "(select i as id, i % 10 as x, 'a' as t, 1 as gone, i::integer as n from range(1000) r(i))", "(select i as id, 5 + i % 10 as x, case when i < 500 then 'a' else 'b' end as t, 2 as fresh, i::bigint as n from range(1000) r(i))").Compare(["id"], 0);
        Assert.Equal(("fresh", "gone", "n INTEGER BIGINT"), (Assert.Single(diff.AddedColumns).Name, Assert.Single(diff.RemovedColumns).Name, Assert.Single(diff.Retyped) is var n ? $"{n.Name} {n.Old} {n.New}" : ""));
        Assert.Equal(["x", "t", "id", "n"], diff.Shifts.Select(shift => shift.Name));
        Assert.Equal((4.5, 9.5), (diff.Shifts[0].OldMean, diff.Shifts[0].NewMean));
        // half of what was all a: sqrt of the divergence of (1, 0) and (1/2, 1/2) in bits
        Assert.Equal(0.5579230452841438, diff.Shifts[1].Distance, 12);
        Assert.Equal((0, 0), (diff.Shifts[2].Distance, diff.Shifts[3].Distance));
        Assert.False(diff.IsSame);
        Assert.True(new RowsDiff(duck, "(select 1 as a, 'nan'::double as x)", "(select 1 as a, 'nan'::double as x)").Compare(["a"], 5).IsSame);
        Assert.Contains("does not name one row each: 1 values", Assert.Throws<DiffKeyException>(() => new RowsDiff(duck, "(select 1 as a from range(2))", "(select 1 as a)").Compare(["a"], 0)).Message);
        Assert.Contains("'b', which is not in both", Assert.Throws<DiffKeyException>(() => new RowsDiff(duck, "(select 1 as a)", "(select 1 as a, 2 as b)").Compare(["b"], 0)).Message);
    }

    [Fact]
    public async Task Of_files_and_of_versions_is_told_by_the_verb()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await LineProject.ApplyAsync(flyball);
        await flyball.UntilQuietAsync();
        await File.WriteAllTextAsync(Path.Combine(flyball.Sources, "more.csv"), LineProject.Rows(200, 50), Cancel);
        await flyball.UntilQuietAsync();
        string[] at = ["--url", flyball.Client.Url.ToString()];
        var (code, told) = await RunAsync(["data", "diff", "straight/rows@1", "straight/rows@latest", "--key", "x", "--json", .. at]);
        Assert.Equal(1, code);
        using var read = JsonDocument.Parse(told);
        Assert.Equal((200, 50, 0, 0), (read.RootElement.GetProperty("rows").GetProperty("old").GetInt32(), read.RootElement.GetProperty("rows").GetProperty("added").GetInt32(), read.RootElement.GetProperty("rows").GetProperty("removed").GetInt32(), read.RootElement.GetProperty("rows").GetProperty("changed").GetInt32()));
        var csv = Path.Combine(folder, "v1.csv");
        Assert.Equal((0, "rows v1: 200 rows written to " + csv + ".\n"), await RunAsync(["data", "export", "straight/rows@1", "--out", csv, .. at]));
        Assert.Equal((0, "The same: 200 rows, 4 columns.\n"), await RunAsync(["data", "diff", "straight/rows@1", csv, "--key", "x", .. at]));
        Assert.Contains("no version", (await RunAsync(["data", "export", "straight/rows", "--out", csv, .. at])).Told);
        Assert.Equal(1, (await RunAsync(["data", "diff", "straight/rows@9", csv, .. at])).Code);
        Assert.Contains("straight/rows", (await RunAsync(["data", "find", "ROWS", .. at])).Told);
    }

    [Fact]
    public async Task Leaves_suites_to_their_own_verb()
    {
        var suite = Path.Combine(folder, "s.json");
        await File.WriteAllTextAsync(suite, """{"name": "s", "suite_parameters": {"top": 9}, "expectations": [{"type": "expect_column_max_to_be_between", "kwargs": {"column": "x", "max_value": {"$PARAMETER": "top"}}, "severity": "warning"}, {"type": "expect_column_values_to_match_regex", "kwargs": {"column": "x", "regex": "^é'\"$", "mostly": null}}]}""", Cancel);
        var (code, told) = await RunAsync(["data", "suite", "--from", suite]);
        Assert.Equal(0, code);
        Assert.Equal("- expect_column_max_to_be_between: {\"column\":\"x\",\"max_value\":9,\"severity\":\"warning\"}\n- expect_column_values_to_match_regex: {\"column\":\"x\",\"regex\":\"^é'\\\"$\"}\n", told);
    }

    private static string Table(DuckDbConnection duck, string name, Dictionary<(long, string), (long?, double?)> rows)
    {
        duck.Execute($"create table {name} (k bigint, t varchar, x bigint, y double)");
        foreach (var ((k, t), (x, y)) in rows) duck.Execute(string.Create(CultureInfo.InvariantCulture, $"insert into {name} values ({k}, '{t}', {(x is { } a ? a : "null")}, {(y is { } b ? b : "null")})"));
        return name;
    }

    private static async Task<(int Code, string Told)> RunAsync(string[] arguments)
    {
        await using var output = new StringWriter();
        var code = await Capabilities.CommandLine().Parse(arguments).InvokeAsync(new InvocationConfiguration { Output = output, Error = output }, Cancel);
        return (code, output.ToString());
    }
}
