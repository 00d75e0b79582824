using System.Collections.Concurrent;

namespace Flyball.Foundation;

/// <summary>A held lease: whoever holds it acts; <see cref="Token"/> grows with every new holder, so that late actions of an old holder can be told.</summary>
public sealed record Lease(string Name, string Owner, long Token);

/// <summary>Leases make any number of server processes run a loop once. They follow the wall clock.</summary>
public sealed class Leases(Db db)
{
    /// <summary>How long a lease holds without being taken again.</summary>
    public static readonly TimeSpan Length = TimeSpan.FromSeconds(15);

    private readonly ConcurrentDictionary<(string Name, string Owner), (Lease Lease, long Renew)> held = new();

    /// <summary>Ends all leases of processes that are gone: only for the one process that owns the database, when it starts.</summary>
    public Task ForgetAsync(CancellationToken cancel) => db.WriteAsync(tx => tx.ExecuteAsync("update leases set until = 0"), cancel);

    /// <summary>Takes or renews a lease; null while another owner holds it. A lease taken less than a third of its length ago is answered without asking the database.</summary>
    public async Task<Lease?> TakeAsync(string name, string owner, CancellationToken cancel)
    {
        var now = TimeProvider.System.Now();
        if (held.TryGetValue((name, owner), out var known) && now < known.Renew) return known.Lease;
        var token = await db.WriteAsync(
            tx => tx.ScalarAsync<long?>(
                """
                insert into leases (name, owner, token, until) values (@name, @owner, 1, @until)
                on conflict (name) do update set
                  token = case when leases.owner = excluded.owner then leases.token else leases.token + 1 end,
                  owner = excluded.owner, until = excluded.until
                where leases.owner = excluded.owner or leases.until < @now
                returning token
                """,
                new { name, owner, now, until = now + (long)Length.TotalMicroseconds }),
            cancel);
        if (token is not { } number) return null;
        var lease = new Lease(name, owner, number);
        held[(name, owner)] = (lease, now + (long)(Length.TotalMicroseconds / 3));
        return lease;
    }
}
