using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Flyball.Client;
using Flyball.Foundation;

namespace Flyball.Server.Hosting;

/// <summary>How verbs are run: they talk to a server through <see cref="FlyballClient"/>, a running one or one that lives as long as the verb.</summary>
public sealed class Verbs
{
    private static readonly TimeSpan LongestLoading = TimeSpan.FromSeconds(30);

    /// <summary>How long a verb waits for the server of another verb that starts or ends, and for the answer of one that runs.</summary>
    private static readonly TimeSpan LongestStart = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    public Option<string> DataDir { get; } = new("--data-dir")
    {
        Description = "Folder that holds everything (FLYBALL_DATA; default ./flyball-data).",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("FLYBALL_DATA") is { Length: > 0 } named ? named : "flyball-data",
        Recursive = true,
    };

    public Option<string?> Url { get; } = new("--url") { Description = "Address of a running server (FLYBALL_URL).", DefaultValueFactory = _ => Environment.GetEnvironmentVariable("FLYBALL_URL"), Recursive = true };

    /// <summary>A verb that needs a server.</summary>
    /// <param name="looks">Whether it has nothing to leave behind where no data directory is yet.</param>
    public void Online(Command command, Func<FlyballClient, ParseResult, TextWriter, CancellationToken, Task> run, bool looks = false) => Online(
        command,
        async (client, parsed, output, cancel) =>
        {
            await run(client, parsed, output, cancel);
            return 0;
        },
        looks);

    /// <inheritdoc cref="Online(Command, Func{FlyballClient, ParseResult, TextWriter, CancellationToken, Task}, bool)"/>
    public void Online(Command command, Func<FlyballClient, ParseResult, TextWriter, CancellationToken, Task<int>> run, bool looks = false) => Offline(command, (parsed, output, cancel) =>
        ConnectedAsync(parsed, sourceRoots: [], connection => run(connection.Client, parsed, output, cancel), cancel, looks: looks));

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
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            // of a file or folder that was named here: the operating system's own words
            await parsed.InvocationConfiguration.Error.WriteLineAsync(refused.Message);
            return 1;
        }
        catch (Exception missing) when ((missing as DllNotFoundException ?? missing.InnerException as DllNotFoundException ?? missing.InnerException?.InnerException as DllNotFoundException) is not null)
        {
            await parsed.InvocationConfiguration.Error.WriteLineAsync("A library that belongs to flyball is not beside it; keep the files of its folder together, or build it again.");
            return 1;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return 130;
        }
    });

    /// <summary>
    /// Does <paramref name="work"/> with the server that a verb talks to: the named one, the one that uses the data directory, or a new one for the life of the verb; that one does no work by itself where it is
    /// <paramref name="asleep"/>, and who only <paramref name="looks"/> leaves no data directory where there was none. One that <paramref name="keeps"/> going is for other verbs as one of `serve`. Where the server turns out to be another verb's that has just ended, it is done with the next one.
    /// </summary>
    public async Task<int> ConnectedAsync(ParseResult parsed, IReadOnlyList<string> sourceRoots, Func<ServerConnection, Task<int>> work, CancellationToken cancel, bool asleep = false, bool looks = false, bool keeps = false)
    {
        for (var waited = Stopwatch.StartNew(); ;)
        {
            await using var connection = await ConnectAsync(parsed, sourceRoots, asleep, looks, keeps, cancel);
            try
            {
                return await work(connection);
            }
            catch (FlyballException gone) when (gone.MayRepeat && connection.Own is null && !connection.Client.HasAnswered && waited.Elapsed < LongestStart && parsed.GetValue(Url) is not { Length: > 0 })
            {
            }
            catch (FlyballException refused) when (refused.Code == FlyballException.SourceForbidden && connection.IsOfAnotherVerb && sourceRoots.Count > 0)
            {
                if (waited.Elapsed > LongestStart) throw new VerbException($"Another verb of Flyball works on {parsed.GetRequiredValue(DataDir)} and may not read the folders of this project; try again when it has ended.");
            }

            await Task.Delay(Pause, TimeProvider.System, cancel);
        }
    }

    private async Task<ServerConnection> ConnectAsync(ParseResult parsed, IReadOnlyList<string> sourceRoots, bool asleep, bool looks, bool keeps, CancellationToken cancel)
    {
        var token = Token();
        if (parsed.GetValue(Url) is { Length: > 0 } url)
        {
            var named = new FlyballClient(Address(url), token);
            using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            limited.CancelAfter(LongestStart);
            try
            {
                // what does not listen is told of by the verb's own question
                await named.IsHealthyAsync(limited.Token);
                return new ServerConnection(named, null);
            }
            catch (Exception unanswered)
            {
                named.Dispose();
                if (unanswered is not OperationCanceledException || cancel.IsCancellationRequested) throw;
                throw new VerbException($"What listens at {url} has not answered for {LongestStart.TotalSeconds:0} seconds; see whether it is Flyball, and whether it is still at work.");
            }
        }

        var directory = Named(parsed.GetRequiredValue(DataDir), "--data-dir");
        for (var waited = Stopwatch.StartNew(); ;)
        {
            if (DataDirectory.FindServer(directory) is { } known && await IsItAsync(known, cancel)) return new ServerConnection(new FlyballClient(new Uri(known.Url), token ?? known.Token), null, isOfAnotherVerb: known.OfVerb);
            DataDirectory.RefuseForeign(directory);
            try
            {
                return await StartAsync(directory, sourceRoots, asleep, looks || asleep, keeps, cancel);
            }
            catch (DataDirectoryInUseException) when (waited.Elapsed < LongestStart)
            {
                // the server of another verb is about to be there, or about to be gone
                await Task.Delay(Pause, TimeProvider.System, cancel);
            }
        }
    }

    private static async Task<ServerConnection> StartAsync(string directory, IReadOnlyList<string> sourceRoots, bool asleep, bool looks, bool keeps, CancellationToken cancel)
    {
        var passing = !looks || DataDirectory.IsUsed(directory) ? null : Directory.CreateTempSubdirectory("flyball-look-").FullName;
        FlyballServer server;
        try
        {
            server = await FlyballServer.StartAsync(new FlyballServerOptions { DataDirectory = passing ?? directory, SourceRoots = sourceRoots, ManualLoops = asleep, Workers = asleep ? 0 : 1, IsOfVerb = !keeps }, cancel);
        }
        catch when (passing is not null)
        {
            Directory.Delete(passing, recursive: true);
            throw;
        }

        var own = new ServerConnection(new FlyballClient(server.Url, server.OwnerToken), server, passing);
        // what is deployed is loaded first, so that a verb finds what a server that runs would have
        try
        {
            for (var waited = Stopwatch.StartNew(); !asleep && waited.Elapsed < LongestLoading && !await own.Client.IsReadyAsync(cancel);) await Task.Delay(Pause, TimeProvider.System, cancel);
            return own;
        }
        catch
        {
            await own.DisposeAsync();
            throw;
        }
    }

    /// <summary>The token that was given in the environment, if any.</summary>
    /// <exception cref="VerbException">It is none.</exception>
    public static string? Token() => Environment.GetEnvironmentVariable("FLYBALL_TOKEN") is not { Length: > 0 } token ? null
        : token.Any(c => c is < '!' or > '~') ? throw new VerbException("FLYBALL_TOKEN is not a token: it holds spaces or other characters that no token has.")
        : token;

    /// <summary>Whether the server that announced itself still serves; after it was killed, another one may have taken its port.</summary>
    internal static async Task<bool> IsItAsync(ServerAddress known, CancellationToken cancel)
    {
        using var client = new FlyballClient(new Uri(known.Url), known.Token);
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limited.CancelAfter(LongestStart);
        try
        {
            if (!await client.IsHealthyAsync(limited.Token)) return false;
            // the token that it lent is known to no other
            await client.ListJobsAsync(limited.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            // it takes questions and answers none
            return false;
        }
        catch (Exception other) when (other is FlyballException { Status: < 500 } or JsonException)
        {
            return false;
        }
    }

    /// <summary>The address of a server that was given.</summary>
    /// <exception cref="VerbException">It is none.</exception>
    public static Uri Address(string url) => Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is ("http" or "https") ? uri : throw new VerbException($"'{url}' is not the address of a server; write http://HOST:PORT.");

    /// <summary>A path that was given.</summary>
    /// <exception cref="VerbException">It is empty.</exception>
    public static string Named(string path, string what) => path.Trim().Length > 0 && !path.Contains('\0', StringComparison.Ordinal) ? path : throw new VerbException($"{what} is empty; name a path.");
}

/// <summary>A client, and the server behind it where the verb started one.</summary>
public sealed class ServerConnection(FlyballClient client, FlyballServer? own, string? passing = null, bool isOfAnotherVerb = false) : IAsyncDisposable
{
    public FlyballClient Client => client;

    /// <summary>The server that lives as long as the verb, or null where another process serves.</summary>
    public FlyballServer? Own => own;

    /// <summary>The server lives as long as another verb.</summary>
    public bool IsOfAnotherVerb => isOfAnotherVerb;

    /// <summary>Returns when the server is there no more.</summary>
    public async Task EndAsync(CancellationToken cancel)
    {
        while (await client.IsHealthyAsync(cancel)) await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, cancel);
    }

    /// <summary>Nothing was there: the server has an empty data directory of its own, which ends with the verb.</summary>
    public bool IsPassing => passing is not null;

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        if (own is not null) await own.DisposeAsync();
        if (passing is not null) Directory.Delete(passing, recursive: true);
    }
}

/// <summary>A verb cannot do what was asked; the message is for the terminal.</summary>
public sealed class VerbException(string message) : Exception(message);
