using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Flyball.Foundation;
using Flyball.Models;
using Flyball.Native.DuckDb;
using Flyball.Numerics;
using Flyball.Server.Datasets;
using Flyball.Server.Projects;
using Flyball.Server.Registry;
using Flyball.Server.Tracking;
using Flyball.Server.Projects.Gates;

namespace Flyball.Server.Training;

/// <summary>One training, in a worker: rows, features, fit, evaluation against the champion, gates, package.</summary>
internal sealed class TrainJob() : JobWork<TrainJobSpec, TrainJobResult>(Name)
{
    public const string Name = "train";

    private readonly List<StepTime> steps = [];

    public override async Task<TrainJobResult> RunAsync(JobContext context, TrainJobSpec spec, CancellationToken cancel)
    {
        steps.Clear();
        await using var system = new SystemSampler();
        using var database = await WorkerDuck.OpenAsync(context, spec.Segments.Select(segment => segment.Object), [], cancel);
        using var duck = database.Connect();
        await using var stop = cancel.Register(duck.Interrupt);
        var task = spec.Model.Train.Task == TaskKind.Regression ? PredictionTask.Regression : PredictionTask.Classification;
        var features = spec.Features.Select(feature => new FeatureDefinition(feature.Name, feature.Sql, (FeatureKind)(int)feature.Type)).ToList();

        var step = Begin(context, 0.02, "selecting rows");
        var rows = await TrainingRows.OpenAsync(duck, spec, features, context.Objects, cancel);
        step = Next(step, context, 0.1, "computing features");
        var (train, trainLabels) = FeatureReader.Read(duck, rows.Train, features, spec.Data.Label!.Name);
        var (test, testLabels) = FeatureReader.Read(duck, rows.Test, features, spec.Data.Label.Name);
        FeatureReader.Check(train, trainLabels, task, spec.Data.Label.Name);
        FeatureReader.CheckValues(test, testLabels, task, spec.Data.Label.Name);
        if (testLabels.Length == 0) throw new JobFailedException("The held-out stretch has no rows.");

        step = Next(step, context, 0.2, $"fitting on {trainLabels.Length:N0} rows");
        var fitting = new FittingTask(train, trainLabels, task, spec.Model.Train.Params, spec.Model.Train.Seed, share => context.Report(0.2 + (0.5 * share), $"fitting on {trainLabels.Length:N0} rows"), cancel);
        using var judged = Fit(spec, fitting);
        var fitted = judged;

        step = Next(step, context, 0.72, $"evaluating on {testLabels.Length:N0} held-out rows");
        var predictions = Predict(fitted.Scorer, test);
        var metrics = Evaluation.Score(task, testLabels, predictions);
        var trainMetrics = Evaluation.Score(task, trainLabels, Predict(fitted.Scorer, train));
        var gates = spec.Model.Evaluate.Gates.Select(GateExpression.Parse).ToList();
        var sliced = spec.Model.Evaluate.Slices.Concat(gates.SelectMany(gate => gate.Slices)).Distinct().ToList();
        var slices = Evaluation.Slices(task, test, sliced, testLabels, predictions);
        var champion = await ChampionAsync(context.Objects, spec, duck, rows, task, sliced, testLabels, cancel);
        var verdicts = gates.Select(gate => gate.Evaluate(Evaluation.ForGates(testLabels.Length, metrics, slices), champion)).Select(verdict => new GateOutcome(verdict.Text, verdict.Passed, verdict.Reason + Fairness(verdict.Reason, spec, rows.Champion))).ToList();

        var refits = spec.Model.Train.Refit && verdicts.TrueForAll(verdict => verdict.Passed);
        var seen = train;
        if (refits)
        {
            (fitted, seen) = Refit(context, duck, spec, rows, features, fitting, ref step);
            predictions = Predict(fitted.Scorer, test);
        }

        using var packaged = fitted;

        step = Next(step, context, 0.95, "packaging");
        var reference = Reference(seen, predictions, metrics);
        var samples = Samples.Take(duck, rows.Test, features, spec.Data.Where, test, predictions, spec.Model.Train.Seed);
        var folder = Path.Combine(context.Scratch, "package");
        var manifest = PackageWriter.Write(folder, new PackageContent(
            new ModelManifest
            {
                Layout = ModelManifest.CurrentLayout, Model = spec.Model.Name, Task = task, Format = fitted.Format, Inputs = samples.Inputs, Where = spec.Data.Where,
                Features = features, Label = spec.Data.Label.Name, Files = new Dictionary<string, string>(),
            },
            new ModelFit(fitted.File, fitted.Encodings), refits ? new ModelFit(judged.File, judged.Encodings) : null, samples.Rows, reference, spec.Run, spec.Started));
        var files = new List<Artifact>();
        foreach (var name in manifest.Files.Keys.Append(PackageWriter.ManifestFile).Order(StringComparer.Ordinal))
        {
            var stored = await context.Objects.PutFileAsync(Path.Combine(folder, name), cancel);
            files.Add(new Artifact(name, stored.Digest, stored.Size));
        }

        Next(step, context, 0.99, "registering");
        var content = new ModelContent(
            spec.Project, spec.Model.Train.Trainer.ToString().ToLowerInvariant(), task.ToString().ToLowerInvariant(), metrics, trainMetrics, champion?.Metrics ?? new Dictionary<string, double>(), spec.Champion?.Version,
            verdicts, slices, trainLabels.Length, testLabels.Length, rows.From, rows.TestFrom, rows.To, [.. features.Select(feature => feature.Name)], files, refits, PackageKind.Flyball, ModelPackages.Flavors(await File.ReadAllTextAsync(Path.Combine(folder, ModelPackages.MLmodel), cancel)), champion is null ? ChampionFit.Served : rows.Champion);
        var engines = new Dictionary<string, string> { ["flyball"] = Product.Version, ["duckdb"] = EngineOf(duck), ["dotnet"] = Environment.Version.ToString() };
        if (fitted.Format == ModelFormat.XGBoost) engines["xgboost"] = Native.XGBoost.XGBoostBooster.EngineVersion.ToString();
        return new TrainJobResult(content, Digest(manifest), steps, engines, system.Take());
    }

    /// <summary>The gates have judged; what goes into production learns from the newest rows too.</summary>
    private (Fitted Fitted, FeatureColumns Seen) Refit(JobContext context, DuckDbConnection duck, TrainJobSpec spec, TrainingRows rows, IReadOnlyList<FeatureDefinition> features, FittingTask judged, ref (string Name, long Start) step)
    {
        var (all, labels) = FeatureReader.Read(duck, rows.All, features, spec.Data.Label!.Name);
        step = Next(step, context, 0.8, $"refitting on all {labels.Length:N0} rows");
        return (Fit(spec, judged with { Features = all, Labels = labels, Progress = share => context.Report(0.8 + (0.15 * share), $"refitting on all {labels.Length:N0} rows") }), all);
    }

    private static Fitted Fit(TrainJobSpec spec, FittingTask task) => spec.Model.Train.Trainer == TrainerKind.Linear ? LinearFitting.Fit(task) : XGBoostFit.Fit(task);

    private static async Task<ModelScores?> ChampionAsync(ObjectStore objects, TrainJobSpec spec, DuckDbConnection duck, TrainingRows rows, PredictionTask task, List<string> sliced, double[] labels, CancellationToken cancel)
    {
        if (spec.Champion is not { } champion) return null;
        var paths = new Dictionary<string, string>();
        foreach (var file in champion.Files) paths[file.Path] = await objects.LocalPathAsync(file.Digest, cancel);
        try
        {
            byte[] Read(string name) => File.ReadAllBytes(paths.GetValueOrDefault(name) ?? throw new PackageException($"The package has no {name}."));
            var (manifest, scorer) = rows.Champion == ChampionFit.Judged ? ScorerFile.OpenJudged(Read) : ScorerFile.Open(Read);
            using (scorer)
            {
                if (manifest.Task != task) return Unmeasured($"it answers with a {manifest.Task.ToString().ToLowerInvariant()}");
                // the champion's own features on the same rows: definitions may have changed since
                var (features, _) = FeatureReader.Read(duck, rows.Test, manifest.Features, spec.Data.Label!.Name);
                var predictions = Predict(scorer, features);
                return Evaluation.ForGates(labels.Length, Evaluation.Score(task, labels, predictions), Evaluation.Slices(task, features, sliced.Where(name => manifest.Features.Any(feature => feature.Name == name)), labels, predictions));
            }
        }
        catch (Exception reason) when (reason is PackageException or JobFailedException)
        {
            return Unmeasured(reason.Message.TrimEnd('.'));
        }

        // gates that compare with it refuse the candidate and say why; until somebody decides, the champion stays
        ModelScores Unmeasured(string reason) => Evaluation.ForGates(labels.Length, new Dictionary<string, double>(), []) with { Unmeasured = $"the champion, version {champion.Version}, cannot be measured on these rows: {reason}" };
    }

    /// <summary>What a comparison with the champion needs to be understood, behind its reason.</summary>
    private static string Fairness(string reason, TrainJobSpec spec, ChampionFit fit) => spec.Champion is not { } champion || !reason.Contains("champion", StringComparison.Ordinal) ? "" : fit switch
    {
        ChampionFit.Judged => $" (version {champion.Version} as its gates judged it: what serves has learned from these rows)",
        ChampionFit.Favoured => $" (version {champion.Version} has learned from some of these rows; newer ones would judge better)",
        _ => "",
    };

    private static ModelReference Reference(FeatureColumns train, double[] predictions, IReadOnlyDictionary<string, double> metrics)
    {
        var numbers = new Dictionary<string, Histogram>();
        var categories = new Dictionary<string, CategoryCounts>();
        for (var column = 0; column < train.Columns.Count; column++)
        {
            var name = train.Columns[column].Name;
            if (train.Columns[column].Kind == FeatureKind.Category)
            {
                categories[name] = CategoryCounts.OfReference(train.Categories(column).GroupBy(value => value).Select(group => new KeyValuePair<string?, long>(group.Key, group.LongCount())));
            }
            else
            {
                numbers[name] = Histogram.Of(HistogramEdges.FromQuantiles(train.Numbers(column)), train.Numbers(column));
            }
        }

        return new ModelReference(numbers, categories, Histogram.Of(HistogramEdges.FromQuantiles(predictions), predictions), metrics);
    }

    private static double[] Predict(Scorer scorer, FeatureColumns features)
    {
        var predictions = new double[features.Rows];
        scorer.Score(features, predictions);
        return predictions;
    }

    private static string EngineOf(DuckDbConnection duck)
    {
        using var result = duck.Query("select version()");
        return Convert.ToString(result.Rows()[0][0], CultureInfo.InvariantCulture)!;
    }

    /// <summary>What the package is, whatever run made it: the digests of the files that decide predictions.</summary>
    private static string Digest(ModelManifest manifest) => Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(
        string.Join('\n', manifest.Files.Where(file => file.Key is not "MLmodel").OrderBy(file => file.Key, StringComparer.Ordinal).Select(file => $"{file.Key} {file.Value}")))));

    private static (string Name, long Start) Begin(JobContext context, double share, string name)
    {
        context.Report(share, name);
        return (name, Stopwatch.GetTimestamp());
    }

    private (string Name, long Start) Next((string Name, long Start) step, JobContext context, double share, string name)
    {
        steps.Add(new StepTime(step.Name, Stopwatch.GetElapsedTime(step.Start).TotalSeconds));
        return Begin(context, share, name);
    }
}
