using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Flyball.Client;

namespace Flyball.Tests.Hosting;

/// <summary>A server that takes a request and goes away, and one that is not there.</summary>
public sealed class A_lost_connection : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Is_told_from_a_server_that_is_not_there_and_says_what_is_safe_to_ask_again()
    {
        using var client = Client();
        var going = GoAwayAsync();
        var listed = await FailAsync(() => client.ListUsersAsync(Cancel));
        Assert.Equal((FlyballException.Lost, 0, true), (listed.Code, listed.Status, listed.MayRepeat));
        Assert.DoesNotContain("is not known", listed.Message);
        Assert.True((await FailAsync(() => client.ApplyAsync(new ApplyProject("project: x", "flyball.yaml", "/", null), Cancel))).MayRepeat);
        var added = await FailAsync(() => client.AddUserAsync(new AddUser("ann", "admin"), Cancel));
        Assert.Equal((FlyballException.Lost, false), (added.Code, added.MayRepeat));
        Assert.Contains("went away before it answered", added.Message);
        Assert.EndsWith("Whether it did what was asked is not known; look before you ask again.", added.Message);
        Assert.False((await FailAsync(() => client.PostLabelsAsync("line", new PostLabels([new LabelItem("p", JsonSerializer.SerializeToElement(1))]), Cancel))).MayRepeat);
        Assert.False(client.HasAnswered);
        listener.Stop();
        await going;

        var absent = await FailAsync(() => client.AddUserAsync(new AddUser("ann", "admin"), Cancel));
        Assert.Equal((FlyballException.Unreachable, true), (absent.Code, absent.MayRepeat));
        Assert.StartsWith("No Flyball server answers at", absent.Message);
    }

    public void Dispose() => listener.Dispose();

    private FlyballClient Client()
    {
        listener.Start();
        return new FlyballClient(new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}"), "token");
    }

    private async Task GoAwayAsync()
    {
        try
        {
            while (true)
            {
                using var taken = await listener.AcceptTcpClientAsync(Cancel);
                await taken.GetStream().ReadExactlyAsync(new byte[1], Cancel);
            }
        }
        catch (SocketException)
        {
            // the listener was stopped
        }
    }

    private static Task<FlyballException> FailAsync(Func<Task> call) => Assert.ThrowsAsync<FlyballException>(call);
}
