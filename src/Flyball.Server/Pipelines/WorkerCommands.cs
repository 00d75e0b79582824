using System.CommandLine;
using Flyball.Client;
using Flyball.Foundation;
using Flyball.Native.DuckDb;
using Flyball.Server.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Flyball.Server.Pipelines;

internal static class WorkerCommands
{
    public static IEnumerable<Command> All(Verbs verbs)
    {
        var local = new Option<bool>("--local") { Description = "End when standard input closes.", Hidden = true };
        var worker = new Command("worker", "A process that runs heavy steps for a server on the same data directory (the one that runs there, or FLYBALL_URL and FLYBALL_TOKEN of a user with the role worker).") { local };
        Verbs.Offline(worker, async (parsed, output, cancel) =>
        {
            var given = parsed.GetValue(verbs.Url) is { Length: > 0 } url ? Verbs.Address(url) : null;
            var (data, token) = (Path.GetFullPath(Verbs.Named(parsed.GetRequiredValue(verbs.DataDir), "--data-dir")), Verbs.Token());
            var store = DataDirectory.FindIdentity(data) ?? throw new VerbException($"{data} is no data directory of a server; a worker runs on its server's own, on the same machine or a shared file system (--data-dir).");
            var objects = new DiskObjectStore(data);
            if (given is null && (DataDirectory.FindServer(data) is not { } serving || !await Verbs.IsItAsync(serving, cancel)))
            {
                throw new VerbException($"No server runs on {data}; start one with `flyball serve`, or name one on another machine with --url or FLYBALL_URL.");
            }

            if (parsed.GetValue(local)) _ = EndWithInputAsync();
            await using var services = Capabilities.WorkerServices();
            // one that the server started speaks through its log
            Action<string>? say = parsed.GetValue(local) ? null : output.WriteLine;
            try
            {
                // a server that is started again has another token, and may have another port
                while (true)
                {
                    cancel.ThrowIfCancellationRequested();
                    var announced = given is null ? DataDirectory.FindServer(data) : null;
                    if (given is null && announced is null)
                    {
                        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, cancel);
                        continue;
                    }

                    using var client = new FlyballClient(given ?? new Uri(announced!.Url), token ?? announced?.Token);
                    say?.Invoke($"A worker for {client.Url} on {data}; Ctrl+C ends it.");
                    await new Worker(
                        client, objects, store, Path.Combine(data, "tmp"), services.GetServices<IJobWork>(), say, announced is null ? null : asked => FindAsync(data, announced, asked)).RunAsync(cancel);
                }
            }
            catch (FlyballException refused) when (refused.Status is 401 || refused.Code == FlyballException.Forbidden)
            {
                throw new VerbException($"{refused.Message} A worker needs FLYBALL_TOKEN of a user with the role worker; `flyball user add NAME --role worker` makes one.");
            }
        });
        yield return worker;

        var path = new Argument<string>("path");
        var head = new Command(ParquetReader.Verb, "Writes the beginning of a Parquet file as JSON.") { path };
        head.Hidden = true;
        Verbs.Offline(head, (parsed, output, _) =>
        {
            try
            {
                output.Write(ParquetReader.Read(parsed.GetRequiredValue(path)));
                return Task.FromResult(0);
            }
            catch (DuckDbException wrong)
            {
                throw new VerbException(wrong.Reason);
            }
        });
        yield return head;
    }

    /// <summary>What became of the server that announced itself in a data directory.</summary>
    internal static async Task<Whereabouts> FindAsync(string data, ServerAddress announced, CancellationToken cancel)
    {
        if (DataDirectory.FindServer(data) is { } now && now != announced) return Whereabouts.Moved;
        try
        {
            return await Verbs.IsItAsync(announced, cancel) ? Whereabouts.Here : Whereabouts.Unknown;
        }
        catch (FlyballException)
        {
            return Whereabouts.Unknown;
        }
    }

    private static async Task EndWithInputAsync()
    {
        await using var input = Console.OpenStandardInput();
        var buffer = new byte[1];
        while (await input.ReadAsync(buffer) > 0)
        {
            // nothing is ever sent; the end of the stream is the message
        }

        Environment.Exit(0);
    }
}
