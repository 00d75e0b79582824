using Flyball.Models;
using Flyball.Native.DuckDb;

namespace Flyball.Tests.Models;

public sealed class Columns_that_an_expression_reads
{
    [Theory]
    [InlineData("a + B * abs(a)", "a,B")]
    [InlineData("list_sum(list_transform([a, b], x -> x * c))", "a,b,c")]
    [InlineData("list_sum(list_transform([a, b], lambda x: x * c))", "a,b,c")]
    [InlineData("list_reduce([a, b], (x, y) -> x + y + C)", "a,b,C")]
    [InlineData("list_transform([a], x -> list_filter([b], y -> x > y))", "a,b")]
    [InlineData("list_transform([x], x -> x)", "x")]
    [InlineData("list_transform(items, x -> x.price * x.qty * t.rate)", "items,rate")]
    [InlineData("list_transform(items, x -> list_max(list_transform(x.parts, y -> y.size + X.size + z.size)))", "items,size")]
    [InlineData("body -> '$.a'", "body")]
    [InlineData("abs(fare -> fare)", "fare")]
    public void Are_named_in_their_order_without_what_a_lambda_names_for_itself(string sql, string columns)
    {
        using var database = DuckDbDatabase.OpenInMemory();
        using var duck = database.Connect();
        Assert.Equal(columns, string.Join(',', SqlColumns.Of(duck, sql)));
    }
}
