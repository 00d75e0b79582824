using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Flyball.Tests.Tracking;

/// <summary>
/// Every call of MLflow's classical API, once as it succeeds and as often as it is refused, with the whole answer. Ids and times are named; the rest is compared with a golden file, whose words are those of MLflow's
/// server (server/handlers.py, store/tracking/sqlalchemy_store.py, utils/validation.py of 3.x) wherever that has some.
/// </summary>
public sealed partial class Every_call_of_MLflow
{
    private readonly Dictionary<string, string> names = [];
    private readonly StringBuilder said = new();
    private TestFlyball flyball = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task On_experiments_runs_and_metrics_is_answered_as_MLflow_answers()
    {
        await using var started = flyball = await TestFlyball.StartAsync();
        await CallsAsync(
            """
            # experiments
            POST experiments/create {"name": "e", "tags": [{"key": "team", "value": "lab"}]} -> E
            POST experiments/create {"name": "e"}
            POST experiments/create {}
            POST experiments/create {"name": ""}
            POST experiments/create {"name": 1}
            POST experiments/create {"name": "x", "tags": "y"}
            POST experiments/create {"name": "frag", "artifact_location": "s3://b/x#y"}
            GET experiments/get?experiment_id=E
            GET experiments/get
            GET experiments/get?experiment_id=999
            GET experiments/get-by-name?experiment_name=e
            GET experiments/get-by-name?experiment_name=none
            GET experiments/get-by-name
            POST experiments/search {"filter": "name = 'e'", "max_results": 5}
            GET experiments/search?max_results=5&filter=name%20%3D%20%27e%27
            POST experiments/search {"max_results": 0}
            POST experiments/search {"max_results": 50001}
            POST experiments/search {"filter": "nothing = 'e'"}
            POST experiments/search {"view_type": 2, "max_results": 5}
            POST experiments/search {"view_type": "SOME"}
            POST experiments/search {"page_token": "nonsense"}
            POST experiments/update {"experiment_id": "E", "new_name": "f"}
            POST experiments/update {"experiment_id": "E"}
            POST experiments/update {"experiment_id": "999", "new_name": "g"}
            POST experiments/update {"experiment_id": "E", "new_name": "Default"}
            POST experiments/set-experiment-tag {"experiment_id": "E", "key": "k", "value": "v"}
            POST experiments/set-experiment-tag {"experiment_id": "E", "key": "empty"}
            POST experiments/set-experiment-tag {"experiment_id": "E", "value": "v"}
            POST experiments/set-experiment-tag {"experiment_id": "999", "key": "k", "value": "v"}
            POST experiments/set-experiment-tag {"experiment_id": "E", "key": "a?b", "value": "v"}
            POST experiments/set-experiment-tag {"experiment_id": "E", "key": "../up", "value": "v"}
            POST experiments/delete-experiment-tag {"experiment_id": "E", "key": "k"}
            POST experiments/delete-experiment-tag {"experiment_id": "E", "key": "k"}
            POST experiments/delete-experiment-tag {"experiment_id": "E"}
            POST experiments/delete-experiment-tag {"experiment_id": "999", "key": "k"}
            POST experiments/delete {"experiment_id": "E"}
            POST experiments/delete {"experiment_id": "E"}
            POST experiments/delete {}
            POST runs/create {"experiment_id": "E"}
            POST experiments/set-experiment-tag {"experiment_id": "E", "key": "k", "value": "v"}
            POST experiments/restore {"experiment_id": "E"}
            POST experiments/restore {"experiment_id": "E"}
            POST experiments/restore {"experiment_id": "999"}

            # runs
            POST runs/create {"experiment_id": "E", "run_name": "first", "start_time": 1700000000000, "user_id": "ann", "tags": [{"key": "team", "value": "lab"}]} -> R
            POST runs/create {"experiment_id": "999"}
            POST runs/create {"experiment_id": 1}
            POST runs/create {"experiment_id": "E", "start_time": "soon"}
            POST runs/create {"experiment_id": "E", "run_name": 7}
            POST runs/create {"experiment_id": "E", "run_name": "second", "start_time": 1700000000001} -> Q
            GET runs/get?run_id=R
            GET runs/get?run_uuid=R
            GET runs/get
            GET runs/get?run_id=none
            POST runs/update {"run_id": "R", "run_name": "renamed", "status": "FINISHED", "end_time": 1700000001000}
            POST runs/update {"run_id": "R", "status": 4}
            POST runs/update {"run_id": "R", "end_time": "soon"}
            POST runs/update {"run_id": "R", "status": "DONE"}
            POST runs/update {}
            POST runs/log-metric {"run_id": "R", "key": "m", "value": 1.5, "timestamp": 1700000000000, "step": 1}
            POST runs/log-metric {"run_id": "R", "key": "m", "value": "NaN", "timestamp": 1700000000002, "step": 2}
            POST runs/log-metric {"run_id": "R", "key": "m", "value": 1.5, "step": 1}
            POST runs/log-metric {"run_id": "R", "key": "m", "timestamp": 1}
            POST runs/log-metric {"run_id": "R", "value": 1, "timestamp": 1}
            POST runs/log-metric {"key": "m", "value": 1, "timestamp": 1}
            POST runs/log-metric {"run_id": "R", "key": "m", "value": "much", "timestamp": 1}
            POST runs/log-metric {"run_id": "R", "key": "m", "value": 1, "timestamp": "now"}
            POST runs/log-metric {"run_id": "R", "key": "m", "value": 1, "timestamp": 1, "step": "first"}
            POST runs/log-metric {"run_id": "R", "key": "m", "value": 1, "timestamp": -1}
            POST runs/log-metric {"run_id": "R", "key": "m", "value": 1, "timestamp": 123.45}
            POST runs/log-metric {"run_id": "R", "key": ".", "value": 1, "timestamp": 1}
            POST runs/log-metric {"run_id": "none", "key": "m", "value": 1, "timestamp": 1}
            POST runs/log-parameter {"run_id": "R", "key": "p", "value": "1"}
            POST runs/log-parameter {"run_id": "R", "key": "p", "value": "1"}
            POST runs/log-parameter {"run_id": "R", "key": "p", "value": "2"}
            POST runs/log-parameter {"run_id": "R", "key": "empty"}
            POST runs/log-parameter {"run_id": "R", "value": "1"}
            POST runs/log-parameter {"run_id": "R", "key": 31, "value": "1"}
            POST runs/log-parameter {"run_id": "R", "key": "p", "value": 41}
            POST runs/set-tag {"run_id": "R", "key": "t", "value": "1"}
            POST runs/set-tag {"run_id": "R", "key": "none"}
            POST runs/set-tag {"run_id": "R", "value": "1"}
            POST runs/set-tag {"run_id": "none", "key": "t", "value": "1"}
            POST runs/delete-tag {"run_id": "R", "key": "t"}
            POST runs/delete-tag {"run_id": "R", "key": "t"}
            POST runs/delete-tag {"run_id": "R"}
            POST runs/delete-tag {"key": "t"}
            POST runs/log-batch {"run_id": "R", "metrics": [{"key": "b", "value": 1, "timestamp": 1, "step": 0}], "params": [{"key": "bp", "value": "1"}], "tags": [{"key": "bt", "value": "1"}]}
            POST runs/log-batch {"metrics": []}
            POST runs/log-batch {"run_id": "R", "metrics": [{"value": 1, "timestamp": 1}]}
            POST runs/log-batch {"run_id": "R", "metrics": [{"key": "b", "timestamp": 1}]}
            POST runs/log-batch {"run_id": "R", "metrics": [{"key": "b", "value": 1, "timestamp": 1}, {"key": "b", "value": 1}]}
            POST runs/log-batch {"run_id": "R", "params": [{"value": "1"}]}
            POST runs/log-batch {"run_id": "R", "tags": [{"value": "1"}]}
            POST runs/log-batch {"run_id": "R", "params": "p"}
            POST runs/log-batch {"run_id": "R", "params": [{"key": "bp", "value": "2"}]}
            POST runs/log-batch {"run_id": "R", "params": [{"key": "twice", "value": "2"}, {"key": "twice", "value": "2"}]}
            POST runs/log-inputs {"run_id": "R", "datasets": [{"tags": [{"key": "mlflow.data.context", "value": "training"}], "dataset": {"name": "d", "digest": "1", "source_type": "local", "source": "here"}}]}
            POST runs/log-inputs {"datasets": []}
            POST runs/log-inputs {"run_id": "R", "datasets": "d"}
            POST runs/log-inputs {"run_id": "R", "datasets": [{"dataset": {"digest": "1", "source_type": "local", "source": "here"}}]}
            POST runs/log-inputs {"run_id": "none", "datasets": []}
            POST runs/log-model {"run_id": "R", "model_json": "{\"run_id\": \"R\", \"artifact_path\": \"model\", \"utc_time_created\": \"2024-01-01\", \"flavors\": {}}"}
            POST runs/log-model {"run_id": "R", "model_json": "{"}
            POST runs/log-model {"run_id": "R", "model_json": "{}"}
            POST runs/log-model {"run_id": "R", "model_json": "{\"run_id\": \"\\ud800\", \"artifact_path\": \"model\", \"utc_time_created\": \"2024-01-01\", \"flavors\": {}}"}
            POST runs/log-model {"run_id": "R", "model_json": "{\"run_id\": \"R\", \"artifact_path\": \"model\", \"utc_time_created\": \"2024-01-01\", \"flavors\": {\"a\": {}, \"a\": {}}}"}
            POST runs/log-model {"run_id": "R"}
            POST runs/search {"experiment_ids": ["E"], "filter": "metrics.b = 1", "max_results": 1}
            POST runs/search {"experiment_ids": ["E"], "filter": "metrics.b ~ 1"}
            POST runs/search {"experiment_ids": ["E"], "filter": "thing.b = 1"}
            POST runs/search {"experiment_ids": ["E"], "filter": "metrics.b = 'x'"}
            POST runs/search {"experiment_ids": ["E"], "order_by": ["nothing"]}
            POST runs/search {"experiment_ids": ["E"], "order_by": ["duration DESC"], "max_results": 1}
            POST runs/search {"experiment_ids": "E"}
            POST runs/search {"experiment_ids": ["E"], "max_results": 50001}
            POST runs/search {"experiment_ids": ["E"], "max_results": "many"}
            POST runs/search {"experiment_ids": ["E"], "run_view_type": 2}
            POST runs/search {"experiment_ids": ["E"], "page_token": "nonsense"}
            POST runs/delete {"run_id": "Q"}
            POST runs/delete {"run_id": "none"}
            POST runs/delete {}
            POST runs/log-metric {"run_id": "Q", "key": "m", "value": 1, "timestamp": 1}
            POST runs/set-tag {"run_id": "Q", "key": "t", "value": "1"}
            POST runs/update {"run_id": "Q", "run_name": "x"}
            POST runs/restore {"run_id": "Q"}
            POST runs/restore {"run_id": "none"}

            # metrics
            GET metrics/get-history?run_id=R&metric_key=m
            GET metrics/get-history?run_id=R&metric_key=m&max_results=1
            GET metrics/get-history?run_id=R
            GET metrics/get-history?metric_key=m
            GET metrics/get-history?run_id=R&metric_key=m&max_results=0
            GET metrics/get-history-bulk?run_id=R&run_id=Q&metric_key=m
            GET metrics/get-history-bulk?metric_key=m
            GET metrics/get-history-bulk?run_id=R
            GET metrics/get-history-bulk-interval?run_ids=R&run_ids=Q&metric_key=m
            GET metrics/get-history-bulk-interval?run_ids=R&metric_key=m&start_step=2&end_step=2
            GET metrics/get-history-bulk-interval?run_ids=R&metric_key=m&start_step=1
            GET metrics/get-history-bulk-interval?run_ids=R&metric_key=m&start_step=2&end_step=1
            GET metrics/get-history-bulk-interval?run_ids=R&metric_key=m&max_results=2501
            GET metrics/get-history-bulk-interval?run_ids=R&metric_key=m&max_results=0
            GET metrics/get-history-bulk-interval?metric_key=m
            GET metrics/get-history-bulk-interval?run_ids=R

            # what else is about experiments
            POST experiments/search-datasets {"experiment_ids": ["E"]}
            POST experiments/search-datasets {}
            POST experiments/search-datasets {"experiment_ids": ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19", "20", "21"]}
            GET server-info
            GET artifacts/list?run_id=R
            GET artifacts/list
            GET artifacts/list?run_id=none
            GET artifacts/list?run_id=R&path=../up
            GET nothing/there
            """);
        Golden.Matches("mlflow_calls_runs.txt", said.ToString());
    }

    [Fact]
    public async Task On_logged_models_and_the_registry_is_answered_as_MLflow_answers()
    {
        await using var started = flyball = await TestFlyball.StartAsync(change: options => options with { PrivateWebhooks = true });
        await CallsAsync(
            """
            # logged models
            POST runs/create {"experiment_id": "0", "run_name": "r", "start_time": 1700000000000} -> R
            POST logged-models {"experiment_id": "0", "name": "lm", "model_type": "t", "source_run_id": "R", "params": [{"key": "p", "value": "1"}], "tags": [{"key": "t", "value": "1"}]} -> L
            POST logged-models {}
            POST logged-models {"experiment_id": "999", "name": "lm"}
            POST logged-models {"experiment_id": "0", "name": "a/b"}
            GET logged-models/L
            GET logged-models/m-none
            PATCH logged-models/L {"model_id": "L", "status": "LOGGED_MODEL_READY"}
            PATCH logged-models/L {"model_id": "L"}
            PATCH logged-models/L {"model_id": "L", "status": "LOGGED_MODEL_PENDING"}
            PATCH logged-models/L {"model_id": "L", "status": "NEARLY"}
            PATCH logged-models/m-none {"status": "LOGGED_MODEL_READY"}
            POST logged-models/L/params {"params": [{"key": "q", "value": "2"}]}
            POST logged-models/L/params {"params": [{"key": "q", "value": "3"}]}
            POST logged-models/m-none/params {"params": []}
            PATCH logged-models/L/tags {"tags": [{"key": "u", "value": "2"}]}
            PATCH logged-models/m-none/tags {"tags": []}
            DELETE logged-models/L/tags/u
            DELETE logged-models/L/tags/u
            POST runs/log-metric {"run_id": "R", "key": "m", "value": 1, "timestamp": 1, "model_id": "L", "dataset_name": "d", "dataset_digest": "1"}
            POST runs/log-metric {"run_id": "R", "key": "m", "value": 1, "timestamp": 1, "model_id": "m-none"}
            POST runs/outputs {"run_id": "R", "models": [{"model_id": "L", "step": 1}]}
            POST runs/outputs {"models": []}
            POST runs/outputs {"run_id": "none", "models": [{"model_id": "L", "step": 1}]}
            POST logged-models/search {"experiment_ids": ["0"], "filter": "params.q = '2'", "order_by": [{"field_name": "metrics.m", "ascending": false}]}
            POST logged-models/search {"experiment_ids": ["0"], "max_results": 51}
            POST logged-models/search {"experiment_ids": ["0"], "filter": "thing = 1"}
            POST logged-models/search {"experiment_ids": ["0"], "datasets": [{}]}
            GET logged-models/L/artifacts/directories
            GET logged-models/L/artifacts/directories?artifact_directory_path=../up
            GET logged-models/L/artifacts/files
            GET logged-models/L/artifacts/files?artifact_file_path=none
            GET logged-models/m-none/artifacts/files?artifact_file_path=none
            DELETE logged-models/L
            DELETE logged-models/L
            GET logged-models/L

            # registered models
            POST registered-models/create {"name": "m", "description": "d", "tags": [{"key": "t", "value": "1"}]}
            POST registered-models/create {"name": "m"}
            POST registered-models/create {}
            POST registered-models/create {"name": "a/b"}
            POST registered-models/create {"name": "x", "tags": "t"}
            POST registered-models/create {"name": "x", "description": 1}
            GET registered-models/get?name=m
            GET registered-models/get?name=none
            GET registered-models/get
            PATCH registered-models/update {"name": "m", "description": "other"}
            PATCH registered-models/update {"name": "none", "description": "other"}
            PATCH registered-models/update {"description": "other"}
            POST registered-models/rename {"name": "m", "new_name": "n"}
            POST registered-models/rename {"name": "m", "new_name": "o"}
            POST registered-models/rename {"name": "n"}
            POST registered-models/rename {"name": "n", "new_name": "m"}
            POST registered-models/set-tag {"name": "m", "key": "k", "value": "v"}
            POST registered-models/set-tag {"name": "m", "value": "v"}
            POST registered-models/set-tag {"name": "none", "key": "k", "value": "v"}
            DELETE registered-models/delete-tag {"name": "m", "key": "k"}
            DELETE registered-models/delete-tag {"name": "m", "key": "k"}
            DELETE registered-models/delete-tag {"name": "none", "key": "k"}
            GET registered-models/search?filter=name%20%3D%20%27m%27
            GET registered-models/search?max_results=1001
            GET registered-models/search?max_results=0
            GET registered-models/search?filter=thing%20%3D%201
            GET registered-models/search?order_by=thing

            # versions
            POST model-versions/create {"name": "m", "source": "s3://bucket/model", "run_id": "R", "run_link": "http://link", "description": "first", "tags": [{"key": "t", "value": "1"}]}
            POST model-versions/create {"name": "m", "source": "s3://bucket/other"}
            POST model-versions/create {"name": "m"}
            POST model-versions/create {"source": "s3://bucket/model"}
            POST model-versions/create {"name": "none", "source": "s3://bucket/model"}
            POST model-versions/create {"name": "m", "source": "/etc/passwd"}
            POST model-versions/create {"name": "m", "source": "s3://bucket/../x"}
            POST model-versions/create {"name": "m", "source": "s3://bucket/model", "run_id": 7}
            GET model-versions/get?name=m&version=1
            GET model-versions/get?name=m&version=9
            GET model-versions/get?name=m&version=one
            GET model-versions/get?name=m
            PATCH model-versions/update {"name": "m", "version": "1", "description": "better"}
            PATCH model-versions/update {"name": "m", "version": "9", "description": "better"}
            PATCH model-versions/update {"name": "m", "description": "better"}
            GET model-versions/get-download-uri?name=m&version=1
            GET model-versions/get-download-uri?name=m&version=9
            POST model-versions/transition-stage {"name": "m", "version": "1", "stage": "Staging", "archive_existing_versions": false}
            POST model-versions/transition-stage {"name": "m", "version": "2", "stage": "staging", "archive_existing_versions": true}
            POST model-versions/transition-stage {"name": "m", "version": "2", "stage": "Somewhere", "archive_existing_versions": true}
            POST model-versions/transition-stage {"name": "m", "version": "2", "stage": "None", "archive_existing_versions": true}
            POST model-versions/transition-stage {"name": "m", "version": "9", "stage": "Staging", "archive_existing_versions": false}
            POST model-versions/transition-stage {"name": "m", "version": "2"}
            GET registered-models/get-latest-versions?name=m&stages=Staging
            POST registered-models/get-latest-versions {"name": "m"}
            POST registered-models/get-latest-versions {"name": "none"}
            POST registered-models/get-latest-versions {"name": "m", "stages": ["Somewhere"]}
            POST model-versions/set-tag {"name": "m", "version": "1", "key": "k", "value": "v"}
            POST model-versions/set-tag {"name": "m", "version": "9", "key": "k", "value": "v"}
            POST model-versions/set-tag {"name": "m", "version": "1", "value": "v"}
            DELETE model-versions/delete-tag {"name": "m", "version": "1", "key": "k"}
            DELETE model-versions/delete-tag {"name": "m", "version": "9", "key": "k"}
            GET model-versions/search?filter=name%20%3D%20%27m%27&max_results=1
            GET model-versions/search?max_results=200001
            GET model-versions/search?filter=thing%20%3D%201

            # aliases
            POST registered-models/alias {"name": "m", "alias": "best", "version": "1"}
            POST registered-models/alias {"name": "m", "alias": "best", "version": "9"}
            POST registered-models/alias {"name": "m", "alias": "latest", "version": "1"}
            POST registered-models/alias {"name": "m", "alias": "v1", "version": "1"}
            POST registered-models/alias {"name": "m", "alias": "a b", "version": "1"}
            POST registered-models/alias {"name": "m", "version": "1"}
            GET registered-models/alias?name=m&alias=best
            GET registered-models/alias?name=m&alias=none
            GET registered-models/alias?name=none&alias=best
            DELETE registered-models/alias {"name": "m", "alias": "best"}
            DELETE registered-models/alias {"name": "m", "alias": "best"}
            DELETE registered-models/alias {"name": "m"}
            DELETE model-versions/delete {"name": "m", "version": "2"}
            DELETE model-versions/delete {"name": "m", "version": "2"}
            DELETE registered-models/delete {"name": "m"}
            DELETE registered-models/delete {"name": "m"}
            DELETE registered-models/delete {}

            # webhooks
            POST webhooks {"name": "w", "url": "http://127.0.0.1:9/x", "events": [{"entity": "MODEL_VERSION", "action": "CREATED"}], "description": "d", "secret": "s"} -> W
            POST webhooks {"url": "http://127.0.0.1:9/x", "events": [{"entity": "MODEL_VERSION", "action": "CREATED"}]}
            POST webhooks {"name": "w", "events": [{"entity": "MODEL_VERSION", "action": "CREATED"}]}
            POST webhooks {"name": "w", "url": "http://127.0.0.1:9/x"}
            POST webhooks {"name": "w", "url": "http://127.0.0.1:9/x", "events": []}
            POST webhooks {"name": "w", "url": "ftp://127.0.0.1/x", "events": [{"entity": "MODEL_VERSION", "action": "CREATED"}]}
            POST webhooks {"name": "w", "url": "http://127.0.0.1:9/x", "events": [{"entity": "MODEL_VERSION", "action": "EATEN"}]}
            GET webhooks/W
            GET webhooks/none
            GET webhooks?max_results=5
            GET webhooks?max_results=1001
            PATCH webhooks/W {"description": "other", "status": "DISABLED"}
            PATCH webhooks/W {"name": "v"}
            PATCH webhooks/none {"name": "v"}
            POST webhooks/W/test {"event": {"entity": "MODEL_VERSION", "action": "CREATED"}}
            POST webhooks/none/test {}
            DELETE webhooks/W
            DELETE webhooks/W
            """);
        Golden.Matches("mlflow_calls_models.txt", said.ToString());
    }

    /// <summary>A call per line; <c>-> X</c> names the id that its answer gives, and <c>X</c> stands for it from then on.</summary>
    private async Task CallsAsync(string script)
    {
        foreach (var line in script.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith('#'))
            {
                said.Append(CultureInfo.InvariantCulture, $"\n{line}\n");
                continue;
            }

            var match = Line().Match(line);
            var (method, path, body) = (match.Groups["method"].Value, match.Groups["path"].Value, match.Groups["body"].Value);
            using var message = new HttpRequestMessage(new HttpMethod(method), "/api/2.0/mlflow/" + Named(path));
            if (body.Length > 0) message.Content = new StringContent(Named(body), Encoding.UTF8, "application/json");
            using var answer = await flyball.Http.SendAsync(message, Cancel);
            var text = Unescaped(await answer.Content.ReadAsStringAsync(Cancel));
            if (match.Groups["name"] is { Success: true } name) names[name.Value] = Id().Match(text).Groups["id"].Value;
            // a number is an id where it stands as one
            foreach (var (shown, id) in names) text = Regex.Replace(text, $@"(?<={(id.Length < 9 ? "\"experiment_id\":\"|mlflow-artifacts:/|id=|xperiment " : "(?<![\\w-])")}){Regex.Escape(id)}(?![\w-])", shown);
            text = Time().Replace(text, match => match.Groups["name"].Value + "NOW");
            text = Token().Replace(text, match => match.Groups["name"].Value + "TOKEN");
            text = Hex().Replace(text, "HEX");
            said.Append(CultureInfo.InvariantCulture, $"{method} {path}{(body.Length > 0 ? " " + body : "")}\n  {(int)answer.StatusCode} {text}\n");
        }
    }

    private static string Unescaped(string text) => text.Replace("\\u0022", "\\\"", StringComparison.Ordinal).Replace("\\u0027", "'", StringComparison.Ordinal).Replace("\\u003C", "<", StringComparison.Ordinal).Replace("\\u003E", ">", StringComparison.Ordinal).Replace("\\u0026", "&", StringComparison.Ordinal);

    private string Named(string text) => names.Aggregate(text, (known, name) => Regex.Replace(known, $"(?<=[\"=/]){name.Key}(?=[\"&/]|\\\\\"|$)", name.Value));

    [GeneratedRegex(@"^(?<method>\S+) (?<path>\S+)(?: (?<body>\{.*\}))?(?: -> (?<name>\w))?$")]
    private static partial Regex Line();

    [GeneratedRegex("\"(?:experiment_id|run_id|model_id|webhook_id)\": ?\"(?<id>[^\"]+)\"")]
    private static partial Regex Id();

    [GeneratedRegex("(?<name>\"(?:creation_time|last_update_time|creation_timestamp|last_updated_timestamp|creation_timestamp_ms|last_updated_timestamp_ms|end_time|start_time)\": ?)(?!1700000)\\d+")]
    private static partial Regex Time();

    [GeneratedRegex("(?<name>\"next_page_token\": ?)\"[^\"]+\"")]
    private static partial Regex Token();

    [GeneratedRegex("[0-9a-f]{32}")]
    private static partial Regex Hex();
}
