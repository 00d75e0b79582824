using Flyball.Foundation;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Flyball.Tests.Registry;
using Flyball.Server;

namespace Flyball.Tests.Foundation;

public sealed class Starting_a_server
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task On_a_data_directory_in_use_is_refused_in_one_sentence()
    {
        await using var flyball = await TestFlyball.StartAsync();
        Assert.Contains("in use by another Flyball process", await RefusedAsync(Path.Combine(flyball.Folder, "data"), "http://127.0.0.1:0"));
    }

    [Fact]
    public async Task On_a_port_in_use_is_refused_in_one_sentence()
    {
        await using var flyball = await TestFlyball.StartAsync();
        Assert.Contains("is in use by another program", await RefusedAsync(Path.Combine(flyball.Folder, "other"), flyball.Server.Url.ToString()));
    }

    [Fact]
    public async Task On_an_address_others_can_reach_needs_users()
    {
        var folder = Directory.CreateTempSubdirectory("flyball-test-").FullName;
        Assert.Contains("needs named users", await RefusedAsync(Path.Combine(folder, "data"), "http://0.0.0.0:0"));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task On_a_database_newer_than_the_binary_is_refused_in_one_sentence()
    {
        var flyball = await TestFlyball.StartAsync();
        await flyball.Server.Service<Db>().WriteAsync(tx => tx.ExecuteAsync("insert into schema_versions (room, number, name, applied_at) values ('Tracking', 99, 'future', 0)"), Cancel);
        await flyball.Server.DisposeAsync();
        Assert.Contains("newer than this binary", await RefusedAsync(Path.Combine(flyball.Folder, "data"), "http://127.0.0.1:0"));
        Directory.Delete(flyball.Folder, recursive: true);
    }

    [Fact]
    public async Task On_a_folder_of_something_else_is_refused_and_touches_nothing_in_it()
    {
        var folder = Directory.CreateTempSubdirectory("flyball-test-").FullName;
        var (scratch, old) = (Path.Combine(folder, "tmp", "a"), Path.Combine(folder, "objects", "old.txt"));
        foreach (var file in (string[])[scratch, old])
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await File.WriteAllTextAsync(file, "mine", Cancel);
            File.SetLastWriteTimeUtc(file, DateTime.UnixEpoch);
        }

        Assert.Contains("holds other files and is no data directory of Flyball", await RefusedAsync(folder, "http://127.0.0.1:0"));
        Assert.True(File.Exists(scratch) && File.Exists(old));
        Assert.Equal(2, Directory.GetFileSystemEntries(folder).Length);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task On_a_damaged_database_is_refused_in_one_sentence()
    {
        var folder = Directory.CreateTempSubdirectory("flyball-test-").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "flyball.db"), new string('x', 10_000), Cancel);
        Assert.Contains("is damaged, or no database of Flyball", await RefusedAsync(folder, "http://127.0.0.1:0"));
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("http://127.0.0.1:0/path")]
    [InlineData("https://127.0.0.1:0")]
    [InlineData("nonsense")]
    public async Task On_what_is_no_address_is_refused(string url) => Assert.Contains("is not an address to listen on", await RefusedAsync(Path.Combine(Path.GetTempPath(), "flyball-none"), url));

    [Fact]
    public async Task Listens_where_it_was_told_and_nowhere_else_whatever_the_environment_says()
    {
        Environment.SetEnvironmentVariable("Kestrel__Endpoints__other__Url", "http://127.0.0.2:0");
        try
        {
            await using var flyball = await TestFlyball.StartAsync();
            Assert.StartsWith("http://127.0.0.1:", Assert.Single(flyball.Server.Service<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses));
        }
        finally
        {
            Environment.SetEnvironmentVariable("Kestrel__Endpoints__other__Url", null);
        }
    }

    [Fact]
    public async Task That_ends_because_a_part_of_it_failed_says_so_to_whoever_waits_for_it()
    {
        var clock = new FailingClock();
        await using var flyball = await TestFlyball.StartAsync(change: options => options with { ManualLoops = false, PrivateWebhooks = true, Time = clock });
        var waiting = flyball.Server.WaitForShutdownAsync(Cancel);
        await flyball.CallAsync("POST", "webhooks", """{"name": "w", "url": "http://127.0.0.1:9/", "events": [{"entity": "REGISTERED_MODEL", "action": "CREATED"}]}""");
        await flyball.CallAsync("POST", "registered-models/create", """{"name": "m"}""");
        // a delivery that waits is looked at every second, by the clock
        clock.Fails = true;
        var ended = await Assert.ThrowsAnyAsync<StartupException>(() => waiting.WaitAsync(TimeSpan.FromSeconds(30), Cancel));
        Assert.Equal("The server ended because a part of it failed: no memory is left", ended.Message);
    }

    private static async Task<string> RefusedAsync(string data, string url) =>
        (await Assert.ThrowsAnyAsync<StartupException>(() => FlyballServer.StartAsync(new FlyballServerOptions { DataDirectory = data, Urls = [url] }, Cancel))).Message;

    private sealed class FailingClock : TimeProvider
    {
        public volatile bool Fails;

        public override DateTimeOffset GetUtcNow() => Fails ? throw new InsufficientMemoryException("no memory is left") : base.GetUtcNow();
    }
}
