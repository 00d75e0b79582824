using Flyball.Foundation;

namespace Flyball.Server.Datasets;

/// <summary>What people say of a version in a word: tags, which are no part of its content.</summary>
public sealed class DatasetTags(Db db, Journal journal)
{
    private const int LongestKey = 100;
    private const int LongestValue = 1000;
    private const int Most = 100;

    /// <summary>Sets a tag, or deletes it where <paramref name="value"/> is null.</summary>
    /// <exception cref="Refusal">There is no such version, or the tag is too long or one too many.</exception>
    public async Task SetAsync(string project, string dataset, int number, string key, string? value, string by, CancellationToken cancel)
    {
        if (key.Length is 0 or > LongestKey || key.Any(char.IsControl)) throw Refusal.Invalid("dataset-tag", $"The key of a tag has 1 to {LongestKey} characters on one line.");
        if (value?.Length > LongestValue) throw Refusal.Invalid("dataset-tag", $"The value of a tag has at most {LongestValue:N0} characters.");
        await using var tx = await db.BeginAsync(cancel);
        var version = await DatasetsSql.FindAsync(tx, project, dataset, number) ?? throw Refusal.NotFound("dataset version", $"{project}/{dataset} v{number}");
        var known = await OfAsync(tx, version.Id);
        if (known.GetValueOrDefault(key) == value) return;
        if (value is not null && known.Count >= Most && !known.ContainsKey(key)) throw Refusal.Conflict("dataset-tags", $"{version.Name} has {Most} tags already; delete one.");
        if (value is null) await tx.ExecuteAsync("delete from dataset_tags where version = @version and key = @key", new { version = version.Id, key });
        else await tx.ExecuteAsync("insert into dataset_tags (version, key, value) values (@version, @key, @value) on conflict (version, key) do update set value = excluded.value", new { version = version.Id, key, value });
        await journal.AppendAsync(tx, new DatasetTagged(project, dataset, number, version.Id, key, value), by, cause: null);
        await tx.CommitAsync(cancel);
    }

    public static async Task<Dictionary<string, string>> OfAsync(Tx tx, string version) =>
        (await tx.QueryAsync("select key, value from dataset_tags where version = @version order by key", new { version }, row => (Key: row.Text("key"), Value: row.Text("value")))).ToDictionary(tag => tag.Key, tag => tag.Value);
}

/// <param name="Value">Null where it was deleted.</param>
public sealed record DatasetTagged(string Project, string Dataset, int Number, string Version, string Key, string? Value) : IEvent
{
    public static string Type => "dataset.tagged";

    string? IEvent.Project => Project;

    public Ref Subject() => new("dataset-version", Version);
}
