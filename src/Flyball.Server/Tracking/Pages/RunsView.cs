using System.Globalization;
using Flyball.Foundation;
using Microsoft.AspNetCore.Http;

namespace Flyball.Server.Tracking.Pages;

/// <summary>Which of an experiment's runs are shown, and how: the state of its page, which is the query of its address. Words that name nothing are passed over.</summary>
public sealed record RunsView
{
    public const int PageSize = 100;

    /// <summary>The most columns of one table; more cannot be read side by side.</summary>
    public const int MostColumns = 60;

    private const int UsualOfAKind = 5;
    private static readonly Field Started = new(FieldKind.Attribute, "start_time");
    private static readonly string[] Sortable = ["run_name", "status", "user_id", "start_time", "duration"];

    public string Filter { get; init; } = "";

    public Field Sort { get; init; } = Started;

    public bool Descending { get; init; } = true;

    /// <summary>The chosen columns; none: the usual ones.</summary>
    public IReadOnlyList<Field> Columns { get; init; } = [];

    public ViewType View { get; init; } = ViewType.ActiveOnly;

    /// <summary>What the runs are grouped by; null: nothing.</summary>
    public Field? Group { get; init; }

    /// <summary>The token of the page; empty: the first.</summary>
    public string Token { get; init; } = "";

    /// <summary>How many runs the pages before show.</summary>
    public long Passed { get; init; }

    internal static RunsView Of(IQueryCollection query)
    {
        string Word(string name) => query[name].ToString().Trim();
        var sort = FieldOf(Word("sort"));
        return new RunsView
        {
            Filter = Word("filter"),
            Sort = sort is { } field && (field.Kind != FieldKind.Attribute || Sortable.Contains(field.Key)) ? field : Started,
            Descending = sort is null || Word("descending") == "true",
            Columns = [.. query["column"].Select(FieldOf).OfType<Field>().Where(column => column.Kind != FieldKind.Attribute).Distinct().Take(MostColumns)],
            View = Word("view") switch { "deleted" => ViewType.DeletedOnly, "all" => ViewType.All, _ => ViewType.ActiveOnly },
            Group = FieldOf(Word("group")) is { Kind: FieldKind.Param or FieldKind.Tag or FieldKind.Attribute, Key: not ("start_time" or "duration") } group ? group : null,
            Token = Word("token"),
            Passed = long.TryParse(Word("passed"), NumberStyles.None, CultureInfo.InvariantCulture, out var passed) ? passed : 0,
        };
    }

    /// <summary>The state as the words of an address; what is usual is left out.</summary>
    public IEnumerable<KeyValuePair<string, string>> Words()
    {
        if (Filter.Length > 0) yield return KeyValuePair.Create("filter", Filter);
        if (Sort != Started || !Descending) yield return KeyValuePair.Create("sort", Name(Sort));
        if (Descending && Sort != Started) yield return KeyValuePair.Create("descending", "true");
        foreach (var column in Columns) yield return KeyValuePair.Create("column", Name(column));
        if (View != ViewType.ActiveOnly) yield return KeyValuePair.Create("view", View == ViewType.All ? "all" : "deleted");
        if (Group is { } group) yield return KeyValuePair.Create("group", Name(group));
        if (Token.Length > 0) yield return KeyValuePair.Create("token", Token);
        if (Passed > 0) yield return KeyValuePair.Create("passed", Passed.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>The address of a path with this state.</summary>
    public string Href(string path) => path + QueryString.Create(Words()!);

    /// <summary>The query of an address with this state and a word more.</summary>
    public string QueryAnd(string name, string value) => QueryString.Create(Words()!).Add(name, value).ToString();

    public RunsView FirstPage => this with { Token = "", Passed = 0 };

    /// <summary>Sorted by a field, the other way round where it is already; what is best is not known, so numbers begin with the largest.</summary>
    public RunsView SortedBy(Field field) => FirstPage with { Sort = field, Descending = field == Sort ? !Descending : field.Kind == FieldKind.Metric || field.Key is "start_time" or "duration" };

    /// <summary>The columns to show of what there is.</summary>
    public IReadOnlyList<Field> ColumnsOf(RunKeys keys) => Columns.Count > 0
        ? Columns
        : [.. keys.Fields(FieldKind.Metric).Where(field => !field.Key.StartsWith("system/", StringComparison.Ordinal)).Take(UsualOfAKind), .. keys.Fields(FieldKind.Param).Take(UsualOfAKind)];

    /// <summary>The keys of the metrics among columns: those that are told of groups.</summary>
    public static IReadOnlyList<string> Metrics(IEnumerable<Field> columns) => [.. columns.Where(column => column.Kind == FieldKind.Metric).Select(column => column.Key)];

    /// <exception cref="Refusal">The filter is none, or the token is of another order.</exception>
    internal RunQuery Query(string experiment, int limit)
    {
        List<OrderKey> order = [new(Sort, Descending)];
        if (Sort != Started) order.Add(new OrderKey(Started, Descending: true));
        return new RunQuery([experiment], FilterParser.Filter(Filter, RunFields.Instance), order, View, limit, Token.Length > 0 ? PageToken.Read(Token, order.Count) : null);
    }

    /// <summary>A field in an address: its kind and its key as it is, nothing quoted.</summary>
    public static string Name(Field field) => field.Kind switch { FieldKind.Metric => $"metrics.{field.Key}", FieldKind.Param => $"params.{field.Key}", FieldKind.Tag => $"tags.{field.Key}", _ => field.Key };

    public static Field? FieldOf(string? name)
    {
        if (string.IsNullOrEmpty(name)) return null;
        if (Sortable.Contains(name)) return new Field(FieldKind.Attribute, name);
        return name.IndexOf('.') is var dot and > 0 && dot + 1 < name.Length && name[..dot] switch { "metrics" => FieldKind.Metric, "params" => FieldKind.Param, "tags" => FieldKind.Tag, _ => (FieldKind?)null } is { } kind
            ? new Field(kind, name[(dot + 1)..])
            : null;
    }

    /// <summary>The filter that finds the runs of a group as well; null where its value holds every kind of quote.</summary>
    public string? FilterOf(Field field, string? value)
    {
        if (Quoted(field.Key, '`', '"') is not { } key) return null;
        var name = field.Kind switch { FieldKind.Param => $"params.{key}", FieldKind.Tag => $"tags.{key}", _ => field.Key };
        var own = value is null ? $"{name} IS NULL" : Is(name, value);
        return own is null || Filter.Length == 0 ? own : $"({Filter}) AND {own}";
    }

    /// <summary>The filter that a field is a text; null where that holds every kind of quote.</summary>
    public static string? Is(string field, string text) => Quoted(text, '\'', '"') is { } quoted ? $"{field} = {quoted}" : null;

    private static string? Quoted(string text, char quote, char other) => !text.Contains(quote, StringComparison.Ordinal) ? $"{quote}{text}{quote}" : text.Contains(other, StringComparison.Ordinal) ? null : $"{other}{text}{other}";
}
