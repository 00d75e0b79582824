using System.Text;
using Flyball.Client;
using Flyball.Foundation;
using Flyball.Server.Tracking;
using Flyball.Tests;

namespace Flyball.BrowserTests;

/// <summary>An experiment with forty tuned runs that have curves, and names and values that would be markup if they were let.</summary>
public sealed class TunedRuns : IAsyncLifetime
{
    public const string Markup = "<img src=x onerror=alert(1)>";
    private static readonly DateTimeOffset Beginning = new(2026, 3, 2, 8, 0, 0, TimeSpan.Zero);
    private static readonly string[] Optimizers = ["adam", "sgd", "rmsprop"];
    private TestFlyball? flyball;

    public Uri Url => flyball!.Server.Url;

    public string Experiment { get; private set; } = "";

    public string Small { get; private set; } = "";

    /// <summary>Every kind of page: a name, and where it is.</summary>
    public IReadOnlyDictionary<string, string> Paths { get; private set; } = new Dictionary<string, string>();

    public async ValueTask InitializeAsync()
    {
        flyball = await TestFlyball.StartAsync();
        var cancel = TestContext.Current.CancellationToken;
        var (runs, experiments, random) = (flyball.Server.Service<Runs>(), flyball.Server.Service<Experiments>(), new Random(5));
        Experiment = (await experiments.CreateAsync($"Tuning {Markup}", null, new Dictionary<string, string> { ["mlflow.note.content"] = "Which learning rate is best? <script>alert(2)</script>" }, cancel)).Id;
        Small = (await experiments.CreateAsync("Two runs that end alike", null, new Dictionary<string, string>(), cancel)).Id;
        for (var i = 0; i < 12; i++) await experiments.CreateAsync($"experiment-{i}", null, new Dictionary<string, string>(), cancel);
        var ids = new List<string>();
        await flyball.Server.Service<Db>().WriteAsync(
            async tx =>
            {
                var (tuning, small) = (await Experiments.GetAsync(tx, Experiment), await Experiments.GetAsync(tx, Small));
                for (var i = 0; i < 40; i++) ids.Add(await AddAsync(tx, runs, tuning, i, random));
                for (var i = 40; i < 42; i++) await AddAsync(tx, runs, small, i, random);
            },
            cancel);
        await runs.DeleteAsync(ids[3], cancel);
        await PutAsync(ids[5], "notes/page.html", Encoding.UTF8.GetBytes($"<h1>{Markup}</h1>\n<script>alert(3)</script>"));
        await PutAsync(ids[5], "table.csv", Encoding.UTF8.GetBytes(string.Join("\n", Enumerable.Range(0, 40).Select(i => $"{i},{i * i},{Markup},\"a, b\",a text that goes on for a while")) + "\n"));
        await PutAsync(ids[5], "plots/dot.png", Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="));
        await runs.SetTagAsync([ids[5]], "mlflow.note.content", $"Best so far.\n{Markup}", cancel);
        var model = await LogModelAsync(ids[6], ids[8], cancel);
        await flyball.UntilQuietAsync();
        var page = $"/experiments/{Experiment}";
        Paths = new Dictionary<string, string>
        {
            ["experiments"] = "/experiments",
            ["experiment"] = page,
            ["experiment sorted"] = $"{page}?sort=metrics.rmse&column=metrics.rmse&column=params.eta&column=params.optimizer&column=tags.team&filter={Uri.EscapeDataString("metrics.rmse < 0.8")}",
            ["experiment grouped"] = $"{page}?group=params.optimizer",
            ["experiment wrong filter"] = $"{page}?filter={Uri.EscapeDataString("metrics.rmse < 'x' <b>")}",
            ["experiment deleted"] = $"{page}?view=deleted",
            ["experiment empty"] = "/experiments/0",
            ["compare"] = $"/experiments/compare?runs={string.Join(',', ids.Skip(4).Take(6))}&metric=rmse",
            ["compare many"] = $"/experiments/compare?experiment={Experiment}&metric=rmse&smooth=0.6&log=true&x=relative",
            ["deleted"] = "/experiments/deleted",
            ["compare none"] = "/experiments/compare",
            ["tuned run"] = $"/runs/{ids[5]}?smooth=0.5",
            ["tuned run text"] = $"/runs/{ids[5]}?path=notes/page.html",
            ["tuned run table"] = $"/runs/{ids[5]}?path=table.csv",
            ["tuned run model"] = $"/runs/{ids[6]}?model={model}&path=MLmodel",
            ["lineage of a tuned run"] = $"/lineage?of=run:{ids[6]}",
            ["tuned run image"] = $"/runs/{ids[5]}?path=plots/dot.png",
        };
    }

    private Task PutAsync(string run, string path, byte[] content) => flyball!.Server.Service<Artifacts>().PutAsync(new ArtifactPlace(run, path), new MemoryStream(content), TestContext.Current.CancellationToken);

    /// <summary>A run that read a dataset, measured something without steps and logged a model, of which another run and a registered version made use.</summary>
    private async Task<string> LogModelAsync(string run, string user, CancellationToken cancel)
    {
        var api = flyball!.Client;
        await api.LogInputsAsync(run, [new RunDataset($"trips {Markup}", "4f2a91c0", "s3", "s3://bucket/a/rather/long/path/to/the/trips/of/march.parquet", Context: "training"), new RunDataset("held out", "77ab01", "s3", "s3://bucket/held-out.parquet", Context: "eval")], [], cancel);
        await api.LogAsync(run, [.. Enumerable.Range(0, 30).Select(i => new MetricValue("rows_per_second", 900 + (40 * Math.Sin(i)), Beginning.AddSeconds(9 * i), 0))], new Dictionary<string, string>(), new Dictionary<string, string>(), cancel);
        var model = await api.CreateLoggedModelAsync(new CreateLoggedModel(Experiment, $"forest {Markup[..8].Trim('<')}", "sklearn", run), cancel);
        await api.LogModelFileAsync(model, "MLmodel", new MemoryStream(Encoding.UTF8.GetBytes($"flavors:\n  python_function: {{}}\n# {Markup}\n")), cancel);
        await api.LogModelFileAsync(model, "weights/tree.json", new MemoryStream("{}"u8.ToArray()), cancel);
        await api.LogModelMetricsAsync(run, [new ModelMetric(new MetricValue("auc", 0.8731, Beginning, 3), model.Id), new ModelMetric(new MetricValue("log_loss", 0.331, Beginning, 3), model.Id)], cancel);
        await api.FinishLoggedModelAsync(model.Id, well: true, cancel);
        await api.LogInputsAsync(user, [], [model.Id], cancel);
        await api.RegisterModelAsync("trees", "", new Dictionary<string, string>(), cancel);
        await api.RegisterModelVersionAsync(new RegisterSource("trees", $"models:/{model.Id}", run), cancel);
        return model.Id;
    }

    public async ValueTask DisposeAsync()
    {
        if (flyball is not null) await flyball.DisposeAsync();
    }

    private static async Task<string> AddAsync(Tx tx, Runs runs, Experiment experiment, int i, Random random)
    {
        var (eta, depth, optimizer) = (Math.Round(Math.Pow(10, -3 + (2.5 * random.NextDouble())), 4), random.Next(3, 9), Optimizers[random.Next(3)]);
        var floor = 0.4 + (Math.Abs(Math.Log10(eta) + 1.6) * 0.3) + (0.05 * random.NextDouble());
        var run = await runs.StartAsync(tx, experiment, i % 9 == 5 ? $"{Markup} {i}" : $"tune-{i}", "someone@example.org", Beginning.AddMinutes(7 * i), [], null, null);
        var points = new List<MetricPoint>();
        for (var step = 0; step < 80; step++)
        {
            var at = Beginning.AddMinutes(7 * i).AddSeconds(step * (2 + depth));
            points.Add(new MetricPoint("rmse", floor + (1.6 * Math.Exp(-step * eta * 4)) + (0.05 * random.NextDouble()), step, at));
            points.Add(new MetricPoint("mae", (floor * 0.7) + (1.1 * Math.Exp(-step * eta * 4)) + (0.03 * random.NextDouble()), step, at));
        }

        points.Add(new MetricPoint("size_mb", 2.5 * depth, 0, Beginning));
        await runs.LogAsync(
            tx, run.Id,
            new RunBatch(points, [KeyValuePair.Create("eta", eta.ToString(System.Globalization.CultureInfo.InvariantCulture)), KeyValuePair.Create("depth", $"{depth}"), KeyValuePair.Create("optimizer", optimizer), KeyValuePair.Create("seed", "7"), KeyValuePair.Create("note", i % 9 == 5 ? Markup : "plain")], [KeyValuePair.Create("team", Markup)]),
            null);
        if (i % 11 != 10) await runs.UpdateAsync(tx, run.Id, i % 7 == 6 ? RunStatus.Failed : RunStatus.Finished, Beginning.AddMinutes((7 * i) + 4 + depth), null, "someone@example.org", null, null);
        return run.Id;
    }
}
