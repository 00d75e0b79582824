using System.Net.Http.Json;
using System.Text.Json;
using System.Diagnostics;
using Flyball.Client;
using Flyball.Foundation;
using Flyball.Server;
using Flyball.Server.Replay;

namespace Flyball.BrowserTests;

/// <summary>The demo's whole story on a real server with traffic going on, a second training run with curves, and a backtest: something on every page.</summary>
public sealed class DemoCity : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("flyball-browser-").FullName;
    private readonly CancellationTokenSource ending = new();
    private FlyballServer? server;
    private FlyballClient? client;
    private Task traffic = Task.CompletedTask;

    public Uri Url => server!.Url;

    /// <summary>Every kind of page: a name, and where the demo has one.</summary>
    public IReadOnlyDictionary<string, string> Paths { get; private set; } = new Dictionary<string, string>();

    public async ValueTask InitializeAsync()
    {
        var sources = Directory.CreateDirectory(Path.Combine(folder, "sources")).FullName;
        var clock = new ReplayTime(Demo.Beginning);
        server = await FlyballServer.StartAsync(new FlyballServerOptions { DataDirectory = Path.Combine(folder, "data"), SourceRoots = [sources], Time = clock, ManualLoops = true }, ending.Token);
        client = new FlyballClient(server.Url, server.OwnerToken);
        await using var output = new StringWriter();
        var demo = new Demo(server, client, clock, sources, 7, output);
        var outcome = await demo.RunAsync(ending.Token);
        Assert.True(outcome.Closed, output.ToString());
        traffic = demo.KeepGoingAsync(ending.Token);

        var (version, backtest) = (await client.GetModelVersionAsync(Demo.Model, 2, ending.Token), await BacktestAsync());
        var window = (await client.ListWindowsAsync(Demo.Model, "drift", null, ending.Token)).First(known => known.State == "breached");
        var champion = (await client.ReadJournalAsync(Demo.Project, 0, 1000, ending.Token)).Last(entry => entry.Type == "deployment.changed");
        Paths = new Dictionary<string, string>
        {
            ["home"] = "/",
            ["project"] = $"/projects/{Demo.Project}",
            ["dataset version"] = $"/datasets/{Demo.Project}/trips/1",
            ["data"] = "/datasets",
            ["dataset"] = $"/datasets/{await ShopAsync()}",
            ["validation"] = "/datasets/shop/orders/2/validation",
            ["quarantine"] = "/datasets/shop/orders/quarantine",
            ["model version"] = $"/models/{Demo.Model}/2",
            ["model card"] = $"/models/{Demo.Model}/2/card",
            ["lineage"] = $"/lineage?of=model-version:{Demo.Model}/2",
            ["models"] = "/models",
            ["model"] = $"/models/{Demo.Model}",
            ["compare versions"] = $"/models/{Demo.Model}/compare",
            ["registered version"] = $"/models/{Uri.EscapeDataString(await RegisterAsync())}/1",
            ["run"] = $"/runs/{version.Version.Run}",
            ["run with curves"] = $"/runs/{backtest}",
            ["deployment"] = $"/deployments/{Demo.Model}",
            ["drift"] = $"/deployments/{Demo.Model}/drift/{window.Id}",
            ["backtest"] = $"/backtests/{backtest}",
            ["journal"] = "/journal",
            ["journal entry"] = $"/journal?Entry={champion.Id}",
            ["sign-in"] = "/sign-in",
        };
    }

    /// <summary>A dataset whose rows are sent, some of which break rules, with markup in names and values; its project and name.</summary>
    private async Task<string> ShopAsync()
    {
        const string Yaml =
            """
            project: shop
            data:
              orders:
                source: push
                time: at
                description: What was ordered, <b>as the tills send it</b>.
                owner: till@example.org
                freshness: { within: 1h }
                quarantine:
                  price below <i>zero</i>: price < 0
                expect:
                  - expect_column_values_to_be_between: { column: n, min_value: 1, max_value: 9, quarantine: true }
                  - expect_column_values_to_be_in_set: { column: what, value_set: [tea, coffee, cake], mostly: 0.5, severity: warning }
                  - expect_column_values_to_be_in_set: { column: what, value_set: [tea, coffee], severity: warning }
                  - expect_column_values_to_not_be_null: { column: n }
                  - expect_column_mean_to_be_between: { column: price, min_value: 100, severity: info }
                  - expect_compound_columns_to_be_unique: { column_list: [at, what] }
            """;
        await client!.ApplyAsync(new ApplyProject(Yaml, "flyball.yaml", Path.Combine(folder, "sources"), Path.Combine(folder, "sources")), ending.Token);
        foreach (var rows in (string[])["at,n,what,price\n2024-01-01 09:00:00,1,tea,2.5\n2024-01-01 09:10:00,2,cake,7\n2024-01-01 09:12:00,0,<b>x</b>,-1\n", "at,n,what,price\n2024-01-02 09:00:00,3,coffee,7.5\n2024-01-02 09:01:00,1,<img src=x onerror=alert(1)>,2\n2024-01-02 09:10:00,99,tea,1\n"])
        {
            await client.PushRowsAsync("shop", "orders", new MemoryStream(System.Text.Encoding.UTF8.GetBytes(rows)), "text/csv", null, null, ending.Token);
            await server!.Service<Loops>().UntilQuietAsync(ending.Token);
        }

        await client.SetDatasetTagAsync("shop", "orders", 2, "<u>gold</u>", "yes", ending.Token);
        return "shop/orders";
    }

    /// <summary>What an MLflow client registers, with markup in all its names; the model's.</summary>
    private async Task<string> RegisterAsync()
    {
        const string name = "<img src=x onerror=alert(1)>";
        using var http = new HttpClient { BaseAddress = server!.Url };
        http.DefaultRequestHeaders.Authorization = new("Bearer", server.OwnerToken);
        var run = await client!.StartRunAsync(await client.EnsureExperimentAsync("notebooks", ending.Token), name, ending.Token);
        var details = await http.GetFromJsonAsync<JsonElement>($"/api/2.0/mlflow/runs/get?run_id={run}", ending.Token);
        var place = details.GetProperty("run").GetProperty("info").GetProperty("artifact_uri").GetString()!;
        (await http.PutAsync($"/api/2.0/mlflow-artifacts/artifacts/{place["mlflow-artifacts:/".Length..]}/model/model.pkl", new StringContent("pickled"), ending.Token)).EnsureSuccessStatusCode();
        (await http.PostAsJsonAsync("/api/2.0/mlflow/registered-models/create", new { name, description = name }, ending.Token)).EnsureSuccessStatusCode();
        (await http.PostAsJsonAsync("/api/2.0/mlflow/model-versions/create", new { name, source = $"{place}/model", run_id = run, description = name, tags = new[] { new { key = "team", value = name } } }, ending.Token)).EnsureSuccessStatusCode();
        (await http.PostAsJsonAsync("/api/2.0/mlflow/registered-models/alias", new { name, alias = "best", version = "1" }, ending.Token)).EnsureSuccessStatusCode();
        return name;
    }

    /// <summary>Four files of six days, the bridge closing in the third, through the verb; the stored run.</summary>
    private async Task<string> BacktestAsync()
    {
        var history = Directory.CreateDirectory(Path.Combine(folder, "history")).FullName;
        var city = new City(11, Demo.Beginning.AddDays(13));
        for (var i = 0; i < 4; i++) city.WriteHistory(Path.Combine(history, $"trips_{i + 1}.parquet"), Demo.Beginning.AddDays(6 * i), 6, 1500);
        var project = Path.Combine(history, "flyball.yaml");
        await File.WriteAllTextAsync(project, Demo.Yaml(), ending.Token);
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "flyball")) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["backtest", project, "--data", history, "--url", Url.ToString()]) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync(ending.Token);
        var output = await process.StandardOutput.ReadToEndAsync(ending.Token);
        await process.WaitForExitAsync(ending.Token);
        Assert.True(process.ExitCode == 0, output + await errors);
        return output.Split("stored as run ")[1].Split(' ')[0];
    }

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await traffic.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        client?.Dispose();
        if (server is not null) await server.DisposeAsync();
        ending.Dispose();
        Directory.Delete(folder, recursive: true);
    }
}
