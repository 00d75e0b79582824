using System.Globalization;
using Flyball.Server.Tracking;

namespace Flyball.Tests.Tracking;

/// <summary>Searches in columns that are looked at piece by piece, side by side, against the same in plain lists.</summary>
public sealed class A_search_of_many_runs
{
    private const int Runs = 200_000;
    private static readonly string[] Letters = ["a", "B", "b", "1", "", "_", "%", "ß", "K", "é", "x y"];

    [Fact]
    public void Ends_when_whoever_asked_has_left_and_when_it_takes_too_long()
    {
        var columns = new RunColumns();
        for (var i = 0; i < Runs; i++) columns.Set(new Run(i + 1, $"{i:x32}", "0", $"run-{i}", "someone", RunStatus.Running, DateTimeOffset.UnixEpoch.AddSeconds(i), null, null, ""));
        var order = RunFields.Order([]);
        using var left = new CancellationTokenSource();
        left.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => RunSearch.Find(columns, new RunQuery(["0"], null, order, ViewType.ActiveOnly, 10, null, left.Token)));
        var filter = FilterParser.Filter(string.Join(" or ", Enumerable.Repeat("artifact_uri LIKE '%z_z%'", 3000)), RunFields.Instance);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        Assert.Contains("takes longer than 5 seconds", Assert.Throws<Flyball.Foundation.Refusal>(() => RunSearch.Find(columns, new RunQuery(["0"], filter, order, ViewType.ActiveOnly, 10, null))).Message);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(15));
    }

    [Theory]
    [InlineData("", "start_time DESC")]
    [InlineData("", "start_time ASC")]
    [InlineData("", "metrics.m ASC")]
    [InlineData("metrics.m > 0.5", "metrics.m DESC")]
    [InlineData("metrics.m > 0.5", "metrics.m ASC")]
    [InlineData("params.p LIKE '%17%'", "metrics.m DESC")]
    [InlineData("params.p ILIKE 'P-%9'", "params.q ASC")]
    [InlineData("params.q != 'q3' and metrics.m <= 0.25", "params.q DESC")]
    [InlineData("params.q = 'q3' or params.p LIKE 'p-1_3%'", "run_id ASC")]
    public void Finds_the_same_page_after_page(string filter, string order)
    {
        var random = new Random(7);
        var columns = new RunColumns();
        var all = new List<(Run Run, double? M, string P, string? Q)>();
        for (var i = 0; i < Runs; i++)
        {
            var id = new string([.. Enumerable.Range(0, 32).Select(_ => "0123456789abcdef"[random.Next(16)])]);
            // many share a start, so that other keys decide
            var run = new Run(i + 1, id, "0", $"run-{i}", "someone", RunStatus.Running, DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000 + (random.Next(Runs) / 7)), null, i % 1000 == 0 ? DateTimeOffset.UnixEpoch : null, "");
            double? metric = random.Next(10) switch { 0 => null, 1 => double.NaN, 2 => random.Next(3) == 0 ? double.PositiveInfinity : double.NegativeInfinity, _ => Math.Round(random.NextDouble(), 3) };
            var (p, q) = ($"p-{random.Next(Runs)}", random.Next(4) == 0 ? null : $"q{random.Next(9)}");
            var slot = columns.Set(run);
            if (metric is { } value) columns.SetMetric(slot, "m", value);
            columns.SetParam(slot, "p", p);
            if (q is not null) columns.SetParam(slot, "q", q);
            all.Add((run, metric, p, q));
        }

        bool Fits((Run Run, double? M, string P, string? Q) run) => run.Run.DeletedAt is null && filter switch
        {
            "" => true,
            "metrics.m > 0.5" => run.M > 0.5,
            "params.p LIKE '%17%'" => run.P.Contains("17", StringComparison.Ordinal),
            "params.p ILIKE 'P-%9'" => run.P.EndsWith('9'),
            "params.q != 'q3' and metrics.m <= 0.25" => run.Q is not null && run.Q != "q3" && run.M <= 0.25,
            _ => run.Q == "q3" || (run.P.StartsWith("p-1", StringComparison.Ordinal) && run.P.Length > 4 && run.P[4] == '3'),
        };
        var descending = order.EndsWith("DESC", StringComparison.Ordinal);
        IComparable? Key((Run Run, double? M, string P, string? Q) run) => order[..order.IndexOf(' ')] switch
        {
            "start_time" => run.Run.Started, "metrics.m" => run.M is { } own && !double.IsNaN(own) ? own : null, "params.q" => run.Q is { } text ? int.Parse(text[1..], CultureInfo.InvariantCulture) : null, _ => run.Run.Id,
        };
        int Place((Run Run, double? M, string P, string? Q) run) => Key(run) is not null ? 0 : order.StartsWith("metrics", StringComparison.Ordinal) && run.M is not null ? 1 : 2;
        var fitting = all.Where(Fits).ToList();
        var placed = fitting.OrderBy(Place);
        var expected = (descending ? placed.ThenByDescending(Key) : placed.ThenBy(Key)).ThenByDescending(run => run.Run.Started).ThenBy(run => run.Run.Id, StringComparer.Ordinal).Select(run => run.Run.Number).ToList();

        var (keys, parsed) = (RunFields.Order([order]), FilterParser.Filter(filter, RunFields.Instance));
        foreach (var few in (int[])[1, 100, 1500]) Assert.Equal(expected.Take(few), RunSearch.Find(columns, new RunQuery(["0"], parsed, keys, ViewType.ActiveOnly, few, null)).Runs);
        var found = new List<long>();
        PageKey? after = null;
        var size = Math.Max(500, expected.Count / 12);
        do
        {
            var page = RunSearch.Find(columns, new RunQuery(["0"], parsed, keys, ViewType.ActiveOnly, size, after));
            Assert.Equal(expected.Count, page.Total);
            found.AddRange(page.Runs);
            after = page.Next;
        }
        while (after is not null);
        Assert.Equal(expected, found);
    }

    [Fact]
    public async Task Gives_one_order_to_all_who_ask_for_it_first_at_the_same_time()
    {
        var (column, random) = (new TextColumn(), new Random(3));
        for (var round = 0; round < 20; round++)
        {
            for (var i = 0; i < 5000; i++) column.Set((round * 5000) + i, $"{random.Next():D10}");
            var together = new TaskCompletionSource();
            var asked = Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
            {
                await together.Task;
                return (int[])column.Ranks().Clone();
            })).ToList();
            together.SetResult();
            var expected = column.Texts.Skip(1).Order(StringComparer.Ordinal).Select((text, i) => (text, i)).ToDictionary(pair => pair.text, pair => pair.i + 1);
            foreach (var ranks in await Task.WhenAll(asked))
            {
                for (var code = 1; code < ranks.Length; code++) Assert.Equal(expected[column.Texts[code]], ranks[code]);
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Finds_texts_that_are_like_a_pattern(int seed)
    {
        var random = new Random(seed);
        // the third has letters beyond ASCII, the others have none
        var letters = Letters.Take(seed == 3 ? Letters.Length : 7).ToArray();
        string Text(int most) => string.Concat(Enumerable.Range(0, random.Next(most)).Select(_ => letters[random.Next(letters.Length)]));
        var (column, texts, looked) = (new TextColumn(), new List<string>(), 0);
        for (var round = 0; round < 40; round++)
        {
            for (var i = 0; i < 200; i++)
            {
                texts.Add(Text(9));
                column.Set(texts.Count - 1, texts[^1]);
            }

            var (pattern, ignoreCase) = (string.Concat(Enumerable.Range(0, 1 + random.Next(5)).Select(_ => random.Next(3) == 0 ? "%" : Text(3))), round % 2 == 0);
            var fits = new bool[column.Texts.Count];
            if (!column.TryFindLike(pattern, ignoreCase, fits)) continue;
            looked++;
            for (var slot = 0; slot < texts.Count; slot++) Assert.True(fits[column[slot]] == Wildcard.IsMatch(texts[slot], pattern, ignoreCase), $"'{texts[slot]}' like '{pattern}' ({ignoreCase})");
        }

        Assert.InRange(looked, 10, 40);
    }
}
