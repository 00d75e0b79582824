using Flyball.Native.DuckDb;
using Flyball.Server.Datasets;

namespace Flyball.Tests.Datasets;

/// <summary>Profiles of parts that are counted into the same edges are merged to that of the whole.</summary>
public sealed class Profiles_of_parts : IDisposable
{
    private readonly DuckDbDatabase database = DuckDbDatabase.OpenInMemory();
    private readonly DuckDbConnection duck;

    public Profiles_of_parts() => duck = database.Connect();

    public void Dispose()
    {
        duck.Dispose();
        database.Dispose();
    }

    [Theory]
    [InlineData(2)]
    [InlineData(7)]
    public void Merge_to_that_of_the_whole(int parts)
    {
        duck.Execute("select setseed(0.5); create table whole as select i, random() as x, 1e6 + exp(3 * random()) as y, case when i % 4 = 0 then null else (random() * 30)::int end as few, random() < 0.3 as flag, md5((i % 30000)::varchar) as digest, 'v' || (random() * 80)::int as word, timestamp '2024-01-01' + to_seconds(i) as at, case when i % 1000 = 0 then 'inf'::double when i % 777 = 0 then 'nan'::double else x end as wild from (select i, random() as x from range(60000) t(i))");
        var whole = Profile("whole");
        var merged = Enumerable.Range(0, parts).Select(part => Profile($"(select * from whole where i % {parts} = {part})", whole)).Aggregate(ProfileMerge.Merge);
        Assert.Equal(whole.Rows, merged.Rows);
        foreach (var (one, other) in whole.Columns.Zip(merged.Columns))
        {
            Assert.Equal((one.Count, one.Nulls, one.Nans, one.True, one.Min, one.Max, one.Sketch), (other.Count, other.Nulls, other.Nans, other.True, other.Min, other.Max, other.Sketch));
            if (one.IsListed) Assert.Equal((one.Distinct, one.IsDistinctExact, 0), (other.Distinct, other.IsDistinctExact, other.Unlisted));
            if (one.IsListed) Assert.Equal(one.Top, other.Top);
            if (one.Texts is { } texts) Assert.Equal((texts.MinLength, texts.MaxLength, texts.Empty, texts.Numbers), (other.Texts!.MinLength, other.Texts.MaxLength, other.Texts.Empty, other.Texts.Numbers));
            if (one.Numbers is not { } numbers) continue;
            var merge = other.Numbers!;
            Assert.Equal(numbers.Counts, merge.Counts);
            Assert.Equal((numbers.Finite, numbers.Min, numbers.Max, numbers.Zeros, numbers.Negative, numbers.LeftOut, numbers.PositiveInfinities), (merge.Finite, merge.Min, merge.Max, merge.Zeros, merge.Negative, merge.LeftOut, merge.PositiveInfinities));
            if (numbers.Mean is { } mean) Assert.Equal(mean, merge.Mean!.Value, Math.Abs(mean) * 1e-12);
            if (numbers.Std is { } std) Assert.Equal(std, merge.Std!.Value, std * 1e-9);
        }

        foreach (var (one, other) in whole.Correlations.Zip(merged.Correlations))
        {
            Assert.Equal(one.Count, other.Count);
            Assert.Equal(one.Correlation!.Value, other.Correlation!.Value, 1e-9);
        }

        A_profile.Check(duck, "whole", merged, isMerged: true);
    }

    [Fact]
    public void With_other_edges_do_not_merge()
    {
        duck.Execute("create table one as select i / 3.0 as x from range(5000) t(i); create table other as select i / 7.0 + 5 as x from range(5000) t(i)");
        Assert.Contains("x was counted into different edges", Assert.Throws<ArgumentException>(() => Profile("one").Merge(Profile("other"))).Message);
        Assert.Equal(10000, Profile("one").Merge(Profile("other", Profile("one"))).Columns[0].Numbers!.Counts.Sum());
    }

    [Fact]
    public void Without_values_add_only_what_is_missing()
    {
        duck.Execute("create table full_ as select i / 3.0 as x, 'a' as t from range(5000) t(i); create table empty_ as select null::double as x, null::varchar as t from range(7)");
        var (full, empty) = (Profile("full_"), Profile("empty_"));
        foreach (var merged in new[] { full.Merge(empty), empty.Merge(full) })
        {
            Assert.Equal((5007, 5000, 7, 5000), (merged.Rows, merged.Columns[0].Count, merged.Columns[0].Nulls, merged.Columns[0].Numbers!.Counts.Sum()));
            Assert.Equal(("a", 1), (merged.Columns[1].Top[0].Value, merged.Columns[1].Distinct));
        }
    }

    [Theory]
    [InlineData(10)]
    [InlineData(3_000)]
    [InlineData(200_000)]
    [InlineData(2_000_000)]
    public void Share_no_distinct_value_in_the_estimate(int distinct)
    {
        var (one, other, whole) = (new DistinctSketch(), new DistinctSketch(), new DistinctSketch());
        for (var i = 0; i < distinct; i++)
        {
            var hash = ValueHash.Of(i * 7919L);
            (i % 3 == 0 ? one : other).Add(hash);
            if (i % 5 == 0) one.Add(hash);
            whole.Add(hash);
        }

        var merged = DistinctSketch.Read(one.Text()).Merge(DistinctSketch.Read(other.Text()));
        Assert.Equal(whole.Text(), merged.Text());
        // five standard errors
        Assert.Equal(distinct, merged.Estimate(), 0.5 + (distinct * 0.081));
    }

    private DatasetProfile Profile(string relation, DatasetProfile? like = null) => Profiler.Profile(duck, relation, VersionBuild.Describe(duck, relation), like);
}
