using Flyball.Client;
using Flyball.Foundation;
using Flyball.Server.Registry;
using Microsoft.Data.Sqlite;

namespace Flyball.Tests.Registry;

/// <summary>What is wrong within a store, and what happens here while it is taken in.</summary>
public sealed partial class A_store_of_MLflow
{
    private const string LoggedModelTables =
        """
        alter table inputs add column step bigint;
        create table logged_models (model_id varchar(36), experiment_id integer, name varchar(500), artifact_location varchar(1000), creation_timestamp_ms bigint, last_updated_timestamp_ms bigint, status integer, lifecycle_stage varchar(32), model_type varchar(500), source_run_id varchar(32), status_message varchar(1000));
        create table logged_model_metrics (model_id varchar(36), metric_name varchar(500), metric_timestamp_ms bigint, metric_step bigint, metric_value float, experiment_id integer, run_id varchar(32), dataset_uuid varchar(36), dataset_name varchar(500), dataset_digest varchar(36));
        insert into logged_models values ('m-2', 1, 'bush', './mlruns/1/models/m-2/artifacts', 1700000000000, 1700000001000, 2, 'deleted', '', null, null), ('m-3', 2, 'weed', './mlruns/2/models/m-3/artifacts', 1, 1, 2, 'active', '', null, null);
        insert into logged_model_metrics values ('m-3', 'rmse', 1700000000000, 3, 0.5, 2, '', null, null, null);
        """;

    [Fact]
    public async Task Does_not_bring_back_a_run_that_is_removed_for_good_while_it_is_taken()
    {
        var from = Database();
        Change($"{LoggedModelTables} insert into inputs values ('i4', 'RUN_INPUT', '{Run}', 'MODEL_INPUT', 'm-3', 0)");
        await using var flyball = await TestFlyball.StartAsync();
        using var store = new Watched(new MLflowDatabase(from), reading =>
        {
            // the experiment after that of the run
            if (reading != "logged models 2") return;
            flyball.CallAsync("POST", "runs/delete", $$"""{"run_id": "{{Run}}"}""").GetAwaiter().GetResult();
            flyball.Client.RemoveGarbageAsync(new RemoveGarbage(0, null, 10), Cancel).GetAwaiter().GetResult();
        });
        var report = await new MLflowImport(store, null, [], flyball.Client, _ => { }).RunAsync(Cancel);
        Assert.Contains($"run {Run}: Run with id={Run} not found", report.NotTaken);
        Assert.StartsWith("404", await flyball.RefusedAsync("GET", $"runs/get?run_id={Run}"));

        // it is here again, and whole, where somebody begins again
        await ImportAsync(flyball, $"sqlite:{from}");
        var run = (await flyball.CallAsync("GET", $"runs/get?run_id={Run}")).GetProperty("run");
        Assert.Equal("0.1", Assert.Single(run.GetProperty("data").GetProperty("params").EnumerateArray()).GetProperty("value").GetString());
        Assert.Equal("m-3", Assert.Single(run.GetProperty("inputs").GetProperty("model_inputs").EnumerateArray()).GetProperty("model_id").GetString());
    }

    [Fact]
    public async Task Gives_nothing_that_lies_behind_a_link()
    {
        var root = Files();
        var secret = Directory.CreateDirectory(Path.Combine(folder, "secret")).FullName;
        await File.WriteAllTextAsync(Path.Combine(secret, "id_rsa"), "1700000001000 4711 0", Cancel);
        foreach (var name in (string[])["tags", "params", "metrics", "inputs"])
        {
            var place = Path.Combine(root, "1", Run, name);
            Directory.Delete(place, recursive: true);
            Directory.CreateSymbolicLink(place, secret);
        }

        Directory.Delete(Path.Combine(root, "1", "tags"), recursive: true);
        Directory.CreateSymbolicLink(Path.Combine(root, "1", "tags"), secret);
        Directory.Move(Path.Combine(root, ".trash"), Path.Combine(folder, "trash"));
        Directory.CreateSymbolicLink(Path.Combine(root, ".trash"), Path.Combine(folder, "trash"));
        await using var flyball = await TestFlyball.StartAsync();
        await ImportAsync(flyball, $"file:{root}");
        var run = (await flyball.CallAsync("GET", $"runs/get?run_id={Run}")).ToString();
        var experiment = (await flyball.CallAsync("GET", "experiments/get-by-name?experiment_name=flowers")).ToString();
        foreach (var told in (string[])[run, experiment])
        {
            Assert.DoesNotContain("4711", told);
            Assert.DoesNotContain("id_rsa", told);
        }

        Assert.StartsWith("404", await flyball.RefusedAsync("GET", "experiments/get-by-name?experiment_name=weeds"));
    }

    [Fact]
    public async Task Is_taken_but_for_a_version_whose_number_is_none_here()
    {
        var from = Database();
        Change("update model_versions set version = 1099511627776 where version = 4");
        await using var flyball = await TestFlyball.StartAsync();
        var told = await ImportAsync(flyball, $"sqlite:{from}");
        Assert.Contains("1 models with 1 versions", told);
        Assert.Contains("model flower, version 1099511627776", told);
    }

    [Theory]
    [InlineData(200_000, false)]
    [InlineData(20, true)]
    public async Task Is_taken_but_for_a_run_whose_file_is_nested_without_end(int depth, bool taken)
    {
        var root = Files();
        await File.AppendAllTextAsync(Path.Combine(root, "1", Run, "meta.yaml"), $"x: {new string('[', depth)}{(taken ? new string(']', depth) : "")}\n", Cancel);
        var bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n" + string.Concat("bcdefghi".Select(c => $"{c}: &{c} [{string.Join(", ", Enumerable.Repeat($"*{(char)(c - 1)}", 9))}]\n")) + "m: {k: *i}\n";
        await File.AppendAllTextAsync(Path.Combine(root, ".trash", "2", Gone, "meta.yaml"), bomb, Cancel);
        await using var flyball = await TestFlyball.StartAsync();
        await ImportAsync(flyball, $"file:{root}");
        Assert.Equal(taken, (await flyball.TryAsync("GET", $"runs/get?run_id={Run}")).Status == System.Net.HttpStatusCode.OK);
        Assert.Equal("worst", (await flyball.CallAsync("GET", $"runs/get?run_id={Gone}")).GetProperty("run").GetProperty("info").GetProperty("run_name").GetString());
    }

    [Fact]
    public async Task Has_a_run_that_another_import_takes_at_the_same_time_once()
    {
        var from = Database();
        await using var flyball = await TestFlyball.StartAsync();
        using var store = new Watched(new MLflowDatabase(from), reading =>
        {
            if (reading == $"metrics {Run}") flyball.Client.FinishImportAsync(Run, new FinishImport(null), Cancel).GetAwaiter().GetResult();
        });
        var report = await new MLflowImport(store, null, [], flyball.Client, _ => { }).RunAsync(Cancel);
        Assert.Equal((1, 1, 1), (report.Runs, report.RunsBefore, report.Points));
        Assert.DoesNotContain(report.NotTaken, reason => reason.Contains("being imported", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("models:/m-2")]
    [InlineData("./mlruns/1/models/m-2/artifacts")]
    public async Task Keeps_what_its_versions_were_made_from(string source)
    {
        var from = Database();
        Change($"{LoggedModelTables} update model_versions set source = '{source}' where version = 2");
        Directory.CreateDirectory(Path.Combine(folder, "mlruns", "1", "models", "m-2", "artifacts"));
        File.WriteAllText(Path.Combine(folder, "mlruns", "1", "models", "m-2", "artifacts", "MLmodel"), "flavors: {}");
        await using var flyball = await TestFlyball.StartAsync();
        await ImportAsync(flyball, $"sqlite:{from}");
        await CheckAsync();

        // an import of before took the version without it
        await flyball.Server.Service<Db>().WriteAsync(
            async tx =>
            {
                await tx.ExecuteAsync("delete from links where relation = 'made-from'");
                await tx.ExecuteAsync("update model_versions set logged_model = null");
            },
            Cancel);
        await ImportAsync(flyball, $"sqlite:{from}");
        await CheckAsync();

        async Task CheckAsync()
        {
            await flyball.Client.RemoveGarbageAsync(new RemoveGarbage(0, null, 10), Cancel);
            Assert.Equal(1, await flyball.Server.Service<Db>().ReadAsync(tx => tx.ScalarAsync<long>("select count(*) from logged_models where id = 'm-2'"), Cancel));
            Assert.Equal("model-version:flower/2", Assert.Single(await flyball.Server.Service<Db>().ReadAsync(tx => Links.ToAsync(tx, new Ref("logged-model", "m-2")), Cancel)).Source.ToString());
            Assert.Equal("m-2", (await flyball.Server.Service<Server.Registry.Models>().GetAsync("flower", 2, Cancel)).LoggedModel);
            Assert.Equal("flavors: {}", await flyball.Http.GetStringAsync("/model-versions/get-artifact?name=flower&version=2&path=MLmodel", Cancel));
        }
    }

    [Theory]
    [InlineData("insert into logged_model_metrics values ('m-3', null, 1700000000000, 3, 0.5, 2, '', null, null, null)", "logged model m-3, metrics: 1 point without a name")]
    [InlineData("insert into logged_model_metrics values ('m-3', 'rmse', 1700000000000, 4, 'low', 2, '', null, null, null)", "logged model m-3, metric rmse: 1 point of low, which is no number")]
    [InlineData("alter table logged_model_metrics drop column metric_name", "logged model m-3, metrics: 1 point without a name")]
    [InlineData("alter table logged_model_metrics drop column model_id", "table logged_model_metrics: it has no column model_id")]
    [InlineData("alter table logged_model_metrics drop column metric_step", "with 5 points")]
    [InlineData("alter table logged_models drop column status", "2 logged models")]
    [InlineData("update logged_models set creation_timestamp_ms = null, status = null, name = null", "2 logged models")]
    [InlineData("insert into inputs values ('i4', 'RUN_OUTPUT', 'RUN', 'MODEL_OUTPUT', null, 0)", "run RUN, logged models that it made: 1 without a name")]
    [InlineData("update params set key = null where key = 'lr'", "run RUN, params: 1 without a name")]
    [InlineData("update registered_model_aliases set alias = null", "model flower, registered_model_aliases: 1 without a name")]
    [InlineData("update registered_model_aliases set version = 'two'", "model flower, alias best: 'two' is no number of a version")]
    [InlineData("insert into model_versions values ('flower', null, 1, 1, null, 'ann', 'None', 'x', '', 'READY', null, '', null)", "model flower, version : what is stored cannot be read")]
    [InlineData("insert into metrics values (null, 0.5, 1700000001000, 'RUN', 9, 0)", "run RUN, metrics: 1 point without a name")]
    [InlineData("insert into metrics values ('loss', 0.5, 'noon', 'RUN', 9, 0)", "run RUN, metric loss: 1 point at noon, which is no time in milliseconds between 1970 and 9999")]
    [InlineData("update metrics set is_nan = null, step = null where key = 'val/auc'", "with 5 points")]
    [InlineData("update experiments set name = null where experiment_id = 0", "experiment 0: ")]
    public async Task Is_taken_without_what_is_malformed_in_it_which_is_told(string change, string said)
    {
        var from = Database();
        Change($"{LoggedModelTables} {change.Replace("RUN'", $"{Run}'", StringComparison.Ordinal)}");
        await using var flyball = await TestFlyball.StartAsync();
        var told = await ImportAsync(flyball, $"sqlite:{from}");
        Assert.Contains(said.Replace("RUN", Run, StringComparison.Ordinal), told, StringComparison.Ordinal);
        Assert.Contains("2 runs with", told);
        Assert.Contains("2 logged models; 1 models with 2 versions", told);
        Assert.Equal([(0.5, 0), (0.25, 1)], (await flyball.CallAsync("GET", $"metrics/get-history?run_id={Run}&metric_key=loss")).GetProperty("metrics").EnumerateArray().Select(point => (point.GetProperty("value").GetDouble(), point.GetProperty("step").GetInt32())));
    }

    [Fact]
    public async Task Is_taken_as_far_as_its_database_can_be_read()
    {
        var from = Database();
        Damage("registered_models");
        await using var flyball = await TestFlyball.StartAsync();
        var told = await ImportAsync(flyball, $"sqlite:{from}");
        Assert.Contains("2 runs with 4 points", told);
        Assert.Contains("  registered models: what is stored cannot be read: SQLite Error 11", told);

        Damage("metrics");
        await using var other = await TestFlyball.StartAsync();
        told = await ImportAsync(other, $"sqlite:{from}");
        Assert.Contains($"  run {Run}: what is stored cannot be read: SQLite Error 11", told);
        Assert.Contains("3 experiments; 0 runs", told);

        Damage("experiments");
        told = await ImportAsync(other, $"sqlite:{from}", expected: 1);
        Assert.StartsWith("The experiments of sqlite:mlflow.db cannot be taken: what is stored cannot be read: SQLite Error 11", told);
        Assert.DoesNotContain(" at ", told, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Is_taken_without_files_that_are_cut_off_and_lines_without_a_time()
    {
        var from = $"file:{Files()}";
        File.AppendAllText(Path.Combine(folder, "mlruns", "1", Run, "metrics", "loss"), "nan 7 7\nNaN 8 8\n1700000003000 abc 3\n\n1700000004000");
        File.WriteAllText(Path.Combine(folder, "mlruns", ".trash", "2", Gone, "meta.yaml"), "artifact_uri: 's3://bu");
        File.WriteAllText(Path.Combine(folder, "mlruns", "0", "meta.yaml"), "artifact_location: 'mlfl");
        File.WriteAllText(Path.Combine(folder, "mlruns", "models", "flower", "aliases", "second"), "two");
        await using var flyball = await TestFlyball.StartAsync();
        var told = await ImportAsync(flyball, from);
        Assert.Contains("1 runs with 3 points", told);
        Assert.Contains($"run {Run}, metric loss: 2 points at nan, which is no time in milliseconds between 1970 and 9999", told);
        Assert.Contains($"run {Run}, metric loss: 1 point of abc, which is no number", told);
        Assert.Contains($"run {Run}, metric loss: 1 point in a line that is cut off", told);
        Assert.Contains($"run {Gone}: its meta.yaml does not say which it is, or is cut off", told);
        Assert.Contains("experiment 0: its meta.yaml does not say which it is, or is cut off", told);
        Assert.Contains("model flower, alias second: 'two' is no number of a version", told);
        Assert.Equal(2, (await flyball.CallAsync("GET", $"metrics/get-history?run_id={Run}&metric_key=loss")).GetProperty("metrics").GetArrayLength());
    }

    [Theory]
    [InlineData("database")]
    [InlineData("files")]
    public async Task Is_counted_by_the_points_that_are_here_afterwards(string kind)
    {
        var from = kind == "database" ? $"sqlite:{Database()}" : $"file:{Files()}";
        if (kind == "database") Change($"insert into metrics values ('bad\\key', 1, 1700000001000, '{Run}', 0, 0), ('bad\\key', 2, 1700000002000, '{Run}', 1, 0)");
        else
        {
            File.WriteAllText(Path.Combine(folder, "mlruns", "1", Run, "metrics", "bad\\key"), "1700000001000 1 0\n1700000002000 2 1\n");
            File.AppendAllText(Path.Combine(folder, "mlruns", "1", Run, "metrics", "loss"), "1700000002000 0.25 1\n");
        }

        await using var flyball = await TestFlyball.StartAsync();
        var told = await ImportAsync(flyball, from);
        Assert.Contains("2 runs with 4 points", told);
        Assert.Contains($"run {Run}, metric bad\\key: ", told, StringComparison.Ordinal);
    }

    /// <summary>Overwrites the page of the database that a table begins on.</summary>
    private void Damage(string table)
    {
        var path = Path.Combine(folder, "mlflow.db");
        using var connection = new SqliteConnection($"Data Source={path};Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"select rootpage, (select page_size from pragma_page_size) from sqlite_master where name = '{table}'";
        using var row = command.ExecuteReader();
        Assert.True(row.Read());
        var (page, size) = (row.GetInt64(0), row.GetInt32(1));
        using var file = File.OpenWrite(path);
        file.Position = (page - 1) * size;
        file.Write(Enumerable.Repeat((byte)0xff, size).ToArray());
    }

    /// <summary>A store in whose reading something else happens.</summary>
    private sealed class Watched(MLflowStore inner, Action<string> reads) : MLflowStore
    {
        public override string Source => inner.Source;

        public override string Folder => inner.Folder;

        public override IReadOnlyList<string> Places => inner.Places;

        public override IEnumerable<ImportExperiment> Experiments() => inner.Experiments();

        public override IEnumerable<StoredRun> Runs(string experiment) => inner.Runs(experiment);

        public override IEnumerable<MetricValue> Metrics(StoredRun run, LeaveOut leave)
        {
            reads($"metrics {run.Info.Id}");
            return inner.Metrics(run, leave);
        }

        public override IEnumerable<StoredLoggedModel> LoggedModels(string experiment)
        {
            reads($"logged models {experiment}");
            return inner.LoggedModels(experiment);
        }

        public override IEnumerable<ImportModelMetric> MetricsOf(ImportLoggedModel model, LeaveOut leave) => inner.MetricsOf(model, leave);

        public override IEnumerable<StoredModel> Models() => inner.Models();

        public override void Dispose() => inner.Dispose();
    }
}
