using System.Globalization;
using Flyball.Numerics;
using Flyball.Server.Projects;

namespace Flyball.Server.Monitoring;

/// <summary>What a window says, and in which words.</summary>
public sealed record Judgement(WindowState State, string Metric, string Message);

/// <summary>From what was measured to within, breached or unknown: pure.</summary>
public static class MonitorJudgement
{
    /// <summary>Judges one window of a version.</summary>
    public static Judgement Of(MonitorKind kind, MonitorSpec spec, int version, WindowResult result) => kind == MonitorKind.Drift ? Drift(spec, result) : Performance(spec, version, result);

    private static Judgement Drift(MonitorSpec spec, WindowResult result)
    {
        if (result.Rows < spec.MinRows) return new Judgement(WindowState.Unknown, "drift", $"{result.Rows:N0} rows; {spec.MinRows:N0} are needed to say");
        var drifted = result.Features.Where(feature => feature.Drifted).OrderByDescending(feature => feature.Distance).ToList();
        var share = result.Features.Count == 0 ? 0 : (double)drifted.Count / result.Features.Count;
        var names = drifted.Count == 0 ? "" : $" ({string.Join(", ", drifted.Take(5).Select(feature => string.Create(CultureInfo.InvariantCulture, $"{feature.Name} {feature.Distance:0.00}")))}{(drifted.Count > 5 ? ", …" : "")})";
        var message = $"{drifted.Count} of {result.Features.Count} features differ from the reference{names}{(result.Predictions is { Drifted: true } ? "; so do the predictions" : "")}";
        return new Judgement(drifted.Count > 0 && share >= spec.DriftShare ? WindowState.Breached : WindowState.Within, "drift", message);
    }

    private static Judgement Performance(MonitorSpec spec, int version, WindowResult result)
    {
        var watched = spec.Performance ?? throw new InvalidOperationException("no performance is watched");
        var judged = result.Versions.FirstOrDefault(known => known.Version == version);
        if (judged is null || judged.Labelled < spec.MinRows) return new Judgement(WindowState.Unknown, watched.Metric, $"{judged?.Labelled ?? 0:N0} labelled rows of version {version}; {spec.MinRows:N0} are needed to say");
        if (result.Limit is not { } limit || !judged.Metrics.TryGetValue(watched.Metric, out var value) || double.IsNaN(value)) return new Judgement(WindowState.Unknown, watched.Metric, $"version {version} has no baseline for {watched.Metric}");
        var breached = new Comparison(watched.Alert.Operator, limit).Holds(Metrics.Judged(watched.Metric, value));
        var message = string.Create(CultureInfo.InvariantCulture, $"{watched.Metric} of version {version} is {value:G4} on {judged.Labelled:N0} labelled rows; the limit is {limit:G4} (baseline {result.Baseline:G4})");
        return new Judgement(breached ? WindowState.Breached : WindowState.Within, watched.Metric, message);
    }
}
