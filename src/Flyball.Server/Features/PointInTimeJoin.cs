using Flyball.Native.DuckDb;
using static Flyball.Server.Features.JoinSql;

namespace Flyball.Server.Features;

/// <summary>
/// The point-in-time join of Feast as SQL of DuckDB. A row that asks as of t gets, of the rows of a view with its keys, the one with the latest event time not after t, and of those with the same the one created last
/// (null is before all); one that is older than the TTL at t counts as none. All bounds are inclusive. As known at t, rows created after t are not there.
/// Rows that are equal in keys, event time and created are compared by all other columns of the view in the order of their names, null lowest, and the greatest one wins: neither files nor threads decide.
/// </summary>
/// <remarks>
/// Each view is one ASOF join of (row number, keys, time). Of rows that tie, which are few in most views, the last is found apart, so that nothing sorts the whole view for their sake. As known at t, a row is seen from
/// a = greatest(event time, created) on; rows behind which a later event was already known at their a can never win, and of the others the last a decides.
/// </remarks>
internal static class PointInTimeJoin
{
    private const string Rows = "_flyball_join_rows";
    private const string Keys = "_flyball_join_keys";
    private const string Groups = "_flyball_join_groups";
    private const string Tied = "_flyball_join_tied";
    private const string Last = "_flyball_join_last";
    private const string Equal = "_flyball_join_equal";
    private const string Row = "_flyball_row";
    private const string Found = "_flyball_found";
    private const string Place = "_flyball_place";
    private const string Happened = "_flyball_e";
    private const string Created = "_flyball_c";
    private const string Seen = "_flyball_a";

    /// <exception cref="Foundation.Refusal">A column is missing or of no fitting type, or two would have the same name.</exception>
    public static JoinPlan Plan(JoinEntities entities, IReadOnlyList<JoinView> views, JoinOptions options)
    {
        var shape = JoinShape.Of(entities, views, options);
        string[] prepare =
        [
            // the number is the order, and the columns are there to be put beside the features
            $"create or replace temp table {Rows} as select row_number() over () as {Row}, * from {entities.Relation}",
            .. shape.Views.SelectMany((view, at) => Prepare(shape, view, at, options.AsKnownAt)),
        ];
        var columns = entities.Columns.Select(column => $"r.{Quote(column)}").Concat(shape.Views.SelectMany((view, at) => view.Features.Select((feature, number) => $"v{at}.f{number} as {DuckDbText.Quote(feature.Name)}")));
        var beside = string.Join(" ", shape.Views.Select((_, at) => $"positional join {Table(at)} v{at}"));
        var same = string.Join(" and ", shape.Views.Select((_, at) => $"r.{Row} = v{at}.{Row}"));
        return new JoinPlan(
            prepare,
            $"select {string.Join(", ", columns)} from {Rows} r {beside} where case when {same} then true else error('rows of the join are out of order') end",
            [.. shape.Views.Select((view, at) => (view.Declared.Name, $"select count(*) filter ({Found} = 1), count(*) filter ({Found} = 0), count(*) filter ({Found} = 2) from {Table(at)}"))],
            [Rows, .. shape.Views.Select((_, at) => Table(at))]);
    }

    private static IEnumerable<string> Prepare(JoinShape shape, JoinShape.View view, int at, bool asKnownAt)
    {
        var fine = JoinTimes.AreFine(shape.Time.Type, view.EventTime.Type, view.Created?.Type);
        var keys = view.Keys.Select((_, number) => $"_flyball_k{number}").ToList();
        string[] group = [.. keys, Happened, .. asKnownAt ? (string[])[Seen] : []];
        var features = view.Features.Select(feature => Quote(feature.Column)).Distinct().ToList();
        var asked = $"(select {Row}, {List(view.Keys.Select((key, number) => $"{key.Entity} as {keys[number]}"))}, {JoinTimes.Sql(Quote(shape.Time), shape.Time.Type, fine)} as t from {Rows})";
        var everything = view.Declared.Columns.Where(column => !Datasets.ReservedColumns.Contains(column.Name)).OrderBy(column => column.Name, StringComparer.Ordinal).Select(Quote).ToList();

        var complete = $"t is not null and {All(keys, key => $"{key} is not null")}";
        yield return $"create or replace temp table {Keys} as select distinct {List(keys)} from {asked} where {complete}";

        // what ties, then of each tie the last created with the number of rows that share it, then those rows in their order; no row_number() = 1 is asked for,
        // which the engine turns into arg_max_nulls_last(struct, created), whose answer is wrong where a null comes first (DuckDB 1.5.6)
        var narrow = Source(view, fine, asKnownAt, []);
        yield return $"create or replace temp table {Groups} as select {List(group)} from {narrow} s semi join {Keys} k on {All(keys, key => $"s.{key} = k.{key}")} group by {List(group)} having count(*) > 1";
        yield return $"create or replace temp table {Tied} as select {List(group, "s.")}, s.{Created} from {narrow} s join {Groups} t on {All(group, Same)}";
        yield return $"create or replace temp table {Last} as select {List(group, "t.")}, t.{Created}, count(*) as n from {Tied} s join (select {List(group)}, max({Created}) as {Created} from {Tied} group by {List(group)}) t on {All(group, Same)} and s.{Created} is not distinct from t.{Created} group by {List(group, "t.")}, t.{Created}";
        yield return $"create or replace temp table {Equal} as select {List(group, "s.")}{Also(features, "s.")}, row_number() over (partition by {List(group, "s.")} order by {List(everything.Select(column => $"s.{column} desc nulls last"))}) as {Place} from {Source(view, fine, asKnownAt, everything)} s join (select * from {Last} where n > 1) t on {All(group, Same)} and s.{Created} is not distinct from t.{Created}";

        var one = $"select {List(group, "s.")}{Also(features, "s.")} from {Source(view, fine, asKnownAt, features)} s semi join {Keys} k on {All(keys, key => $"s.{key} = k.{key}")} left join {Last} t on {All(group, Same)} where t.n is null or (t.n = 1 and s.{Created} is not distinct from t.{Created}) union all select {List(group)}{Also(features)} from {Equal} where {Place} = 1";
        if (asKnownAt) one = $"select * from ({one}) qualify {Happened} >= max({Happened}) over (partition by {List(keys)} order by {Seen} range between unbounded preceding and current row)";
        var fresh = JoinTimes.Fresh("p.t", $"v.{Happened}", view.Declared.Ttl, fine);
        // an ASOF join finds rows for a time that is null (DuckDB 1.5.6), so who lacks a key or the time does not take part
        var joined = $"select p.{Row}, case when v.{Happened} is null then 0 when {fresh} then 1 else 2 end as {Found}{Also(features, "v.")} from (select * from {asked} where {complete}) p asof left join ({one}) v on {All(keys, key => $"p.{key} = v.{key}")} and p.t >= v.{(asKnownAt ? Seen : Happened)}";
        var found = $"select {Row}, {Found}::tinyint as {Found}, {List(view.Features.Select((feature, number) => $"case when {Found} = 1 then {Quote(feature.Column)} end as f{number}"))} from ({joined})";
        yield return $"create or replace temp table {Table(at)} as select * from ({found} union all select {Row}, 0, {List(view.Features.Select(_ => "null"))} from {asked} where not ({complete})) order by {Row}";
        foreach (var done in (string[])[Keys, Groups, Tied, Last, Equal]) yield return $"drop table {done}";

        static string Same(string column) => $"s.{column} = t.{column}";
    }

    /// <summary>The rows of a view that can be found at all, with their keys and times under names of ours.</summary>
    private static string Source(JoinShape.View view, bool fine, bool asKnownAt, IReadOnlyList<string> columns)
    {
        var created = view.Created is { } column ? JoinTimes.Sql(Quote(column), column.Type, fine) : "null::timestamp";
        var keys = view.Keys.Select((key, number) => $"{key.View} as _flyball_k{number}");
        var rows = $"select {List(keys)}, {JoinTimes.Sql(Quote(view.EventTime), view.EventTime.Type, fine)} as {Happened}, {created} as {Created}{Also(columns)} from {view.Declared.Relation}";
        return asKnownAt ? $"(select *, greatest({Happened}, {Created}) as {Seen} from ({rows}) where {Happened} is not null and {Created} is not null)" : $"(select * from ({rows}) where {Happened} is not null)";
    }

    private static string Table(int view) => $"_flyball_join_view{view}";
}
