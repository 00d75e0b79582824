using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Flyball.Foundation;
using Microsoft.Extensions.Logging;

namespace Flyball.Tests.Hosting;

/// <summary>An error in the log is a fault of the server that somebody should look at: all of these are there, and nothing else.</summary>
public sealed class What_the_log_is_told
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_where_a_reader_leaves_a_stream()
    {
        using var errors = new Errors();
        await using (var flyball = await TestFlyball.StartAsync())
        {
            flyball.Server.Service<ILoggerFactory>().AddProvider(errors);
            using var socket = new TcpClient();
            await socket.ConnectAsync(IPAddress.Loopback, flyball.Server.Url.Port, Cancel);
            await using var stream = socket.GetStream();
            await stream.WriteAsync("GET /api/journal/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"u8.ToArray(), Cancel);
            using var reader = new StreamReader(stream, Encoding.UTF8);
            string? line;
            do line = await reader.ReadLineAsync(Cancel);
            while (line is not (null or "event: listening"));
            Assert.Equal("event: listening", line);
        }

        // the reader has left, and a server ends only after its requests have
        Assert.Empty(errors.Said);
    }

    [Fact]
    public async Task What_is_stored_and_cannot_be_read_which_is_no_fault_of_the_request()
    {
        using var errors = new Errors();
        await using var flyball = await TestFlyball.StartAsync();
        flyball.Server.Service<ILoggerFactory>().AddProvider(errors);
        await flyball.Server.Service<Db>().WriteAsync(tx => tx.ExecuteAsync("insert into journal (id, at, type, subject, actor, data) values ('broken', 0, 'x', 'user:x', 'owner', '{')"), Cancel);
        using var answer = await flyball.Http.GetAsync("/api/journal", Cancel);
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.Contains("internal-error", await answer.Content.ReadAsStringAsync(Cancel));
        Assert.StartsWith("GET /api/journal failed.", Assert.Single(errors.Said));
    }

    /// <summary>Keeps every error that is logged.</summary>
    private sealed class Errors : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Said { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel)) Said.Enqueue($"{formatter(state, exception)} {exception}");
        }

        public void Dispose()
        {
        }
    }
}
