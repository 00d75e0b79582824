using Flyball.Native.DuckDb;
using Flyball.Server.Datasets;
using Flyball.Server.Features;

namespace Flyball.Tests.Features;

/// <summary>The join against the rule as it is told, row by row, on small numbers that tie, expire, are missing and are known late.</summary>
public sealed class Joins_of_random_data
{
    private static readonly string[] TimeTypes = ["TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "TIMESTAMP_NS", "TIMESTAMP_MS"];

    private sealed record Asking(int? A, string? B, int? Time);

    private sealed record Known(int? A, string? B, int? Event, int? Created, int? F, string? G);

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, true)]
    [InlineData(4, true)]
    public void Find_what_the_rule_says(int seed, bool asKnownAt)
    {
        var random = new Random(seed);
        using var database = DuckDbDatabase.OpenInMemory();
        using var duck = database.Connect();
        duck.Execute("set timezone = 'America/New_York'");
        var (found, rows) = (0, 0);
        for (var round = 0; round < 60; round++)
        {
            var (keys, times) = (random.Next(1, 6), random.Next(2, 25));
            int? Number(int below, double missing) => random.NextDouble() < missing ? null : random.Next(below);
            string? Text(int below) => Number(below, 0.05) is { } number ? $"k{number}" : null;
            var asking = Enumerable.Range(0, random.Next(0, 120)).Select(_ => new Asking(Number(keys, 0.05), Text(2), Number(times, 0.05))).ToList();
            var views = Enumerable.Range(0, random.Next(1, 4)).Select(at =>
            {
                var known = Enumerable.Range(0, random.Next(0, 150)).Select(_ =>
                {
                    var happened = Number(times, 0.05);
                    return new Known(Number(keys, 0.05), Text(2), happened, Number(times, 0.2) is { } late ? random.Next(2) == 0 ? late : happened + random.Next(4) : null, Number(3, 0.2), Number(3, 0.2) is { } g ? $"g{g}" : null);
                }).ToList();
                return (Rows: known, Composite: random.Next(2) == 0, HasCreated: asKnownAt || random.Next(3) > 0, Ttl: random.Next(3) == 0 ? 0 : random.Next(1, 10), Name: $"v{at}");
            }).ToList();

            Create(duck, "asking", TimeTypes[random.Next(TimeTypes.Length)], null, asking.Select((row, at) => $"{Sql(row.A)}::integer, {Sql(row.B)}, @{Sql(row.Time)}, {at}"), "a, b, t, id");
            foreach (var view in views) Create(duck, view.Name, TimeTypes[random.Next(TimeTypes.Length)], TimeTypes[random.Next(TimeTypes.Length)], view.Rows.Select(row => $"{Sql(row.A)}::{(round % 2 == 0 ? "bigint" : "double")}, {Sql(row.B)}, @{Sql(row.Event)}, #{Sql(row.Created)}, {Sql(row.F)}::integer, {Sql(row.G)}"), "a, b, e, c, f, g");
            var plan = PointInTimeJoin.Plan(
                new JoinEntities("asking", VersionBuild.Describe(duck, "asking"), "t"),
                [.. views.Select(view => new JoinView(view.Name, view.Name, VersionBuild.Describe(duck, view.Name), view.Composite ? [new("a", "a"), new("b", "b")] : [new("a", "a")], "e", view.HasCreated ? "c" : null, TimeSpan.FromSeconds(view.Ttl), ["f", "g"]))],
                new JoinOptions(asKnownAt, FullNames: true));
            foreach (var statement in plan.Prepare) duck.Execute(statement);
            using var result = duck.Query(plan.Rows);
            var answered = result.Rows();
            Assert.Equal(asking.Count, answered.Count);
            for (var at = 0; at < asking.Count; at++)
            {
                Assert.Equal(at, answered[at][3]);
                for (var number = 0; number < views.Count; number++)
                {
                    var view = views[number];
                    var expected = Expected(asking[at], view.Rows, view.Composite, view.HasCreated, view.Ttl, asKnownAt);
                    var (f, g) = (answered[at][4 + (2 * number)], answered[at][5 + (2 * number)]);
                    Assert.True(Equals(f, expected?.F) && Equals(g, expected?.G), $"round {round}, row {asking[at]}, view {view.Name} (composite {view.Composite}, created {view.HasCreated}, ttl {view.Ttl}): {f}, {g} instead of {expected}");
                    rows++;
                    if (expected is not null) found++;
                }
            }
        }

        Assert.True(rows > 4000 && found > rows / 4 && found < rows, $"{found} of {rows} found a row: such data test little");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Find_what_the_rule_says_of_many_rows(bool asKnownAt)
    {
        using var database = DuckDbDatabase.OpenInMemory(new DuckDbOptions { Threads = 4 });
        using var duck = database.Connect();
        duck.Execute("create table asking as select (hash(i) % 3000)::integer as k, case when i % 101 = 0 then null else (hash(i + 1) % 40000)::integer end as t from range(250000) t(i)");
        duck.Execute("create table v as select (hash(i * 3) % 3500)::bigint as k, e, case when i % 7 = 0 then null else e + (hash(i * 3 + 2) % 300)::integer - 20 end as c, i as f from (select i, (hash(i * 3 + 1) % 800 * 50)::integer as e from range(400000) t(i))");
        static string Time(string column) => $"make_timestamp(1767225600000000 + {column} * 1000000::bigint)";
        var (asking, view) = ($"(select k, {Time("t")} as t from asking)", $"(select k, {Time("e")} as e, {Time("c")} as c, f from v)");
        var plan = PointInTimeJoin.Plan(new JoinEntities(asking, VersionBuild.Describe(duck, asking), "t"), [new JoinView("v", view, VersionBuild.Describe(duck, view), [new("k", "k")], "e", "c", TimeSpan.FromSeconds(500))], new JoinOptions(asKnownAt));
        foreach (var statement in plan.Prepare) duck.Execute(statement);
        using var joined = duck.Query($"select coalesce(f, -1) as f from ({plan.Rows})");
        using var keys = duck.Query("select k, coalesce(t, -1)::integer as t from asking");
        using var known = duck.Query("select k, e, coalesce(c, -1000)::integer as c, f from v");
        var rows = known.Longs(0).Zip(known.Longs(1).Zip(known.Longs(2), known.Longs(3))).ToLookup(row => row.First, row => row.Second);
        var (found, times, key) = (joined.Longs(0), keys.Longs(1), keys.Longs(0));
        for (var at = 0; at < found.Length; at++)
        {
            var asked = times[at];
            (long Event, long Created, long F) best = (-1, 0, -1);
            foreach (var (happened, created, f) in rows[key[at]])
            {
                if (happened <= asked && (!asKnownAt || (created > -1000 && created <= asked)) && (happened, created, f).CompareTo(best) > 0) best = (happened, created, f);
            }

            Assert.True(found[at] == (best.Event >= asked - 500 ? best.F : -1), $"row {at}: {found[at]} instead of {best} at {asked}");
        }

        Assert.True(found.Count(f => f >= 0) > 100000 && found.Count(f => f < 0) > 10000);
    }

    private static Known? Expected(Asking asked, List<Known> view, bool composite, bool hasCreated, int ttl, bool asKnownAt) => view
        .Where(row => row.A is not null && row.A == asked.A && (!composite || (row.B is not null && row.B == asked.B)))
        .Where(row => row.Event <= asked.Time && (!asKnownAt || row.Created <= asked.Time))
        .OrderByDescending(row => row.Event).ThenByDescending(row => hasCreated ? row.Created ?? -1 : 0)
        // what is left ties: by all other columns in the order of their names
        .ThenByDescending(row => row.B is null ? "" : row.B, StringComparer.Ordinal).ThenByDescending(row => row.Created ?? -1).ThenByDescending(row => row.F ?? -1).ThenByDescending(row => row.G ?? "", StringComparer.Ordinal)
        .FirstOrDefault() is { } latest && (ttl == 0 || latest.Event >= asked.Time - ttl) ? latest : null;

    /// <summary>A table of rows in which @ and # stand before seconds that become times of either type.</summary>
    private static void Create(DuckDbConnection duck, string table, string times, string? created, IEnumerable<string> rows, string columns)
    {
        var values = rows.Select(row => $"({Moment(Moment(row, '@', times), '#', created ?? times)})").ToList();
        var shape = columns.Split(", ").Length == 4 ? $"a integer, b varchar, t {times}, id integer" : $"a {(values.Count > 0 && values[0].Contains("double", StringComparison.Ordinal) ? "double" : "bigint")}, b varchar, e {times}, c {created}, f integer, g varchar";
        duck.Execute($"create or replace table {table} ({shape})");
        if (values.Count > 0) duck.Execute($"insert into {table} values {string.Join(", ", values)}");
    }

    private static string Moment(string row, char mark, string type)
    {
        var at = row.IndexOf(mark, StringComparison.Ordinal);
        if (at < 0) return row;
        var end = row.IndexOf(',', at) is var comma and >= 0 ? comma : row.Length;
        var number = row[(at + 1)..end];
        return $"{row[..at]}{(number == "null" ? "null" : $"cast('2026-03-08 06:59:{int.Parse(number, System.Globalization.CultureInfo.InvariantCulture):00}{(type.Contains("ZONE", StringComparison.Ordinal) ? "+00" : "")}' as {type})")}{row[end..]}";
    }

    private static string Sql(int? value) => value?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "null";

    private static string Sql(string? value) => value is null ? "null" : $"'{value}'";
}
