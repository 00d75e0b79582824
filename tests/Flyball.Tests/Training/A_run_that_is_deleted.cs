using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Flyball.Client;

namespace Flyball.Tests.Training;

/// <summary>Clients may delete runs and experiments over MLflow's API; the loop that made them goes on.</summary>
public sealed class A_run_that_is_deleted
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Does_not_keep_its_training_from_ending_nor_the_next_from_starting()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await LineProject.ApplyAsync(flyball);
        await flyball.UntilQuietAsync();
        var training = await flyball.Client.StartTrainingAsync("straight", "line", new StartTraining("by hand"), Cancel);
        await PostAsync(flyball, "runs/delete", new { run_id = training.Run });
        await flyball.UntilQuietAsync();
        Assert.Equal(2, (await flyball.Client.GetTrainingAsync(training.Id, Cancel)).Version);

        var experiment = (await flyball.Http.GetFromJsonAsync<JsonElement>("/api/2.0/mlflow/experiments/get-by-name?experiment_name=straight", Cancel)).GetProperty("experiment");
        await PostAsync(flyball, "experiments/delete", new { experiment_id = experiment.GetProperty("experiment_id").GetString() });
        var next = await flyball.Client.StartTrainingAsync("straight", "line", new StartTraining("again"), Cancel);
        await flyball.UntilQuietAsync();
        Assert.Equal(3, (await flyball.Client.GetTrainingAsync(next.Id, Cancel)).Version);
    }

    [Fact]
    public async Task And_removed_for_good_ends_its_training_and_keeps_no_other_from_starting()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await LineProject.ApplyAsync(flyball);
        await flyball.UntilQuietAsync();
        var training = await flyball.Client.StartTrainingAsync("straight", "line", new StartTraining("by hand"), Cancel);
        await PostAsync(flyball, "runs/delete", new { run_id = training.Run });
        await flyball.Client.RemoveGarbageAsync(new RemoveGarbage(0, null, 100), Cancel);
        await flyball.UntilQuietAsync();
        Assert.Equal("failed", (await flyball.Client.GetTrainingAsync(training.Id, Cancel)).State);
        var next = await flyball.Client.StartTrainingAsync("straight", "line", new StartTraining("again"), Cancel);
        await flyball.UntilQuietAsync();
        Assert.Equal("passed", (await flyball.Client.GetTrainingAsync(next.Id, Cancel)).State);
    }

    private static async Task PostAsync(TestFlyball flyball, string path, object body)
    {
        using var answer = await flyball.Http.PostAsJsonAsync($"/api/2.0/mlflow/{path}", body, Cancel);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }
}
