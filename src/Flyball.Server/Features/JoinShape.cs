using Flyball.Foundation;
using Flyball.Server.Datasets;
using Flyball.Server.Projects;

namespace Flyball.Server.Features;

/// <summary>The columns that a join reads and writes, looked up and found to fit; everything that does not is refused by name.</summary>
/// <param name="Time">The column of the time asked for.</param>
internal sealed record JoinShape(Column Time, IReadOnlyList<JoinShape.View> Views)
{
    private const int MostViews = 200;

    /// <param name="Keys">SQL of both keys, each over the columns of its own relation.</param>
    /// <param name="Features">Columns with the names that they get.</param>
    internal sealed record View(JoinView Declared, IReadOnlyList<(string Entity, string View)> Keys, Column EventTime, Column? Created, IReadOnlyList<(string Column, string Name)> Features);

    /// <exception cref="Refusal">A column is missing or of no fitting type, or two would have the same name.</exception>
    public static JoinShape Of(JoinEntities entities, IReadOnlyList<JoinView> views, JoinOptions options)
    {
        if (views.Count is 0 or > MostViews) throw Refusal.Unprocessable("join-views", $"A join is over 1 to {MostViews} views, not {views.Count}.");
        if (entities.Columns.FirstOrDefault(column => ReservedColumns.Contains(column.Name)) is { } reserved) throw Refusal.Unprocessable("join-name-taken", $"The entities have a column '{Refusal.Shown(reserved.Name)}'; names that begin with {ReservedColumns.Prefix} are Flyball's own, so call it something else.");
        if (views.GroupBy(view => view.Name, StringComparer.OrdinalIgnoreCase).FirstOrDefault(same => same.Count() > 1) is { } twice) throw Refusal.Unprocessable("join-name-taken", $"Two views are called '{Refusal.Shown(twice.Key)}'; give one of them another name.");
        Named(entities.Columns, "The entities have");
        var time = TimeOf(entities.Columns, entities.Time, "The entities");
        var taken = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var column in entities.Columns) taken[column.Name] = $"the column '{Refusal.Shown(column.Name)}' of the entities";
        return new JoinShape(time, [.. views.Select(view => Of(entities, view, options, taken))]);
    }

    private static View Of(JoinEntities entities, JoinView view, JoinOptions options, Dictionary<string, string> taken)
    {
        var whose = $"The view '{Refusal.Shown(view.Name)}'";
        if (view.Name.Length == 0) throw Refusal.Unprocessable("join-views", "A view has no name.");
        if (view.Keys.Count == 0) throw Refusal.Unprocessable("join-views", $"{whose} has no keys.");
        if (view.Ttl < TimeSpan.Zero) throw Refusal.Unprocessable("join-views", $"{whose} has a TTL below zero.");
        if (options.AsKnownAt && view.Created is null) throw Refusal.Unprocessable("join-created-unknown", $"{whose} has no created column, so nobody knows when its rows were known. Name it, or the event time in its place if its rows were known as soon as they were valid.");
        Named(view.Columns, $"{whose} has");
        if (view.Features?.FirstOrDefault(ReservedColumns.Contains) is { } reserved) throw Refusal.Unprocessable("join-name-taken", $"{whose} cannot give '{Refusal.Shown(reserved)}'; names that begin with {ReservedColumns.Prefix} are Flyball's own.");
        var keys = view.Keys.Select(key => Key(entities, view, key, whose)).ToList();
        var happened = TimeOf(view.Columns, view.EventTime, whose);
        var created = view.Created is { } named ? TimeOf(view.Columns, named, whose) : null;
        string[] others = [.. keys.Select(key => key.Column.Name), happened.Name, .. created is null ? [] : (string[])[created.Name]];
        var wanted = view.Features?.Select(name => Find(view.Columns, name, whose)) ?? view.Columns.Where(column => !others.Contains(column.Name, StringComparer.Ordinal) && !ReservedColumns.Contains(column.Name));
        var features = wanted.Select(column => (column.Name, options.FullNames ? $"{view.Name}__{column.Name}" : column.Name)).ToList();
        if (features.Count == 0) throw Refusal.Unprocessable("join-views", $"{whose} has no features: all its columns are keys or times.");
        foreach (var (column, name) in features)
        {
            var told = $"the feature '{Refusal.Shown(column)}' of the view '{Refusal.Shown(view.Name)}'";
            if (taken.TryAdd(name, told)) continue;
            throw Refusal.Unprocessable("join-name-taken", $"Two columns would be called '{Refusal.Shown(name)}': {taken[name]}, and {told}. {(options.FullNames ? "Leave one out." : $"Leave one out, or ask for full feature names; then it is {Refusal.Shown($"{view.Name}__{column}")}.")}");
        }

        return new View(view, [.. keys.Select(key => (key.Entity, key.View))], happened, created, features);
    }

    /// <summary>Refuses names that cannot stand in SQL.</summary>
    private static void Named(IReadOnlyList<Column> columns, string who)
    {
        if (columns.Any(column => column.Name.Length == 0 || column.Name.Contains('\0', StringComparison.Ordinal))) throw Refusal.Unprocessable("join-column-unnamed", $"{who} a column whose name is empty or has a NUL character in it; call it something else.");
    }

    private static (string Entity, string View, Column Column) Key(JoinEntities entities, JoinView view, JoinKey key, string whose)
    {
        var (left, right) = (Find(entities.Columns, key.Entity, "The entities"), Find(view.Columns, key.View, whose));
        return JoinKeys.Agree(JoinSql.Quote(left), left.Type, JoinSql.Quote(right), right.Type) is var (entity, other) ? (entity, other, right)
            : throw Refusal.Unprocessable("join-key-type", $"{whose} has the key '{Refusal.Shown(right.Name)}' as {Refusal.Shown(right.Type)}, and the entities have '{Refusal.Shown(left.Name)}' as {Refusal.Shown(left.Type)}: {(JoinKeys.IsNested(left.Type) || JoinKeys.IsNested(right.Type) ? "what holds other values is no key" : "values of these types are never the same; make them one type")}.");
    }

    private static Column TimeOf(IReadOnlyList<Column> columns, string name, string whose)
    {
        var column = Find(columns, name, whose);
        return JoinTimes.IsTime(column.Type) ? column : throw Refusal.Unprocessable("join-time-type", $"{whose}{(whose.StartsWith("The view", StringComparison.Ordinal) ? " has" : " have")} the time '{Refusal.Shown(column.Name)}' as {Refusal.Shown(column.Type)}; a time is a TIMESTAMP, with or without time zone, or a DATE.");
    }

    private static Column Find(IReadOnlyList<Column> columns, string name, string whose)
    {
        if (columns.FirstOrDefault(column => column.Name == name) is { } exact) return exact;
        if (columns.FirstOrDefault(column => column.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } same) return same;
        var names = columns.Select(column => column.Name).ToList();
        throw Refusal.Unprocessable("join-column-missing", $"{whose}{(whose.StartsWith("The view", StringComparison.Ordinal) ? " has" : " have")} no column '{Refusal.Shown(name)}'{(Suggestions.For(name, names) is { } near ? $"; did you mean {Refusal.Shown(near)}?" : $"; there is {string.Join(", ", names.Take(30).Select(Refusal.Shown))}{(names.Count > 30 ? ", …" : "")}.")}");
    }
}
