using Flyball.Foundation;
using Flyball.Server;
using Flyball.Server.Access;

namespace Flyball.Tests.Access;

/// <summary>What requests are checked against is what was committed last, however the looks at the database overlap.</summary>
public sealed class Users_who_change_while_others_look : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("flyball-test-").FullName;
    private SlowDb db = null!;
    private Users users = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        db = new SlowDb(new SqliteDb(Path.Combine(folder, "test.db")));
        await Migrations.ApplyAsync(db, [.. Migrations.Of(typeof(Db).Assembly), .. Migrations.Of(typeof(FlyballServer).Assembly)], TimeProvider.System, Cancel);
        users = new Users(db, new Journal(new Ids(TimeProvider.System), TimeProvider.System), TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        users.Dispose();
        await db.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Do_not_get_a_revoked_token_back_from_a_look_that_began_before()
    {
        var token = (await users.AddAsync("leaver", Role.Admin, Actor.Owner, Cancel)).Token;
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        db.Looked = () => goOn.Task;
        var earlier = users.LoadAsync();
        Assert.False(earlier.IsCompleted);
        db.Looked = () => Task.CompletedTask;
        // SQLite answers at once: the removal has come to its end here, or waits for the earlier look
        var removal = users.RemoveAsync("leaver", Actor.Owner, Cancel);
        goOn.SetResult();
        await Task.WhenAll(earlier, removal);
        Assert.Null(users.Find(token));
        Assert.False(users.Any);
    }

    [Fact]
    public async Task Count_from_their_commit_though_whoever_changed_them_has_gone()
    {
        var token = (await users.AddAsync("leaver", Role.Admin, Actor.Owner, Cancel)).Token;
        using var gone = new CancellationTokenSource();
        db.Asked = gone.Cancel;
        await users.RemoveAsync("leaver", Actor.Owner, gone.Token);
        Assert.True(gone.IsCancellationRequested);
        Assert.Null(users.Find(token));
    }

    /// <summary>A database whose readers have their snapshot and are then kept waiting.</summary>
    private sealed class SlowDb(SqliteDb db) : Db
    {
        public Action Asked { get; set; } = () => { };

        public Func<Task> Looked { get; set; } = () => Task.CompletedTask;

        public override Dialect Dialect => db.Dialect;

        public override Task<Tx> BeginAsync(CancellationToken cancel) => db.BeginAsync(cancel);

        public override async Task<Tx> ReadAsync(CancellationToken cancel)
        {
            Asked();
            cancel.ThrowIfCancellationRequested();
            var tx = await db.ReadAsync(cancel);
            await tx.ScalarAsync<long>("select count(*) from sqlite_master");
            await Looked();
            return tx;
        }

        public override Task CopyAsync(string path, CancellationToken cancel) => db.CopyAsync(path, cancel);

        public override ValueTask DisposeAsync() => db.DisposeAsync();
    }
}
