using System.CommandLine;
using System.Globalization;
using System.Diagnostics;
using Flyball.Client;
using Flyball.Foundation;
using Flyball.Server.Hosting;

namespace Flyball.Server.Replay;

internal static class DemoCommands
{
    /// <summary>Marks a folder that a demo made, and says how far its story is.</summary>
    private const string Mark = "made-by-flyball-demo";

    private const string Told = "the story was told: flyball demo makes this folder anew";

    public static IEnumerable<Command> All()
    {
        var seed = new Option<ulong>("--seed") { Description = "Another city, another story.", DefaultValueFactory = _ => 7 };
        var exit = new Option<bool>("--exit") { Description = "End when the story is told, instead of leaving the server up." };
        var folder = new Option<string>("--folder") { Description = "Where the demo keeps its data; made anew once its story was told to the end, gone on with where it was interrupted.", DefaultValueFactory = _ => "flyball-demo" };
        var url = new Option<string>("--listen") { Description = "Address to listen on.", DefaultValueFactory = _ => "http://127.0.0.1:0" };
        var demo = new Command("demo", "Shows the whole loop on a made-up city in ten seconds to a minute: data, model, traffic, change, alarm, retraining, recovery.") { seed, exit, folder, url };
        Verbs.Offline(demo, async (parsed, output, cancel) =>
        {
            var started = Stopwatch.StartNew();
            var root = Prepare(parsed.GetRequiredValue(folder), parsed.GetRequiredValue(seed));
            var sources = Directory.CreateDirectory(Path.Combine(root, "sources")).FullName;
            var clock = new ReplayTime(Demo.Beginning);
            var options = new FlyballServerOptions { DataDirectory = Path.Combine(root, "data"), SourceRoots = [sources], Urls = [parsed.GetRequiredValue(url)], Time = clock, ManualLoops = true };
            await using var server = await FlyballServer.StartAsync(options, cancel);
            using var client = new FlyballClient(server.Url, server.OwnerToken);
            await output.WriteLineAsync($"Flyball {Product.Version} at {server.Url} (seed {parsed.GetRequiredValue(seed)})");
            var story = new Demo(server, client, clock, sources, parsed.GetRequiredValue(seed), output);
            var outcome = await story.RunAsync(cancel);
            await File.WriteAllTextAsync(Path.Combine(root, Mark), Told, cancel);
            if (outcome.Closed) await story.WhyAsync(cancel);
            await output.WriteLineAsync();
            await output.WriteLineAsync(outcome.Closed ? $"The loop closed in {started.Elapsed.TotalSeconds:0} seconds." : $"The loop did not close: {string.Join("; ", outcome.Missing)}.");
            if (!parsed.GetValue(exit))
            {
                await output.WriteLineAsync($"Look around at {server.Url} while a little traffic goes on; Ctrl+C ends.");
                await output.FlushAsync(cancel);
                var going = story.KeepGoingAsync(cancel);
                await Task.WhenAny(going, server.WaitForShutdownAsync(cancel));
            }

            return outcome.Closed ? 0 : 1;
        });
        yield return demo;
    }

    private static string Prepare(string folder, ulong seed)
    {
        var root = Path.GetFullPath(Verbs.Named(folder, "--folder"));
        if (File.Exists(root)) throw new VerbException($"{folder} is a file; name a folder with --folder.");
        var (mark, telling) = (Path.Combine(root, Mark), string.Create(CultureInfo.InvariantCulture, $"flyball demo {Product.Version} tells the story of seed {seed} here"));
        if (Directory.Exists(root) && Directory.EnumerateFileSystemEntries(root).Any())
        {
            if (!File.Exists(mark)) throw new VerbException($"{folder} holds something that no demo made; name another folder with --folder.");
            if (File.ReadAllText(mark) == telling) return root;
            using (DataDirectory.Open(Path.Combine(root, "data")))
            {
                // nobody else uses it
            }

            Directory.Delete(root, recursive: true);
        }

        Directory.CreateDirectory(root);
        File.WriteAllText(mark, telling);
        return root;
    }
}
