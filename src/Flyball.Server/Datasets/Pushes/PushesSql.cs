using Flyball.Foundation;

namespace Flyball.Server.Datasets;

internal static class PushesSql
{
    public static Task InsertAsync(Tx tx, Push push) => tx.ExecuteAsync(
        """
        insert into dataset_pushes (id, project, dataset, key, object, kind, bytes, prepared, state, resolves, pushed_by, received)
        values (@Id, @Project, @Dataset, @Key, @Object, @Kind, @Bytes, @prepared, @state, @Resolves, @PushedBy, @received)
        """,
        new { push.Id, push.Project, push.Dataset, push.Key, push.Object, push.Kind, push.Bytes, prepared = push.Prepared ? 1 : 0, state = (int)push.State, push.Resolves, push.PushedBy, received = Micros.Of(push.Received) });

    public static Task<Push?> FindAsync(Tx tx, string project, string dataset, string key) =>
        tx.FirstAsync("select * from dataset_pushes where project = @project and dataset = @dataset and key = @key", new { project, dataset, key }, Read);

    public static Task<Push?> GetAsync(Tx tx, string project, string dataset, string id) =>
        tx.FirstAsync("select * from dataset_pushes where project = @project and dataset = @dataset and id = @id", new { project, dataset, id }, Read);

    /// <summary>Those that are part of the dataset, the oldest first.</summary>
    public static Task<List<Push>> TakenAsync(Tx tx, string project, string dataset) =>
        tx.QueryAsync("select * from dataset_pushes where project = @project and dataset = @dataset and state = @state order by received, id", new { project, dataset, state = (int)PushState.Taken }, Read);

    public static Task SetAsideAsync(Tx tx, string id) => tx.ExecuteAsync("update dataset_pushes set state = @state where id = @id", new { id, state = (int)PushState.SetAside });

    private static Push Read(Row row) => new(
        row.Text("id"), row.Text("project"), row.Text("dataset"), row.Text("key"), row.Text("object"), row.Text("kind"), row.Long("bytes"), row.Bool("prepared"), (PushState)row.Int("state"), row.TextOrNull("resolves"),
        row.Text("pushed_by"), row.Time("received"));
}
