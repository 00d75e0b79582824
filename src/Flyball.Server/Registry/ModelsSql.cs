using Flyball.Foundation;

namespace Flyball.Server.Registry;

internal static class ModelsSql
{
    /// <summary>Makes the model where it is new. A name belongs to one project.</summary>
    public static async Task EnsureAsync(Tx tx, string name, string project, DateTimeOffset at)
    {
        await tx.ExecuteAsync("insert into models (name, project, created) values (@name, @project, @at) on conflict do nothing", new { name, project, at = Micros.Of(at) });
        var owner = await tx.ScalarAsync<string>("select project from models where name = @name", new { name });
        if (owner != project) throw Refusal.Conflict("model-taken", $"The model name '{name}' belongs to project '{owner}'; choose another name.");
    }

    public static async Task<int> NextAsync(Tx tx, string model) => 1 + await tx.ScalarAsync<int>("select coalesce(max(version), 0) from model_versions where model = @model", new { model });

    public static Task InsertAsync(Tx tx, ModelVersion version) => tx.ExecuteAsync(
        """
        insert into model_versions (id, model, version, run, dataset_version, digest, status, content, created, event)
        values (@Id, @Model, @Version, @Run, @DatasetVersion, @Digest, @status, @content, @created, @Event)
        """,
        new
        {
            version.Id, version.Model, version.Version, version.Run, version.DatasetVersion, version.Digest, status = (int)version.Status,
            content = Json.Write(version.Content), created = Micros.Of(version.Created), version.Event,
        });

    public static Task<ModelVersion?> FindAsync(Tx tx, string model, int version) =>
        tx.FirstAsync("select * from model_versions where model = @model and version = @version", new { model, version }, Read);

    public static Task<ModelVersion?> ByRunAsync(Tx tx, string run) => tx.FirstAsync("select * from model_versions where run = @run", new { run }, Read);

    public static Task<List<ModelVersion>> VersionsAsync(Tx tx, string model) => tx.QueryAsync("select * from model_versions where model = @model order by version desc", new { model }, Read);

    public static Task<ModelAlias?> AliasAsync(Tx tx, string model, string alias) => tx.FirstAsync("select * from aliases where model = @model and alias = @alias", new { model, alias }, ReadAlias);

    public static Task<List<ModelAlias>> AliasesAsync(Tx tx, string model) => tx.QueryAsync("select * from aliases where model = @model order by alias", new { model }, ReadAlias);

    public static Task PutAliasAsync(Tx tx, ModelAlias alias) => tx.ExecuteAsync(
        """
        insert into aliases (model, alias, version, moved, moved_by, reason, event) values (@Model, @Alias, @Version, @moved, @MovedBy, @Reason, @Event)
        on conflict (model, alias) do update set version = excluded.version, moved = excluded.moved, moved_by = excluded.moved_by, reason = excluded.reason, event = excluded.event
        """,
        new { alias.Model, alias.Alias, alias.Version, moved = Micros.Of(alias.Moved), alias.MovedBy, alias.Reason, alias.Event });

    private static ModelVersion Read(Row row) => new(
        row.Text("id"), row.Text("model"), row.Int("version"), row.Text("run"), row.TextOrNull("dataset_version"), row.Text("digest"), (VersionStatus)row.Int("status"),
        row.Json<ModelContent>("content"), row.Time("created"), row.Text("event"));

    private static ModelAlias ReadAlias(Row row) => new(
        row.Text("model"), row.Text("alias"), row.Int("version"), row.Time("moved"), row.Text("moved_by"), row.Text("reason"), row.Text("event"));
}
