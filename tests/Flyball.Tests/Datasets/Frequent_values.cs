using Flyball.Native.DuckDb;
using Flyball.Server.Datasets;

namespace Flyball.Tests.Datasets;

public sealed class Frequent_values
{
    [Fact]
    public void That_are_long_are_counted_whole_and_shown_clipped()
    {
        using var database = DuckDbDatabase.OpenInMemory();
        using var duck = database.Connect();
        // two that differ behind what is shown, one that is shown whole, and one rare
        duck.Execute(
            """
            create table notes as
            select repeat('a', 300) || 'first' as note from range(7) union all select repeat('a', 300) || 'second' from range(5) union all select repeat('b', 200) from range(3) union all select 'short' from range(2)
            """);
        var profile = Assert.Single(Profiler.Profile(duck, "notes", [new Column("note", "VARCHAR")]).Columns);
        Assert.Equal([new TopValue(new string('a', 200), 7, 7), new TopValue(new string('a', 200), 5, 5), new TopValue(new string('b', 200), 3, 3), new TopValue("short", 2, 2)], profile.Top.Select(top => top with { Digest = null }));
        Assert.Equal([true, true, false, false], profile.Top.Select(top => top.Digest is not null));
        Assert.Equal(profile.Count, profile.Top.Sum(top => top.Count));
    }
}
