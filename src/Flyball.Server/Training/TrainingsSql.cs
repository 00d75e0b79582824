using Flyball.Foundation;
using Flyball.Server.Projects;

namespace Flyball.Server.Training;

internal static class TrainingsSql
{
    public static Task InsertAsync(Tx tx, TrainingRun training) => tx.ExecuteAsync(
        """
        insert into trainings (id, project, model, trigger_kind, reason, dataset_version, run, job, state, created, event, cause, code)
        values (@Id, @Project, @Model, @trigger, @Reason, @DatasetVersion, @Run, @Job, @state, @created, @Event, @Cause, @Code)
        """,
        new
        {
            training.Id, training.Project, training.Model, trigger = (int)training.Trigger, training.Reason, training.DatasetVersion, training.Run, training.Job,
            state = (int)training.State, created = Micros.Of(training.Created), training.Event, training.Cause, training.Code,
        });

    public static Task EndAsync(Tx tx, string id, TrainingState state, int? version, string outcome, DateTimeOffset at) => tx.ExecuteAsync(
        "update trainings set state = @state, version = @version, outcome = @outcome, ended = @at where id = @id", new { id, state = (int)state, version, outcome, at = Micros.Of(at) });

    public static Task<TrainingRun?> FindAsync(Tx tx, string id) => tx.FirstAsync("select * from trainings where id = @id", new { id }, Read);

    public static Task<TrainingRun?> OpenAsync(Tx tx, string project, string model) =>
        tx.FirstAsync("select * from trainings where project = @project and model = @model and state = 0", new { project, model }, Read);

    public static Task<TrainingRun?> ByCauseAsync(Tx tx, string cause) => tx.FirstAsync("select * from trainings where cause = @cause", new { cause }, Read);

    /// <summary>Newest first.</summary>
    public static Task<List<TrainingRun>> ListAsync(Tx tx, string project, string model, int limit) =>
        tx.QueryAsync("select * from trainings where project = @project and model = @model order by created desc, id desc limit @limit", new { project, model, limit }, Read);

    /// <summary>Versions of data from which a version of the model was made, whatever its gates said.</summary>
    public static Task<List<string>> LearnedFromAsync(Tx tx, string project, string model) =>
        tx.QueryAsync("select distinct dataset_version from trainings where project = @project and model = @model and state in (1, 2)", new { project, model }, row => row.Text("dataset_version"));

    private static TrainingRun Read(Row row) => new(
        row.Text("id"), row.Text("project"), row.Text("model"), (TriggerKind)row.Int("trigger_kind"), row.Text("reason"), row.Text("dataset_version"), row.Text("run"), row.Text("job"),
        (TrainingState)row.Int("state"), row.IntOrNull("version"), row.TextOrNull("outcome"), row.Time("created"), row.TimeOrNull("ended"), row.Text("event"), row.TextOrNull("cause"), row.TextOrNull("code"));
}
