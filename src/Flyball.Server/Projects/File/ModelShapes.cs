using System.Text.Json.Nodes;
using Flyball.Numerics;
using Flyball.Server.Projects.Gates;

namespace Flyball.Server.Projects;

/// <summary>The section <c>models</c>.</summary>
internal static class ModelShapes
{
    private static readonly Shape<string> Metric = Scalars.Choice([.. Metrics.All.Select(m => (m.Name, m.Name))]);

    private static readonly Shape<TimeSpan> Split = new ObjectShape<TimeSpan>(
        "split",
        [
            Key.Optional("by", Scalars.Choice([("time", true)], "random", "group", "entity"), "time: the newest rows are held out."),
            Key.Optional("test", Scalars.Duration, $"Length of the newest stretch that is held out; {Notation.Written(Defaults.Train.Test)} unless given."),
        ],
        f => f.Get("test", Defaults.Train.Test));

    private static readonly Shape<TrainSpec> Train = new ObjectShape<TrainSpec>(
        "train",
        [
            Key.Needed("data", Scalars.Text, "Name of the dataset."),
            Key.Needed("features", new ListShape<string>(Scalars.Text, least: 1), "Names of the feature views, in column order."),
            Key.Optional("task", Scalars.Choice([("regression", TaskKind.Regression), ("classification", TaskKind.Classification)]), "regression (the default) or classification."),
            Key.Optional("split", Split, "What is held out for evaluation."),
            Key.Optional("refit", Scalars.Flag, "Fit again with the held-out rows once the gates are passed; true unless given."),
            Key.Optional("trainer", Scalars.Choice([("xgboost", TrainerKind.XGBoost), ("linear", TrainerKind.Linear)], "command"), "xgboost (the default) or linear."),
            Key.Optional("params", new NamedShape<object>("parameter", NameRule.Column, Scalars.Any), "The trainer's parameters by the engine's own names."),
            Key.Optional("seed", Scalars.Whole(0), $"Seed of everything random; {Defaults.Train.Seed} unless given."),
            Key.NotYet("search", "give the parameters under params"),
        ],
        f => new TrainSpec
        {
            Data = f.Get<string>("data"),
            Features = f.Get<IReadOnlyList<string>>("features"),
            Task = f.Get("task", Defaults.Train.Task),
            Test = f.Get("split", Defaults.Train.Test),
            Refit = f.Get("refit", Defaults.Train.Refit),
            Trainer = f.Get("trainer", Defaults.Train.Trainer),
            Params = new Dictionary<string, object>(f.Get<IReadOnlyList<KeyValuePair<string, object>>>("params", [])),
            Seed = f.Get("seed", Defaults.Train.Seed),
        });

    private static readonly Shape<EvaluateSpec> Evaluate = new ObjectShape<EvaluateSpec>(
        "evaluate",
        [
            Key.Optional("metrics", new ListShape<string>(Metric), "Metrics to report; all of the task unless given."),
            Key.Optional("slices", new ListShape<string>(Scalars.Text), "Features by whose values the metrics are also computed."),
            Key.Optional("gates", new ListShape<string>(Scalars.Checked(GateMistake)), "What a new version must pass, such as \"rmse < champion.rmse\"; the champion wins ties."),
        ],
        f => new EvaluateSpec
        {
            Metrics = f.Get<IReadOnlyList<string>>("metrics", []),
            Slices = f.Get<IReadOnlyList<string>>("slices", []),
            Gates = f.Get<IReadOnlyList<string>>("gates", []),
        });

    private static readonly Shape<DeploySpec> Deploy = new ObjectShape<DeploySpec>(
        "deploy",
        [
            Key.Optional("strategy", Scalars.Choice([("basic", DeployStrategy.Basic)], "blue-green", "canary", "shadow", "ab", "bandit"), "basic: a version that passed its gates takes all traffic."),
            Key.NotYet("steps", "the strategy basic has no steps"),
            Key.NotYet("analysis", "the strategy basic has no analysis; use evaluate.gates"),
        ],
        f => new DeploySpec { Strategy = f.Get("strategy", DeployStrategy.Basic) });

    private static readonly Shape<double> Drift = new ObjectShape<double>(
        "drift",
        [Key.Needed("share", Scalars.Number(0, 1, above: true), $"Share of the features that must drift before a window counts as drifted; {Defaults.Monitor.DriftShare:R} unless given.")],
        f => f.Get<double>("share"));

    private static readonly Shape<PerformanceSpec> Performance = new ObjectShape<PerformanceSpec>(
        "performance",
        [
            Key.Needed("metric", Metric, "The metric that is watched once labels are there."),
            Key.Needed("alert", Scalars.Threshold, "When to alert, such as \"> baseline * 1.2\"; the baseline is the champion's own value at evaluation."),
            Key.Needed("labels_within", Scalars.Duration, "How long after the prediction its label is expected at the latest."),
        ],
        f => new PerformanceSpec(f.Get<string>("metric"), f.Get<Threshold>("alert"), f.Get<TimeSpan>("labels_within")));

    private static readonly Shape<MonitorSpec> Monitor = new ObjectShape<MonitorSpec>(
        "monitor",
        [
            Key.Optional("every", Scalars.Duration, $"Length of one window; {Notation.Written(Defaults.Monitor.Every)} unless given."),
            Key.Optional("min_rows", Scalars.Whole(1), $"Rows below which a window's state is unknown; {Defaults.Monitor.MinRows} unless given."),
            Key.Optional("drift", Drift, "When a window counts as drifted."),
            Key.Optional("performance", Performance, "The realised error against its baseline."),
        ],
        f => new MonitorSpec
        {
            Every = f.Get("every", Defaults.Monitor.Every),
            MinRows = f.Get("min_rows", Defaults.Monitor.MinRows),
            DriftShare = f.Get("drift", Defaults.Monitor.DriftShare),
            Performance = f.Find<PerformanceSpec>("performance"),
        });

    private static readonly Shape<RetrainGuards> Guards = new ObjectShape<RetrainGuards>(
        "guards",
        [
            Key.Optional("cooldown", Scalars.Duration, $"Least time between two retrainings; {Notation.Written(Defaults.Guards.Cooldown)} unless given."),
            Key.Optional("max_per_week", Scalars.Whole(1), $"Most retrainings in seven days; {Defaults.Guards.MaxPerWeek} unless given."),
            Key.Optional("min_new_labels", Scalars.Whole(0), $"Labelled rows that must be new since the last training; {Defaults.Guards.MinNewLabels} unless given."),
        ],
        f => new RetrainGuards
        {
            Cooldown = f.Get("cooldown", Defaults.Guards.Cooldown),
            MaxPerWeek = f.Get("max_per_week", Defaults.Guards.MaxPerWeek),
            MinNewLabels = f.Get("min_new_labels", Defaults.Guards.MinNewLabels),
        });

    private static readonly Shape<RetrainSpec> Retrain = new ObjectShape<RetrainSpec>(
        "retrain",
        [
            Key.Optional("on", new ListShape<RetrainTrigger>(new TriggerShape()), "Reasons to retrain: performance, new_data, code_change, { schedule: \"0 3 * * 1\" } (cron, UTC)."),
            Key.Optional("window", Scalars.Window, "Rows to train on: expanding (the default), only new, or sliding with a duration."),
            Key.Optional("guards", Guards, "What holds a retraining back."),
            Key.Optional("approval", Scalars.Choice([("automatic", ApprovalKind.Automatic), ("required", ApprovalKind.Required)]), "automatic (the default), or required: a person approves a new version before it serves."),
        ],
        f =>
        {
            var (kind, length) = f.Get<(WindowKind Kind, TimeSpan? Length)>("window", (WindowKind.Expanding, null));
            return new RetrainSpec
            {
                On = f.Get<IReadOnlyList<RetrainTrigger>>("on", []),
                Window = kind,
                WindowLength = length,
                Guards = f.Find<RetrainGuards>("guards") ?? new(),
                Approval = f.Get("approval", ApprovalKind.Automatic),
            };
        });

    private static readonly Shape<Func<string, ModelSpec>> Model = new ObjectShape<Func<string, ModelSpec>>(
        "a model",
        [
            Key.Needed("train", Train, "What the model learns from, and how."),
            Key.Optional("evaluate", Evaluate, "How a trained version is judged."),
            Key.Optional("deploy", Deploy, "How a version starts to serve."),
            Key.Optional("monitor", Monitor, "What is watched while it serves."),
            Key.Optional("retrain", Retrain, "When it is trained again."),
        ],
        f => name => new ModelSpec
        {
            Name = name,
            Train = f.Get<TrainSpec>("train"),
            Evaluate = f.Find<EvaluateSpec>("evaluate") ?? new(),
            Deploy = f.Find<DeploySpec>("deploy") ?? new(),
            Monitor = f.Find<MonitorSpec>("monitor") ?? new(),
            Retrain = f.Find<RetrainSpec>("retrain") ?? new(),
        });

    public static readonly Shape<IReadOnlyList<KeyValuePair<string, Func<string, ModelSpec>>>> Models = new NamedShape<Func<string, ModelSpec>>("model", NameRule.Thing, Model, least: 1);

    private static string? GateMistake(string text)
    {
        try
        {
            GateExpression.Parse(text);
            return null;
        }
        catch (FormatException e)
        {
            return e.Message;
        }
    }

    /// <summary>What holds where the file says nothing: the defaults of the records.</summary>
    private static class Defaults
    {
        public static readonly TrainSpec Train = new() { Data = "", Features = [] };

        public static readonly MonitorSpec Monitor = new();

        public static readonly RetrainGuards Guards = new();
    }

    /// <summary>A word, or a schedule.</summary>
    private sealed class TriggerShape : Shape<RetrainTrigger>
    {
        private static readonly Shape<TriggerKind> Word = Scalars.Choice(
            [("performance", TriggerKind.Performance), ("new_data", TriggerKind.NewData), ("code_change", TriggerKind.CodeChange)]);

        private static readonly Shape<string> Schedule = new ObjectShape<string>(
            "a schedule trigger", [Key.Needed("schedule", Scalars.Cron, "Cron expression of five fields in UTC.")], f => f.Get<string>("schedule"));

        public override bool TryRead(YamlNode node, string path, Problems problems, out RetrainTrigger value)
        {
            value = null!;
            if (node is YamlText { Text: "drift" })
            {
                problems.Add(node, path, "drift alone opens an investigation and does not retrain; use performance, new_data, code_change or { schedule: … }");
                return false;
            }

            if (node is YamlMap)
            {
                if (!Schedule.TryRead(node, path, problems, out var cron)) return false;
                value = new RetrainTrigger(TriggerKind.Schedule, cron);
                return true;
            }

            if (!Word.TryRead(node, path, problems, out var kind)) return false;
            value = new RetrainTrigger(kind);
            return true;
        }

        public override JsonObject Schema() => new() { ["oneOf"] = new JsonArray(Word.Schema(), Schedule.Schema()) };
    }
}
