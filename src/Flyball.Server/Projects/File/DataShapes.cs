using System.Text.RegularExpressions;

namespace Flyball.Server.Projects;

/// <summary>The sections <c>data</c> and <c>features</c>.</summary>
internal static partial class DataShapes
{
    private const string OnlyRowFeatures = "views are computed from the request's own row: name → { sql, type }";

    private static readonly Shape<LabelSpec> Label = new ObjectShape<LabelSpec>(
        "label",
        [
            Key.Needed("name", Scalars.Name(NameRule.Column, "label"), "Name of the label's column."),
            Key.Needed("sql", Scalars.Text, "Scalar SQL that computes it from a complete row."),
        ],
        f => new LabelSpec(f.Get<string>("name"), f.Get<string>("sql")));

    private static readonly Shape<FreshnessSpec> Freshness = new ObjectShape<FreshnessSpec>(
        "freshness",
        [
            Key.Needed("within", Scalars.Duration, "How old the newest row may be."),
            Key.Optional("severity", Severities.Shape, "info, warning (the default) or critical; only critical is told as something bad."),
        ],
        f => new FreshnessSpec(f.Get<TimeSpan>("within"), f.Get("severity", Severity.Warning)));

    private static readonly Shape<VolumeSpec> Volume = new ObjectShape<VolumeSpec>(
        "volume",
        [
            Key.Needed("within", Scalars.Number(0, above: true), "How far a new file's rows may be from the median of the files before it, as a share: 0.5 for half as many to half as many again."),
            Key.Optional("severity", Severities.Shape, "info, warning (the default) or critical; only a critical one stops a training."),
        ],
        f => new VolumeSpec(f.Get<double>("within"), f.Get("severity", Severity.Warning)));

    private static readonly Shape<Func<string, DatasetSpec>> Dataset = new ObjectShape<Func<string, DatasetSpec>>(
        "a dataset",
        [
            Key.Needed("source", Scalars.Checked(SourceMistake), "Parquet, CSV or JSON files: a path or glob, relative to the project file; the https address of one, looked at every ten minutes; or push, for rows that are sent over HTTP."),
            Key.Needed("time", Scalars.Text, "Column with the time of the event."),
            Key.Optional("partitions", new ListShape<string>(Scalars.Name(NameRule.Column, "partition")), "Columns that the names of folders tell, such as year for year=2024/orders.parquet; folders are no columns unless listed."),
            Key.Optional("known_later", new ListShape<string>(Scalars.Text), "Columns that are not there yet at request time; a feature that reads one is refused."),
            Key.Optional("transform", Scalars.Text, "A DuckDB query over the relation 'source', applied before everything else."),
            Key.Optional("label", Label, "Ground truth."),
            Key.Optional("where", Scalars.Text, "Rows that the model is for; also applied when serving, so it reads only what is known at request time."),
            Key.Optional("train_where", Scalars.Text, "Rows to train and evaluate on; may read the label."),
            Key.Optional("expect", new ListShape<ExpectationSpec>(ExpectationNames.Shape), "What must hold for the rows, under Great Expectations names."),
            Key.Optional("quarantine", new NamedShape<string>("reason", NameRule.Reason, Scalars.Text), "Rows that are set aside, to be looked at, mended and sent again: reason → SQL that is true for such a row."),
            Key.Optional("description", Scalars.Text, "What the data are, for whoever looks for them."),
            Key.Optional("owner", Scalars.Text, "Who answers for the data: a name or an address."),
            Key.Optional("volume", Volume, "How many rows a new file may have, by those before it; judged from the sixth file on."),
            Key.Optional("freshness", Freshness, "How old the newest row may be. Older data need attention, on the home page and in `flyball status`; they are trained on all the same."),
        ],
        f => name => new DatasetSpec
        {
            Name = name,
            Source = f.Get<string>("source"),
            Time = f.Get<string>("time"),
            Partitions = f.Get<IReadOnlyList<string>>("partitions", []),
            KnownLater = f.Get<IReadOnlyList<string>>("known_later", []),
            Transform = f.Find<string>("transform"),
            Label = f.Find<LabelSpec>("label"),
            Where = f.Find<string>("where"),
            TrainWhere = f.Find<string>("train_where"),
            Expect = f.Get<IReadOnlyList<ExpectationSpec>>("expect", []),
            Quarantine = f.Get<IReadOnlyList<KeyValuePair<string, string>>>("quarantine", []).ToDictionary(),
            Description = f.Find<string>("description"),
            Owner = f.Find<string>("owner"),
            Volume = f.Find<VolumeSpec>("volume"),
            Freshness = f.Find<FreshnessSpec>("freshness"),
        });

    private static readonly Shape<(string? Sql, FeatureType Type)> Feature = new ObjectShape<(string?, FeatureType)>(
        "a feature",
        [
            Key.Needed("type", Scalars.Choice([("number", FeatureType.Number), ("category", FeatureType.Category), ("boolean", FeatureType.Boolean)]), "number, category or boolean."),
            Key.Optional("sql", Scalars.Text, "Scalar SQL over the request's row; the column of the feature's own name unless given."),
        ],
        f => (f.Find<string>("sql"), f.Get<FeatureType>("type")));

    public static readonly Shape<IReadOnlyList<KeyValuePair<string, Func<string, DatasetSpec>>>> Datasets = new NamedShape<Func<string, DatasetSpec>>("dataset", NameRule.Thing, Dataset, least: 1);

    public static readonly Shape<IReadOnlyList<KeyValuePair<string, IReadOnlyList<KeyValuePair<string, (string? Sql, FeatureType Type)>>>>> Views =
        new NamedShape<IReadOnlyList<KeyValuePair<string, (string?, FeatureType)>>>(
            "feature view", NameRule.Thing, new NamedShape<(string?, FeatureType)>("feature", NameRule.Column, Feature, least: 1, refuse: EntityKey), least: 1);

    /// <summary>The feature with the SQL it stands for.</summary>
    public static FeatureSpec Named(string name, (string? Sql, FeatureType Type) feature) =>
        new(name, feature.Sql ?? $"\"{name}\"", feature.Type);

    private static string? EntityKey(string key) => key is "entity" or "from" or "window" or "ttl"
        ? $"this version of Flyball does not support '{key}' (features looked up by entity) yet; {OnlyRowFeatures}"
        : null;

    private static string? SourceMistake(string source) =>
        Scheme().Match(source) is { Success: true, Value: var scheme } ? scheme.ToLowerInvariant() switch
        {
            "https://" or "http://" => !Uri.TryCreate(source, UriKind.Absolute, out var address) || address.Host.Length == 0 || address.UserInfo.Length > 0 ? $"'{source}' is no address of a file; write it as https://host/file.parquet, without a name or password"
                : FileType().IsMatch(address.AbsolutePath) ? null : $"'{source}' does not lead to a file that ends in .parquet, .csv, .csv.gz, .csv.zst, .json, .jsonl or .ndjson",
            _ => $"this version of Flyball does not support sources behind {scheme} yet; it reads Parquet, CSV and JSON files, here or behind https://",
        }
        : source == DatasetSpec.Pushed || FileType().IsMatch(source) ? null
        : $"'{source}' does not end in .parquet, .csv, .csv.gz, .csv.zst, .json, .jsonl or .ndjson; this version of Flyball reads Parquet, CSV and JSON files";

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9+.-]*://")]
    private static partial Regex Scheme();

    [GeneratedRegex(@"\.(parquet|(csv|tsv|json|jsonl|ndjson)(\.gz|\.zst)?)\z", RegexOptions.IgnoreCase)]
    private static partial Regex FileType();
}
