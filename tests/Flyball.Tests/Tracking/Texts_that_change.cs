using Flyball.Foundation;
using Flyball.Server.Tracking;

namespace Flyball.Tests.Tracking;

/// <summary>Texts of runs are kept once each; those that no run has any more are left out.</summary>
public sealed class Texts_that_change
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void Are_left_out_once_most_of_them_are_those_of_no_run()
    {
        var (column, random, known) = (new TextColumn(), new Random(1), new string?[500]);
        for (var change = 0; change < 60_000; change++)
        {
            var slot = random.Next(known.Length);
            known[slot] = random.Next(10) switch { 0 => null, < 3 => $"often {random.Next(20)}", _ => $"Text {change}" };
            column.Set(slot, known[slot]);
            if (change % 1000 == 0) Check();
            Assert.InRange(column.Texts.Count, 1, 4 * 1024);
        }

        Check();

        void Check()
        {
            Assert.Equal(known, Enumerable.Range(0, known.Length).Select(column.Text));
            var ranks = column.Ranks();
            Assert.Equal(known.OfType<string>().Order(StringComparer.Ordinal), Enumerable.Range(0, known.Length).Where(slot => column[slot] > 0).OrderBy(slot => ranks[column[slot]]).Select(slot => column.Text(slot)));
            foreach (var text in known.OfType<string>()) Assert.Equal((ranks[column.Find(text)!.Value] - 1, true), column.Place(text));
            var fits = new bool[column.Texts.Count];
            Assert.True(column.TryFindLike("text %7", ignoreCase: true, fits));
            Assert.Equal(known.Select(text => text is not null && text.StartsWith("Text", StringComparison.Ordinal) && text.EndsWith('7')), Enumerable.Range(0, known.Length).Select(slot => fits[column[slot]]));
        }
    }

    [Fact]
    public void Are_left_out_with_runs_that_are_removed_for_good()
    {
        var columns = new RunColumns();
        for (var number = 1; number <= 6000; number++)
        {
            var run = new Run(number, $"{number:x32}", "0", $"name {number}", "ann", RunStatus.Finished, DateTimeOffset.UnixEpoch, null, null, "");
            var slot = columns.Set(run);
            columns.SetTag(slot, "note", $"note {number}");
            columns.SetParam(slot, "seed", $"{number}");
            columns.SetMetric(slot, "loss", number);
            if (number > 10) columns.Apply(RunChange.Gone(number));
        }

        foreach (var field in (Field[])[new(FieldKind.Tag, "note"), new(FieldKind.Param, "seed"), new(FieldKind.Attribute, "run_name")]) Assert.InRange(columns.Text(field)!.Texts.Count, 10, 2100);
        Assert.Equal(Enumerable.Range(1, 10).Select(number => $"note {number}"), Enumerable.Range(1, 10).Select(number => columns.Text(new Field(FieldKind.Tag, "note"))!.Text(columns.Slot(number))));
        Assert.Equal([1, 10], columns.Find([RunId.Of($"{1:x32}"), RunId.Of($"{11:x32}"), RunId.Of($"{10:x32}")]).Select(columns.Number));
        var found = RunSearch.Find(columns, new RunQuery(["0"], null, RunFields.Order(["tags.note DESC"]), ViewType.All, 100, null));
        Assert.Equal([9, 8, 7, 6, 5, 4, 3, 2, 10, 1], found.Runs);
    }

    [Fact]
    public async Task Are_found_while_others_search()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var runs = new List<string>();
        for (var i = 0; i < 20; i++) runs.Add(await flyball.Client.StartRunAsync("0", $"r{i}", Cancel));
        using var index = new RunIndex(flyball.Server.Service<Db>());
        var numbers = await index.LookAsync(columns => runs.ConvertAll(run => columns.Number(columns.Find([RunId.Of(run)])[0])), Cancel);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        // each of them has one of its own texts, whenever anybody looks
        var looking = Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await index.LookAsync(
                    columns =>
                    {
                        if (columns.Text(new Field(FieldKind.Tag, "t")) is not { } column) return 0;
                        var ranks = column.Ranks();
                        foreach (var number in numbers)
                        {
                            var slot = columns.Slot(number);
                            Assert.True(column.Text(slot) is not { } text || (text.StartsWith($"{number} ", StringComparison.Ordinal) && ranks[column[slot]] > 0));
                        }

                        return 0;
                    },
                    Cancel);
            }
        }, Cancel)).ToList();
        for (var change = 0; change < 8000; change += 100)
        {
            await flyball.Server.Service<Db>().WriteAsync(
                tx =>
                {
                    for (var i = change; i < change + 100; i++) index.Note(tx, RunChange.Tag(numbers[i % 20], "t", $"{numbers[i % 20]} {i}"));
                    return Task.CompletedTask;
                },
                Cancel);
        }

        Assert.InRange(await index.LookAsync(columns => columns.Text(new Field(FieldKind.Tag, "t"))!.Texts.Count, Cancel), 20, 2200);
        await stop.CancelAsync();
        await Task.WhenAll(looking);
    }
}
