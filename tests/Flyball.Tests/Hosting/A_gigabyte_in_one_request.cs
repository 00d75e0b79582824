using System.Net.Sockets;
using System.Text;

namespace Flyball.Tests.Hosting;

/// <summary>Sent in chunks, so that nobody is told beforehand how long it will be.</summary>
[Collection(Alone.Name)]
public sealed class A_gigabyte_in_one_request
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/api/projects/plan")]
    [InlineData("/api/2.0/mlflow/runs/log-batch")]
    [InlineData("/deployments/line/invocations")]
    [InlineData("/v2/models/line/infer")]
    public async Task Is_refused_and_the_server_stays_up_and_small(string path)
    {
        await using var flyball = await TestFlyball.StartAsync();
        await LineProject.ApplyAsync(flyball);
        await flyball.UntilQuietAsync();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var (answer, sent) = await SendAsync(flyball.Server.Url, path, 1L << 30);
        Assert.StartsWith("HTTP/1.1 413 ", answer);
        Assert.Contains("larger than this route takes", answer);
        // the limit is 64 MB; what lies in the sockets' buffers comes on top
        Assert.InRange(sent, 60L << 20, 100L << 20);
        // the buffers for a body of the largest size stay in the pool for a while
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 300L << 20);
        Assert.True(await flyball.Client.IsHealthyAsync(Cancel));
    }

    /// <summary>Sends until the server answers; what it says and how many bytes it took.</summary>
    private static async Task<(string Answer, long Sent)> SendAsync(Uri server, string path, long bytes)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server.Host, server.Port, Cancel);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"POST {path} HTTP/1.1\r\nHost: {server.Authority}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{{\"yaml\":\"\r\n"), Cancel);
        var (piece, sent) = (Encoding.ASCII.GetBytes("10000\r\n" + new string('x', 0x10000) + "\r\n"), 0L);
        try
        {
            for (; sent < bytes && socket.Available == 0; sent += 0x10000) await socket.SendAsync(piece, Cancel);
        }
        catch (SocketException)
        {
            // the server has hung up; its answer is still to be read
        }

        var (answer, buffer) = (new StringBuilder(), new byte[8192]);
        try
        {
            for (int read; !answer.ToString().Contains('}', StringComparison.Ordinal) && (read = await socket.ReceiveAsync(buffer, Cancel)) > 0;) answer.Append(Encoding.ASCII.GetString(buffer, 0, read));
        }
        catch (SocketException)
        {
            // cut off after what has been read
        }

        return (answer.ToString(), sent);
    }
}
