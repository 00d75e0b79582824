using Flyball.Server.Tracking;

namespace Flyball.Tests.Tracking;

/// <summary>Texts that lie one behind the other are the texts that were put there.</summary>
public sealed class A_pool_of_texts
{
    [Theory]
    [InlineData(12, 30_000)]
    [InlineData(5_000, 300)]
    [InlineData(200_000, 30)]
    public void Gives_each_text_one_code_and_for_the_code_the_text(int longest, int different)
    {
        var (pool, random, known) = (new TextPool(), new Random(longest), new List<string> { "" });
        var texts = Enumerable.Range(0, different).Select(i => i == 7 ? "" : $"{new string((char)('a' + random.Next(26)), random.Next(longest))}{i}").ToArray();
        foreach (var text in texts.Concat(texts.Reverse()))
        {
            var code = pool.Add(text);
            if (code == known.Count) known.Add(text);
            Assert.Equal(text, known[code]);
        }

        Assert.Equal(different + 1, pool.Count);
        for (var round = 0; round < 2; round++) Assert.Equal(known, pool);
        for (var code = 1; code < known.Count; code++) Assert.Equal(code, pool.Find(known[code]));
        Assert.Equal(0, pool.Find("none of these"));
    }

    [Fact]
    public void Gives_the_same_texts_to_many_at_a_time()
    {
        var pool = new TextPool();
        for (var i = 0; i < 1000; i++) pool.Add($"text {i}");
        Parallel.For(0, 8, seed =>
        {
            var random = new Random(seed);
            for (var i = 0; i < 20_000; i++)
            {
                var code = 1 + random.Next(1000);
                Assert.Equal($"text {code - 1}", pool[code]);
            }
        });
    }

    [Fact]
    public void Of_few_texts_is_small()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        new TextPool().Add("relu");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1024);
    }
}
