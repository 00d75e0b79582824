using System.Text;
using Flyball.Server.Serving;

namespace Flyball.Tests.Serving;

public sealed class An_append_log : IAsyncDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("flyball-test-").FullName;

    public ValueTask DisposeAsync()
    {
        Directory.Delete(folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Has_on_disk_what_it_has_acknowledged_whoever_writes_at_once()
    {
        await using var log = new AppendLog(folder);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; i < 500; i++)
            {
                await log.AppendAsync(Line(1000 + i, $"w{writer}-{i}"), 1, 1000 + i);
                if (i % 100 == 0) Assert.Contains($"w{writer}-{i}\"", await ReadAsync(log.Active.Path));
            }
        }, TestContext.Current.CancellationToken)));
        Assert.Equal(4000, (await ReadAsync(log.Active.Path)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Distinct().Count());
        Assert.Equal((4000, 1000, 1499), (log.Active.Rows, log.Active.MinAt, log.Active.MaxAt));
    }

    [Fact]
    public async Task Cuts_off_the_half_line_that_a_crash_left_and_goes_on_behind_the_last_whole_one()
    {
        await using (var log = new AppendLog(folder)) await log.AppendAsync(Line(5, "whole"), 1, 5);
        var path = Path.Combine(folder, "00000001.ndjson");
        await File.AppendAllTextAsync(path, "{\"at\":6,\"id\":\"ha", TestContext.Current.CancellationToken);
        await using (var log = new AppendLog(folder))
        {
            Assert.Equal((1, 5, 5), (log.Active.Rows, log.Active.MinAt, log.Active.MaxAt));
            await log.AppendAsync(Line(7, "next"), 1, 7);
        }

        Assert.Equal("{\"at\":5,\"id\":\"whole\"}\n{\"at\":7,\"id\":\"next\"}\n", await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Begins_a_new_file_when_told_and_only_if_the_old_one_holds_anything()
    {
        await using var log = new AppendLog(folder);
        await log.RotateAsync(TestContext.Current.CancellationToken);
        Assert.Empty(log.Closed());
        await log.AppendAsync(Line(5, "a"), 1, 5);
        await log.RotateAsync(TestContext.Current.CancellationToken);
        await log.AppendAsync(Line(6, "b"), 1, 6);
        Assert.Equal((1, 1, 5), Assert.Single(log.Closed()) is var closed ? (closed.Seq, closed.Rows, closed.MinAt) : default);
        Assert.Equal((2, 1), (log.Active.Seq, log.Active.Rows));
    }

    [Fact]
    public async Task Lists_every_acknowledged_row_while_it_goes_from_file_to_file()
    {
        await using var log = new AppendLog(folder);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var rotating = Task.Run(
            async () =>
            {
                while (!ending.IsCancellationRequested) await log.RotateAsync(CancellationToken.None);
            },
            TestContext.Current.CancellationToken);
        var acknowledged = 0L;
        var writing = Task.Run(
            async () =>
            {
                for (var i = 1; i <= 400; i++)
                {
                    await log.AppendAsync(Line(i, $"r{i}"), 1, i);
                    Volatile.Write(ref acknowledged, i);
                }
            },
            TestContext.Current.CancellationToken);
        var listings = 0;
        while (!writing.IsCompleted || listings == 0)
        {
            var before = Volatile.Read(ref acknowledged);
            var files = log.Files();
            Assert.InRange(files.Sum(file => file.Rows), before, long.MaxValue);
            Assert.Equal(files.Count, files.Select(file => file.Seq).Distinct().Count());
            listings++;
        }

        await writing;
        await ending.CancelAsync();
        await rotating;
    }

    private static async Task<string> ReadAsync(string path)
    {
        await using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }

    private static ReadOnlyMemory<byte> Line(long at, string id) => Encoding.UTF8.GetBytes($"{{\"at\":{at},\"id\":\"{id}\"}}\n");
}
