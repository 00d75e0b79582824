using System.CommandLine;
using Flyball.Client;
using Flyball.Foundation;

namespace Flyball.Server.Hosting;

/// <summary>How verbs are run: they talk to a server through <see cref="FlyballClient"/>, a running one or one that lives as long as the verb.</summary>
public sealed class Verbs
{
    public Option<string> DataDir { get; } = new("--data-dir")
    {
        Description = "Folder that holds everything (FLYBALL_DATA; default ./flyball-data).",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("FLYBALL_DATA") is { Length: > 0 } named ? named : "flyball-data",
        Recursive = true,
    };

    public Option<string?> Url { get; } = new("--url") { Description = "Address of a running server (FLYBALL_URL).", DefaultValueFactory = _ => Environment.GetEnvironmentVariable("FLYBALL_URL"), Recursive = true };

    /// <summary>A verb that needs a server.</summary>
    public void Online(Command command, Func<FlyballClient, ParseResult, TextWriter, CancellationToken, Task> run) => Online(command, async (client, parsed, output, cancel) =>
    {
        await run(client, parsed, output, cancel);
        return 0;
    });

    /// <inheritdoc cref="Online(Command, Func{FlyballClient, ParseResult, TextWriter, CancellationToken, Task})"/>
    public void Online(Command command, Func<FlyballClient, ParseResult, TextWriter, CancellationToken, Task<int>> run) => Offline(command, async (parsed, output, cancel) =>
    {
        await using var connection = await ConnectAsync(parsed, sourceRoots: [], cancel);
        return await run(connection.Client, parsed, output, cancel);
    });

    /// <summary>A verb that brings its own server, or needs none. What it refuses is one sentence on standard error and exit code 1.</summary>
    public static void Offline(Command command, Func<ParseResult, TextWriter, CancellationToken, Task<int>> run) => command.SetAction(async (parsed, cancel) =>
    {
        var output = parsed.InvocationConfiguration.Output;
        try
        {
            return await run(parsed, output, cancel);
        }
        catch (Exception refused) when (refused is FlyballException or StartupException or Refusal or VerbException or BackupDamagedException)
        {
            await parsed.InvocationConfiguration.Error.WriteLineAsync(refused.Message);
            return 1;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return 130;
        }
    });

    /// <summary>
    /// The server that a verb talks to: the named one, the one that uses the data directory, or a new one for the life of the verb; that one does no work by itself where it is <paramref name="asleep"/>.
    /// </summary>
    public async Task<ServerConnection> ConnectAsync(ParseResult parsed, IReadOnlyList<string> sourceRoots, CancellationToken cancel, bool asleep = false)
    {
        var token = Environment.GetEnvironmentVariable("FLYBALL_TOKEN");
        if (parsed.GetValue(Url) is { Length: > 0 } url)
        {
            return Uri.TryCreate(url, UriKind.Absolute, out var uri)
                ? new ServerConnection(new FlyballClient(uri, token), null)
                : throw new VerbException($"'{url}' is not the address of a server; write http://HOST:PORT.");
        }

        var directory = parsed.GetRequiredValue(DataDir);
        if (DataDirectory.FindServer(directory) is { } known)
        {
            var client = new FlyballClient(new Uri(known.Url), token ?? known.Token);
            if (await client.IsHealthyAsync(cancel)) return new ServerConnection(client, null);
            client.Dispose();
        }

        var server = await FlyballServer.StartAsync(new FlyballServerOptions { DataDirectory = directory, SourceRoots = sourceRoots, ManualLoops = asleep, Workers = asleep ? 0 : 1 }, cancel);
        return new ServerConnection(new FlyballClient(server.Url, server.OwnerToken), server);
    }
}

/// <summary>A client, and the server behind it where the verb started one.</summary>
public sealed class ServerConnection(FlyballClient client, FlyballServer? own) : IAsyncDisposable
{
    public FlyballClient Client => client;

    /// <summary>The server that lives as long as the verb, or null where another process serves.</summary>
    public FlyballServer? Own => own;

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        if (own is not null) await own.DisposeAsync();
    }
}

/// <summary>A verb cannot do what was asked; the message is for the terminal.</summary>
public sealed class VerbException(string message) : Exception(message);
