using Flyball.Foundation;

namespace Flyball.Server.Tracking;

internal static class ArtifactsSql
{
    /// <summary>'0' follows '/' in every order of characters by code, so this is a range of the primary key.</summary>
    private const string Below = "path > $2 || '/' and path < $2 || '0'";

    private const int AtOnce = 256;

    /// <summary>The files below a folder, or the file of that path; all of a root where it is empty.</summary>
    public static async Task<List<Artifact>> BelowAsync(Tx tx, string root, string folder)
    {
        var found = new List<Artifact>();
        void Add(System.Data.Common.DbDataReader row) => found.Add(new Artifact(row.GetString(0), row.GetString(1), row.GetInt64(2)));
        if (folder.Length == 0) await tx.Prepared("select path, digest, size from artifacts where root = $1 order by path").ReadAsync(Add, root);
        else await tx.Prepared($"select path, digest, size from artifacts where root = $1 and path = $2 union all select path, digest, size from artifacts where root = $1 and {Below} order by path").ReadAsync(Add, root, folder);
        return found;
    }

    /// <summary>The files (with their size) and the folders directly below a folder, by their paths. Of a folder with many files only some of them are looked at.</summary>
    public static async Task<List<(string Path, long? Size)>> LevelAsync(Tx tx, string root, string folder)
    {
        var start = folder.Length == 0 ? 0 : folder.Length + 1;
        var found = new List<(string, long?)>();
        var level = tx.Prepared($"select path, size from artifacts where root = $1 and path >= $2 and path <> $3{(start == 0 ? "" : " and path < $4")} order by path limit {AtOnce}");
        for (var (from, read, behind) = (start == 0 ? "" : $"{folder}/", 0, ""); ; read = 0)
        {
            string? inside = null;
            void Take(System.Data.Common.DbDataReader row)
            {
                (read, behind) = (read + 1, row.GetString(0));
                var slash = behind.IndexOf('/', start);
                if (slash < 0) found.Add((behind, row.GetInt64(1)));
                else if (inside != behind[..slash]) found.Add((behind[..slash], null));
                inside = slash < 0 ? null : behind[..slash];
            }

            if (start == 0) await level.ReadAsync(Take, root, from, behind);
            else await level.ReadAsync(Take, root, from, behind, $"{folder}0");
            if (read < AtOnce) return found;
            // what is left of a folder is stepped over
            (from, behind) = inside is null ? (behind, behind) : ($"{inside}0", "");
        }
    }

    /// <summary>Whether a root has any file below a folder.</summary>
    public static async Task<bool> IsFolderAsync(Tx tx, string root, string folder) => await tx.Prepared($"select 1 from artifacts where root = $1 and {Below} limit 1").ScalarAsync(root, folder) is not null;

    /// <summary>The runs of an experiment that have files.</summary>
    public static Task<List<string>> RunsAsync(Tx tx, string experiment) => RootsAsync(tx, "runs", experiment);

    /// <summary>The logged models of an experiment that have files.</summary>
    public static Task<List<string>> LoggedModelsAsync(Tx tx, string experiment) => RootsAsync(tx, "logged_models", experiment);

    public static async Task<Artifact?> FindAsync(Tx tx, string root, string path)
    {
        Artifact? found = null;
        await tx.Prepared("select path, digest, size from artifacts where root = $1 and path = $2").ReadAsync(row => found = new Artifact(row.GetString(0), row.GetString(1), row.GetInt64(2)), root, path);
        return found;
    }

    public static Task PutAsync(Tx tx, string root, Artifact artifact) =>
        tx.Prepared("insert into artifacts (root, path, digest, size) values ($1, $2, $3, $4) on conflict (root, path) do update set digest = excluded.digest, size = excluded.size").ExecuteAsync(root, artifact.Path, artifact.Digest, artifact.Size);

    public static Task DeleteAsync(Tx tx, string root, string path) => tx.Prepared("delete from artifacts where root = $1 and path = $2").ExecuteAsync(root, path);

    /// <summary>True while a root holds an object under any path.</summary>
    public static async Task<bool> HoldsAsync(Tx tx, string root, string digest) => await tx.Prepared("select 1 from artifacts where root = $1 and digest = $2 limit 1").ScalarAsync(root, digest) is not null;

    private static async Task<List<string>> RootsAsync(Tx tx, string table, string experiment)
    {
        var found = new List<string>();
        await tx.Prepared($"select id from {table} where experiment = $1 and exists (select 1 from artifacts where root = {table}.id) order by id").ReadAsync(row => found.Add(row.GetString(0)), experiment);
        return found;
    }
}
