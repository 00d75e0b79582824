using Flyball.Foundation;

namespace Flyball.Server.Serving;

internal static class DeploymentsSql
{
    public static Task<List<Deployment>> ListAsync(Tx tx) => tx.QueryAsync("select * from deployments order by name", null, Read);

    public static Task<Deployment?> FindAsync(Tx tx, string name) => tx.FirstAsync("select * from deployments where name = @name", new { name }, Read);

    public static Task PutAsync(Tx tx, Deployment deployment) => tx.ExecuteAsync(
        """
        insert into deployments (name, project, model, version, digest, changed, event) values (@Name, @Project, @Model, @Version, @Digest, @changed, @Event)
        on conflict (name) do update set project = excluded.project, model = excluded.model, version = excluded.version, digest = excluded.digest, changed = excluded.changed, event = excluded.event
        """,
        new { deployment.Name, deployment.Project, deployment.Model, deployment.Version, deployment.Digest, changed = Micros.Of(deployment.Changed), deployment.Event });

    public static Task<string?> RefusalAsync(Tx tx, string deployment, int version) =>
        tx.ScalarAsync<string>("select reason from deployment_refusals where deployment = @deployment and version = @version", new { deployment, version });

    public static Task RefuseAsync(Tx tx, string deployment, int version, string reason, string entry) => tx.ExecuteAsync(
        "insert into deployment_refusals (deployment, version, reason, event) values (@deployment, @version, @reason, @entry) on conflict do nothing", new { deployment, version, reason, entry });

    public static Task ForgetRefusalsAsync(Tx tx) => tx.ExecuteAsync("delete from deployment_refusals");

    private static Deployment Read(Row row) => new(row.Text("name"), row.Text("project"), row.Text("model"), row.Int("version"), row.Text("digest"), row.Time("changed"), row.Text("event"));
}
