namespace Flyball.Server.Projects;

/// <summary>The section <c>design</c>.</summary>
internal static class DesignShapes
{
    private static readonly Shape<PromisedValue> Value = new ObjectShape<PromisedValue>(
        "design.value",
        [
            Key.Needed("estimate", Scalars.Number(), "What the model is worth, as a number."),
            Key.Needed("unit", Scalars.Text, "Unit of the estimate, such as EUR/year."),
            Key.Optional("because", Scalars.Text, "Where the value comes from."),
        ],
        f => new PromisedValue(f.Get<double>("estimate"), f.Get<string>("unit"), f.Find<string>("because")));

    private static readonly Shape<Requirements> Demands = new ObjectShape<Requirements>(
        "design.requirements",
        [
            Key.Optional("latency_p99_ms", Scalars.Number(0, above: true), "99th percentile of the answer time in milliseconds that whoever uses the answers needs."),
            Key.Optional("predictions_per_day", Scalars.Number(0), "Predictions expected per day."),
            Key.Optional("explainable", Scalars.Flag, "True where each prediction must come with the share of every feature."),
            Key.Optional("compliance", new ListShape<string>(Scalars.Text), "Rules that apply, such as gdpr."),
        ],
        f => new Requirements
        {
            LatencyP99Ms = f.FindValue<double>("latency_p99_ms"),
            PredictionsPerDay = f.FindValue<double>("predictions_per_day"),
            Explainable = f.Get("explainable", false),
            Compliance = f.Get<IReadOnlyList<string>>("compliance", []),
        });

    private static readonly Shape<MaturityTarget> Maturity = new ObjectShape<MaturityTarget>(
        "design.maturity",
        [
            Key.Needed("target", Scalars.Whole(0, 4), "Wanted MLOps maturity level, 0 to 4."),
            Key.Optional("because", Scalars.Text, "Why this level is the right one."),
        ],
        f => new MaturityTarget(f.Get<int>("target"), f.Find<string>("because")));

    private static readonly Shape<KeyMetricSpec> KeyMetric = new ObjectShape<KeyMetricSpec>(
        "a key metric",
        [
            Key.Needed("name", Scalars.Name(NameRule.Column, "metric"), "Name of the metric."),
            Key.Needed("audience", Scalars.Text, "Who judges the model by it, such as stakeholder."),
            Key.Needed("goal", Scalars.Comparison, "What it should reach, such as \"<= 6.5\"."),
            Key.Optional("sql", Scalars.Text, "Aggregate over label and prediction; not needed where the name is a metric of the evaluation."),
            Key.Optional("unit", Scalars.Text, "Unit of the value."),
        ],
        f => new KeyMetricSpec(f.Get<string>("name"), f.Get<string>("audience"), f.Get<Comparison>("goal"), f.Find<string>("sql"), f.Find<string>("unit")));

    public static readonly Shape<DesignCharter> Charter = new ObjectShape<DesignCharter>(
        "design",
        [
            Key.Optional("problem", Scalars.Text, "The question that the model answers."),
            Key.Optional("users", Scalars.Text, "Who uses the answer, and when."),
            Key.Optional("value", Value, "What the model is worth; tracked in production next to accuracy."),
            Key.Optional("requirements", Demands, "What the running model must hold to."),
            Key.Optional("roles", new NamedShape<string>("role", NameRule.Column, Scalars.Text), "Role to address, such as approver: approver@example.org."),
            Key.Optional("maturity", Maturity, "The maturity level that the team wants."),
            Key.Optional("key_metrics", new ListShape<KeyMetricSpec>(KeyMetric), "One metric per audience, all tracked in production."),
        ],
        f => new DesignCharter
        {
            Problem = f.Find<string>("problem"),
            Users = f.Find<string>("users"),
            Value = f.Find<PromisedValue>("value"),
            Requirements = f.Find<Requirements>("requirements") ?? new(),
            Roles = new Dictionary<string, string>(f.Get<IReadOnlyList<KeyValuePair<string, string>>>("roles", [])),
            Maturity = f.Find<MaturityTarget>("maturity"),
            KeyMetrics = f.Get<IReadOnlyList<KeyMetricSpec>>("key_metrics", []),
        });
}
