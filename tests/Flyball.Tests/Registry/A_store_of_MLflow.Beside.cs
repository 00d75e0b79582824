namespace Flyball.Tests.Registry;

/// <summary>What is here already, or is not as MLflow writes it, beside what a store brings.</summary>
public sealed partial class A_store_of_MLflow
{
    [Theory]
    [InlineData("database")]
    [InlineData("files")]
    public async Task Does_not_delete_or_change_an_experiment_that_was_here(string kind)
    {
        var from = kind == "database" ? $"sqlite:{Database()}" : $"file:{Files()}";
        if (kind == "database") Change("insert into experiment_tags values ('mlflow.note.content', 'theirs', 2)");
        else
        {
            Directory.CreateDirectory(Path.Combine(folder, "mlruns", ".trash", "2", "tags"));
            File.WriteAllText(Path.Combine(folder, "mlruns", ".trash", "2", "tags", "mlflow.note.content"), "theirs");
        }

        await using var flyball = await TestFlyball.StartAsync();
        var here = await flyball.Client.EnsureExperimentAsync("weeds", Cancel);
        await flyball.CallAsync("POST", "experiments/set-experiment-tag", $$"""{"experiment_id": "{{here}}", "key": "mlflow.note.content", "value": "ours"}""");
        Assert.Contains("experiment weeds, it is deleted there and not here; it stays", await ImportAsync(flyball, from));
        var experiment = (await flyball.CallAsync("GET", "experiments/get-by-name?experiment_name=weeds")).GetProperty("experiment");
        Assert.Equal(("active", "ours"), (experiment.GetProperty("lifecycle_stage").GetString(), Assert.Single(experiment.GetProperty("tags").EnumerateArray()).GetProperty("value").GetString()));
        await flyball.Client.StartRunAsync(here, "more", Cancel);

        // what was deleted here is not brought back by the next import
        var flowers = await flyball.Client.EnsureExperimentAsync("flowers", Cancel);
        await flyball.CallAsync("POST", "experiments/delete", $$"""{"experiment_id": "{{flowers}}"}""");
        await ImportAsync(flyball, from);
        Assert.Equal("deleted", (await flyball.CallAsync("GET", $"experiments/get?experiment_id={flowers}")).GetProperty("experiment").GetProperty("lifecycle_stage").GetString());
    }

    [Fact]
    public async Task Does_not_bring_back_a_version_that_was_deleted_here_nor_one_behind_which_no_number_is()
    {
        var from = $"sqlite:{Database()}";
        Change("insert into model_versions values ('flower', 2000000000, 1, 1, null, 'ann', 'None', 's3://bucket/model', '', 'READY', null, '', null)");
        await using var flyball = await TestFlyball.StartAsync();
        await flyball.Client.ProtectAliasAsync(null, "production", Cancel);
        Assert.Contains("version 2000000000: '2000000000' cannot be the number of a version", await ImportAsync(flyball, from));
        await flyball.CallAsync("DELETE", "model-versions/delete", """{"name": "flower", "version": "4"}""");
        Assert.Contains("model flower version 4, it was deleted here", await ImportAsync(flyball, from));
        Assert.Equal("None", (await flyball.CallAsync("GET", "model-versions/get?name=flower&version=2")).GetProperty("model_version").GetProperty("current_stage").GetString());
        Assert.Equal([2], (await flyball.Client.ListModelVersionsAsync("flower", Cancel)).Select(version => version.Version));
    }

    [Fact]
    public async Task Tells_of_runs_that_are_not_what_their_folders_say_and_follows_no_linked_folder()
    {
        var root = Files();
        var outside = Directory.CreateDirectory(Path.Combine(folder, "outside", "metrics")).Parent!.FullName;
        File.WriteAllText(Path.Combine(outside, "metrics", "leak"), "1700000001000 99 0\n");
        var evil = new string('e', 32);
        Directory.CreateDirectory(Path.Combine(root, "1", evil));
        File.WriteAllText(Path.Combine(root, "1", evil, "meta.yaml"), "run_id: linked\nstatus: 3\nuser_id: ann\n");
        Directory.CreateSymbolicLink(Path.Combine(root, "1", "linked"), outside);
        Directory.Move(Path.Combine(root, "1", "datasets"), Path.Combine(folder, "outside", "datasets"));
        Directory.CreateSymbolicLink(Path.Combine(root, "1", "datasets"), Path.Combine(folder, "outside", "datasets"));
        Directory.CreateDirectory(Path.Combine(root, "1", "short"));
        File.WriteAllText(Path.Combine(root, "1", "short", "meta.yaml"), "run_id: short\nstatus: 3\nuser_id: ann\n");
        Directory.CreateDirectory(Path.Combine(root, ".trash", "1"));
        File.WriteAllText(Path.Combine(root, ".trash", "1", "meta.yaml"), "experiment_id: '1'\nlifecycle_stage: deleted\nname: twin\n");
        File.AppendAllText(Path.Combine(root, "1", Run, "metrics", "loss"), "1700000003000 0.1 99999999999999999999\n1700000003000 0.1 1.5\n");
        File.WriteAllBytes(Path.Combine(root, "1", Run, "params", "odd"), [0xff, 0xfe, (byte)'a', 0]);
        await using var flyball = await TestFlyball.StartAsync();
        var told = await ImportAsync(flyball, $"file:{root}");
        Assert.Contains($"run {evil}: its meta.yaml says that it is linked", told);
        Assert.Contains("run short: 'short' cannot be the id of a run", told);
        Assert.Contains("experiment 1: there is another folder of that name, in the trash", told);
        Assert.Contains("metric loss: 2 points at the step 99999999999999999999, which is no whole number of 64 bits", told);
        var run = (await flyball.CallAsync("GET", $"runs/get?run_id={Run}")).GetProperty("run");
        Assert.False(run.GetProperty("inputs").TryGetProperty("dataset_inputs", out _));
        Assert.NotEqual("a", run.GetProperty("data").GetProperty("params").EnumerateArray().First(param => param.GetProperty("key").GetString() == "odd").GetProperty("value").GetString());
        Assert.DoesNotContain("leak", (await flyball.CallAsync("POST", "runs/search", """{"experiment_ids": ["0", "1", "2"]}""")).GetRawText());
    }
}
