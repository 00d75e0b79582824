using Flyball.Server.Hosting;
using System.CommandLine;

namespace Flyball.Server.Operations;

internal static class ServeCommands
{
    public static IEnumerable<Command> All(Verbs verbs)
    {
        var urls = new Option<string[]>("--urls") { Description = "Addresses to listen on.", DefaultValueFactory = _ => ["http://127.0.0.1:7070"], AllowMultipleArgumentsPerToken = true };
        var roots = new Option<string[]>("--source-root") { Description = "Folder below which project files may name sources; the current folder unless told otherwise.", DefaultValueFactory = _ => [Directory.GetCurrentDirectory()] };
        var hosts = new Option<string[]>("--allowed-host") { Description = "Another host name under which the server may be asked." };
        var sourceHosts = new Option<string[]>("--source-host") { Description = "A host that project files may name data of, such as data.example.org, with its port where it is not the usual one, and behind http:// where it does not speak TLS." };
        var workers = new Option<int>("--workers") { Description = "Local worker processes, 0 to 64.", DefaultValueFactory = _ => 1 };
        var webhooks = new Option<bool>("--private-webhooks") { Description = "Webhooks may use plain http and reach private addresses; otherwise https to public ones alone." };
        var serve = new Command("serve", "Runs the server alone.") { urls, roots, hosts, sourceHosts, workers, webhooks };
        Verbs.Offline(serve, async (parsed, output, cancel) =>
        {
            if (Array.Find(parsed.GetRequiredValue(roots), root => !Directory.Exists(root)) is { } absent) throw new VerbException($"There is no folder {absent} to read sources from; --source-root names a folder.");
            var options = new FlyballServerOptions
            {
                DataDirectory = Verbs.Named(parsed.GetRequiredValue(verbs.DataDir), "--data-dir"),
                Urls = parsed.GetRequiredValue(urls),
                SourceRoots = parsed.GetRequiredValue(roots),
                AllowedHosts = parsed.GetValue(hosts) ?? [],
                SourceHosts = parsed.GetValue(sourceHosts) ?? [],
                Workers = parsed.GetValue(workers) is var count and >= 0 and <= 64 ? count : throw new VerbException("--workers takes 0 to 64."),
                PrivateWebhooks = parsed.GetValue(webhooks),
                LogToConsole = true,
            };
            await using var server = await FlyballServer.StartAsync(options, cancel);
            await output.WriteLineAsync($"Flyball {Product.Version} at {server.Url}");
            await output.FlushAsync(cancel);
            await server.WaitForShutdownAsync(cancel);
            return 0;
        });
        yield return serve;
    }
}
