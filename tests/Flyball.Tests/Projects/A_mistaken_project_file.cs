using Flyball.Server.Projects;

namespace Flyball.Tests.Projects;

public sealed class A_mistaken_project_file
{
    private const string Gates = "    evaluate: { slices: [hour], gates: [\"GATE\"] }";

    /// <summary>What is replaced in the small file (null: appended), by what, and the mistake with its place.</summary>
    public static TheoryData<string?, string, string> Mistakes => new()
    {
        // keys
        { "project: taxi", "projekt: taxi", "1:1 projekt: the project file has no key 'projekt'; its keys are project, design, data, features, models; did you mean 'project'?" },
        { "project: taxi", "projekt: taxi", "1:1 the project file needs the key 'project'" },
        { "time: ts", "tiem: at", "5:5 data.rides.tiem: a dataset has no key 'tiem'; its keys are source, time, partitions, known_later, transform, label, where, train_where, expect, quarantine, description, owner, volume, freshness; did you mean 'time'?" },
        { "time: ts", "tiem: at", "4:5 data.rides: a dataset needs the key 'time'" },
        { null, "    train: { data: rides, features: [ride] }", "15:5 the key 'train' is already given in line 14" },
        { null, "    monitor: { evry: 1h }", "15:16 models.fare.monitor.evry: monitor has no key 'evry'; its keys are every, min_rows, drift, performance; did you mean 'every'?" },
        { null, "    retrain: { guards: { max_per_month: 3 } }", "15:26 models.fare.retrain.guards.max_per_month: guards has no key 'max_per_month'; its keys are cooldown, max_per_week, min_new_labels" },
        // values
        { "project: taxi", "project: Taxi", "1:10 project: 'Taxi' cannot name a project: 1 to 100 lower-case letters, digits and dashes, a letter first" },
        { "project: taxi", "project:", "1:9 project: nothing cannot name a project: 1 to 100 lower-case letters, digits and dashes, a letter first" },
        { "  ride:\n", "  9ride:\n", "9:3 features.9ride: '9ride' cannot name a feature view: 1 to 100 letters, digits, dashes and underscores, a letter first" },
        { "km: { type: number }", "km: { type: numbr }", "10:17 features.ride.km.type: 'numbr' is not one of number, category, boolean; did you mean 'number'?" },
        { "time: ts", "time: 12", "5:11 data.rides.time: '12' is not text; put it in quotes" },
        { "time: ts", "time: [at]", "5:11 data.rides.time: here stands a list, but text is expected" },
        { "known_later: [paid, \"end\"]", "known_later: paid", "6:18 data.rides.known_later: here stands 'paid', but a list is expected" },
        { "known_later: [paid, \"end\"]", "known_later: [paid, paid]", "6:25 data.rides.known_later[1]: 'paid' is listed twice" },
        { "km: { type: number }", "km: number", "10:9 features.ride.km: here stands 'number', but a feature is a map with the keys type, sql" },
        { null, "    monitor: { every: 15 minutes }", "15:23 models.fare.monitor.every: '15 minutes' is not a duration; write a number and s, m, h, d or w, such as 15m, 6h, 28d or 2w" },
        { null, "    monitor: { every: 99999w }", "15:23 models.fare.monitor.every: '99999w' is not a duration; write a number and s, m, h, d or w, such as 15m, 6h, 28d or 2w" },
        // a line break at the end is part of the text, whatever $ means in a pattern of .NET
        { null, "    monitor: { every: \"28d\\n\" }", "15:23 models.fare.monitor.every: '28d\n' is not a duration; write a number and s, m, h, d or w, such as 15m, 6h, 28d or 2w" },
        { "features: [ride] }", "features: [ride], split: { by: time, test: \"28d\\n\" } }", "14:70 models.fare.train.split.test: '28d\n' is not a duration; write a number and s, m, h, d or w, such as 15m, 6h, 28d or 2w" },
        { null, "    monitor: { performance: { metric: mae, alert: \"> 7\\n\", labels_within: 1h } }", "15:51 models.fare.monitor.performance.alert: '> 7\n' is not a threshold; write \"> baseline * 1.2\" or \"> 7\", in quotes" },
        { null, "    retrain: { window: \"sliding 90d\\n\" }", "15:24 models.fare.retrain.window: 'sliding 90d\n' is not a training window; write expanding, only new, or sliding with a duration, such as sliding 90d" },
        { "project: taxi", "project: \"taxi\\n\"", "1:10 project: 'taxi\n' cannot name a project: 1 to 100 lower-case letters, digits and dashes, a letter first" },
        { "  ride:\n", "  \"ride\\n\":\n", "9:3 features.ride\n: 'ride\n' cannot name a feature view: 1 to 100 letters, digits, dashes and underscores, a letter first" },
        { "rides.csv", "\"rides.csv\\n\"", "4:13 data.rides.source: 'rides.csv\n' does not end in .parquet, .csv, .csv.gz, .csv.zst, .json, .jsonl or .ndjson; this version of Flyball reads Parquet, CSV and JSON files" },
        { null, "    monitor: { min_rows: \"5\" }", "15:26 models.fare.monitor.min_rows: '5' is not a whole number; leave the quotes away" },
        { null, "    monitor: { min_rows: 0 }", "15:26 models.fare.monitor.min_rows: 0 is too small; it must be at least 1" },
        { null, "    monitor: { drift: { share: 1.5 } }", "15:32 models.fare.monitor.drift.share: 1.5 is too large; it must be at most 1" },
        { null, "    monitor: { drift: { share: 0 } }", "15:32 models.fare.monitor.drift.share: 0 is too small; it must be above 0" },
        { null, "    monitor: { drift: { share: .nan } }", "15:32 models.fare.monitor.drift.share: '.nan' is not a number" },
        { null, "    monitor: { performance: { metric: mae, alert: \"> 1.2 * base\", labels_within: 1h } }", "15:51 models.fare.monitor.performance.alert: '> 1.2 * base' is not a threshold; write \"> baseline * 1.2\" or \"> 7\", in quotes" },
        { null, "    monitor: { performance: { metric: rsme, alert: \"> 7\", labels_within: 1h } }", "15:39 models.fare.monitor.performance.metric: 'rsme' is not one of rmse, mae, r2, mape, bias, auc, log_loss, accuracy, precision, recall, f1, brier; did you mean 'rmse'?" },
        { null, "    retrain: { window: sliding }", "15:24 models.fare.retrain.window: 'sliding' is not a training window; write expanding, only new, or sliding with a duration, such as sliding 90d" },
        { null, "    retrain: { on: [drift] }", "15:21 models.fare.retrain.on[0]: drift alone opens an investigation and does not retrain; use performance, new_data, code_change or { schedule: … }" },
        { null, "    retrain: { on: [performence] }", "15:21 models.fare.retrain.on[0]: 'performence' is not one of performance, new_data, code_change; did you mean 'performance'?" },
        { null, "    retrain: { on: [{ schedule: 0 3 * * }] }", "15:33 models.fare.retrain.on[0].schedule: '0 3 * *' has 4 fields; a schedule has five: minute, hour, day of month, month, day of week, such as \"0 3 * * 1\"" },
        { null, "    retrain: { on: [{ schedule: 0 25 * * * }] }", "15:33 models.fare.retrain.on[0].schedule: '25' is wrong in the field hour of a schedule: it holds 0 to 23" },
        { "project: taxi", "project: taxi\ndesign: { key_metrics: [{ name: mae, audience: all, goal: 6 }] }", "2:59 design.key_metrics[0].goal: '6' is not a comparison; write an operator and a number in quotes, such as \"<= 6.5\"" },
        { "project: taxi", "project: taxi\ndesign: { maturity: { target: 5 } }", "2:31 design.maturity.target: 5 is too large; it must be at most 4" },
        { "project: taxi", "project: taxi\ndesign: { requirements: { explainable: \"yes\" } }", "2:40 design.requirements.explainable: 'yes' is not true or false" },
        // what this version does not do
        { "project: taxi", "project: taxi\nenvironments: [dev, prod]", "2:1 environments: this version of Flyball does not support 'environments' yet; run one server with its own data directory for each environment" },
        { "rides.csv", "s3://bucket/rides.csv", "4:13 data.rides.source: this version of Flyball does not support sources behind s3:// yet; it reads Parquet, CSV and JSON files, here or behind https://" },
        { "rides.csv", "rides.xlsx", "4:13 data.rides.source: 'rides.xlsx' does not end in .parquet, .csv, .csv.gz, .csv.zst, .json, .jsonl or .ndjson; this version of Flyball reads Parquet, CSV and JSON files" },
        { "km: { type: number }", "entity: zone", "10:5 features.ride.entity: this version of Flyball does not support 'entity' (features looked up by entity) yet; views are computed from the request's own row: name → { sql, type }" },
        { "features: [ride] }", "features: [ride], trainer: command }", "14:54 models.fare.train.trainer: this version of Flyball does not support 'command' yet; it supports xgboost, linear" },
        { "features: [ride] }", "features: [ride], split: { by: random } }", "14:58 models.fare.train.split.by: this version of Flyball does not support 'random' yet; it supports time" },
        { "features: [ride] }", "features: [ride], search: { trials: 3 } }", "14:45 models.fare.train.search: this version of Flyball does not support 'search' yet; give the parameters under params" },
        { null, "    deploy: { strategy: canary }", "15:25 models.fare.deploy.strategy: this version of Flyball does not support 'canary' yet; it supports basic" },
        { null, "    deploy: { steps: [5%] }", "15:15 models.fare.deploy.steps: this version of Flyball does not support 'steps' yet; the strategy basic has no steps" },
        // expectations
        { "    label:", "    expect: [{ expect_column_value_to_be_between: { column: km } }]\n    label:", "7:16 data.rides.expect[0]: this version of Flyball does not know the expectation 'expect_column_value_to_be_between'; did you mean 'expect_column_values_to_be_between'?" },
        { "    label:", "    expect: [{ expect_column_values_to_be_between: { column: km } }]\n    label:", "7:52 data.rides.expect[0].expect_column_values_to_be_between: give min_value, max_value or both" },
        { "    label:", "    expect: [{ expect_column_values_to_be_between: { column: km, min_value: 3, max_value: 2 } }]\n    label:", "7:91 data.rides.expect[0].expect_column_values_to_be_between.max_value: max_value is below min_value" },
        { "    label:", "    expect: [{ expect_column_values_to_be_between: { column: km, min_value: 3, max_value: z } }]\n    label:", "7:91 data.rides.expect[0].expect_column_values_to_be_between.max_value: min_value and max_value are not of one kind" },
        { "    label:", "    expect: [{ expect_column_values_to_be_unique: { column: km, mostly: 2 } }]\n    label:", "7:73 data.rides.expect[0].expect_column_values_to_be_unique.mostly: 2 is too large; it must be at most 1" },
        { "    label:", "    expect: [{ expect_column_values_to_be_unique: { column: km, result_format: x } }]\n    label:", "7:65 data.rides.expect[0].expect_column_values_to_be_unique.result_format: this version of Flyball does not support 'result_format' yet; leave it away" },
        { "    label:", "    expect: [{ expect_column_values_to_match_regex: { column: km, regex: '(' } }]\n    label:", "7:74 data.rides.expect[0].expect_column_values_to_match_regex.regex: '(' is not a regular expression: Invalid pattern '(' at offset 1. Not enough )'s." },
        { "    label:", "    expect: [expect_column_to_exist]\n    label:", "7:14 data.rides.expect[0]: an expectation is a map with one key, its name, such as expect_column_to_exist: { column: id }" },
        // references
        { "data: rides,", "data: ride,", "14:20 models.fare.train.data: there is no dataset 'ride'; there is rides; did you mean 'rides'?" },
        { "features: [ride]", "features: [rides]", "14:38 models.fare.train.features: there is no feature view 'rides'; there is ride; did you mean 'ride'?" },
        { "    label: { name: minutes, sql: \"date_diff('minute', ts, \\\"end\\\")\" }\n", "", "13:20 models.fare.train.data: the model is trained on 'rides', which has no label; give data.rides.label" },
        { null, "    evaluate: { slices: [houre] }", "15:26 models.fare.evaluate.slices: there is no feature 'houre' of this model; there is km, hour; did you mean 'hour'?" },
        { null, "    evaluate: { metrics: [mae, auc] }", "15:32 models.fare.evaluate.metrics: 'auc' is no metric of a regression; those are rmse, mae, r2, mape, bias" },
        { "features: [ride] }", "features: [ride], task: classification }\n    monitor: { performance: { metric: mae, alert: \"> 7\", labels_within: 1h } }", "15:39 models.fare.monitor.performance.metric: 'mae' is no metric of a classification; those are auc, log_loss, accuracy, precision, recall, f1, brier" },
        { "features: [ride] }", "features: [ride], params: { max_dept: 8 } }", "14:65 models.fare.train.params.max_dept: XGBoost has no parameter 'max_dept'; did you mean 'max_depth'?" },
        { "features: [ride] }", "features: [ride], params: { rounds: many } }", "14:63 models.fare.train.params.rounds: rounds is a whole number from 1 to 100,000" },
        { "features: [ride] }", "features: [ride], params: { n_estimators: 8 } }", "14:69 models.fare.train.params.n_estimators: 'n_estimators' is called rounds here" },
        { "features: [ride] }", "features: [ride], params: { objective: multi:softmax } }", "14:66 models.fare.train.params.objective: the objective of a regression is one of reg:squarederror, reg:squaredlogerror, reg:absoluteerror, reg:pseudohubererror, reg:logistic, reg:gamma, reg:tweedie, count:poisson" },
        { "    label:", "    train_where: \"km between 1 and\"\n    label:", "7:18 data.rides.train_where: it is no SQL expression: syntax error at end of input" },
        { "    label:", "    train_where: \"km > 3; drop table x\"\n    label:", "7:18 data.rides.train_where: it is no SQL expression: it holds a statement of its own" },
        { "    label:", "    transform: \"copy (select 1) to 'x.csv'\"\n    label:", "7:16 data.rides.transform: it is not a query; write select … from source" },
        { "features: [ride] }", "features: [ride], params: { eta: .nan } }", "14:60 models.fare.train.params.eta: eta is a finite number" },
        { "features: [ride] }", "features: [ride], params: { gamma: .inf } }", "14:62 models.fare.train.params.gamma: gamma is a finite number" },
        { "features: [ride] }", "features: [ride], trainer: linear, params: { alpha: .nan } }", "14:79 models.fare.train.params.alpha: alpha is a number, 0 or more" },
        { "features: [ride] }", "features: [ride], params: { max_depth: deep } }", "14:66 models.fare.train.params.max_depth: max_depth is a finite number" },
        { "features: [ride] }", "features: [ride], trainer: linear, params: { eta: 8 } }", "14:77 models.fare.train.params.eta: the linear trainer has no parameter 'eta'; it has alpha" },
        { "features: [ride] }", "features: [ride], task: classification, trainer: linear }", "14:76 models.fare.train.trainer: the linear trainer fits regressions only; use xgboost for a classification" },
        { null, "    monitor: { performance: { metric: r2, alert: \"> baseline * 1.2\", labels_within: 1h } }", "15:50 models.fare.monitor.performance.alert: '> baseline * 1.2' would alert when the model gets better: higher is better for r2; write <" },
        { "    km:", "    paid: { type: number }\n    km:", "10:11 features.ride.paid: as a feature of 'fare' it must be there when the model is asked, but it reads 'paid', which is listed in known_later of 'rides'" },
        { "extract(hour from ts)", "date_diff('minute', ts, \\\"End\\\")", "11:18 features.ride.hour: as a feature of 'fare' it must be there when the model is asked, but it reads 'end', which is listed in known_later of 'rides'" },
        { "extract(hour from ts)", "minutes / 60", "11:18 features.ride.hour: as a feature of 'fare' it must be there when the model is asked, but it reads 'minutes', which is the label of 'rides'" },
        { "    label:", "    where: minutes > 1\n    label:", "7:12 data.rides.where: 'where' also holds when serving, but it reads 'minutes', which is the label of 'rides'; use train_where" },
        { "sql: \"date_diff('minute', ts, \\\"end\\\")\" }", "sql: km }", "10:9 features.ride.km: as a feature of 'fare' it must be there when the model is asked, but it reads 'km', which is the label of 'rides' by another name; list it in known_later" },
        { "    label:", "    transform: select *, paid * 2 as sneaky from source\n    label:", "7:16 data.rides.transform: the transform computes 'sneaky' from 'paid', which is known later; list 'sneaky' in known_later too" },
        { "sql: \"date_diff('minute', ts, \\\"end\\\")\" }", "sql: round(km) }", "10:9 features.ride.km: as a feature of 'fare' it must be there when the model is asked, but it reads 'km', of which alone the label of 'rides' is made; list it in known_later" },
        { "    label:", "    transform: select * replace (paid * 2 as km) from source\n    label:", "7:16 data.rides.transform: the transform computes 'km' from 'paid', which is known later; list 'km' in known_later too" },
        { "    label:", "    transform: select * rename (paid as sneaky) from source\n    label:", "7:16 data.rides.transform: the transform computes 'sneaky' from 'paid', which is known later; list 'sneaky' in known_later too" },
        { "    label:", "    transform: select from\n    label:", "7:16 data.rides.transform: it is not a query: syntax error at end of input" },
        { "time: ts", "time: paid", "6:19 data.rides.known_later: 'paid' is the time of the event, so it cannot be known later; use another column as time" },
        { "models:", "  again:\n    KM: { type: number }\nmodels:", "" },
        { "models:", "  again:\n    KM: { type: number }\nmodels:\n  two:\n    train: { data: rides, features: [ride, again] }", "13:9 features.again.KM: the model 'two' would have the feature 'KM' twice: also in the view 'ride'" },
        { "project: taxi", "project: taxi\ndesign: { key_metrics: [{ name: rsme, audience: all, goal: \"< 6\" }] }", "2:33 design.key_metrics[0].name: there is no metric 'rsme'; give it sql, or use one of rmse, mae, r2, mape, bias, auc, log_loss, accuracy, precision, recall, f1, brier; did you mean 'rmse'?" },
        // gates
        { "project: taxi", "project: taxi\ndesign: { key_metrics: [{ name: off, audience: all, goal: \"< 6\", sql: avg(abs(labl - prediction)) }] }", "2:71 design.key_metrics[0].sql: it reads 'labl'; a key metric is computed from label and prediction; did you mean 'label'?" },
        { null, Gates.Replace("GATE", "rsme < 5", StringComparison.Ordinal), "15:41 models.fare.evaluate.gates[0]: the gate 'rsme < 5' is wrong at character 1: there is no metric 'rsme'; there is rows, rmse, mae, r2, mape, bias, auc, log_loss, accuracy, precision, recall, f1, brier" },
        { null, Gates.Replace("GATE", "auc > 0.5", StringComparison.Ordinal), "15:41 models.fare.evaluate.gates: 'auc' is no metric of a regression; those are rmse, mae, r2, mape, bias" },
        { null, Gates.Replace("GATE", "slice(km).rmse.max < 5", StringComparison.Ordinal), "15:41 models.fare.evaluate.gates: the gate looks at slices by 'km', but evaluate.slices does not list it" },
        { null, Gates.Replace("GATE", "rmse = 5", StringComparison.Ordinal), "15:41 models.fare.evaluate.gates[0]: the gate 'rmse = 5' is wrong at character 6: equality is written ==" },
        // YAML itself
        { "features: [ride] }", "label: {a: b,\n      c: d\nfeatures: [ride] }", "15:7 this is not valid YAML from here on; look for a missing }, ] or quote, a tag (!) or an escape (\\)" },
        { "project: taxi", "project: \"\\UFFFFFFFF\"", "1:1 this is not valid YAML from here on; look for a missing }, ] or quote, a tag (!) or an escape (\\)" },
        { "project: taxi", "project: !<http://[> taxi", "1:1 this is not valid YAML from here on; look for a missing }, ] or quote, a tag (!) or an escape (\\)" },
        { "project: taxi", "project: !<> taxi", "1:1 this is not valid YAML from here on; look for a missing }, ] or quote, a tag (!) or an escape (\\)" },
        { "rides.csv", "\"a\\0.csv\"", "4:13 a text cannot hold the character NUL (\\0)" },
        { "project: taxi", "project: \"ta\\0xi\"", "1:10 a text cannot hold the character NUL (\\0)" },
        { "features:\n", "features: [\n", "10:7 this is not valid YAML: While parsing a flow sequence, did not find expected ',' or ']'" },
        { "  rides:\n", "\trides:\n", "3:1 this is not valid YAML: While scanning a mapping, found invalid tab as indentation" },
        { "project: taxi", "project: !!python/object:os.system taxi", "1:10 the tag tag:yaml.org,2002:python/object:os.system is not known here; write the value without a tag" },
        { "project: taxi", "project: *taxi", "1:10 the alias *taxi has no anchor before it, or lies inside it" },
        { null, "---\nproject: two", "15:1 a project file is one YAML document; remove the second one" },
        { null, "    ? [a]\n    : 1", "15:7 a key is a single word, not a list" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void Is_refused_with_the_place_and_the_reason(string? replaced, string by, string expected)
    {
        if (replaced is not null) Assert.Contains(replaced, Small.File, StringComparison.Ordinal);
        var yaml = replaced is null ? $"{Small.File}{by}\n" : Small.File.Replace(replaced, by, StringComparison.Ordinal);
        if (expected.Length == 0)
        {
            ProjectFileReader.Read(yaml, "flyball.yaml");       // the neighbour of a mistake: right as long as no model uses both
            return;
        }

        var errors = Assert.Throws<ProjectFileException>(() => ProjectFileReader.Read(yaml, "flyball.yaml")).Errors.Select(e => e.ToString()).ToList();
        Assert.True(errors.Contains(expected), string.Join("\n", errors));
    }

    [Fact]
    public void Is_told_all_its_mistakes_at_once_in_the_order_of_the_file()
    {
        var yaml = Small.File
            .Replace("project: taxi", "project: taxi\nowner: me\ndesign: { maturity: { target: 9 } }", StringComparison.Ordinal)
            .Replace("type: number }\nmodels", "type: nmber }\nmodels", StringComparison.Ordinal)
            .Replace("    known_later:", "    freshness: { within: soon }\n    where: paid > 1\n    known_later:", StringComparison.Ordinal)
            + "    evaluate: { metrics: [rmse, nope], slices: [kilometre], gates: [\"rmse <\", \"auc > 1\"] }\n    monitor: { every: never }\n    deploy: { strategy: canary }\n  other:\n    train: { data: nowhere, features: [ride] }\n";
        var thrown = Assert.Throws<ProjectFileException>(() => ProjectFileReader.Read(yaml, "here.yaml"));
        Assert.Equal(
            ["owner", "design.maturity.target", "data.rides.freshness.within", "data.rides.where", "features.ride.hour.type", "models.fare.evaluate.metrics[1]", "models.fare.evaluate.slices",
                "models.fare.evaluate.gates[0]", "models.fare.evaluate.gates", "models.fare.monitor.every", "models.fare.deploy.strategy", "models.other.train.data"],
            thrown.Errors.Select(e => e.Path));
        Assert.Equal(thrown.Errors.OrderBy(e => e.Line).ThenBy(e => e.Column), thrown.Errors);
        Assert.StartsWith("here.yaml has 12 mistakes:\nhere.yaml:2:1 owner: ", thrown.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "1:1 the file is empty")]
    [InlineData("# nothing\n", "1:1 the file is empty")]
    [InlineData("- a\n", "1:1 here stands a list, but the project file is a map with the keys project, design, data, features, models")]
    [InlineData("just text\n", "1:1 here stands 'just text', but the project file is a map with the keys project, design, data, features, models")]
    public void Without_content_is_refused(string yaml, string expected) =>
        Assert.Equal(expected, Assert.Single(Assert.Throws<ProjectFileException>(() => ProjectFileReader.Read(yaml, "f")).Errors).ToString());

    [Fact]
    public void That_unfolds_without_end_is_refused()
    {
        var yaml = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + string.Concat(Enumerable.Range(1, 20).Select(i =>
            $"{(char)('a' + i)}: &{(char)('a' + i)} [{string.Join(", ", Enumerable.Repeat($"*{(char)('a' + i - 1)}", 10))}]\n"));
        var error = Assert.Single(Assert.Throws<ProjectFileException>(() => ProjectFileReader.Read(yaml, "f")).Errors);
        Assert.Equal("the file holds more than 50000 values once its aliases are followed", error.Message);
    }

    [Fact]
    public void That_holds_itself_is_refused() =>
        Assert.Contains("lies inside it", Assert.Throws<ProjectFileException>(() => ProjectFileReader.Read("a: &a [*a]\n", "f")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("[")]
    [InlineData("{a: ")]
    public void That_is_nested_too_deep_is_refused(string open) =>
        Assert.Contains("nested deeper than 32 levels", Assert.Throws<ProjectFileException>(() => ProjectFileReader.Read(string.Concat(Enumerable.Repeat(open, 20_000)), "f")).Message, StringComparison.Ordinal);

    [Fact]
    public void That_is_too_large_is_refused() =>
        Assert.Contains("larger than 1 MB", Assert.Throws<ProjectFileException>(() => ProjectFileReader.Read(Small.File + new string('#', 1024 * 1024), "f")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("rmse", "rsme", 1)]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("ca", "abc", 3)]
    [InlineData("", "abc", 3)]
    [InlineData("same", "same", 0)]
    public void Is_helped_by_the_nearest_word(string a, string b, int distance)
    {
        Assert.Equal(distance, Suggestions.Distance(a, b));
        Assert.Equal(distance, Suggestions.Distance(b, a));
    }

    [Theory]
    [InlineData("e'\\'' || paid || ''", "it reads 'paid', which is listed in known_later of 'rides'")]
    [InlineData("/* /* */ ' */ paid /* ' */", "it reads 'paid', which is listed in known_later of 'rides'")]
    [InlineData("(lambda x: x + \"Paid\")", "it reads 'paid', which is listed in known_later of 'rides'")]
    [InlineData("columns('pa.*')", "it holds *; a feature names its columns")]
    [InlineData("coalesce(*columns('pa.*'))", "it holds *; a feature names its columns")]
    [InlineData("list_extract([*columns(* exclude (ts))], 1)", "it holds *; a feature names its columns")]
    [InlineData("rides.paid", "it names rides.paid; a feature names columns without their table")]
    [InlineData("(select paid from rides)", "it holds a subquery; a feature is computed from its row alone")]
    [InlineData("lag(km) over ()", "it holds the window function lag; a feature is computed from its row alone")]
    [InlineData("1 from rides", "it reads a table; a feature reads the columns of its row")]
    [InlineData("km +", "syntax error")]
    [InlineData("sum(km)", "sum() aggregates over rows")]
    [InlineData("km + random()", "random() answers differently each time")]
    [InlineData("epoch(now())", "now() answers differently each time")]
    [InlineData("read_text('/etc/passwd')", "read_text() is not a function of one row")]
    public void May_not_read_what_is_known_later_however_it_is_written(string sql, string why)
    {
        var file = Small.File.Replace("extract(hour from ts)", $"{sql.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}", StringComparison.Ordinal);
        Assert.Contains(why, Assert.Throws<ProjectFileException>(() => ProjectFileReader.Read(file, "f")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("length($$paid$$) + km")]
    [InlineData("length('paid') + km -- paid")]
    [InlineData("list_sum(list_transform([km], lambda paid: paid + 1))")]
    public void May_speak_of_it_in_a_text_a_comment_or_a_lambda(string sql) =>
        Assert.NotNull(ProjectFileReader.Read(Small.File.Replace("extract(hour from ts)", sql, StringComparison.Ordinal), "f"));
}
