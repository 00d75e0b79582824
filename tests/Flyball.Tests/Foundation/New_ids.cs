using Flyball.Foundation;

namespace Flyball.Tests.Foundation;

public sealed class New_ids
{
    [Fact]
    public void Sort_in_the_order_of_their_making_even_while_the_clock_stands_still()
    {
        var ids = new Ids(new ReplayTime(new DateTimeOffset(2024, 5, 1, 0, 0, 0, TimeSpan.Zero)));
        var made = Enumerable.Range(0, 10_000).Select(_ => ids.New()).ToList();
        Assert.Equal(made.Order(StringComparer.Ordinal), made);
        Assert.Equal(made.Count, made.Distinct().Count());
        Assert.All(made, id => Assert.Equal(7, Guid.ParseExact(id, "N").Version));
    }
}
