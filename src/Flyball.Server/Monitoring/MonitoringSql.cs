using Flyball.Foundation;

namespace Flyball.Server.Monitoring;

internal static class MonitoringSql
{
    /// <summary>End of the newest evaluated window, in microseconds; null where none was.</summary>
    public static Task<long?> EvaluatedUntilAsync(Tx tx, string deployment, MonitorKind kind) =>
        tx.ScalarAsync<long?>("select max(window_to) from monitor_windows where deployment = @deployment and kind = @kind", new { deployment, kind = (int)kind });

    public static Task InsertAsync(Tx tx, MonitorWindow window) => tx.ExecuteAsync(
        """
        insert into monitor_windows (id, project, deployment, version, kind, window_from, window_to, state, rows, result, evaluated, event)
        values (@Id, @Project, @Deployment, @Version, @kind, @from, @to, @state, @Rows, @result, @evaluated, @Event)
        """,
        new
        {
            window.Id, window.Project, window.Deployment, window.Version, kind = (int)window.Kind, from = Micros.Of(window.From), to = Micros.Of(window.To), state = (int)window.State,
            window.Rows, result = Json.Write(window.Result), evaluated = Micros.Of(window.Evaluated), window.Event,
        });

    /// <summary>Newest first.</summary>
    /// <summary>The newest windows, or those that began before a time, the newest first.</summary>
    public static Task<List<MonitorWindow>> WindowsAsync(Tx tx, string deployment, MonitorKind? kind, int limit, DateTimeOffset? before = null) => tx.QueryAsync(
        $"select * from monitor_windows where deployment = @deployment {(kind is null ? "" : "and kind = @kind")} and window_from < @end order by window_from desc, kind limit @limit",
        new { deployment, kind = (int?)kind, end = before is { } at ? Micros.Of(at) : long.MaxValue, limit }, ReadWindow);

    public static Task<Alarm?> OpenAsync(Tx tx, string deployment, MonitorKind kind) => tx.FirstAsync(
        "select * from alarms where deployment = @deployment and kind = @kind and closed is null", new { deployment, kind = (int)kind }, ReadAlarm);

    public static Task<List<Alarm>> AlarmsAsync(Tx tx, string deployment, int limit) =>
        tx.QueryAsync("select * from alarms where deployment = @deployment order by opened desc limit @limit", new { deployment, limit }, ReadAlarm);

    public static Task<List<Alarm>> OpenAsync(Tx tx) => tx.QueryAsync("select * from alarms where closed is null order by opened", null, ReadAlarm);

    public static Task PutAsync(Tx tx, Alarm alarm) => tx.ExecuteAsync(
        """
        insert into alarms (id, project, deployment, version, kind, metric, opened, breaches, last_breach, message, event, last_event, closed, closed_event)
        values (@Id, @Project, @Deployment, @Version, @kind, @Metric, @opened, @Breaches, @last, @Message, @Event, @LastEvent, @closed, @ClosedEvent)
        on conflict (id) do update set version = excluded.version, breaches = excluded.breaches, last_breach = excluded.last_breach, message = excluded.message, last_event = excluded.last_event,
          closed = excluded.closed, closed_event = excluded.closed_event
        """,
        new
        {
            alarm.Id, alarm.Project, alarm.Deployment, alarm.Version, kind = (int)alarm.Kind, alarm.Metric, opened = Micros.Of(alarm.Opened), alarm.Breaches, last = Micros.Of(alarm.LastBreach),
            alarm.Message, alarm.Event, alarm.LastEvent, closed = alarm.Closed is { } closed ? Micros.Of(closed) : (long?)null, alarm.ClosedEvent,
        });

    private static MonitorWindow ReadWindow(Row row) => new(
        row.Text("id"), row.Text("project"), row.Text("deployment"), row.Int("version"), (MonitorKind)row.Int("kind"), row.Time("window_from"), row.Time("window_to"),
        (WindowState)row.Int("state"), row.Long("rows"), row.Json<WindowResult>("result"), row.Time("evaluated"), row.TextOrNull("event"));

    private static Alarm ReadAlarm(Row row) => new(
        row.Text("id"), row.Text("project"), row.Text("deployment"), row.Int("version"), (MonitorKind)row.Int("kind"), row.Text("metric"), row.Time("opened"), row.Int("breaches"),
        row.Time("last_breach"), row.Text("message"), row.Text("event"), row.Text("last_event"), row.TimeOrNull("closed"), row.TextOrNull("closed_event"));
}
