using Flyball.Native.DuckDb;
using Flyball.Server.Datasets;

namespace Flyball.Tests.Datasets;

/// <summary>Profiles against brute force over the same rows.</summary>
public sealed class A_profile : IDisposable
{
    private readonly DuckDbDatabase database = DuckDbDatabase.OpenInMemory();
    private readonly DuckDbConnection duck;

    public A_profile() => duck = database.Connect();

    public void Dispose()
    {
        duck.Dispose();
        database.Dispose();
    }

    public static TheoryData<string> Shared => ["adult/adult.parquet", "bike_sharing/hour.csv", "nyc_yellow_samples/*2019-01*", "nyc_green/green_tripdata_2021-01.parquet", "bank_marketing/bank-full.csv"];

    [Theory]
    [MemberData(nameof(Shared))]
    public void Of_real_data_tells_what_counting_every_row_tells(string file)
    {
        var folder = SharedData.Path(Path.GetDirectoryName(file)!);
        GivenFiles.Read([Path.Combine(folder, Path.GetFileName(file))], given =>
        {
            var profile = Profiler.Profile(given.Duck, given.Relation, given.Columns, bytes: given.Bytes);
            Check(given.Duck, given.Relation, profile);
            return 0;
        }, TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData("select (random() * 1000)::int as a, random() as b, -exp(20 * random()) as c, 1e9 + random() as d, (random() * 3)::tinyint as e from range(50000)")]
    [InlineData("select i as a, timestamp '2024-01-01' + to_seconds(i) as b, date '2020-01-01' + (i / 100)::int as c, time '00:00:00' + to_seconds(i) as d from range(60000) t(i)")]
    [InlineData("select (random() * 100)::decimal(9, 2) as a, (random() * 1e12)::decimal(30, 4) as b, (i * 7)::hugeint as c, i::ubigint as d, (i % 5)::float / 3 as e, (i % 700)::smallint - 350 as f from range(40000) t(i)")]
    [InlineData("select case when i % 3 = 0 then null else (i * 7919) % 10007 end as a, case when i % 7 = 0 then 'nan'::double when i % 11 = 0 then null else i / 3.0 end as b, case when i < 30000 then null else 1e15 + i end as c from range(60000) t(i)")]
    [InlineData("select case i when 0 then timestamp '290309-12-22 (BC) 00:00:00' when 1 then timestamp '294247-01-10 04:00:54.775806' when 2 then timestamp '0001-01-01 (BC) 12:30:00.5' else timestamp '1600-02-29' + to_days((i * 31)::int) end as a, date '0400-01-01 (BC)' + (i * 1000)::int as b from range(3000) t(i)")]
    [InlineData("select md5(i::varchar) as a, 'v' || (i % 900) as b, case when i % 2 = 0 then '' else 'é' || i end as c, repeat('x', (i % 300)::int) as d from range(30000) t(i)")]
    [InlineData("select case when i % 2 = 0 then 0 else -1e6 - random() end as a, case when i < 2048 then 5.0 else -i::double end as b, -(i % 3)::double as c, 0.0 as d from range(50000) t(i)")]
    public void Of_odd_data_tells_what_counting_every_row_tells(string rows)
    {
        duck.Execute($"select setseed(0.25); create table odd as {rows}");
        Check(duck, "odd", Profile("odd"));
    }

    [Fact]
    public void Of_the_same_rows_is_the_same_every_time()
    {
        duck.Execute("select setseed(0.5); create table same as select random() as a, (random() * 1e6)::int as b, md5(i::varchar) as c from range(100000) t(i)");
        Assert.Equal(Flyball.Foundation.Json.Write(Profile("same")), Flyball.Foundation.Json.Write(Profile("same")));
    }

    [Fact]
    public void Correlates_as_the_engine_does()
    {
        duck.Execute("select setseed(0.5); create table pairs as select x as a, 3 * x + random() as b, case when i % 5 = 0 then null else -x * x end as c, case when i % 7 = 0 then null else random() + 1e8 end as d, 1 as e from (select i, random() as x from range(50000) t(i))");
        var profile = Profile("pairs");
        Assert.Equal(10, profile.Correlations.Count);
        foreach (var pair in profile.Correlations)
        {
            using var asked = duck.Query($"select corr({pair.A}, {pair.B}), regr_count({pair.B}, {pair.A}) from pairs");
            var row = asked.Rows()[0];
            Assert.Equal(Convert.ToInt64(row[1], null), pair.Count);
            if (pair.B == "e") Assert.Null(pair.Correlation);
            else Assert.Equal((double)row[0]!, pair.Correlation!.Value, 1e-7);
        }
    }

    [Fact]
    public void Of_numbers_beyond_measure_says_what_it_left_out()
    {
        duck.Execute("create table wild as select unnest([1e308::double, -1e308, 1e308, 'nan'::double, 'inf'::double, '-inf'::double, '-inf'::double, -0.0, 0.0, 5e-324, 2.5, null]) as x");
        var column = Assert.Single(Profile("wild").Columns);
        var numbers = column.Numbers!;
        Assert.Equal((10, 1, 1, 7), (column.Count, column.Nulls, column.Nans, column.Distinct));
        Assert.Equal((7, 3, 2, 1, 1, 2), (numbers.Finite, numbers.LeftOut, numbers.Zeros, numbers.Negative, numbers.PositiveInfinities, numbers.NegativeInfinities));
        Assert.Equal((-1e308, 1e308), (numbers.Min, numbers.Max));
        Assert.Equal(2.5 / 4, numbers.Mean!.Value, 1e-15);
        Assert.Equal(1.25, numbers.Std!.Value, 1e-15);
        Assert.Equal(7, numbers.Counts.Sum());
        Assert.Contains(column.Top, top => top is { Value: "0", Count: 2 });
    }

    [Fact]
    public void Counts_into_the_edges_of_an_earlier_one()
    {
        duck.Execute("select setseed(0.5); create table before as select random() as a, i as b from range(20000) t(i); create table after as select random() + 0.3 as a, i + 7.0 as b, i as fresh from range(30000) t(i)");
        var (before, after) = (Profile("before"), Profile("after", Profile("before")));
        Check(duck, "after", after);
        for (var i = 0; i < 2; i++) Assert.Equal(before.Columns[i].Numbers!.Cuts, after.Columns[i].Numbers!.Cuts);
        Assert.NotEmpty(after.Columns[2].Numbers!.Cuts);
    }

    [Fact]
    public void Of_every_type_tells_something()
    {
        duck.Execute(
            """
            create table types as select 1::hugeint << 100 as h, (1::uhugeint << 127) as uh, uuid() as u, 'ab'::blob as bl, [1, 2, null] as l, {'a': 1, 'b': 'x'} as s, map {'k': 1} as m, interval 3 days as iv, time '10:11:12.5' as t,
                '10:11:12+02'::timetz as tz, 'a'::enum('a', 'b') as e, '101'::bit as bi, union_value(n := 3) as un, [1, 2]::int[2] as ar, null as nothing, '{"a": 1}'::json as j, timestamp_ns '2024-01-02 03:04:05.123456789' as ns,
                timestamp_s '2024-01-02 03:04:05' as se, timestamptz '2024-01-02 03:04:05+02' as z, 'infinity'::timestamp as never, 'infinity'::date as endless, true as "a ""quoted"" name", 99999999999999999999999999999999.123456::decimal(38, 6) as de
            from range(3)
            """);
        var profile = Profile("types");
        Assert.All(profile.Columns.Where(column => column.Name is not ("nothing" or "u")), column => Assert.Equal((3, 0, 1), (column.Count, column.Nulls, column.Distinct)));
        var columns = profile.Columns.ToDictionary(column => column.Name);
        Assert.Equal((0, 3), (columns["nothing"].Count, columns["nothing"].Nulls));
        Assert.Equal(("[1, 2, NULL]", "3 days", "a", "10:11:12.5", "2024-01-02 01:04:05+00"), (columns["l"].Min, columns["iv"].Min, columns["e"].Min, columns["t"].Min, columns["z"].Min));
        Assert.Equal((3, 3), (columns["never"].Numbers!.PositiveInfinities, columns["endless"].Numbers!.PositiveInfinities));
        Assert.Equal(3, columns["a \"quoted\" name"].True);
        Assert.Equal(3, columns["u"].Texts!.Uuids);
        // whatever they hold, they are written and merge
        Assert.Equal(6, profile.Merge(profile).Rows);
        Assert.Contains("a &quot;quoted&quot; name", ProfilePage.Of(profile, "types"));
    }

    [Fact]
    public void Of_texts_tells_their_shapes_and_what_they_read_as()
    {
        duck.Execute("create table texts as select unnest(['AB-123', 'CD-9', ' 12.5 ', '-3e4', '2024-01-31', '2024-01-31T10:20:30Z', '31.12.2024', '2024-13-01', 'a@b.de', 'a b@c.de', 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6', '', 'Größe', '.', '1-2']) as x");
        var texts = Assert.Single(Profile("texts").Columns).Texts!;
        Assert.Equal((2, 3, 1, 1, 1), (texts.Numbers, texts.Dates, texts.Emails, texts.Uuids, texts.Empty));
        Assert.Contains(new ShapeCount("AA-999", 1), texts.Shapes);
        Assert.Contains(new ShapeCount("Aaééa", 1), texts.Shapes);
        Assert.Contains(new ShapeCount("A+-9+", 2), texts.LooseShapes);
        Assert.Equal((0, 36), (texts.MinLength, texts.MaxLength));
    }

    private DatasetProfile Profile(string table, DatasetProfile? like = null) => Profiler.Profile(duck, table, VersionBuild.Describe(duck, table), like);

    /// <summary>Every figure against rows that are sorted and counted one by one.</summary>
    /// <param name="isMerged">Made of parts, each of which listed a hundred values.</param>
    internal static void Check(DuckDbConnection duck, string relation, DatasetProfile profile, bool isMerged = false)
    {
        foreach (var column in profile.Columns)
        {
            var brute = BruteForce.Of(duck, relation, column);
            Assert.Equal((brute.Rows, brute.Nulls, brute.Nans), (profile.Rows, column.Nulls, column.Nans));
            Assert.Equal(brute.Rows - brute.Nulls - brute.Nans, column.Count);
            if (column.IsDistinctExact) Assert.Equal(brute.Counts.Count, column.Distinct);
            else Assert.InRange(column.Distinct, brute.Counts.Count * 0.92, brute.Counts.Count * 1.08);
            Assert.Equal(brute.Counts.Count <= (isMerged ? 100 : 768), column.IsDistinctExact);
            CheckTop(brute, column, isMerged);
            if (column.Kind == ColumnKind.Time) Assert.Equal((brute.Counts.Keys.Count > 0, true), (brute.Counts.ContainsKey(column.Min ?? ""), brute.Counts.ContainsKey(column.Max ?? "")));
            if (column.Numbers is { } numbers) CheckNumbers(brute, column, numbers);
        }
    }

    private static void CheckTop(BruteForce brute, ColumnProfile column, bool isMerged)
    {
        foreach (var top in column.Top.Where(top => top.Digest is null)) Assert.InRange(brute.CountOf(top.Value), top.Count, top.AtMost);
        Assert.True(isMerged || column.Top.All(top => top.AtMost - top.Count <= column.Count / 384));
        var listed = column.Top.Where(top => top.Digest is null).Select(top => top.Value).ToHashSet();
        if (column.Top.All(top => top.Digest is null)) Assert.All(brute.Counts.Where(value => !listed.Contains(value.Key)), value => Assert.InRange(value.Value, 0, column.Unlisted));
    }

    private static void CheckNumbers(BruteForce brute, ColumnProfile column, NumberProfile numbers)
    {
        var sorted = brute.Sorted;
        Assert.Equal(sorted.Length, numbers.Finite);
        Assert.Equal(numbers.Cuts.Count + 1, numbers.Counts.Count);
        Assert.Equal(numbers.Cuts.Order().Distinct(), numbers.Cuts);
        for (var bin = 0; bin < numbers.Counts.Count; bin++) Assert.Equal(sorted.LongCount(value => (bin == 0 || value >= numbers.Cuts[bin - 1]) && (bin == numbers.Cuts.Count || value < numbers.Cuts[bin])), numbers.Counts[bin]);
        if (sorted.Length == 0) return;
        Assert.Equal((sorted[0], sorted[^1]), (numbers.Min, numbers.Max));
        Assert.Equal((sorted.LongCount(value => value == 0), sorted.LongCount(value => value < 0)), (numbers.Zeros, numbers.Negative));
        if (column.Kind == ColumnKind.Number)
        {
            // 0.3 added 76,000 times is not 22,800: what each addition loses is kept
            var (sum, lost) = (0.0, 0.0);
            foreach (var value in sorted)
            {
                var next = sum + (value - lost);
                lost = next - sum - (value - lost);
                sum = next;
            }

            var mean = sum / sorted.Length;
            var std = Math.Sqrt(sorted.Sum(value => (value - mean) * (value - mean)) / (sorted.Length - 1));
            Assert.Equal(mean, numbers.Mean!.Value, Math.Abs(mean) * 1e-12);
            Assert.Equal(std, numbers.Std!.Value, (std * 1e-9) + (Math.Abs(mean) * 1e-15));
        }

        for (var i = 0; i < NumberBins.Levels.Count; i++)
        {
            // the rank is off by no more than the share of the bin that holds the true quantile
            var exact = sorted[(int)Math.Round(NumberBins.Levels[i] * (sorted.Length - 1))];
            var (low, high) = (sorted.Count(value => value < numbers.Quantiles[i]), sorted.Count(value => value <= numbers.Quantiles[i]));
            var rank = NumberBins.Levels[i] * (sorted.Length - 1);
            var bin = numbers.Cuts.TakeWhile(cut => cut <= exact).Count();
            var off = rank < low ? low - rank : rank > high ? rank - high : 0;
            Assert.True(off <= numbers.Counts[bin] + 1, $"{column.Name} at {NumberBins.Levels[i]}: {numbers.Quantiles[i]} for {exact}, {off} ranks away");
        }
    }
}
