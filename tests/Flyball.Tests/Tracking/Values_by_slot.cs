using Flyball.Numerics;
using Flyball.Server.Tracking;

namespace Flyball.Tests.Tracking;

/// <summary>The columns of the search, of which there are as many as names of metrics, params and tags.</summary>
public sealed class Values_by_slot
{
    [Theory]
    [InlineData(1, 10, 20_000)]
    [InlineData(2, 300, 20_000)]
    [InlineData(3, 3_000, 20_000)]
    [InlineData(4, 600, 4096)]
    [InlineData(5, 257, 257)]
    [InlineData(6, 20_000, 9_000)]
    public void Are_those_that_were_set_last(ulong seed, int count, int slots)
    {
        var (random, column, expected) = (new Seeded(seed), new NumberColumn(), new Dictionary<int, double>());
        for (var i = 0; i < count; i++)
        {
            var (slot, value) = ((int)random.Below(slots), random.Chance(0.1) ? double.NaN : i);
            column[slot] = value;
            expected[slot] = value;
        }

        for (var slot = 0; slot < slots + 5000; slot++)
        {
            Assert.Equal(!expected.TryGetValue(slot, out var value), NumberColumn.IsAbsent(column[slot]));
            if (expected.ContainsKey(slot)) Assert.Equal(value, column[slot]);
        }
    }

    [Fact]
    public void Cost_little_where_hardly_any_run_has_them()
    {
        var columns = new List<NumberColumn>(1000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            columns.Add(new NumberColumn());
            for (var slot = i; slot < 20_000; slot += 4096) columns[i][slot] = slot;
        }

        // five values in five blocks; a block with a place for every slot has 32 KB
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / columns.Count, 1, 1500);
    }
}
