using Flyball.Client;
using Flyball.Foundation;

namespace Flyball.Server.Registry;

/// <summary>What happened to a model and its versions: who moved which alias, when and why, newest first. It follows the model through the names that it had; what another model of one of these names did is not its history.</summary>
internal static class RegistryHistory
{
    /// <param name="most">At most so many entries.</param>
    public static async Task<List<JournalEntryInfo>> OfAsync(Tx tx, string model, int most)
    {
        var found = new List<JournalEntry>();
        // of a name that is free, what happened until it became so
        if (await ModelsSql.ModelAsync(tx, model) is null && await EndAsync(tx, model, null) is { } freed) found.Add(freed);
        var before = found.Count > 0 ? found[0].Seq : (long?)null;
        for (var name = model; name is not null && found.Count < most;)
        {
            var begun = await RenamedAsync(tx, name, before);
            var after = (await EndAsync(tx, name, before))?.Seq ?? 0;
            // a name that was given up since then is another model's history
            if (begun?.Seq < after) begun = null;
            var own = await Journal.LatestAsync(tx, before, most, null, null, $"model:{name}");
            var ofVersions = await Journal.BelowAsync(tx, before, $"model-version:{name}/", most);
            found.AddRange(own.Concat(ofVersions).Where(entry => entry.Seq > after && entry.Seq >= (begun?.Seq ?? 0)).OrderByDescending(entry => entry.Seq));
            (name, before) = (begun?.As<ModelRenamed>().From, begun?.Seq);
        }

        return [.. found.Take(most).Select(Info)];
    }

    /// <summary>When a name was given to a model that had another one before, the last time.</summary>
    private static async Task<JournalEntry?> RenamedAsync(Tx tx, string name, long? before) =>
        (await Journal.LatestAsync(tx, before, int.MaxValue, null, ModelRenamed.Type, $"model:{name}")).Find(entry => entry.As<ModelRenamed>().From != name);

    /// <summary>When a name became free, the last time: its model was deleted or got another name.</summary>
    private static async Task<JournalEntry?> EndAsync(Tx tx, string name, long? before)
    {
        var deleted = (await Journal.LatestAsync(tx, before, 1, null, ModelDeleted.Type, $"model:{name}")).FirstOrDefault();
        var left = (await Journal.LatestAsync(tx, before, int.MaxValue, null, ModelRenamed.Type, null)).Find(entry => entry.As<ModelRenamed>() is var renamed && renamed.From == name && renamed.Model != name);
        return deleted?.Seq > (left?.Seq ?? 0) ? deleted : left;
    }

    public static JournalEntryInfo Info(JournalEntry entry) => new(entry.Seq, entry.Id, entry.At, entry.Type, entry.Subject.ToString(), entry.Project, entry.Actor, entry.Cause, entry.Data);
}
