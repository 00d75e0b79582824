using Flyball.Client;
using Flyball.Foundation;

namespace Flyball.Server.Registry;

/// <summary>What happened to a model and its versions: who moved which alias, when and why, newest first.</summary>
internal static class RegistryHistory
{
    /// <param name="most">At most so many entries.</param>
    public static async Task<List<JournalEntryInfo>> OfAsync(Tx tx, string model, int most)
    {
        var own = await Journal.LatestAsync(tx, null, most, null, null, $"model:{model}");
        var ofVersions = await Journal.BelowAsync(tx, $"model-version:{model}/", most);
        return [.. own.Concat(ofVersions).OrderByDescending(entry => entry.Seq).Take(most).Select(Info)];
    }

    public static JournalEntryInfo Info(JournalEntry entry) => new(entry.Seq, entry.Id, entry.At, entry.Type, entry.Subject.ToString(), entry.Project, entry.Actor, entry.Cause, entry.Data);
}
