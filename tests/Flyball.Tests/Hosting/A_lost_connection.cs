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

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{\"tok", "connection-lost", 0, "Whether it did what was asked is not known")]
    [InlineData("HTTP/1.1 409 Conflict\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{\"co", "unknown", 409, "The server answered 409 Conflict.")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>", "answer-unreadable", 0, "not as a Flyball server does")]
    [InlineData("HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\nOops", "unknown", 500, "The server answered 500 Oops.")]
    [InlineData("SSH-2.0-OpenSSH\r\n", "connection-lost", 0, "went away before it answered")]
    public async Task Or_another_program_is_told_in_a_sentence(string answer, string code, int status, string said)
    {
        using var client = Client();
        var answering = Task.Run(
            async () =>
            {
                using var taken = await listener.AcceptTcpClientAsync(Cancel);
                var request = new byte[4096];
                await taken.GetStream().ReadAtLeastAsync(request, 100, throwOnEndOfStream: false, Cancel);
                await taken.GetStream().WriteAsync(System.Text.Encoding.ASCII.GetBytes(answer), Cancel);
            },
            Cancel);
        var refused = await FailAsync(() => client.AddUserAsync(new AddUser("ann", "admin"), Cancel));
        Assert.Equal((code, status, false), (refused.Code, refused.Status, refused.MayRepeat));
        Assert.Contains(said, refused.Message);
        await answering;
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
        catch (Exception stopped) when (stopped is SocketException or InvalidOperationException)
        {
            // the listener was stopped, while it waited or before it did
        }
    }

    private static Task<FlyballException> FailAsync(Func<Task> call) => Assert.ThrowsAsync<FlyballException>(call);
}
