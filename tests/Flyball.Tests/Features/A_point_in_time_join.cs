using Flyball.Foundation;
using Flyball.Native.DuckDb;
using Flyball.Server.Datasets;
using Flyball.Server.Features;

namespace Flyball.Tests.Features;

/// <summary>The rule of Feast, and what it says of times, keys and names.</summary>
public sealed class A_point_in_time_join : IDisposable
{
    private readonly DuckDbDatabase database = DuckDbDatabase.OpenInMemory();
    private readonly DuckDbConnection duck;

    public A_point_in_time_join()
    {
        duck = database.Connect();
        duck.Execute("set timezone = 'Asia/Tokyo'");
    }

    public void Dispose()
    {
        duck.Dispose();
        database.Dispose();
    }

    [Theory]
    [InlineData(2, false, null, 11, 11, 11, 12, 12, null, 21, null, null, null)]
    [InlineData(0, false, null, 11, 11, 11, 12, 12, 12, 21, null, null, null)]
    [InlineData(2, true, null, null, 10, 11, 11, 12, null, 20, null, null, null)]
    public void Answers_as_worked_out_by_hand(int ttl, bool asKnownAt, params int?[] expected)
    {
        duck.Execute("create table v as select driver_id, ('2026-01-01 ' || happened)::timestamp as event_timestamp, ('2026-01-01 ' || created)::timestamp as created, value from (values (1, '10:00', '10:05', 10), (1, '10:00', '10:30', 11), (1, '12:00', '12:01', 12), (2, '09:00', '09:00', 20), (2, '11:00', null, 21), (3, '10:00', '10:00', null)) t(driver_id, happened, created, value)");
        duck.Execute("create table e as select driver_id, ('2026-01-01 ' || time)::timestamp as event_timestamp from (values (1, '09:59:59'), (1, '10:00:00'), (1, '10:10:00'), (1, '11:59:00'), (1, '12:00:00'), (1, '14:00:00'), (1, '14:00:01'), (2, '11:00:00'), (3, '10:30:00'), (4, '10:00:00'), (2, '08:00:00')) t(driver_id, time)");
        var (rows, counts) = Join("e", [View("v") with { Created = "created", Ttl = TimeSpan.FromHours(ttl) }], new JoinOptions(asKnownAt));
        Assert.Equal(expected, rows.Select(row => (int?)row[2]));
        // of 3, a row was found whose value is null
        Assert.Equal((expected.Count(value => value is not null) + 1, ttl == 0 ? 0 : 1), ((int)counts[0].Found, (int)counts[0].Expired));
    }

    [Fact]
    public void Answers_as_the_documentation_of_Feast_does()
    {
        var folder = SharedData.Path("feast");
        duck.Execute($"create table v as from {DuckDbFiles.Csv(Path.Combine(folder, "pit_example_features.csv"))}");
        duck.Execute($"create table e as from {DuckDbFiles.Csv(Path.Combine(folder, "pit_example_expected.csv"))}");
        var (rows, counts) = Join("(select timestamp, driver_id, trip_success from e)", [View("v") with { EventTime = "timestamp", Ttl = TimeSpan.FromHours(2) }], new JoinOptions(), time: "timestamp");
        using var expected = duck.Query("from e");
        Assert.Equal(expected.Rows().Select(Line), rows.Select(Line));
        Assert.Equal(new JoinCounts("v", 3, 1, 1), counts[0]);
    }

    [Fact]
    public void Finds_in_real_data_what_a_search_through_all_rows_finds()
    {
        var stats = DuckDbFiles.Parquet(SharedData.Path("feast", "driver_stats.parquet"));
        duck.Execute($"create table e as select driver_id, event_timestamp + to_minutes(minutes) as event_timestamp, minutes as note from {stats}, (values (0), (30), (-1), (200), (100000)) t(minutes)");
        var (rows, counts) = Join("e", [View(stats) with { Name = "stats", Created = "created", Ttl = TimeSpan.FromHours(3) }], new JoinOptions());
        using var slow = duck.Query($"select (select s.conv_rate from {stats} s where s.driver_id = e.driver_id and s.event_timestamp <= e.event_timestamp and s.event_timestamp >= e.event_timestamp - interval 3 hours order by s.event_timestamp desc, s.created desc nulls last limit 1) from e");
        var expected = slow.Rows().Select(row => row[0]).ToList();
        Assert.Equal(expected, rows.Select(row => row[3]));
        Assert.Equal(expected.Count(value => value is not null), counts[0].Found);
        Assert.True(counts[0].None > 0 && counts[0].Expired > 0);
    }

    [Theory]
    [InlineData("timestamp '2026-01-01 10:00:00'", "timestamptz '2026-01-01 12:00:00+02'", true)]
    [InlineData("timestamp '2026-01-01 09:59:59.999999'", "timestamptz '2026-01-01 12:00:00+02'", false)]
    [InlineData("timestamptz '2026-01-01 12:00:00+02'", "timestamp '2026-01-01 10:00:00'", true)]
    [InlineData("timestamptz '2026-01-01 12:00:00+02'", "timestamp '2026-01-01 10:00:00.000001'", false)]
    [InlineData("timestamp '2026-01-01 00:00:00'", "date '2026-01-01'", true)]
    [InlineData("date '2026-01-01'", "timestamptz '2026-01-01 00:00:00+00'", true)]
    [InlineData("date '2026-01-01'", "timestamptz '2026-01-01 00:00:01+00'", false)]
    [InlineData("timestamp_ns '2026-01-01 00:00:00.000000001'", "timestamp_ns '2026-01-01 00:00:00.000000002'", false)]
    [InlineData("timestamp '2026-01-01 00:00:00.000001'", "timestamp_ns '2026-01-01 00:00:00.000001001'", false)]
    [InlineData("timestamp '9999-12-31'", "timestamp_ns '2026-01-01'", true)]
    [InlineData("timestamp_ns '2026-01-01'", "timestamp '9999-12-31'", false)]
    [InlineData("timestamp_ns '2026-01-01'", "timestamp '0001-01-01'", true)]
    [InlineData("timestamp '2026-01-01'", "timestamp '-infinity'", true)]
    [InlineData("timestamp '2026-01-01'", "timestamptz '-infinity'", true)]
    [InlineData("timestamp 'infinity'", "timestamp '2026-01-01'", true)]
    [InlineData("timestamp '2026-01-01'", "timestamp 'infinity'", false)]
    [InlineData("timestamp_s '2026-01-01'", "timestamp_ms '2026-01-01'", true)]
    [InlineData("null", "timestamp '2026-01-01'", false)]
    [InlineData("timestamp '2026-01-01'", "null", false)]
    public void Compares_times_of_all_types(string asked, string happened, bool found)
    {
        duck.Execute($"create table e as select 1 as driver_id, {asked}{(asked == "null" ? "::timestamp" : "")} as event_timestamp");
        duck.Execute($"create table v as select 1 as driver_id, {happened}{(happened == "null" ? "::timestamp" : "")} as event_timestamp, 7 as value");
        Assert.Equal(found ? 7 : null, Join("e", [View("v")], new JoinOptions()).Rows[0][2]);
    }

    [Theory]
    [InlineData("timestamp '2026-01-02'", "timestamp '2026-01-01'", true)]
    [InlineData("timestamp '2026-01-02 00:00:00.000001'", "timestamp '2026-01-01'", false)]
    [InlineData("timestamp_ns '2026-01-02 00:00:00'", "timestamp_ns '2026-01-01'", true)]
    [InlineData("timestamp_ns '2026-01-02 00:00:00.000000001'", "timestamp_ns '2026-01-01'", false)]
    [InlineData("timestamp_ns '2262-01-02'", "timestamp_ns '1680-01-01'", false)]
    [InlineData("timestamp '2026-01-01'", "timestamp '-infinity'", false)]
    [InlineData("timestamp 'infinity'", "timestamp '2026-01-01'", false)]
    [InlineData("timestamp '9999-12-31'", "timestamp '290000-01-01 (BC) 00:00:00'", false)]
    [InlineData("timestamp '290000-01-01 (BC) 00:00:01'", "timestamp '290000-01-01 (BC) 00:00:00'", true)]
    public void Ends_a_row_after_its_ttl_to_the_last_digit(string asked, string happened, bool found)
    {
        duck.Execute($"create table e as select 1 as driver_id, {asked} as event_timestamp");
        duck.Execute($"create table v as select 1 as driver_id, {happened} as event_timestamp, 7 as value");
        var (rows, counts) = Join("e", [View("v") with { Ttl = TimeSpan.FromDays(1) }], new JoinOptions(), read: "value");
        Assert.Equal(found ? 7 : null, rows[0][0]);
        Assert.Equal((found ? 1 : 0, found ? 0 : 1), ((int)counts[0].Found, (int)counts[0].Expired));
    }

    [Theory]
    [InlineData("1::integer", "1::bigint", true)]
    [InlineData("1::utinyint", "1::hugeint", true)]
    [InlineData("1::bigint", "1.0::double", true)]
    [InlineData("2::bigint", "1.5::double", false)]
    [InlineData("9007199254740993::bigint", "9007199254740992::double", false)]
    [InlineData("9007199254740993::bigint", "9007199254740993::decimal(38,0)", true)]
    [InlineData("1::float", "1::double", true)]
    [InlineData("1::bigint", "'nan'::double", false)]
    [InlineData("-1::bigint", "18446744073709551615::ubigint", false)]
    [InlineData("'a'", "'a'::enum('b', 'a')", true)]
    [InlineData("'a'", "'A'", false)]
    [InlineData("true", "true", true)]
    [InlineData("null::integer", "null::integer", false)]
    public void Takes_keys_of_kindred_types(string entity, string view, bool found)
    {
        duck.Execute($"create table e as select {entity} as driver_id, timestamp '2026-01-01' as event_timestamp");
        duck.Execute($"create table v as select {view} as driver_id, timestamp '2026-01-01' as event_timestamp, 7 as value");
        Assert.Equal(found ? 7 : null, Join("e", [View("v")], new JoinOptions()).Rows[0][2]);
    }

    [Fact]
    public void Keeps_composite_keys_apart()
    {
        duck.Execute("create table e as select * from (values (1, 23, timestamp '2026-01-01'), (12, 3, timestamp '2026-01-01'), (1, null, timestamp '2026-01-01')) t(a, b, event_timestamp)");
        duck.Execute("create table v as select * from (values (12, 3, timestamp '2026-01-01', 'of 12'), (1, 23, timestamp '2026-01-01', 'of 1'), (1, null, timestamp '2026-01-01', 'of nobody')) t(x, b, event_timestamp, value)");
        var (rows, _) = Join("e", [View("v") with { Keys = [new JoinKey("a", "x"), new JoinKey("b", "b")] }], new JoinOptions());
        Assert.Equal(["of 1", "of 12", null], rows.Select(row => row[3]));
    }

    [Fact]
    public void Decides_ties_without_regard_to_the_order_of_rows_or_to_what_is_asked_for()
    {
        duck.Execute("create table e as select i % 50 as driver_id, timestamp '2026-01-01' as event_timestamp from range(200) t(i)");
        string? first = null;
        for (var seed = 0; seed < 5; seed++)
        {
            // b follows from a, which is not asked for in every round: it decides all the same
            duck.Execute($"create or replace table v as select i % 50 as driver_id, timestamp '2026-01-01' as event_timestamp, hash(i) as a, hash(i + 1) as b from range(50000) t(i) order by hash(i + {seed * 100000})");
            var (rows, _) = Join("e", [View("v") with { Features = seed % 2 == 0 ? ["b"] : ["b", "a"] }], new JoinOptions());
            var told = string.Join(',', rows.Select(row => row[2]));
            Assert.Equal(first ??= told, told);
        }

        using var greatest = duck.Query("select arg_max(b, a) from v where driver_id = 0");
        Assert.Equal(greatest.Rows()[0][0], ulong.Parse(first!.Split(',')[0], System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public void Keeps_every_row_with_its_columns_in_its_order()
    {
        duck.Execute("create table e as select hash(i) % 1000 as driver_id, case when i % 97 = 0 then null else timestamp '2026-01-01' + to_seconds((hash(i + 7) % 100000)::bigint) end as event_timestamp, i as place, 'note ' || (i % 3) as note from range(400000) t(i) union all select 1, timestamp '2026-01-02', 400000 + i % 2, 'twice' from range(4) t(i)");
        duck.Execute("create table v as select hash(i) % 1500 as driver_id, timestamp '2026-01-01' + to_seconds((hash(i + 9) % 100000)::bigint) as event_timestamp, i as value from range(300000) t(i)");
        var (rows, counts) = Join("e", [View("v"), View("v") with { Name = "w", Ttl = TimeSpan.FromMinutes(1) }], new JoinOptions(FullNames: true));
        using var asked = duck.Query("from e");
        Assert.Equal(asked.Rows().Select(Line), rows.Select(row => Line(row[..4])));
        Assert.All(counts, count => Assert.Equal(400004, count.Found + count.None + count.Expired));
        Assert.Equal(rows.Count(row => row[5] is not null), counts[1].Found);
        Assert.True(counts[1].Expired > 1000);
    }

    [Fact]
    public void Leaves_no_table_behind()
    {
        duck.Execute("create table e as select 1 as driver_id, timestamp '2026-01-01' as event_timestamp, 'x' as v");
        duck.Execute("create table s as select 1 as driver_id, timestamp '2026-01-01' as event_timestamp, 7 as value");
        var file = Path.GetTempFileName();
        Plan("e", [View("s")], new JoinOptions()).Write(duck, file);
        File.Delete(file);
        using var left = duck.Query("select table_name from duckdb_tables() where temporary");
        Assert.Empty(left.Rows());
    }

    [Theory]
    [InlineData("v(driver_id, event_timestamp, value)", "The entities have no column 'drive_id'; did you mean driver_id?", "drive_id")]
    [InlineData("v(courier, event_timestamp, value)", "The view 'v' has no column 'driver_id'; there is courier, event_timestamp, value.")]
    [InlineData("v(driver_id, event_timestmp, value)", "The view 'v' has no column 'event_timestamp'; did you mean event_timestmp?")]
    [InlineData("v(driver_id, value, event_timestamp)", "The view 'v' has the time 'event_timestamp' as INTEGER")]
    [InlineData("v(value, event_timestamp, driver_id)", "The view 'v' has the key 'driver_id' as VARCHAR, and the entities have 'driver_id' as INTEGER", "driver_id", "x")]
    [InlineData("v(driver_id, event_timestamp, LABEL)", "Two columns would be called 'LABEL': the column 'label' of the entities, and the feature 'LABEL' of the view 'v'.")]
    [InlineData("v(driver_id, event_timestamp, created)", "no features", "driver_id", "7", "created")]
    public void Refuses_by_name_what_does_not_fit(string columns, string said, string key = "driver_id", string value = "7", string? created = null)
    {
        duck.Execute("create table e as select 1 as driver_id, timestamp '2026-01-01' as event_timestamp, 0 as label");
        duck.Execute($"create table v as select * from (values (1, timestamp '2026-01-01', {(value == "x" ? "'x'" : created is null ? value : "timestamp '2026-01-01'")})) {columns}");
        var refused = Assert.Throws<Refusal>(() => Plan("e", [View("v") with { Keys = [new JoinKey(key, "driver_id")], Created = created }], new JoinOptions()));
        Assert.Contains(said, refused.Message);
    }

    [Fact]
    public void Tells_views_apart_by_full_names()
    {
        duck.Execute("create table e as select 1 as driver_id, timestamp '2026-01-01' as event_timestamp, 0 as label");
        duck.Execute("create table v as select 1 as driver_id, timestamp '2026-01-01' as event_timestamp, 7 as value");
        JoinView[] views = [View("v"), View("v") with { Name = "w" }];
        Assert.Contains("'value': the feature 'value' of the view 'v', and the feature 'value' of the view 'w'", Assert.Throws<Refusal>(() => Plan("e", views, new JoinOptions())).Message);
        Assert.Contains("Two views are called 'v'", Assert.Throws<Refusal>(() => Plan("e", [View("v"), View("v")], new JoinOptions(FullNames: true))).Message);
        Assert.Contains("has no created column", Assert.Throws<Refusal>(() => Plan("e", views, new JoinOptions(AsKnownAt: true))).Message);
        var plan = Plan("e", views, new JoinOptions(FullNames: true));
        foreach (var statement in plan.Prepare) duck.Execute(statement);
        using var result = duck.Query(plan.Rows);
        Assert.Equal(["driver_id", "event_timestamp", "label", "v__value", "w__value"], result.Columns.Select(column => column.Name));
    }

    private JoinView View(string relation) => new(relation, relation, VersionBuild.Describe(duck, relation), [new JoinKey("driver_id", "driver_id")], "event_timestamp");

    private JoinPlan Plan(string entities, IReadOnlyList<JoinView> views, JoinOptions options, string time = "event_timestamp") =>
        PointInTimeJoin.Plan(new JoinEntities(entities, VersionBuild.Describe(duck, entities), time), views, options);

    private (IReadOnlyList<object?[]> Rows, IReadOnlyList<JoinCounts> Counts) Join(string entities, IReadOnlyList<JoinView> views, JoinOptions options, string time = "event_timestamp", string read = "*")
    {
        var plan = Plan(entities, views, options, time);
        foreach (var statement in plan.Prepare) duck.Execute(statement);
        using var result = duck.Query($"select {read} from ({plan.Rows})");
        return (result.Rows(), [.. plan.Counts.Select(one => JoinPlan.Count(duck, one.View, one.Sql))]);
    }

    private static string Line(object?[] row) => string.Join('|', row.Select(value => value ?? "null"));
}
