using System.Text.Json;

namespace Flyball.Foundation;

/// <summary>A decision or a life-cycle change, in the past tense. Its type name is stable and golden.</summary>
public interface IEvent
{
    /// <summary>For example <c>model.version-registered</c>.</summary>
    static abstract string Type { get; }

    /// <summary>The thing that changed.</summary>
    Ref Subject();

    /// <summary>The project it belongs to, or null for the server's own.</summary>
    string? Project { get; }
}

/// <summary>An event as the journal holds it. <see cref="Cause"/> is the id of the event that led to it.</summary>
public sealed record JournalEntry(long Seq, string Id, DateTimeOffset At, string Type, Ref Subject, string? Project, string Actor, string? Cause, JsonElement Data)
{
    public T As<T>() => Json.Read<T>(Data);
}

/// <summary>
/// The append-only record of what was decided and changed: audit log, causal chain, and what wakes the loops. A change and its event commit in the same transaction.
/// </summary>
public sealed class Journal(Ids ids, TimeProvider time)
{
    private readonly Lock gate = new();
    private TaskCompletionSource appended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when something has been committed to the journal after this call.</summary>
    public Task NextAsync()
    {
        lock (gate) return appended.Task;
    }

    /// <summary>Appends an event and returns its id, which later events may name as their cause.</summary>
    public async Task<string> AppendAsync<T>(Tx tx, T happened, string actor, string? cause)
        where T : IEvent
    {
        var id = ids.New();
        await tx.ExecuteAsync(
            "insert into journal (id, at, type, subject, project, actor, cause, data) values (@id, @at, @type, @subject, @project, @actor, @cause, @data)",
            new { id, at = time.Now(), type = T.Type, subject = happened.Subject().ToString(), project = happened.Project, actor, cause, data = Json.Write(happened) });
        tx.OnCommitted(Signal);
        return id;
    }

    /// <summary>Wakes whoever waits, as an appended event would: for changes that are measurements and not journalled.</summary>
    public void Signal()
    {
        lock (gate)
        {
            appended.TrySetResult();
            appended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Entries after <paramref name="after"/> in order, at most <paramref name="limit"/>.</summary>
    public static Task<List<JournalEntry>> AfterAsync(Tx tx, long after, int limit, string? project) => tx.QueryAsync(
        $"select * from journal where seq > @after {(project is null ? "" : "and project = @project")} order by seq limit @limit", new { after, limit, project }, Read);

    /// <summary>The newest entries first, before <paramref name="before"/> where it is given.</summary>
    public static Task<List<JournalEntry>> LatestAsync(Tx tx, long? before, int limit, string? project, string? type, string? subject) => tx.QueryAsync(
        "select * from journal where seq < @before "
        + (project is null ? "" : "and project = @project ") + (type is null ? "" : "and type = @type ") + (subject is null ? "" : "and subject = @subject ")
        + "order by seq desc limit @limit",
        new { before = before ?? long.MaxValue, limit, project, type, subject },
        Read);

    /// <summary>Entries of some types after <paramref name="after"/> in order, at most <paramref name="limit"/>.</summary>
    /// <param name="types">Names of this program, never of a request.</param>
    public static Task<List<JournalEntry>> AfterAsync(Tx tx, long after, int limit, IReadOnlyList<string> types) => tx.QueryAsync(
        $"select * from journal where seq > @after and type in ({string.Join(", ", types.Select(type => $"'{type}'"))}) order by seq limit @limit", new { after, limit }, Read);

    /// <summary>The number of the newest entry; 0 where there is none.</summary>
    public static Task<long> LastAsync(Tx tx) => tx.ScalarAsync<long>("select coalesce(max(seq), 0) from journal");

    /// <summary>The newest entries first, before <paramref name="before"/> where it is given, of all subjects that begin with <paramref name="prefix"/>, which ends with a slash.</summary>
    public static Task<List<JournalEntry>> BelowAsync(Tx tx, long? before, string prefix, int limit) => tx.QueryAsync(
        "select * from journal where seq < @before and subject > @prefix and subject < @end order by seq desc limit @limit", new { before = before ?? long.MaxValue, prefix, end = prefix[..^1] + '0', limit }, Read);

    public static Task<JournalEntry?> FindAsync(Tx tx, string id) => tx.FirstAsync("select * from journal where id = @id", new { id }, Read);

    /// <summary>The chain of causes that ends in <paramref name="id"/>, newest first.</summary>
    public static async Task<List<JournalEntry>> ChainAsync(Tx tx, string id)
    {
        var chain = new List<JournalEntry>();
        for (var next = (string?)id; next is not null && chain.Count < 100;)
        {
            if (await FindAsync(tx, next) is not { } entry) break;
            chain.Add(entry);
            next = entry.Cause;
        }

        return chain;
    }

    private static JournalEntry Read(Row row) => new(
        row.Long("seq"), row.Text("id"), row.Time("at"), row.Text("type"), Ref.Parse(row.Text("subject")), row.TextOrNull("project"),
        row.Text("actor"), row.TextOrNull("cause"), Json.Read<JsonElement>(row.Text("data")));
}
