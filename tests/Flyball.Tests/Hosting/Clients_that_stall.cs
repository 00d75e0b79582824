using System.Net.Sockets;
using System.Text;
using Flyball.Tests.Registry;

namespace Flyball.Tests.Hosting;

/// <summary>Whoever sends slowly, or goes away in the middle, is not waited for, and leaves nothing behind.</summary>
public sealed class Clients_that_stall
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("PUT", "/api/2.0/mlflow-artifacts/artifacts/0/RUN/artifacts/slow.bin")]
    [InlineData("POST", "/api/2.0/mlflow/runs/log-batch")]
    public async Task Are_told_that_the_rest_did_not_come(string method, string path)
    {
        await using var flyball = await TestFlyball.StartAsync(change: options => options with { SlowestBody = TimeSpan.FromSeconds(2) });
        var run = await flyball.RunWithAsync();
        using var socket = await BeginAsync(flyball, method, path.Replace("RUN", run, StringComparison.Ordinal), length: 100_000);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var sending = DripAsync(socket, ended.Token);
        var answer = await ReadAsync(socket).WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, Cancel);
        await ended.CancelAsync();
        await sending;
        Assert.StartsWith("HTTP/1.1 408 ", answer);
        Assert.Contains("""{"error_code":"BAD_REQUEST","message":"The rest of the request body did not come; send it again, in parts where it is large."}""", answer);
        await LeavesNothingAsync(flyball, run);
    }

    [Theory]
    [InlineData("PUT", "/api/2.0/mlflow-artifacts/artifacts/0/RUN/artifacts/slow.bin", false)]
    [InlineData("PUT", "/api/2.0/mlflow-artifacts/artifacts/0/RUN/artifacts/slow.bin", true)]
    [InlineData("POST", "/ajax-api/2.0/mlflow/upload-artifact?run_uuid=RUN&path=slow.bin", false)]
    [InlineData("POST", "/api/2.0/mlflow/runs/log-batch", false)]
    public async Task Are_not_waited_for_after_a_burst(string method, string path, bool chunked)
    {
        await using var flyball = await TestFlyball.StartAsync(change: options => options with { SlowestBody = TimeSpan.FromSeconds(2) });
        var run = await flyball.RunWithAsync();
        using var socket = await BeginAsync(flyball, method, path.Replace("RUN", run, StringComparison.Ordinal), chunked ? null : 10_000_000);
        // on average this is enough for an hour
        var burst = Encoding.ASCII.GetBytes(new string(' ', 1_000_000));
        await socket.SendAsync(chunked ? [.. Encoding.ASCII.GetBytes($"{burst.Length:x}\r\n"), .. burst, .. "\r\n"u8] : burst, Cancel);
        var answer = await ReadAsync(socket).WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System, Cancel);
        Assert.StartsWith("HTTP/1.1 408 ", answer);
        await LeavesNothingAsync(flyball, run);
    }

    [Fact]
    public async Task Are_waited_for_while_they_send_something_now_and_then()
    {
        await using var flyball = await TestFlyball.StartAsync(change: options => options with { SlowestBody = TimeSpan.FromSeconds(2) });
        var run = await flyball.RunWithAsync();
        using var socket = await BeginAsync(flyball, "PUT", $"/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/steady.bin", 600_000);
        for (var i = 0; i < 6; i++)
        {
            if (i > 0) await Task.Delay(TimeSpan.FromMilliseconds(700), TimeProvider.System, Cancel);
            await socket.SendAsync(new byte[100_000], Cancel);
        }

        var buffer = new byte[8192];
        Assert.StartsWith("HTTP/1.1 200 ", Encoding.UTF8.GetString(buffer, 0, await socket.ReceiveAsync(buffer, Cancel)));
        Assert.Equal(600_000, (await flyball.Http.GetByteArrayAsync($"/get-artifact?run_id={run}&path=steady.bin", Cancel)).Length);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(300_000)]
    public async Task Leave_nothing_where_they_go_away_in_the_middle_of_a_file(int sent)
    {
        await using var flyball = await TestFlyball.StartAsync();
        var run = await flyball.RunWithAsync();
        foreach (var abruptly in (bool[])[false, true])
        {
            using var socket = await BeginAsync(flyball, "PUT", $"/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/half.bin", length: 1_000_000);
            await socket.SendAsync(new byte[sent], Cancel);
            await UntilAsync(() => sent == 0 || Directory.EnumerateFiles(Path.Combine(flyball.Folder, "data", "tmp")).Any());
            if (abruptly) socket.LingerState = new LingerOption(true, 0);
            socket.Close();
            await LeavesNothingAsync(flyball, run);
        }
    }

    [Fact]
    public async Task Keep_no_other_from_a_file_that_they_stopped_to_read()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var content = new string('x', 20_000_000);
        var run = await flyball.RunWithAsync(("large.txt", content));
        for (var i = 0; i < 20; i++)
        {
            using var socket = await BeginAsync(flyball, "GET", $"/get-artifact?run_id={run}&path=large.txt", length: 0);
            Assert.True(await socket.ReceiveAsync(new byte[1000], Cancel) > 0);
            socket.LingerState = new LingerOption(true, 0);
        }

        Assert.Equal(content, await flyball.Http.GetStringAsync($"/get-artifact?run_id={run}&path=large.txt", Cancel));
    }

    private static async Task<Socket> BeginAsync(TestFlyball flyball, string method, string path, int? length)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(flyball.Server.Url.Host, flyball.Server.Url.Port, Cancel);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"{method} {path} HTTP/1.1\r\nHost: {flyball.Server.Url.Authority}\r\nContent-Type: application/json\r\n{(length is null ? "Transfer-Encoding: chunked" : $"Content-Length: {length}")}\r\n\r\n"), Cancel);
        return socket;
    }

    /// <summary>Ten bytes a second, until the other side has had enough.</summary>
    private static async Task DripAsync(Socket socket, CancellationToken cancel)
    {
        try
        {
            while (true)
            {
                await socket.SendAsync("{"u8.ToArray(), cancel);
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancel);
            }
        }
        catch (Exception over) when (over is SocketException or OperationCanceledException)
        {
            // it was answered, or hung up
        }
    }

    private static async Task<string> ReadAsync(Socket socket)
    {
        var (answer, buffer) = (new StringBuilder(), new byte[8192]);
        try
        {
            for (int read; (read = await socket.ReceiveAsync(buffer, Cancel)) > 0;) answer.Append(Encoding.UTF8.GetString(buffer, 0, read));
        }
        catch (SocketException)
        {
            // cut off after what has been read
        }

        return answer.ToString();
    }

    private static async Task LeavesNothingAsync(TestFlyball flyball, string run)
    {
        var data = Path.Combine(flyball.Folder, "data");
        await UntilAsync(() => !Directory.EnumerateFileSystemEntries(Path.Combine(data, "tmp")).Any());
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(data, "objects"), "*", SearchOption.AllDirectories));
        Assert.False((await flyball.CallAsync("GET", $"artifacts/list?run_id={run}")).TryGetProperty("files", out _));
    }

    private static async Task UntilAsync(Func<bool> done)
    {
        for (var i = 0; i < 500 && !done(); i++) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancel);
        Assert.True(done());
    }
}
