using Flyball.Foundation;
using Flyball.Server.Datasets;
using Flyball.Server.Monitoring;
using Flyball.Server.Projects;
using Flyball.Server.Registry;
using Flyball.Server.Serving;
using Flyball.Server.Training;
using Flyball.Server.Ui;

namespace Flyball.Server.Overview;

/// <summary>Something that a person should look at, and where.</summary>
public sealed record AttentionItem(string Title, string Text, string Href, bool Bad)
{
    /// <summary>Open alarms, data that could not be taken in, were set aside, are not usable or have grown old, refused versions, challengers that wait for approval.</summary>
    internal static async Task<List<AttentionItem>> ReadAsync(Tx tx, IReadOnlyList<Project> projects, DateTimeOffset now)
    {
        var items = new List<AttentionItem>();
        foreach (var alarm in await MonitoringSql.OpenAsync(tx))
        {
            items.Add(new AttentionItem(alarm.Kind == MonitorKind.Performance ? $"{alarm.Deployment}: the error is outside its limit" : $"{alarm.Deployment}: the world looks different", alarm.Message, $"/deployments/{alarm.Deployment}", alarm.Kind == MonitorKind.Performance));
        }

        foreach (var (name, reason) in await ProjectStore.UnreadableAsync(tx)) items.Add(new AttentionItem($"The file of {name} cannot be read by this version of Flyball", $"{reason} Its loop waits for a corrected one: flyball up", $"/journal?Project={Uri.EscapeDataString(name)}", Bad: true));
        foreach (var project in projects)
        {
            foreach (var dataset in project.File.Data) await DatasetAsync(tx, items, project, dataset, now);
            foreach (var model in project.File.Models) await ModelAsync(tx, items, project, model);
        }

        return [.. items.OrderByDescending(item => item.Bad)];
    }

    private static async Task DatasetAsync(Tx tx, List<AttentionItem> items, Project project, DatasetSpec dataset, DateTimeOffset now)
    {
        var latest = await DatasetsSql.LatestAsync(tx, project.Name, dataset.Name);
        if (await VersionWriter.FailureAsync(tx, project.Name, dataset.Name, latest) is { } reason)
        {
            items.Add(new AttentionItem($"{dataset.Name} could not be taken in", reason, $"/projects/{project.Name}", Bad: true));
        }

        // a version of traffic builds on what was usable before; it does not make up for files that are not
        foreach (var origin in Enum.GetValues<VersionOrigin>())
        {
            if (await DatasetsSql.LatestAsync(tx, project.Name, dataset.Name, origin) is { Usable: false } unusable)
            {
                items.Add(new AttentionItem($"{unusable.Name} is not usable", "A critical expectation is not met; nothing trains on it.", $"/datasets/{project.Name}/{dataset.Name}/{unusable.Number}", Bad: true));
            }
        }

        if (await QuarantineSql.OpenAsync(tx, project.Name, dataset.Name) is > 0 and var open)
        {
            items.Add(new AttentionItem($"Rows of {dataset.Name} were set aside", $"{(open == 1 ? "One batch waits" : $"{open} batches wait")} for somebody to mend or discard them.", $"/datasets/{project.Name}/{dataset.Name}/quarantine", Bad: false));
        }

        if (latest is not null && dataset.Freshness is { } freshness && Age(latest, freshness, now) is { } old)
        {
            items.Add(new AttentionItem($"{dataset.Name} is not fresh", $"{old}; freshness wants {Notation.Written(freshness.Within)}", $"/datasets/{project.Name}/{dataset.Name}/{latest.Number}", freshness.Severity == Severity.Critical));
        }
    }

    /// <summary>What keeps a version from being as fresh as is wanted; null where nothing does. A row of the future is taken at its word.</summary>
    private static string? Age(DatasetVersion version, FreshnessSpec wanted, DateTimeOffset now) => version.Content.Segments.Max(segment => segment.To) switch
    {
        null => $"no row of {version.Name} has a time",
        { } newest when now - newest > wanted.Within => $"{version.Name} has nothing newer than {Show.Time(newest)}",
        _ => null,
    };

    private static async Task ModelAsync(Tx tx, List<AttentionItem> items, Project project, ModelSpec model)
    {
        if (await TrainingsSql.ListAsync(tx, project.Name, model.Name, 1) is [{ State: TrainingState.Failed or TrainingState.Refused } last])
        {
            items.Add(new AttentionItem(last.State == TrainingState.Failed ? $"The training of {model.Name} failed" : $"{model.Name}: the gates refused the last version", last.Outcome ?? "", last.Version is { } version ? $"/models/{model.Name}/{version}" : $"/runs/{last.Run}", last.State == TrainingState.Failed));
        }

        foreach (var kind in Enum.GetValues<MonitorKind>())
        {
            if (await MonitoringSql.WindowsAsync(tx, model.Name, kind, 1) is [{ State: WindowState.Unknown, Event: not null } window]
                && await Journal.LatestAsync(tx, null, 1, project.Name, MeasurementFailed.Type, $"deployment:{model.Name}") is [var unmeasured])
            {
                items.Add(new AttentionItem($"{model.Name} cannot be measured", $"{Show.Time(window.From)} to {Show.Time(window.To)}: {unmeasured.Data.GetProperty("reason").GetString()}", $"/deployments/{model.Name}", Bad: true));
            }
        }

        foreach (var segment in (await SegmentsSql.RawAsync(tx)).Where(segment => segment.Deployment == model.Name))
        {
            if ((await Jobs.OnAsync(tx, segment.Ref)).FindLast(job => job.State == JobState.Failed) is not { } sealing) continue;
            items.Add(new AttentionItem($"A stretch of the traffic of {model.Name} cannot be read", $"{sealing.Error} It is tried again; what needs it waits.", $"/deployments/{model.Name}", Bad: true));
            break;
        }

        var aliases = await ModelsSql.AliasesAsync(tx, model.Name);
        var (champion, challenger) = (aliases.Find(alias => alias.Alias == Aliases.Champion), aliases.Find(alias => alias.Alias == Aliases.Challenger));
        if (model.Retrain.Approval == ApprovalKind.Required && challenger is not null && challenger.Version > (champion?.Version ?? 0)
            && await Approvals.DecisionAsync(tx, model.Name, challenger.Version, Aliases.Champion) is null)
        {
            items.Add(new AttentionItem($"{model.Name} version {challenger.Version} waits for approval", $"{challenger.Reason}; an approver decides on its page or with `flyball approve {model.Name} {challenger.Version}`", $"/models/{model.Name}/{challenger.Version}", Bad: false));
        }

        if (champion is not null && await DeploymentsSql.RefusalAsync(tx, model.Name, champion.Version) is { } reason)
        {
            items.Add(new AttentionItem($"{model.Name} version {champion.Version} is not served", reason, $"/deployments/{model.Name}", Bad: true));
        }
    }
}
