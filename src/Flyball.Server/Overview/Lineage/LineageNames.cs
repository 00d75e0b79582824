using System.Globalization;
using Flyball.Foundation;
using Flyball.Server.Datasets;
using Flyball.Server.Registry;
using Flyball.Server.Serving;
using Flyball.Server.Tracking;
using Flyball.Server.Tracking.Pages;

namespace Flyball.Server.Overview;

/// <summary>What people call the things of a lineage.</summary>
internal static class LineageNames
{
    public static async Task<LineageNode> NodeAsync(Tx tx, Ref thing, int level)
    {
        switch (thing.Kind)
        {
            case "dataset-version" when await DatasetsSql.FindAsync(tx, thing.Id) is { } version:
                return new(thing, level, version.Name, $"{version.Rows.ToString("N0", CultureInfo.InvariantCulture)} rows", $"/datasets/{version.Project}/{version.Dataset}/{version.Number}");
            case "run" when await RunsSql.FindAsync(tx, thing.Id) is { } run:
                return new(thing, level, run.Name, $"run, {run.Status.ToString().ToLowerInvariant()}", $"/runs/{run.Id}");
            case "model-version" when Version(thing) is var (model, number) && await ModelsSql.FindAsync(tx, model, number) is { } version:
                var aliases = (await ModelsSql.AliasesAsync(tx, model)).Where(alias => alias.Version == number).Select(alias => alias.Alias).ToList();
                return new(thing, level, $"{model} v{number}", aliases.Count > 0 ? string.Join(", ", aliases) : version.Status == VersionStatus.Unjudged ? "registered by a client" : $"gates {version.Status.ToString().ToLowerInvariant()}", $"/models/{Uri.EscapeDataString(model)}/{number}");
            case "deployment" when await DeploymentsSql.FindAsync(tx, thing.Id) is { } deployment:
                return new(thing, level, deployment.Name, $"serves v{deployment.Version}", $"/deployments/{Uri.EscapeDataString(deployment.Name)}");
            case "logged-model" when await LoggedModelsSql.FindAsync(tx, thing.Id) is { } logged:
                return new(thing, level, logged.Name, "logged model", logged.Run is { } made ? $"/runs/{made}?model={logged.Id}" : null);
            case RunLinks.DatasetKind when long.TryParse(thing.Id, NumberStyles.None, CultureInfo.InvariantCulture, out var dataset) && await RunInputsSql.DatasetAsync(tx, dataset) is var (experiment, input):
                return new(thing, level, input.Name, $"dataset {input.Digest}", RunsOn(experiment, input));
            default:
                return new(thing, level, thing.Id, $"{thing.Kind.Replace('-', ' ')}, deleted", null, Known: false);
        }
    }

    /// <summary>The runs of an experiment that read a dataset.</summary>
    private static string RunsOn(string experiment, InputDataset dataset) =>
        $"/experiments/{Uri.EscapeDataString(experiment)}{(RunsView.Is("dataset.digest", dataset.Digest) is { } filter ? $"?filter={Uri.EscapeDataString(filter)}" : "")}";

    /// <summary>The model and number in the id of a version; names of models hold no slash.</summary>
    private static (string Model, int Number) Version(Ref thing) =>
        thing.Id.LastIndexOf('/') is var slash and > 0 && int.TryParse(thing.Id.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? (thing.Id[..slash], number) : (thing.Id, 0);
}
