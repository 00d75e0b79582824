using System.Text;
using Flyball.Client;

namespace Flyball.Tests.Registry;

/// <summary>The registry from C#, as a build or a service uses it.</summary>
public sealed class The_client
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Registers_describes_tags_and_deletes()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var api = flyball.Client;
        var experiment = await api.EnsureExperimentAsync("builds", Cancel);
        var run = await api.StartRunAsync(experiment, "build 7", Cancel);
        using (var weights = new MemoryStream(Encoding.UTF8.GetBytes("{\"w\": 1}"))) await api.LogArtifactAsync(experiment, run, "out/a model/weights.json", weights, Cancel);

        await api.RegisterModelAsync("m", "measures", new Dictionary<string, string> { ["team"] = "lab" }, Cancel);
        var taken = await Assert.ThrowsAsync<FlyballException>(() => api.RegisterModelAsync("m", null, null, Cancel));
        Assert.Equal((400, "RESOURCE_ALREADY_EXISTS"), (taken.Status, taken.Code));
        var version = new RegisterVersion("m", experiment, run, "out/a model", "the first", new Dictionary<string, string> { ["build"] = "7" });
        for (var number = 1; number <= 2; number++) Assert.Equal(number, await api.RegisterModelVersionAsync(version, Cancel));
        using (var reader = new StreamReader(await api.OpenModelFileAsync("m", 2, "weights.json", Cancel))) Assert.Equal("{\"w\": 1}", await reader.ReadToEndAsync(Cancel));

        await api.DescribeModelAsync("m", null, "weighs", Cancel);
        await api.DescribeModelAsync("m", 2, "the second", Cancel);
        await api.SetModelTagAsync("m", null, "state", "new", Cancel);
        await api.SetModelTagAsync("m", 2, "state", "tried", Cancel);
        await api.DeleteModelTagAsync("m", null, "team", Cancel);
        await api.DeleteModelTagAsync("m", 2, "build", Cancel);
        await api.MoveAliasAsync("m", "best", new MoveAlias(2, "fewer errors"), Cancel);
        var model = (await flyball.CallAsync("GET", "registered-models/get?name=m")).GetProperty("registered_model");
        Assert.Equal(("weighs", """[{"key":"state","value":"new"}]"""), (model.GetProperty("description").GetString(), model.GetProperty("tags").GetRawText()));
        var second = (await flyball.CallAsync("GET", "model-versions/get?name=m&version=2")).GetProperty("model_version");
        Assert.Equal(("the second", """[{"key":"state","value":"tried"}]"""), (second.GetProperty("description").GetString(), second.GetProperty("tags").GetRawText()));
        Assert.Equal((run, "fewer errors"), (second.GetProperty("run_id").GetString(), Assert.Single(await api.ListAliasesAsync("m", Cancel)).Reason));

        await api.DeleteAliasAsync("m", "best", Cancel);
        Assert.Empty(await api.ListAliasesAsync("m", Cancel));
        await api.DeleteModelVersionAsync("m", 2, Cancel);
        Assert.Equal(3, await api.RegisterModelVersionAsync(version, Cancel));
        Assert.Equal([3, 1], (await api.ListModelVersionsAsync("m", Cancel)).Select(known => known.Version));
        var missing = await Assert.ThrowsAsync<FlyballException>(() => api.OpenModelFileAsync("m", 2, "weights.json", Cancel));
        Assert.Equal(404, missing.Status);
        await api.DeleteModelAsync("m", Cancel);
        Assert.Equal(404, (await Assert.ThrowsAsync<FlyballException>(() => api.GetModelVersionAsync("m", 1, Cancel))).Status);
    }
}
