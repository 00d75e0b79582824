using System.Text;
using Flyball.Foundation;
using Flyball.Server.Serving;

namespace Flyball.Tests.Serving;

public sealed class A_traffic_log : IAsyncDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("flyball-log-").FullName;
    private readonly DataDirectory data;
    private readonly TrafficLog log;

    public A_traffic_log()
    {
        data = DataDirectory.Open(Path.Combine(folder, "data"));
        log = new TrafficLog(data);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await log.DisposeAsync();
        data.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Closes_the_file_that_holds_a_stretch_once_however_often_it_is_asked_while_more_is_appended()
    {
        Assert.True(await log.CloseAsync("line", LogKind.Labels, 0, 10, Cancel));
        await AppendAsync(5);
        for (var asked = 0; asked < 20; asked++)
        {
            Assert.False(await log.CloseAsync("line", LogKind.Labels, 0, 10, Cancel));
            await AppendAsync(10 + asked);
        }

        var files = log.Open("line", LogKind.Labels);
        Assert.Equal([(1, 1L), (2, 20L)], files.Select(file => (file.Seq, file.Rows)));
        File.Delete(files[0].Path);
        Assert.True(await log.CloseAsync("line", LogKind.Labels, 0, 10, Cancel));
        Assert.Equal(2, Assert.Single(log.Open("line", LogKind.Labels)).Seq);
    }

    private Task AppendAsync(long at) => log.AppendAsync("line", LogKind.Labels, Encoding.UTF8.GetBytes($"{{\"at\":{at}}}\n"), 1, at);
}
