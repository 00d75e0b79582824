using System.Data.Common;
using Flyball.Foundation;

namespace Flyball.Server.Registry;

internal static class ModelsSql
{
    private const string Columns =
        "id, model, version, source, storage, run, run_link, logged_model, dataset_version, digest, status, stage, description, author, content, created, updated, event";

    private const string Newest = "select max(version) from model_versions where model = $1 group by stage";

    public static async Task<RegisteredModel?> ModelAsync(Tx tx, string name) => (await ModelsAsync(tx, "where name = $1", "where model = $1", name)).FirstOrDefault();

    public static Task<List<RegisteredModel>> AllAsync(Tx tx) => ModelsAsync(tx, "", "");

    public static async Task AddAsync(Tx tx, RegisteredModel model)
    {
        await tx.Prepared("insert into models (name, project, description, created, updated, newest) values ($1, $2, $3, $4, $4, 0)").ExecuteAsync(model.Name, model.Project, model.Description, Micros.Of(model.Created));
        foreach (var (key, value) in model.Tags) await SetTagAsync(tx, model.Name, null, key, value);
    }

    /// <summary>Writes what may change of a model, its name aside.</summary>
    public static Task UpdateAsync(Tx tx, RegisteredModel model) =>
        tx.Prepared("update models set project = $2, description = $3, updated = $4, newest = $5 where name = $1").ExecuteAsync(model.Name, model.Project, model.Description, Micros.Of(model.Updated), (long)model.Newest);

    /// <summary>Versions, tags and aliases follow.</summary>
    public static Task RenameAsync(Tx tx, string from, string to, DateTimeOffset at) => tx.Prepared("update models set name = $2, updated = $3 where name = $1").ExecuteAsync(from, to, Micros.Of(at));

    public static async Task DeleteAsync(Tx tx, string name)
    {
        foreach (var table in (string[])["card_texts", "approvals", "aliases", "model_version_tags", "model_versions", "model_tags"]) await tx.Prepared($"delete from {table} where model = $1").ExecuteAsync(name);
        await tx.Prepared("delete from models where name = $1").ExecuteAsync(name);
    }

    public static Task SetTagAsync(Tx tx, string model, int? version, string key, string value) => version is { } number
        ? tx.Prepared("insert into model_version_tags (model, version, key, value) values ($1, $2, $3, $4) on conflict (model, version, key) do update set value = excluded.value").ExecuteAsync(model, (long)number, key, value)
        : tx.Prepared("insert into model_tags (model, key, value) values ($1, $2, $3) on conflict (model, key) do update set value = excluded.value").ExecuteAsync(model, key, value);

    public static async Task<bool> DeleteTagAsync(Tx tx, string model, int? version, string key) => (version is { } number
        ? await tx.Prepared("delete from model_version_tags where model = $1 and version = $2 and key = $3").ExecuteAsync(model, (long)number, key)
        : await tx.Prepared("delete from model_tags where model = $1 and key = $2").ExecuteAsync(model, key)) == 1;

    public static async Task InsertAsync(Tx tx, ModelVersion version)
    {
        await tx.Prepared($"insert into model_versions ({Columns}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16, $17)").ExecuteAsync(
            version.Id, version.Model, (long)version.Version, version.Source, version.Storage, version.Run, version.RunLink, version.LoggedModel, version.DatasetVersion, version.Digest, (long)version.Status, (long)version.Stage,
            version.Description, version.Author, Json.Write(version.Content), Micros.Of(version.Created), version.Event);
        foreach (var (key, value) in version.Tags) await SetTagAsync(tx, version.Model, version.Version, key, value);
    }

    /// <summary>Writes what may change of a version: its stage and description.</summary>
    public static Task UpdateAsync(Tx tx, ModelVersion version) =>
        tx.Prepared("update model_versions set stage = $3, description = $4, updated = $5 where model = $1 and version = $2").ExecuteAsync(version.Model, (long)version.Version, (long)version.Stage, version.Description, Micros.Of(version.Updated));

    public static Task MadeFromAsync(Tx tx, ModelVersion version) =>
        tx.Prepared("update model_versions set logged_model = $3 where model = $1 and version = $2").ExecuteAsync(version.Model, (long)version.Version, version.LoggedModel);

    public static async Task DeleteVersionAsync(Tx tx, string model, int version)
    {
        foreach (var table in (string[])["approvals", "model_version_tags", "aliases", "model_versions"]) await tx.Prepared($"delete from {table} where model = $1 and version = $2").ExecuteAsync(model, (long)version);
    }

    public static async Task<ModelVersion?> FindAsync(Tx tx, string model, int version) => (await VersionsAsync(tx, "where model = $1 and version = $2", "where model = $1 and version = $2", model, (long)version)).FirstOrDefault();

    public static async Task<ModelVersion?> ByIdAsync(Tx tx, string id) => (await VersionsAsync(tx, "where id = $1", "where (model, version) = (select model, version from model_versions where id = $1)", id)).FirstOrDefault();

    /// <summary>Newest first.</summary>
    public static Task<List<ModelVersion>> VersionsAsync(Tx tx, string model) => VersionsAsync(tx, "where model = $1 order by version desc", "where model = $1", model);

    /// <summary>The newest version of each stage, stages in the order in which they first appear.</summary>
    public static Task<List<ModelVersion>> NewestOfStagesAsync(Tx tx, string model) => VersionsAsync(
        tx,
        $"where model = $1 and version in ({Newest}) order by (select min(first.version) from model_versions first where first.model = $1 and first.stage = model_versions.stage)", $"where model = $1 and version in ({Newest})",
        model);

    public static Task<List<ModelVersion>> VersionsOfRunAsync(Tx tx, string run) => VersionsAsync(tx, "where run = $1", "where (model, version) in (select model, version from model_versions where run = $1)", run);

    /// <summary>The models that are prompts.</summary>
    public static async Task<IReadOnlySet<string>> PromptsAsync(Tx tx)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        await tx.Prepared("select model from model_tags where key = $1 and lower(value) = 'true'").ReadAsync(row => found.Add(row.GetString(0)), RegisteredModel.PromptTag);
        return found;
    }

    public static Task<List<ModelVersion>> AllVersionsAsync(Tx tx) => VersionsAsync(tx, "", "");

    public static Task<ModelAlias?> AliasAsync(Tx tx, string model, string alias) => tx.FirstAsync("select * from aliases where model = @model and alias = @alias", new { model, alias }, ReadAlias);

    public static Task<List<ModelAlias>> AliasesAsync(Tx tx, string model) => tx.QueryAsync("select * from aliases where model = @model order by alias", new { model }, ReadAlias);

    public static Task PutAliasAsync(Tx tx, ModelAlias alias) => tx.ExecuteAsync(
        """
        insert into aliases (model, alias, version, moved, moved_by, reason, event) values (@Model, @Alias, @Version, @moved, @MovedBy, @Reason, @Event)
        on conflict (model, alias) do update set version = excluded.version, moved = excluded.moved, moved_by = excluded.moved_by, reason = excluded.reason, event = excluded.event
        """,
        new { alias.Model, alias.Alias, alias.Version, moved = Micros.Of(alias.Moved), alias.MovedBy, alias.Reason, alias.Event });

    public static Task DeleteAliasAsync(Tx tx, string model, string alias) => tx.Prepared("delete from aliases where model = $1 and alias = $2").ExecuteAsync(model, alias);

    private static async Task<List<RegisteredModel>> ModelsAsync(Tx tx, string where, string whereTags, params object?[] values)
    {
        var tags = new Dictionary<string, Dictionary<string, string>>(StringComparer.Ordinal);
        await tx.Prepared($"select model, key, value from model_tags {whereTags} order by key").ReadAsync(row => Of(tags, row.GetString(0))[row.GetString(1)] = row.GetString(2), values);
        var found = new List<RegisteredModel>();
        await tx.Prepared($"select name, project, description, created, updated, newest from models {where}").ReadAsync(
            row => found.Add(new RegisteredModel(
                row.GetString(0), TextOrNull(row, 1), row.GetString(2), Micros.Time(row.GetInt64(3)), Micros.Time(row.GetInt64(4)), row.GetInt32(5), tags.GetValueOrDefault(row.GetString(0), []))),
            values);
        return found;
    }

    private static async Task<List<ModelVersion>> VersionsAsync(Tx tx, string where, string whereTags, params object?[] values)
    {
        var tags = new Dictionary<(string, int), Dictionary<string, string>>();
        await tx.Prepared($"select model, version, key, value from model_version_tags {whereTags} order by key").ReadAsync(row => Of(tags, (row.GetString(0), row.GetInt32(1)))[row.GetString(2)] = row.GetString(3), values);
        var found = new List<ModelVersion>();
        await tx.Prepared($"select {Columns} from model_versions {where}").ReadAsync(
            row => found.Add(new ModelVersion(
                row.GetString(0), row.GetString(1), row.GetInt32(2), row.GetString(3), row.GetString(4), TextOrNull(row, 5), row.GetString(6), TextOrNull(row, 7), TextOrNull(row, 8), row.GetString(9),
                (VersionStatus)row.GetInt32(10), (ModelStage)row.GetInt32(11), TextOrNull(row, 12), row.GetString(13), Json.Read<ModelContent>(row.GetString(14)), Micros.Time(row.GetInt64(15)), Micros.Time(row.GetInt64(16)),
                row.GetString(17), tags.GetValueOrDefault((row.GetString(1), row.GetInt32(2)), []))),
            values);
        return found;
    }

    private static Dictionary<string, string> Of<T>(Dictionary<T, Dictionary<string, string>> all, T key)
        where T : notnull => all.TryGetValue(key, out var own) ? own : all[key] = [];

    private static string? TextOrNull(DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static ModelAlias ReadAlias(Row row) => new(
        row.Text("model"), row.Text("alias"), row.Int("version"), row.Time("moved"), row.Text("moved_by"), row.Text("reason"), row.Text("event"));
}
