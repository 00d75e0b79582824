using System.CommandLine;
using Flyball.Client;
using Flyball.Foundation;
using Flyball.Server.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Flyball.Server.Pipelines;

internal static class WorkerCommands
{
    public static IEnumerable<Command> All(Verbs verbs)
    {
        var local = new Option<bool>("--local") { Description = "End when standard input closes.", Hidden = true };
        var worker = new Command("worker", "A process that runs heavy steps for a server on the same data directory (FLYBALL_URL, FLYBALL_TOKEN of a user with the role worker).") { local };
        Verbs.Offline(worker, async (parsed, output, cancel) =>
        {
            var url = parsed.GetValue(verbs.Url) ?? throw new VerbException("A worker needs the address of its server: set FLYBALL_URL or give --url.");
            var address = Verbs.Address(url);
            var data = Path.GetFullPath(parsed.GetRequiredValue(verbs.DataDir));
            var store = DataDirectory.FindIdentity(data) ?? throw new VerbException($"{data} is no data directory of a server; a worker runs on its server's own, on the same machine or a shared file system (--data-dir).");
            var objects = new DiskObjectStore(data);
            using var client = new FlyballClient(address, Environment.GetEnvironmentVariable("FLYBALL_TOKEN"));
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            var input = parsed.GetValue(local) ? EndWithInputAsync() : Task.CompletedTask;
            await using var services = Capabilities.WorkerServices();
            // one that the server started speaks through its log
            Action<string>? say = parsed.GetValue(local) ? null : output.WriteLine;
            say?.Invoke($"A worker for {client.Url} on {data}; Ctrl+C ends it.");
            await new Worker(client, objects, store, Path.Combine(data, "tmp"), services.GetServices<IJobWork>(), say).RunAsync(ending.Token);
            await output.FlushAsync(CancellationToken.None);
            await input;
            return 0;
        });
        yield return worker;
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
