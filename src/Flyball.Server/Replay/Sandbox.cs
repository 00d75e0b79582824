using Flyball.Client;
using Flyball.Foundation;

namespace Flyball.Server.Replay;

/// <summary>A whole server on a folder of its own, whose clock and loops are moved by hand: the same code that runs live, on another time.</summary>
internal sealed class Sandbox : IAsyncDisposable
{
    private const string Prefix = "flyball-replay-";
    private readonly string folder;

    private Sandbox(FlyballServer server, ReplayTime clock, string folder) => (Server, Clock, this.folder, Client) = (server, clock, folder, new FlyballClient(server.Url, server.OwnerToken));

    public FlyballServer Server { get; }

    public ReplayTime Clock { get; }

    public FlyballClient Client { get; }

    /// <summary>Where the project's source files are put, one after the other.</summary>
    public string Sources => Path.Combine(folder, "sources");

    public static async Task<Sandbox> StartAsync(DateTimeOffset start, CancellationToken cancel)
    {
        ClearLeft();
        var folder = Directory.CreateTempSubdirectory(Prefix).FullName;
        var sources = Directory.CreateDirectory(Path.Combine(folder, "sources")).FullName;
        var clock = new ReplayTime(start);
        var server = await FlyballServer.StartAsync(
            new FlyballServerOptions { DataDirectory = Path.Combine(folder, "data"), SourceRoots = [sources], Time = clock, ManualLoops = true }, cancel);
        return new Sandbox(server, clock, folder);
    }

    /// <summary>Removes what replays left that were killed: folders whose server no longer holds its data directory.</summary>
    private static void ClearLeft()
    {
        foreach (var left in Directory.EnumerateDirectories(Path.GetTempPath(), Prefix + "*"))
        {
            try
            {
                if (!File.Exists(Path.Combine(left, "data", "flyball.db"))) continue;
                DataDirectory.Open(Path.Combine(left, "data")).Dispose();
                Directory.Delete(left, recursive: true);
            }
            catch (Exception used) when (used is StartupException or IOException or UnauthorizedAccessException)
            {
                // another replay's, or another person's
            }
        }
    }

    public T Service<T>()
        where T : notnull => Server.Service<T>();

    /// <summary>Takes in a source file and lets the loops do what follows.</summary>
    public async Task AddAsync(IEnumerable<string> files, CancellationToken cancel)
    {
        foreach (var file in files) File.Copy(file, Path.Combine(Sources, Path.GetFileName(file)), overwrite: true);
        await QuietAsync(cancel);
    }

    /// <summary>Steps the loops until nothing is left to do at this time.</summary>
    public Task QuietAsync(CancellationToken cancel) => Server.Service<Loops>().UntilQuietAsync(cancel);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Server.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}
