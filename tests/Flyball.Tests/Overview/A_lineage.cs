using System.Net;
using Flyball.Client;
using Flyball.Tests.Registry;

namespace Flyball.Tests.Overview;

public sealed class A_lineage
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("run:none")]
    [InlineData("model-version:none/1")]
    [InlineData("model-version:none")]
    [InlineData("logged-model:m-1")]
    public async Task Is_not_found_of_what_is_not_there(string of)
    {
        await using var flyball = await TestFlyball.StartAsync();
        Assert.Equal(404, (await Assert.ThrowsAsync<FlyballException>(() => flyball.Client.GetLineageAsync(of, Cancel))).Status);
    }

    [Fact]
    public async Task Leads_from_data_to_deployment_and_back()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await LineProject.ApplyAsync(flyball);
        await flyball.UntilQuietAsync();
        var data = Assert.Single(await flyball.Client.ListDatasetVersionsAsync("straight", "rows", Cancel));

        var ofVersion = await flyball.Client.GetLineageAsync("model-version:line/1", Cancel);
        var run = ofVersion.Nodes.Single(node => node.Ref.StartsWith("run:", StringComparison.Ordinal));
        Assert.Equal([("dataset-version", -2, "rows v1"), ("run", -1, run.Title), ("model-version", 0, "line v1"), ("deployment", 1, "line")], ofVersion.Nodes.Select(node => (node.Ref[..node.Ref.IndexOf(':', StringComparison.Ordinal)], node.Level, node.Title)));
        Assert.Equal(["made-by", "reads", "serves", "trained-on"], ofVersion.Edges.Select(edge => edge.Relation).Order());
        Assert.True(ofVersion.Whole);
        // the picture leaves out what a longer way tells: it was trained on what its run read
        var drawn = (await flyball.Server.Service<Flyball.Foundation.Db>().ReadAsync(tx => Flyball.Server.Overview.LineageGraph.ReadAsync(tx, Flyball.Foundation.Ref.Parse("model-version:line/1")), Cancel)).Drawn();
        Assert.Equal(["made-by", "reads", "serves"], drawn.Select(edge => edge.Relation).Order());

        // the same chain from either end
        var ofData = await flyball.Client.GetLineageAsync($"dataset-version:{data.Id}", Cancel);
        Assert.Equal([0, 1, 2, 3], ofData.Nodes.Select(node => node.Level));
        Assert.Equal(ofVersion.Edges.ToHashSet(), ofData.Edges.ToHashSet());
        var ofDeployment = await flyball.Client.GetLineageAsync("deployment:line", Cancel);
        Assert.Equal([-3, -2, -1, 0], ofDeployment.Nodes.Select(node => node.Level));
        foreach (var href in ofDeployment.Nodes.Select(node => node.Href!)) Assert.Equal(HttpStatusCode.OK, (await flyball.Http.GetAsync(href, Cancel)).StatusCode);
        var page = await flyball.Http.GetStringAsync("/lineage?of=deployment:line", Cancel);
        Assert.Contains("/models/line/1", page);
        Assert.Contains("rows v1", page);
    }

    [Fact]
    public async Task Leads_over_the_datasets_and_the_logged_models_of_clients()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var api = flyball.Client;
        var (run, scoring) = (await api.StartRunAsync("0", "training", Cancel), await api.StartRunAsync("0", "scoring", Cancel));
        await api.LogInputsAsync(run, [new RunDataset("trips '\"", "abc", "local", "trips.parquet", Context: "training")], [], Cancel);
        var model = await api.CreateLoggedModelAsync(new CreateLoggedModel("0", "forest", "sklearn", run), Cancel);
        await api.LogModelFileAsync(model, "MLmodel", new MemoryStream("flavors: {}"u8.ToArray()), Cancel);
        await api.LogOutputsAsync(run, [new RunOutput(model.Id, 3)], Cancel);
        // a run that tries out what it has just made is not made from it
        await api.LogInputsAsync(run, [], [model.Id], Cancel);
        await api.LogInputsAsync(scoring, [], [model.Id], Cancel);
        await flyball.CallAsync("POST", "registered-models/create", """{"name": "trees"}""");
        await flyball.CallAsync("POST", "model-versions/create", $$"""{"name": "trees", "source": "models:/{{model.Id}}", "model_id": "{{model.Id}}", "run_id": "{{run}}"}""");

        var lineage = await api.GetLineageAsync("model-version:trees/1", Cancel);
        var dataset = lineage.Nodes.Single(node => node.Ref.StartsWith("input-dataset:", StringComparison.Ordinal)).Ref;
        Assert.Equal([(dataset, -3), ($"run:{run}", -2), ($"logged-model:{model.Id}", -1), ("model-version:trees/1", 0)], lineage.Nodes.Select(node => (node.Ref, node.Level)));
        var ofData = await api.GetLineageAsync(dataset, Cancel);
        Assert.Equal([(dataset, 0), ($"run:{run}", 1), ($"logged-model:{model.Id}", 2)], ofData.Nodes.Take(3).Select(node => (node.Ref, node.Level)));
        Assert.Equal(new HashSet<string> { "model-version:trees/1", $"run:{scoring}" }, ofData.Nodes.Skip(3).Select(node => node.Ref).ToHashSet());
        foreach (var node in ofData.Nodes)
        {
            Assert.Equal(HttpStatusCode.OK, (await flyball.Http.GetAsync(node.Href!, Cancel)).StatusCode);
            Assert.Contains("Lineage of", await flyball.Http.GetStringAsync($"/lineage?of={Uri.EscapeDataString(node.Ref)}", Cancel));
        }

        Assert.Contains("training", await flyball.Http.GetStringAsync(ofData.Nodes[0].Href!, Cancel));
        Assert.Equal(404, (await Assert.ThrowsAsync<FlyballException>(() => api.GetLineageAsync("input-dataset:99", Cancel))).Status);
        await api.DeleteLoggedModelAsync(model.Id, Cancel);
        Assert.Null((await api.GetLineageAsync(dataset, Cancel)).Nodes.Single(node => node.Ref == $"logged-model:{model.Id}").Href);
    }

    [Fact]
    public async Task Holds_what_clients_registered_and_nothing_that_only_shares_an_ancestor()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await flyball.CallAsync("POST", "registered-models/create", """{"name": "a <b>"}""");
        await flyball.CallAsync("POST", "registered-models/create", """{"name": "other"}""");
        var run = await flyball.RunWithAsync(("model/a.json", "{}"));
        await flyball.RegisterAsync("a <b>", run, "model");
        await flyball.RegisterAsync("other", run, "model");
        var lineage = await flyball.Client.GetLineageAsync("model-version:a <b>/1", Cancel);
        Assert.Equal([$"run:{run}", "model-version:a <b>/1"], lineage.Nodes.Select(node => node.Ref));
        Assert.Equal(3, (await flyball.Client.GetLineageAsync($"run:{run}", Cancel)).Nodes.Count);
        var page = await flyball.Http.GetStringAsync($"/lineage?of={Uri.EscapeDataString("model-version:a <b>/1")}", Cancel);
        Assert.Contains("a &lt;b&gt; v1", page);
        Assert.DoesNotContain("a <b>", page);
    }

    [Theory]
    [InlineData("")]
    [InlineData("model-version")]
    [InlineData("model-version:")]
    [InlineData("object:abc")]
    [InlineData("user:owner")]
    public async Task Is_refused_of_what_has_none(string of)
    {
        await using var flyball = await TestFlyball.StartAsync();
        var refused = await Assert.ThrowsAsync<FlyballException>(() => flyball.Client.GetLineageAsync(of, Cancel));
        Assert.Equal(400, refused.Status);
        Assert.Contains("kind:id", refused.Message);
        Assert.Equal(HttpStatusCode.BadRequest, (await flyball.Http.GetAsync($"/lineage?of={of}", Cancel)).StatusCode);
    }
}
