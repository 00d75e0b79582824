using System.Diagnostics;
using System.Text;
using Flyball.Server.Tracking;

namespace Flyball.Tests.Tracking;

/// <summary>SQL's LIKE against its definition, and in the worst of cases.</summary>
public sealed class Texts_that_are_like_a_pattern
{
    [Theory]
    [InlineData("😀", "_", true)]
    [InlineData("😀", "__", false)]
    [InlineData("a😀b", "a_b", true)]
    [InlineData("😀😀", "%_", true)]
    [InlineData("😀", "%__", false)]
    [InlineData("", "%", true)]
    [InlineData("", "_", false)]
    [InlineData("a", "", false)]
    public void Have_characters_not_their_halves(string text, string pattern, bool fits) => Assert.Equal(fits, Wildcard.IsMatch(text, pattern, ignoreCase: false));

    [Theory]
    [InlineData(1, 6, 5)]
    [InlineData(2, 12, 9)]
    [InlineData(3, 600, 40)]
    [InlineData(4, 900, 300)]
    public void Are_those_of_the_definition(int seed, int longest, int longestPattern)
    {
        var random = new Random(seed);
        string[] letters = ["a", "a", "a", "b", "A", "😀"];
        var matched = 0;
        for (var round = 0; round < (longest > 100 ? 150 : 4000); round++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(longest)).Select(_ => letters[random.Next(letters.Length)]));
            // one that fits, with some of it left open, or any
            var pattern = random.Next(2) == 0 && text.Length > 0 ? Opened(text, random, longestPattern) : string.Concat(Enumerable.Range(0, random.Next(longestPattern)).Select(_ => random.Next(6) switch { 0 => "%", 1 or 2 => "_", _ => letters[random.Next(letters.Length)] }));
            var ignoreCase = random.Next(2) == 0;
            var expected = Defined(Points(text, ignoreCase), Points(pattern, ignoreCase));
            Assert.True(expected == Wildcard.IsMatch(text, pattern, ignoreCase), $"'{text}' like '{pattern}' ({ignoreCase}) is {expected}");
            if (expected) matched++;
        }

        Assert.InRange(matched, 20, 3980);
    }

    [Fact]
    public void Are_found_in_a_bearable_time_whatever_the_pattern_is()
    {
        var (text, pattern) = (new string('a', 8000), $"%{string.Concat(Enumerable.Repeat("a_", 2000))}b%");
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < 50; i++) Assert.False(Wildcard.IsMatch(text, pattern, ignoreCase: i % 2 == 0));
        // one took 13 ms where every place was tried: 1,600,000,000 steps for these
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(2));
        Assert.True(Wildcard.IsMatch($"{text}ab{text}", pattern, ignoreCase: false));
    }

    private static string Opened(string text, Random random, int longest)
    {
        var pattern = new StringBuilder();
        var points = text.EnumerateRunes().ToList();
        for (var at = 0; at < points.Count && pattern.Length < longest; at++)
        {
            if (random.Next(20) == 0)
            {
                pattern.Append('%');
                at += random.Next(points.Count);
            }
            else pattern.Append(random.Next(3) == 0 ? "_" : points[at].ToString());
        }

        return pattern.Append('%').ToString();
    }

    private static List<int> Points(string text, bool ignoreCase) => [.. (ignoreCase ? text.ToLowerInvariant() : text).EnumerateRunes().Select(point => point.Value)];

    /// <summary>Which beginnings of a pattern fit which beginnings of a text.</summary>
    private static bool Defined(List<int> text, List<int> pattern)
    {
        var fits = new bool[text.Count + 1, pattern.Count + 1];
        fits[0, 0] = true;
        for (var p = 1; p <= pattern.Count; p++)
        {
            for (var t = 0; t <= text.Count; t++)
            {
                fits[t, p] = pattern[p - 1] == '%' ? fits[t, p - 1] || (t > 0 && fits[t - 1, p]) : t > 0 && fits[t - 1, p - 1] && (pattern[p - 1] == '_' || pattern[p - 1] == text[t - 1]);
            }
        }

        return fits[text.Count, pattern.Count];
    }
}
