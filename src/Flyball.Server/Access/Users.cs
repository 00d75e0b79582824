using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Flyball.Client;
using Flyball.Foundation;

namespace Flyball.Server.Access;

public sealed record UserAdded(string Name, Role Role) : IEvent
{
    public static string Type => "access.user-added";

    public string? Project => null;

    public Ref Subject() => new("user", Name);
}

public sealed record UserRemoved(string Name) : IEvent
{
    public static string Type => "access.user-removed";

    public string? Project => null;

    public Ref Subject() => new("user", Name);
}

public sealed record TokenIssued(string Name) : IEvent
{
    public static string Type => "access.token-issued";

    public string? Project => null;

    public Ref Subject() => new("user", Name);
}

/// <summary>Named users and their tokens. Requests read an immutable snapshot; a change swaps it.</summary>
public sealed partial class Users(Db db, Journal journal, TimeProvider time) : IDisposable
{
    /// <summary>Held from the look at the database until the swap, so that a reload that looked earlier never replaces one that looked later.</summary>
    private readonly SemaphoreSlim reload = new(1, 1);

    private volatile Snapshot snapshot = new(FrozenDictionary<string, Actor>.Empty, 0);

    /// <summary>Token of this process for verbs on the same machine.</summary>
    public string OwnerToken { get; } = NewToken();

    /// <summary>Token of this process for its own workers.</summary>
    public string WorkerToken { get; } = NewToken();

    public bool Any => snapshot.Users > 0;

    /// <summary>Swaps in what is committed. Whoever asked may have gone: a revoked token must stop working all the same, so nothing cancels this.</summary>
    public async Task LoadAsync()
    {
        await reload.WaitAsync(CancellationToken.None);
        try
        {
            snapshot = await db.ReadAsync(
                async tx =>
                {
                    var tokens = await tx.QueryAsync(
                        "select t.hash, u.name, u.role from tokens t join users u on u.name = t.user_name",
                        null,
                        row => (Hash: row.Text("hash"), Actor: new Actor(row.Text("name"), (Role)row.Int("role"))));
                    return new Snapshot(tokens.ToFrozenDictionary(token => token.Hash, token => token.Actor), (int)await tx.ScalarAsync<long>("select count(*) from users"));
                },
                CancellationToken.None);
        }
        finally
        {
            reload.Release();
        }
    }

    /// <summary>The bearer of a token, or null.</summary>
    public Actor? Find(string token)
    {
        var hash = Hash(token);
        if (Same(hash, Hash(OwnerToken))) return Actor.Owner;
        if (Same(hash, Hash(WorkerToken))) return new Actor("worker", Role.Worker);
        return snapshot.Tokens.GetValueOrDefault(hash);
    }

    /// <summary>Adds a user and returns a token, shown this once.</summary>
    public async Task<NewToken> AddAsync(string name, Role role, Actor by, CancellationToken cancel)
    {
        if (!NamePattern().IsMatch(name)) throw Refusal.Invalid("user-name", "A user name has 1 to 100 letters, digits and . _ - @ characters.");
        // the journal calls the program, its workers and the owner of the machine so
        if (name.ToLowerInvariant() is "flyball" or "owner" or "worker") throw Refusal.Invalid("user-name", $"'{name}' names no person here; choose another name.");
        var token = NewToken();
        await using (var tx = await db.BeginAsync(cancel))
        {
            if (await tx.ExecuteAsync("insert into users (name, role, created) select @name, @role, @now where not exists (select 1 from users where lower(name) = lower(@name))", new { name, role = (int)role, now = time.Now() }) == 0)
            {
                throw Refusal.Conflict("user-exists", $"There is a user '{name}' already, perhaps in other letter case; `flyball user list` names all, and `flyball user token NAME` replaces its token.");
            }

            await InsertAsync(tx, name, token);
            await journal.AppendAsync(tx, new UserAdded(name, role), by.Name, cause: null);
            await tx.CommitAsync(cancel);
        }

        await LoadAsync();
        return new NewToken(name, Text(role), token);
    }

    /// <summary>Replaces all tokens of a user by a new one.</summary>
    public async Task<NewToken> IssueAsync(string name, Actor by, CancellationToken cancel)
    {
        var token = NewToken();
        Role role;
        await using (var tx = await db.BeginAsync(cancel))
        {
            role = (Role)(await tx.ScalarAsync<int?>("select role from users where name = @name", new { name }) ?? throw Refusal.NotFound("user", name));
            await tx.ExecuteAsync("delete from tokens where user_name = @name", new { name });
            await InsertAsync(tx, name, token);
            await journal.AppendAsync(tx, new TokenIssued(name), by.Name, cause: null);
            await tx.CommitAsync(cancel);
        }

        await LoadAsync();
        return new NewToken(name, Text(role), token);
    }

    public async Task RemoveAsync(string name, Actor by, CancellationToken cancel)
    {
        await using (var tx = await db.BeginAsync(cancel))
        {
            if (await tx.ExecuteAsync("delete from users where name = @name", new { name }) == 0) throw Refusal.NotFound("user", name);
            await tx.ExecuteAsync("delete from tokens where user_name = @name", new { name });
            await journal.AppendAsync(tx, new UserRemoved(name), by.Name, cause: null);
            await tx.CommitAsync(cancel);
        }

        await LoadAsync();
    }

    public Task<List<UserInfo>> ListAsync(CancellationToken cancel) => db.ReadAsync(
        tx => tx.QueryAsync("select name, role, created from users order by name", null, row => new UserInfo(row.Text("name"), Text((Role)row.Int("role")), row.Time("created"))),
        cancel);

    public void Dispose() => reload.Dispose();

    internal static string Text(Role role) => role.ToString().ToLowerInvariant();

    private async Task InsertAsync(Tx tx, string name, string token) =>
        await tx.ExecuteAsync("insert into tokens (hash, user_name, created) values (@hash, @name, @now)", new { hash = Hash(token), name, now = time.Now() });

    private static string NewToken() => "fb_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    private static string Hash(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    private static bool Same(string left, string right) => CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(left), Encoding.ASCII.GetBytes(right));

    [GeneratedRegex(@"^[A-Za-z0-9._@-]{1,100}\z")]
    private static partial Regex NamePattern();

    private sealed record Snapshot(FrozenDictionary<string, Actor> Tokens, int Users);
}
