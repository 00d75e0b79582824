using System.Reflection;
using System.Text.RegularExpressions;

namespace Flyball.Foundation;

/// <summary>One numbered step of one room's tables.</summary>
public sealed record Migration(string Room, int Number, string Name, string Sql);

/// <summary>
/// Brings a database to the state that this binary knows: per room in ascending numbers, all in one transaction. A failure stops the server and leaves the database to the older binary; a database that holds a step unknown to this binary is refused.
/// </summary>
public static partial class Migrations
{
    /// <summary>The embedded steps of an assembly: resources named <c>…Room/Migrations/0001_name.sql</c>.</summary>
    public static IReadOnlyList<Migration> Of(Assembly assembly) =>
    [
        .. from resource in assembly.GetManifestResourceNames()
           let match = Pattern().Match(resource)
           where match.Success
           let sql = Read(assembly, resource)
           orderby resource
           select new Migration(match.Groups["room"].Value, int.Parse(match.Groups["number"].Value), match.Groups["name"].Value, sql),
    ];

    public static Task ApplyAsync(Db db, IReadOnlyList<Migration> known, TimeProvider time, CancellationToken cancel) => db.WriteAsync(
        async tx =>
        {
            await tx.ExecuteAsync("create table if not exists schema_versions (room text not null, number integer not null, name text not null, applied_at bigint not null, primary key (room, number))");
            var applied = await tx.QueryAsync("select room, number from schema_versions", null, row => (Room: row.Text("room"), Number: row.Int("number")));
            var unknown = applied.Where(step => !known.Any(migration => migration.Room == step.Room && migration.Number == step.Number)).ToList();
            if (unknown.Count > 0)
            {
                throw new StartupException($"The database is newer than this binary: it holds step {unknown[0].Number} of {unknown[0].Room}, which this version does not know. Start the newer version, or restore a backup made with this one.");
            }

            foreach (var migration in known.Where(migration => !applied.Contains((migration.Room, migration.Number))))
            {
                await tx.ExecuteAsync(migration.Sql.Replace("$key$", db.Dialect.AutoIncrementKey).Replace("$json$", db.Dialect.Json).Replace("$blob$", db.Dialect.Bytes).Replace("$clustered$", db.Dialect.Clustered));
                await tx.ExecuteAsync(
                    "insert into schema_versions (room, number, name, applied_at) values (@Room, @Number, @Name, @at)",
                    new { migration.Room, migration.Number, migration.Name, at = time.Now() });
            }
        },
        cancel);

    [GeneratedRegex(@"(?<room>[A-Za-z]+)/Migrations/(?<number>\d{4})_(?<name>\w+)\.sql\z")]
    private static partial Regex Pattern();

    private static string Read(Assembly assembly, string resource)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
        return reader.ReadToEnd();
    }
}

/// <summary>The server cannot start; the message is one sentence for the terminal.</summary>
public class StartupException(string message) : Exception(message);
