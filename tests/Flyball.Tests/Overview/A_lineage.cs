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
