using Flyball.Server.Datasets;
using Flyball.Server.Projects;
using Flyball.Server.Registry;
using Flyball.Server.Tracking;

namespace Flyball.Server.Training;

/// <summary>The champion that a challenger is measured against.</summary>
/// <param name="FittedTo">The newest row that it has learned from.</param>
/// <param name="JudgedTo">The newest row that its judged fit has learned from, where it was fitted again after its gates.</param>
public sealed record ChampionSpec(int Version, IReadOnlyList<Artifact> Files, DateTimeOffset? FittedTo, DateTimeOffset? JudgedTo);

/// <summary>Everything a worker needs to train: nothing is looked up on the way.</summary>
public sealed record TrainJobSpec(
    string Training, string Project, string Run, ModelSpec Model, DatasetSpec Data, IReadOnlyList<FeatureSpec> Features, string DatasetVersion,
    IReadOnlyList<Segment> Segments, ChampionSpec? Champion, DateTimeOffset Started);

/// <summary>How long one step took.</summary>
public sealed record StepTime(string Step, double Seconds);

/// <summary>What a training has made. <paramref name="Digest"/> is that of the package's manifest.</summary>
/// <param name="System">What the worker took meanwhile, in order of time.</param>
public sealed record TrainJobResult(ModelContent Content, string Digest, IReadOnlyList<StepTime> Steps, IReadOnlyDictionary<string, string> Engines, IReadOnlyList<SystemSample> System);
