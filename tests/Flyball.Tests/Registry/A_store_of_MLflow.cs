using System.CommandLine;
using Flyball.Foundation;
using Flyball.Server;
using Microsoft.Data.Sqlite;

namespace Flyball.Tests.Registry;

/// <summary>Stores as MLflow's SQL store and file store lay them out, taken in by the verb.</summary>
public sealed partial class A_store_of_MLflow : IAsyncLifetime
{
    private const string Run = "0123456789abcdef0123456789abcdef";
    private const string Gone = "fedcba9876543210fedcba9876543210";
    private readonly string folder = Directory.CreateTempSubdirectory("flyball-test-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync()
    {
        Directory.Delete(folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData("database")]
    [InlineData("files")]
    public async Task Is_taken_whole_once_and_told_of(string kind)
    {
        var from = kind == "database" ? $"sqlite:///{Database()}" : $"file:{Files()}";
        await using var flyball = await TestFlyball.StartAsync();
        var told = await ImportAsync(flyball, from);
        Assert.Contains("2 runs with 4 points and 1 files", told);
        Assert.Contains("1 models with 2 versions", told);
        Assert.Contains("param bad\\key", told, StringComparison.Ordinal);

        // the run as it was: id, names, times, params, tags, every point
        var run = (await flyball.CallAsync("GET", $"runs/get?run_id={Run}")).GetProperty("run");
        var info = run.GetProperty("info");
        Assert.Equal(("best", "ann", "FINISHED", 1700000000000, 1700000060000, "active"), (info.GetProperty("run_name").GetString(), info.GetProperty("user_id").GetString(), info.GetProperty("status").GetString(), info.GetProperty("start_time").GetInt64(), info.GetProperty("end_time").GetInt64(), info.GetProperty("lifecycle_stage").GetString()));
        var data = run.GetProperty("data");
        Assert.Equal("0.1", Assert.Single(data.GetProperty("params").EnumerateArray()).GetProperty("value").GetString());
        Assert.Equal(["best", "x"], data.GetProperty("tags").EnumerateArray().Where(tag => tag.GetProperty("key").GetString() is "mlflow.runName" or "team").OrderBy(tag => tag.GetProperty("key").GetString()).Select(tag => tag.GetProperty("value").GetString()));
        var loss = (await flyball.CallAsync("GET", $"metrics/get-history?run_id={Run}&metric_key=loss")).GetProperty("metrics").EnumerateArray().Select(point => (point.GetProperty("value").GetDouble(), point.GetProperty("step").GetInt64(), point.GetProperty("timestamp").GetInt64())).ToList();
        Assert.Equal([(0.5, 0, 1700000001000), (0.25, 1, 1700000002000)], loss);
        Assert.Equal("NaN", (await flyball.CallAsync("GET", $"metrics/get-history?run_id={Run}&metric_key=val/auc")).GetProperty("metrics")[0].GetProperty("value").ToString());
        Assert.Equal("iris", run.GetProperty("inputs").GetProperty("dataset_inputs")[0].GetProperty("dataset").GetProperty("name").GetString());
        Assert.Equal("deleted", (await flyball.CallAsync("GET", $"runs/get?run_id={Gone}")).GetProperty("run").GetProperty("info").GetProperty("lifecycle_stage").GetString());
        var found = await flyball.CallAsync("POST", "runs/search", $$"""{"experiment_ids": ["{{info.GetProperty("experiment_id").GetString()}}"], "filter": "metrics.loss < 0.3 and params.lr = '0.1' and tags.team = 'x'"}""");
        Assert.Equal(Run, Assert.Single(found.GetProperty("runs").EnumerateArray()).GetProperty("info").GetProperty("run_id").GetString());

        // the experiment with its tag, the deleted one with its run
        var experiment = (await flyball.CallAsync("GET", "experiments/get-by-name?experiment_name=flowers")).GetProperty("experiment");
        Assert.Equal("roses", experiment.GetProperty("tags")[0].GetProperty("value").GetString());
        Assert.Equal("deleted", (await flyball.CallAsync("GET", "experiments/get-by-name?experiment_name=weeds")).GetProperty("experiment").GetProperty("lifecycle_stage").GetString());

        // the model with its numbers, stage, alias, tags, and the files of the version that had some
        var model = (await flyball.CallAsync("GET", "registered-models/get?name=flower")).GetProperty("registered_model");
        Assert.Equal(("what blooms", "2"), (model.GetProperty("description").GetString(), Assert.Single(model.GetProperty("aliases").EnumerateArray()).GetProperty("version").GetString()));
        var version = (await flyball.CallAsync("GET", "model-versions/get?name=flower&version=2")).GetProperty("model_version");
        Assert.Equal(("Production", Run), (version.GetProperty("current_stage").GetString(), version.GetProperty("run_id").GetString()));
        Assert.Equal("flavors: {}", await flyball.Http.GetStringAsync("/model-versions/get-artifact?name=flower&version=2&path=MLmodel", Cancel));
        Assert.Contains("model flower version 4: its files at s3://bucket/model", told);
        Assert.Equal("5", (await flyball.CallAsync("POST", "model-versions/create", $$"""{"name": "flower", "source": "runs:/{{Run}}/model"}""")).GetProperty("model_version").GetProperty("version").GetString());

        // once more: nothing is taken twice
        Assert.Contains("0 runs with 0 points and 0 files (0.0 MB), 2 runs were here before", await ImportAsync(flyball, from));
        Assert.Equal(2, (await flyball.CallAsync("GET", $"metrics/get-history?run_id={Run}&metric_key=loss")).GetProperty("metrics").GetArrayLength());
    }

    [Fact]
    public async Task Goes_on_where_its_import_was_interrupted_and_leaves_what_is_here_alone()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await flyball.CallAsync("POST", "registered-models/create", """{"name": "flower"}""");
        var from = $"sqlite:{Database()}";
        // an import that ended between a run and its points
        var experiment = await flyball.Client.EnsureExperimentAsync("flowers", Cancel);
        await flyball.Client.ImportRunAsync(new Client.ImportRun(Run, experiment, "best", "ann", "FINISHED", DateTimeOffset.UnixEpoch, null, new Dictionary<string, string>(), new Dictionary<string, string>(), [], [], [], "x"), Cancel);
        var told = await ImportAsync(flyball, from);
        Assert.Contains("2 runs with 4 points and 1 files", told);
        Assert.Contains("model flower: A model flower is registered here already", told);
        var run = (await flyball.CallAsync("GET", $"runs/get?run_id={Run}")).GetProperty("run");
        Assert.Equal(experiment, run.GetProperty("info").GetProperty("experiment_id").GetString());
        // also what is sent with the run itself
        Assert.Equal("0.1", Assert.Single(run.GetProperty("data").GetProperty("params").EnumerateArray()).GetProperty("value").GetString());
        Assert.Contains("team", run.GetProperty("data").GetProperty("tags").EnumerateArray().Select(tag => tag.GetProperty("key").GetString()));
        Assert.Equal("iris", run.GetProperty("inputs").GetProperty("dataset_inputs")[0].GetProperty("dataset").GetProperty("name").GetString());
        Assert.Empty(await flyball.Client.ListModelVersionsAsync("flower", Cancel));
    }

    [Fact]
    public async Task Sets_its_aliases_also_where_its_import_was_interrupted_before_them_but_never_again()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var from = $"sqlite:{Database()}";
        // an import that ended between a model and its aliases
        await flyball.Client.ImportModelAsync(new Client.ImportModel("flower", "what blooms", DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, new Dictionary<string, string>(), "x"), Cancel);
        await ImportAsync(flyball, from);
        var alias = Assert.Single((await flyball.CallAsync("GET", "registered-models/get?name=flower")).GetProperty("registered_model").GetProperty("aliases").EnumerateArray());
        Assert.Equal("2", alias.GetProperty("version").GetString());

        // what was decided here since then is not taken back by another import
        await flyball.CallAsync("DELETE", "registered-models/alias", $$"""{"name": "flower", "alias": "{{alias.GetProperty("alias").GetString()}}"}""");
        await ImportAsync(flyball, from);
        Assert.False((await flyball.CallAsync("GET", "registered-models/get?name=flower")).GetProperty("registered_model").TryGetProperty("aliases", out var aliases) && aliases.GetArrayLength() > 0);
    }

    [Fact]
    public async Task Sets_its_aliases_whatever_another_model_of_the_name_had()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await flyball.CallAsync("POST", "registered-models/create", """{"name": "flower"}""");
        await flyball.RegisterAsync("flower", await flyball.RunWithAsync(("model/a.txt", "a")), "model");
        await flyball.CallAsync("POST", "registered-models/alias", """{"name": "flower", "alias": "best", "version": "1"}""");
        await flyball.CallAsync("DELETE", "registered-models/delete", """{"name": "flower"}""");
        await ImportAsync(flyball, $"sqlite:{Database()}");
        Assert.Equal(2, Assert.Single(await flyball.Client.ListAliasesAsync("flower", Cancel)).Version);
    }

    [Fact]
    public async Task Is_taken_to_the_end_although_rules_or_people_delete_its_runs_meanwhile()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var experiment = await flyball.Client.EnsureExperimentAsync("flowers", Cancel);
        await flyball.Client.ImportRunAsync(new Client.ImportRun(Run, experiment, "best", "ann", "FINISHED", DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, new Dictionary<string, string>(), new Dictionary<string, string>(), [], [], [], "x"), Cancel);
        await flyball.Client.SetRetentionRuleAsync(null, new Client.SetRetentionRule(1, null), Cancel);
        await flyball.UntilQuietAsync();
        Assert.Equal("active", await StageAsync());
        await flyball.CallAsync("POST", "runs/delete", $$"""{"run_id": "{{Run}}"}""");
        Assert.Contains("2 runs with 4 points and 1 files", await ImportAsync(flyball, $"sqlite:{Database()}"));
        Assert.Equal("deleted", await StageAsync());
        Assert.Contains("2 runs were here before", await ImportAsync(flyball, $"sqlite:{Path.Combine(folder, "mlflow.db")}"));

        async Task<string?> StageAsync() => (await flyball.CallAsync("GET", $"runs/get?run_id={Run}")).GetProperty("run").GetProperty("info").GetProperty("lifecycle_stage").GetString();
    }

    [Theory]
    [InlineData("null", "Everything")]
    [InlineData("''", "Everything")]
    [InlineData("'.'", "which is the folder of all of them")]
    [InlineData("'./mlruns/..'", "which is the folder of all of them")]
    public async Task Gives_a_run_that_names_no_folder_of_its_own_no_files(string address, string said)
    {
        var from = $"sqlite:{Database()}";
        Change($"update runs set artifact_uri = {address}; delete from params where key like 'bad%'; delete from model_versions where version = 4; delete from trace_info");
        await using var flyball = await TestFlyball.StartAsync();
        var told = await ImportAsync(flyball, from);
        Assert.Contains("2 runs with 4 points and 0 files", told);
        if (said != "Everything") Assert.Contains(said, told);
        Assert.Empty(await flyball.Client.ListArtifactsAsync(Run, null, Cancel));
    }

    [Theory]
    [InlineData("database")]
    [InlineData("files")]
    public async Task Is_taken_without_points_that_have_no_time_and_tells_of_them(string kind)
    {
        string from;
        if (kind == "database")
        {
            from = $"sqlite:{Database()}";
            Change($"insert into metrics values ('loss', 3, 1700000003000000, '{Run}', 3, 0), ('loss', 4, 1700000004000000, '{Run}', 4, 0); update runs set status = null where run_uuid = '{Run}'; update runs set start_time = 1700000000000000 where run_uuid = '{Gone}'");
        }
        else
        {
            from = $"file:{Files()}";
            var gone = Path.Combine(folder, "mlruns", ".trash", "2", Gone, "meta.yaml");
            File.WriteAllText(gone, File.ReadAllText(gone).Replace("start_time: 1700000000000", "start_time: 1700000000000000", StringComparison.Ordinal));
            File.AppendAllText(Path.Combine(folder, "mlruns", "1", Run, "metrics", "loss"), "1700000003000000 3 3\n1700000004000000 4 4\n");
        }

        await using var flyball = await TestFlyball.StartAsync();
        var told = await ImportAsync(flyball, from);
        Assert.Contains("2 runs with 4 points", told);
        Assert.Contains($"run {Gone}: its start at 1700000000000000, which is no time in milliseconds between 1970 and 9999; it starts with 1970 here", told);
        Assert.Contains($"run {Run}, metric loss: 2 points at 1700000003000000, which is no time in milliseconds between 1970 and 9999", told);
        Assert.Equal([1700000001000, 1700000002000], (await flyball.CallAsync("GET", $"metrics/get-history?run_id={Run}&metric_key=loss")).GetProperty("metrics").EnumerateArray().Select(point => point.GetProperty("timestamp").GetInt64()));
        Assert.Equal("FINISHED", (await flyball.CallAsync("GET", $"runs/get?run_id={Run}")).GetProperty("run").GetProperty("info").GetProperty("status").GetString());
    }

    [Theory]
    [InlineData("file://OUTSIDE/secret")]
    [InlineData("OUTSIDE/secret")]
    [InlineData("./mlruns/../../OUTSIDE_NAME/secret")]
    [InlineData("mlflow-artifacts:/../../OUTSIDE_NAME/secret")]
    [InlineData("mlflow-artifacts://host/a/%2e%2e/../../../../OUTSIDE_NAME/secret")]
    [InlineData("./mlruns/link/secret")]
    public async Task Gives_no_files_from_beside_it_unless_they_are_asked_for(string address)
    {
        var outside = Directory.CreateTempSubdirectory("flyball-test-");
        try
        {
            File.WriteAllText(Path.Combine(outside.CreateSubdirectory("secret").FullName, "key"), "secret");
            var from = $"sqlite:{Database()}";
            var artifacts = Directory.CreateDirectory(Path.Combine(folder, "kept")).FullName;
            Directory.CreateSymbolicLink(Path.Combine(folder, "mlruns", "link"), outside.FullName);
            Directory.CreateDirectory(Path.Combine(artifacts, "a", "%2e%2e"));
            Change($"update runs set artifact_uri = '{address.Replace("OUTSIDE_NAME", outside.Name, StringComparison.Ordinal).Replace("OUTSIDE", outside.FullName, StringComparison.Ordinal)}' where run_uuid = '{Run}'");
            await using var flyball = await TestFlyball.StartAsync();
            var told = await ImportAsync(flyball, from, 0, "--artifacts", artifacts);
            Assert.Contains("2 runs with 4 points and 0 files", told);
            Assert.Contains($"files in {outside.FullName}/secret, such as those of run {Run}", told);
            Assert.Contains($"begin again with --also-from {outside.FullName}/secret", told);

            Assert.Contains("1 files", await ImportAsync(flyball, from, 0, "--artifacts", artifacts, "--also-from", artifacts, "--also-from", outside.FullName));
            Assert.Equal("key", Assert.Single(await flyball.Client.ListArtifactsAsync(Run, null, Cancel)).Path);
            Assert.Contains("0 files", await ImportAsync(flyball, from, 0, "--artifacts", artifacts, "--also-from", outside.FullName));
        }
        finally
        {
            outside.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("database")]
    [InlineData("files")]
    public async Task Is_taken_with_the_logged_models_that_its_runs_read_and_made(string kind)
    {
        string from;
        if (kind == "database")
        {
            from = $"sqlite:{Database()}";
            Change(
                $"""
                alter table inputs add column step bigint;
                insert into inputs values ('i2', 'RUN_INPUT', '{Run}', 'MODEL_INPUT', 'm-1', 0), ('i3', 'RUN_OUTPUT', '{Run}', 'MODEL_OUTPUT', 'm-2', 7), ('i4', 'RUN_INPUT', '{Run}', 'MODEL_INPUT', 'm-3', 0), ('i5', 'RUN_OUTPUT', '{Run}', 'MODEL_OUTPUT', 'm-4', 0);
                create table logged_models (model_id varchar(36), experiment_id integer, name varchar(500), artifact_location varchar(1000), creation_timestamp_ms bigint, last_updated_timestamp_ms bigint, status integer, lifecycle_stage varchar(32), model_type varchar(500), source_run_id varchar(32), status_message varchar(1000));
                create table logged_model_metrics (model_id varchar(36), metric_name varchar(500), metric_timestamp_ms bigint, metric_step bigint, metric_value float, experiment_id integer, run_id varchar(32), dataset_uuid varchar(36), dataset_name varchar(500), dataset_digest varchar(36));
                insert into logged_model_metrics values ('m-1', 'rmse', 1700000000000, 3, 0.5, 1, '{Run}', 'd', 'my data', 'd1'), ('m-1', 'rmse', 1700000000000, 4, null, 1, '{Run}', null, null, null), ('m-1', 'rmse', 1700000000000000, 5, 1, 1, '{Run}', null, null, null), ('m-2', 'loss', 1700000000000, 0, 1e400, 1, '{Run}', null, null, null);
                update model_versions set source = 'models:/m-2' where version = 2;
                insert into logged_models values ('m-1', 1, 'tree', './mlruns/1/models/m-1/artifacts', 1, 1, 2, 'active', '', '{Run}', null), ('m-2', 1, 'bush', './mlruns/1/models/m-2/artifacts', 1700000000000, 1700000001000, 2, 'deleted', '', '{Run}', null), ('m-3', 2, 'weed', './mlruns/2/models/m-3/artifacts', 1, 1, 2, 'active', '', null, null);
                """);
        }
        else
        {
            from = $"file:{Files()}";
            foreach (var (path, text) in ((string, string)[])
            [
                ($"1/{Run}/inputs/i2/meta.yaml", "source_type: RUN_INPUT\nsource_id: r\ndestination_type: MODEL_INPUT\ndestination_id: m-1\n"), ($"1/{Run}/inputs/i4/meta.yaml", "source_type: RUN_INPUT\nsource_id: r\ndestination_type: MODEL_INPUT\ndestination_id: m-3\n"),
                ($"1/{Run}/outputs/m-2/meta.yaml", "source_type: RUN_OUTPUT\nstep: 7\n"), ($"1/{Run}/outputs/m-4/meta.yaml", "source_type: RUN_OUTPUT\ndestination_id: m-4\n"),
                ("1/models/m-1/meta.yaml", "model_id: m-1\nname: tree\nstatus: 2\nlifecycle_stage: active\n"), ("1/models/m-2/meta.yaml", "model_id: m-2\nname: bush\nstatus: 2\nlifecycle_stage: deleted\ncreation_timestamp: 1700000000000\nlast_updated_timestamp: 1700000001000\n"),
                ("1/models/m-1/metrics/rmse", $"1700000000000 0.5 3 {Run} my data d1\n1700000000000 nan 4 {Run}\n1700000000000000 1 5 {Run}\n1700000000000 1 6\n"), ("1/models/m-2/metrics/loss", $"1700000000000 inf 0 {Run}\n"),
                (".trash/2/models/m-3/meta.yaml", "model_id: m-3\nname: weed\nstatus: 2\nlifecycle_stage: active\n"),
            ])
            {
                Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, "mlruns", path))!);
                File.WriteAllText(Path.Combine(folder, "mlruns", path), text);
            }
        }

        var version = Path.Combine(folder, "mlruns", "models", "flower", "version-2", "meta.yaml");
        if (kind == "files") File.WriteAllText(version, System.Text.RegularExpressions.Regex.Replace(File.ReadAllText(version), "source: .*", "source: models:/m-2"));
        Directory.CreateDirectory(Path.Combine(folder, "mlruns", "1", "models", "m-2", "artifacts"));
        File.WriteAllText(Path.Combine(folder, "mlruns", "1", "models", "m-2", "artifacts", "MLmodel"), "flavors: {}");
        await using var flyball = await TestFlyball.StartAsync();
        var told = await ImportAsync(flyball, from);
        Assert.Contains("3 logged models; 1 models with 2 versions", told);
        Assert.Equal("flavors: {}", await flyball.Http.GetStringAsync("/model-versions/get-artifact?name=flower&version=2&path=MLmodel", Cancel));
        // one of an experiment that comes later is noted all the same; one that the store does not have is told of
        Assert.Contains($"run {Run}, logged model that it made: Logged model with ID 'm-4' not found.", told);
        Assert.Contains("logged model m-1, metric rmse: 1 point at 1700000000000000, which is no time in milliseconds between 1970 and 9999", told);
        await CheckAsync();
        Assert.StartsWith("404", await flyball.RefusedAsync("GET", "logged-models/m-2"));
        Assert.Equal(1, await flyball.Server.Service<Db>().ReadAsync(tx => tx.ScalarAsync<long>("select count(*) from logged_model_metrics where model = 'm-2' and key = 'loss'"), Cancel));
        var deleted = await flyball.Server.Service<Db>().ReadAsync(tx => tx.ScalarAsync<long>("select deleted from logged_models where id = 'm-2'"), Cancel);
        Assert.Equal(1700000001000, Micros.Time(deleted).ToUnixTimeMilliseconds());

        // an import of before took runs without them
        await flyball.Server.Service<Db>().WriteAsync(tx => tx.ExecuteAsync("delete from run_models"), Cancel);
        Assert.Contains("2 runs were here before; 0 logged models", await ImportAsync(flyball, from));
        await CheckAsync();

        async Task CheckAsync()
        {
            var run = (await flyball.CallAsync("GET", $"runs/get?run_id={Run}")).GetProperty("run");
            Assert.Equal(["m-1", "m-3"], run.GetProperty("inputs").GetProperty("model_inputs").EnumerateArray().Select(model => model.GetProperty("model_id").GetString()).Order(StringComparer.Ordinal));
            var made = Assert.Single(run.GetProperty("outputs").GetProperty("model_outputs").EnumerateArray());
            Assert.Equal(("m-2", "7"), (made.GetProperty("model_id").GetString(), made.GetProperty("step").ToString()));
            var metrics = (await flyball.CallAsync("GET", "logged-models/m-1")).GetProperty("model").GetProperty("data").GetProperty("metrics").EnumerateArray();
            Assert.Equal([$"rmse 0.5 1700000000000 3 {Run} my data d1", $"rmse NaN 1700000000000 4 {Run}"], metrics.Select(metric => string.Join(' ', ((string[])["key", "value", "timestamp", "step", "run_id", "dataset_name", "dataset_digest"]).Select(name => metric.TryGetProperty(name, out var value) ? $"{value}" : "")).TrimEnd()));
        }
    }

    [Theory]
    [InlineData("sqlite:/nosuch.db", "There is no file /nosuch.db")]
    [InlineData("postgresql://host/db", "--from takes sqlite:PATH or file:FOLDER")]
    [InlineData("file:/etc", "is no file store of MLflow")]
    [InlineData("sqlite:/etc/hostname", "cannot be read as a SQLite database")]
    public async Task That_is_none_is_refused_in_one_sentence(string from, string said)
    {
        await using var flyball = await TestFlyball.StartAsync();
        Assert.Contains(said, await ImportAsync(flyball, from, expected: 1));
    }

    private static async Task<string> ImportAsync(TestFlyball flyball, string from, int expected = 0, params string[] more)
    {
        using var output = new StringWriter();
        var code = await Capabilities.CommandLine().Parse(["import", "mlflow", "--from", from, "--data-dir", Path.Combine(flyball.Folder, "data"), .. more]).InvokeAsync(new InvocationConfiguration { Output = output, Error = output, EnableDefaultExceptionHandler = false }, Cancel);
        Assert.True(code == expected, output.ToString());
        return output.ToString();
    }

    /// <summary>Changes the database that is there.</summary>
    private void Change(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(folder, "mlflow.db")};Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>MLflow's tables, as its database migrations make them.</summary>
    private string Database()
    {
        var artifacts = Directory.CreateDirectory(Path.Combine(folder, "mlruns", "1", Run, "artifacts", "model")).FullName;
        File.WriteAllText(Path.Combine(artifacts, "MLmodel"), "flavors: {}");
        var path = Path.Combine(folder, "mlflow.db");
        using var connection = new SqliteConnection($"Data Source={path};Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText =
            $"""
            create table experiments (experiment_id integer primary key, name varchar(256), artifact_location varchar(256), lifecycle_stage varchar(32), creation_time bigint, last_update_time bigint);
            create table experiment_tags (key varchar(250), value varchar(5000), experiment_id integer);
            create table runs (run_uuid varchar(32) primary key, name varchar(250), source_type varchar(20), source_name varchar(500), entry_point_name varchar(50), user_id varchar(256), status varchar(9), start_time bigint, end_time bigint, deleted_time bigint, source_version varchar(50), lifecycle_stage varchar(20), artifact_uri varchar(200), experiment_id integer);
            create table metrics (key varchar(250), value double, timestamp bigint, run_uuid varchar(32), step bigint, is_nan boolean);
            create table params (key varchar(250), value varchar(8000), run_uuid varchar(32));
            create table tags (key varchar(250), value varchar(8000), run_uuid varchar(32));
            create table datasets (dataset_uuid varchar(36), experiment_id integer, name varchar(500), digest varchar(36), dataset_source_type varchar(36), dataset_source text, dataset_schema text, dataset_profile text);
            create table inputs (input_uuid varchar(36), source_type varchar(36), source_id varchar(36), destination_type varchar(36), destination_id varchar(36));
            create table input_tags (input_uuid varchar(36), name varchar(255), value varchar(500));
            create table registered_models (name varchar(256), creation_time bigint, last_updated_time bigint, description varchar(5000));
            create table registered_model_tags (key varchar(250), value varchar(5000), name varchar(256));
            create table registered_model_aliases (alias varchar(256), version integer, name varchar(256));
            create table model_versions (name varchar(256), version integer, creation_time bigint, last_updated_time bigint, description varchar(5000), user_id varchar(256), current_stage varchar(20), source varchar(500), run_id varchar(32), status varchar(20), status_message varchar(500), run_link varchar(500), storage_location varchar(500));
            create table model_version_tags (key varchar(250), value varchar(5000), name varchar(256), version integer);
            create table trace_info (request_id varchar(50));
            insert into experiments values (0, 'Default', './mlruns/0', 'active', 1, 1), (1, 'flowers', './mlruns/1', 'active', 1690000000000, 1690000000001), (2, 'weeds', './mlruns/2', 'deleted', 1690000000000, 1690000000001);
            insert into experiment_tags values ('kind', 'roses', 1);
            insert into runs values ('{Run}', 'best', 'LOCAL', 'train.py', '', 'ann', 'FINISHED', 1700000000000, 1700000060000, null, 'abc', 'active', './mlruns/1/{Run}/artifacts', 1);
            insert into runs values ('{Gone}', 'worst', 'LOCAL', 'train.py', '', 'ann', 'FAILED', 1700000000000, 1700000060000, 1700000070000, '', 'deleted', 's3://bucket/1/{Gone}/artifacts', 2);
            insert into metrics values ('loss', 0.5, 1700000001000, '{Run}', 0, 0), ('loss', 0.25, 1700000002000, '{Run}', 1, 0), ('val/auc', 0, 1700000002000, '{Run}', 0, 1), ('loss', 9, 1700000001000, '{Gone}', 0, 0);
            insert into params values ('lr', '0.1', '{Run}'), ('bad\key', '1', '{Run}');
            insert into tags values ('mlflow.runName', 'best', '{Run}'), ('team', 'x', '{Run}');
            insert into datasets values ('d1', 1, 'iris', 'abc', 'local', 'a source', null, null);
            insert into inputs values ('i1', 'DATASET', 'd1', 'RUN', '{Run}');
            insert into input_tags values ('i1', 'mlflow.data.context', 'training');
            insert into registered_models values ('flower', 1700000000000, 1700000000000, 'what blooms');
            insert into registered_model_aliases values ('best', 2, 'flower');
            insert into model_versions values ('flower', 2, 1700000000000, 1700000000000, null, 'ann', 'Production', './mlruns/1/{Run}/artifacts/model', '{Run}', 'READY', null, '', null), ('flower', 4, 1700000000000, 1700000000000, null, 'ann', 'None', 's3://bucket/model', '', 'READY', null, '', null), ('flower', 3, 1, 1, null, 'ann', 'Deleted_Internal', 'x', '', 'READY', null, '', null);
            insert into model_version_tags values ('size', 'small', 'flower', 2);
            """;
        command.ExecuteNonQuery();
        return path;
    }

    /// <summary>The same as the file store has it.</summary>
    private string Files()
    {
        var root = Path.Combine(folder, "mlruns");
        void Write(string path, string text)
        {
            var full = Path.Combine(root, path);
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            File.WriteAllText(full, text);
        }

        Write("0/meta.yaml", "artifact_location: mlflow-artifacts:/0\nexperiment_id: '0'\nlifecycle_stage: active\nname: Default\n");
        Write("1/meta.yaml", $"artifact_location: file://{root}/1\ncreation_time: 1690000000000\nexperiment_id: '1'\nlast_update_time: 1690000000001\nlifecycle_stage: active\nname: flowers\n");
        Write("1/tags/kind", "roses");
        Write($"1/{Run}/meta.yaml", $"artifact_uri: file://{root}/1/{Run}/artifacts\nend_time: 1700000060000\nentry_point_name: ''\nexperiment_id: '1'\nlifecycle_stage: active\nrun_id: {Run}\nrun_name: best\nrun_uuid: {Run}\nsource_name: ''\nsource_type: 4\nstart_time: 1700000000000\nstatus: 3\ntags: []\nuser_id: ann\n");
        Write($"1/{Run}/metrics/loss", "1700000001000 0.5 0\n1700000002000 0.25 1\n");
        Write($"1/{Run}/metrics/val/auc", "1700000002000 nan 0\n");
        Write($"1/{Run}/params/lr", "0.1");
        Write($"1/{Run}/params/bad\\key", "1");
        Write($"1/{Run}/tags/mlflow.runName", "best");
        Write($"1/{Run}/tags/team", "x\n");
        Write($"1/{Run}/artifacts/model/MLmodel", "flavors: {}");
        Write($"1/{Run}/inputs/i1/meta.yaml", "destination_id: r\ndestination_type: RUN\nsource_id: d1\nsource_type: DATASET\ntags:\n  mlflow.data.context: training\n");
        Write("1/datasets/d1/meta.yaml", "digest: abc\nname: iris\nprofile: null\nschema: null\nsource: a source\nsource_type: local\n");
        Write(".trash/2/meta.yaml", "artifact_location: s3://bucket/2\nexperiment_id: '2'\nlifecycle_stage: deleted\nname: weeds\n");
        Write($".trash/2/{Gone}/meta.yaml", $"artifact_uri: s3://bucket/2/{Gone}/artifacts\nend_time: 1700000060000\nlifecycle_stage: deleted\ndeleted_time: 1700000070000\nrun_id: {Gone}\nrun_name: worst\nstart_time: 1700000000000\nstatus: 4\nuser_id: ann\n");
        Write($".trash/2/{Gone}/metrics/loss", "1700000001000 9 0\nhalf a li");
        Write("models/flower/meta.yaml", "creation_timestamp: 1700000000000\ndescription: what blooms\nlast_updated_timestamp: 1700000000000\nlatest_versions: []\nname: flower\n");
        Write("models/flower/aliases/best", "2");
        Write("models/flower/version-2/meta.yaml", $"creation_timestamp: 1700000000000\ncurrent_stage: Production\nname: flower\nrun_id: {Run}\nsource: file://{root}/1/{Run}/artifacts/model\nstatus: READY\nuser_id: ann\nversion: 2\n");
        Write("models/flower/version-4/meta.yaml", "creation_timestamp: 1700000000000\ncurrent_stage: None\nname: flower\nrun_id: ''\nsource: s3://bucket/model\nstatus: READY\nversion: 4\n");
        File.CreateSymbolicLink(Path.Combine(root, "1", Run, "artifacts", "outside"), "/etc/hostname");
        return root;
    }
}
