using Flyball.Client;
using Flyball.Foundation;
using Flyball.Server.Access;
using Flyball.Server.Hosting;
using Flyball.Server.Pipelines;
using System.Text.Json.Serialization.Metadata;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Flyball.Server;

/// <summary>A running server as an object: tests, samples, demo and command line all start it through this door.</summary>
public sealed class FlyballServer : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly DataDirectory data;
    private bool isEnded;

    private FlyballServer(WebApplication app, DataDirectory data, Uri url) => (this.app, this.data, Url) = (app, data, url);

    /// <summary>The address the server listens on, with the port that was chosen.</summary>
    public Uri Url { get; }

    /// <summary>A token with the owner's rights, for this process and its children.</summary>
    public string OwnerToken => Service<Users>().OwnerToken;

    /// <summary>The parts of the running server, for code that drives it in process.</summary>
    public T Service<T>()
        where T : notnull => app.Services.GetRequiredService<T>();

    /// <summary>Opens the data directory, brings the database up to date, continues what was interrupted, and listens.</summary>
    /// <exception cref="StartupException">The server cannot start; the message is one sentence for the terminal.</exception>
    public static async Task<FlyballServer> StartAsync(FlyballServerOptions options, CancellationToken cancel)
    {
        var hosts = options.Urls.Select(url => Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri is { Scheme: "http", PathAndQuery: "/", Fragment: "", UserInfo: "" } ? uri : throw new StartupException($"'{url}' is not an address to listen on; write http://HOST:PORT.")).ToList();
        // a name would be listened on at every address, wherever it leads
        if (hosts.Find(uri => uri.HostNameType == UriHostNameType.Dns && !uri.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)) is { } named) throw new StartupException($"'{named.Host}' is a name; write the address to listen on, such as 127.0.0.1, or 0.0.0.0 for every one of this machine. Names under which clients come are listed with --allowed-host.");
        var data = DataDirectory.Open(options.DataDirectory);
        Db? db = null;
        try
        {
            db = new SqliteDb(data.DatabaseFile);
            var objects = new DiskObjectStore(data.Root);
            var app = await BuildAsync(options, data, db, objects, new ListenAddresses([.. hosts.Select(uri => uri.Host)], options.AllowedHosts), cancel);
            objects.ClearStaged();
            var users = app.Services.GetRequiredService<Users>();
            await users.LoadAsync();
            if (!users.Any && hosts.FirstOrDefault(uri => !ListenAddresses.IsLoopback(uri.Host)) is { } wide)
            {
                await app.DisposeAsync();
                throw new StartupException($"Listening on {wide.Host} needs named users: start on loopback first and run `flyball user add NAME --role admin`.");
            }

            // the data directory's lock proves that whoever held leases and jobs before is gone
            await app.Services.GetRequiredService<Leases>().ForgetAsync(cancel);
            await app.Services.GetRequiredService<Jobs>().RecoverAsync(TimeSpan.Zero, cancel);
            // a crash between storing an object and the transaction that names it leaves an object that nobody can ask for
            await UsedObjects.SweepAsync(db, objects, options.OrphanGrace, cancel);
            foreach (var start in app.Services.GetServices<IAtStart>()) await start.StartAsync(cancel);
            if (options.ManualLoops) app.Services.GetRequiredService<Loops>().Hold();
            var url = await ListenAsync(app, options, cancel);
            var server = new FlyballServer(app, data, url);
            data.Announce(new ServerAddress(url.ToString(), users.OwnerToken, Environment.ProcessId, options.IsOfVerb));
            app.Services.GetRequiredService<LocalWorkers>().ServerIsAt(url);
            return server;
        }
        catch (Exception failure)
        {
            if (db is not null) await db.DisposeAsync();
            data.Dispose();
            if (Sentence(failure, options.DataDirectory) is { } sentence) throw new StartupException(sentence);
            throw;
        }
    }

    /// <summary>Completes when the process is asked to end (Ctrl+C, SIGTERM).</summary>
    /// <exception cref="StartupException">The server ended because a part of it failed; the log says how.</exception>
    public async Task WaitForShutdownAsync(CancellationToken cancel)
    {
        await ((IHost)app).WaitForShutdownAsync(cancel);
        if (app.Services.GetServices<IHostedService>().OfType<BackgroundService>().FirstOrDefault(service => service.ExecuteTask is { IsFaulted: true }) is { ExecuteTask.Exception: { } failure })
        {
            throw new StartupException($"The server ended because a part of it failed: {failure.InnerException?.Message}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref isEnded, true)) return;
        await app.StopAsync();
        var db = Service<Db>();
        await app.DisposeAsync();
        await db.DisposeAsync();
        data.Dispose();
    }

    /// <summary>What keeps a server from starting that whoever starts it can do something about; null for all else.</summary>
    private static string? Sentence(Exception failure, string directory) => failure switch
    {
        SqliteException { SqliteErrorCode: 13 } or IOException { HResult: 28 } => $"The disk of the data directory {directory} is full; free space and start again.",
        SqliteException { SqliteErrorCode: 11 or 26 } damaged => $"The database in {directory} is damaged, or no database of Flyball ({damaged.Message}); restore a backup into a new folder with `flyball restore`.",
        SqliteException unusable => $"The database in {directory} cannot be used: {unusable.Message}",
        _ => null,
    };

    private static async Task<Uri> ListenAsync(WebApplication app, FlyballServerOptions options, CancellationToken cancel)
    {
        try
        {
            await app.StartAsync(cancel);
        }
        catch (IOException busy) when (busy.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException || busy.Message.Contains("address already in use", StringComparison.OrdinalIgnoreCase))
        {
            await app.DisposeAsync();
            throw new StartupException($"The port of {string.Join(" or ", options.Urls)} is in use by another program; choose another with --urls http://127.0.0.1:PORT.");
        }

        catch (Exception refused) when ((refused as SocketException ?? refused.InnerException as SocketException) is { } socket)
        {
            await app.DisposeAsync();
            throw new StartupException(socket.SocketErrorCode == SocketError.AccessDenied
                ? $"The port of {string.Join(" or ", options.Urls)} may not be opened by this user; choose one above 1023 with --urls http://127.0.0.1:PORT."
                : $"{string.Join(" or ", options.Urls)} cannot be listened on ({socket.Message}); name an address of this machine with --urls.");
        }

        var bound = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return new Uri(bound.Replace("[::]", "127.0.0.1", StringComparison.Ordinal).Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal));
    }

    /// <summary>The database is brought up to date while the parts are put together, which read nothing yet: each takes a fourth of the start.</summary>
    private static async Task<WebApplication> BuildAsync(FlyballServerOptions options, DataDirectory data, Db db, DiskObjectStore objects, ListenAddresses addresses, CancellationToken cancel)
    {
        var current = Task.Run(() => Migrations.ApplyAsync(db, [.. Migrations.Of(typeof(Db).Assembly), .. Migrations.Of(typeof(FlyballServer).Assembly)], options.Time, cancel), CancellationToken.None);
        WebApplication app;
        try
        {
            app = Build(options, data, db, objects, addresses);
        }
        catch
        {
            // nobody may close the database before
            await current;
            throw;
        }

        try
        {
            await current;
            return app;
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    private static WebApplication Build(FlyballServerOptions options, DataDirectory data, Db db, DiskObjectStore objects, ListenAddresses addresses)
    {
        // where and how the server listens is said by its options alone, not by whatever settings of other programs are around: they are not watched either
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = ["--hostBuilder:reloadConfigOnChange=false"], ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.Sources.Clear();
        ((Microsoft.Extensions.Configuration.IConfigurationBuilder)builder.Configuration).Add(new Microsoft.Extensions.Configuration.Memory.MemoryConfigurationSource());
        builder.WebHost.UseUrls([.. options.Urls]);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = options.MaxRequestBytes;
            // an address may name a thousand runs
            kestrel.Limits.MaxRequestLineSize = 64 << 10;
            kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 240, options.SlowestBody);
        });
        builder.Logging.ClearProviders();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        // what keeps a server from starting is told in one sentence by whoever starts it
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        if (options.LogToConsole) builder.Logging.AddSimpleConsole(console => console.SingleLine = true);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(10));
        builder.Services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.DefaultIgnoreCondition = Json.Options.DefaultIgnoreCondition;
            json.SerializerOptions.NumberHandling = Json.Options.NumberHandling;
            // what a record says must be there is there, or the request is refused; what may be null may be left out
            json.SerializerOptions.RespectNullableAnnotations = true;
            json.SerializerOptions.TypeInfoResolver = JsonTypeInfoResolver.Combine(FlyballJson.Default, new DefaultJsonTypeInfoResolver()).WithAddedModifier(type =>
            {
                foreach (var property in type.Properties) property.IsRequired |= property is { Set: not null, AssociatedParameter: { HasDefaultValue: false, IsNullable: false } };
            });
            foreach (var converter in Json.Options.Converters) json.SerializerOptions.Converters.Add(converter);
        });
        // a body that cannot be read becomes an answer where all others do
        builder.Services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        builder.Services.AddRazorComponents();
        // pages need no protected data, so no keys are kept, which would be made in somebody's home
        foreach (var keys in builder.Services.Where(service => service.ServiceType == typeof(IHostedService) && service.ImplementationType?.Namespace == "Microsoft.AspNetCore.DataProtection.Internal").ToList()) builder.Services.Remove(keys);
        builder.Services.AddSingleton<IDataProtectionProvider, EphemeralDataProtectionProvider>();
        builder.Services.AddOpenApi(ApiDocument.Configure);
        builder.Services
            .AddSingleton(options).AddSingleton(data).AddSingleton(db).AddSingleton(objects).AddSingleton<ObjectStore>(objects).AddSingleton(addresses).AddSingleton(options.Time)
            .AddSingleton<Ids>().AddSingleton<Journal>().AddSingleton<Leases>().AddSingleton<Jobs>()
            .AddSingleton<Loops>().AddHostedService(services => services.GetRequiredService<Loops>());
        Capabilities.AddServices(builder.Services);
        var app = builder.Build();
        app.UseMiddleware<ErrorAnswers>((ErrorPage)Ui.Pages.ErrorAsync);
        app.UseMiddleware<SteadyBodies>();
        app.UseMiddleware<Tracking.MLflowPrefixes>();
        app.UseRouting();
        app.UseMiddleware<AccessGate>();
        app.UseAntiforgery();
        app.MapMethods("/health", ["GET", "HEAD"], () => TypedResults.Text("OK")).Open();
        app.MapGet("/version", () => TypedResults.Text(Tracking.MLflowApi.SpokenVersion)).Open();
        app.MapOpenApi("/openapi.json").Needs(Permission.Read);
        Capabilities.MapRoutes(app);
        return app;
    }
}

/// <summary>Something a capability does once, before the server listens.</summary>
public interface IAtStart
{
    Task StartAsync(CancellationToken cancel);
}

/// <summary>What this program is.</summary>
public static class Product
{
    public static string Version { get; } = typeof(Product).Assembly.GetName().Version!.ToString(3);
}
