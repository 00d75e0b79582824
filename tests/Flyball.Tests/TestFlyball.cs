using Flyball.Client;
using Flyball.Foundation;
using Flyball.Server;

namespace Flyball.Tests;

/// <summary>A real server on a free port of loopback with a data directory of its own.</summary>
internal sealed class TestFlyball : IAsyncDisposable
{
    private TestFlyball(FlyballServer server, string folder)
    {
        (Server, Folder) = (server, folder);
        Client = new FlyballClient(server.Url, server.OwnerToken);
        Http = new HttpClient { BaseAddress = server.Url };
    }

    public FlyballServer Server { get; }

    /// <summary>The folder of this test: <c>data</c> is the server's, <c>sources</c> may be read by projects.</summary>
    public string Folder { get; }

    public string Sources => Path.Combine(Folder, "sources");

    public FlyballClient Client { get; }

    /// <summary>A client without a token.</summary>
    public HttpClient Http { get; }

    public static async Task<TestFlyball> StartAsync(string? folder = null, IReadOnlyList<string>? sourceRoots = null, Func<FlyballServerOptions, FlyballServerOptions>? change = null)
    {
        folder ??= Directory.CreateTempSubdirectory("flyball-test-").FullName;
        var sources = Directory.CreateDirectory(Path.Combine(folder, "sources")).FullName;
        var options = new FlyballServerOptions { DataDirectory = Path.Combine(folder, "data"), SourceRoots = [sources, .. sourceRoots ?? []], ManualLoops = true };
        var server = await FlyballServer.StartAsync(change?.Invoke(options) ?? options, TestContext.Current.CancellationToken);
        return new TestFlyball(server, folder);
    }

    /// <summary>Steps the loops until nothing is left to do.</summary>
    public Task UntilQuietAsync() => Server.Service<Loops>().UntilQuietAsync(TestContext.Current.CancellationToken);

    public Task<IReadOnlyList<JournalEntryInfo>> JournalAsync() => Client.ReadJournalAsync(null, 0, 1000, TestContext.Current.CancellationToken);

    /// <summary>Stops the server and starts another on the same folder.</summary>
    public async Task<TestFlyball> RestartAsync(Func<FlyballServerOptions, FlyballServerOptions>? change = null)
    {
        await StopAsync();
        return await StartAsync(Folder, change: change);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        if (Directory.Exists(Folder)) Directory.Delete(Folder, recursive: true);
    }

    /// <summary>Stops the server; its folder stays.</summary>
    public async Task StopAsync()
    {
        Client.Dispose();
        Http.Dispose();
        await Server.DisposeAsync();
    }
}
