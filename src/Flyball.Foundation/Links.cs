namespace Flyball.Foundation;

/// <summary>A thing that lineage can name: its kind and its id, written <c>kind:id</c>.</summary>
public readonly record struct Ref(string Kind, string Id)
{
    public override string ToString() => $"{Kind}:{Id}";

    public static Ref Parse(string text) => text.IndexOf(':') is var i and > 0 ? new(text[..i], text[(i + 1)..]) : throw new FormatException($"'{text}' is not kind:id");
}

/// <summary>One edge: <paramref name="Source"/> <paramref name="Relation"/> <paramref name="Target"/>.</summary>
public sealed record Link(Ref Source, string Relation, Ref Target);

/// <summary>Edges between things, written in the transaction of the change that makes them true: lineage both ways, and the ground for refusals.</summary>
public static class Links
{
    public static Task AddAsync(Tx tx, Ref source, string relation, Ref target) => tx.ExecuteAsync(
        "insert into links (source, relation, target) values (@source, @relation, @target) on conflict do nothing",
        new { source = source.ToString(), relation, target = target.ToString() });

    public static Task RemoveAsync(Tx tx, Ref source, string relation, Ref target) => tx.ExecuteAsync(
        "delete from links where source = @source and relation = @relation and target = @target", new { source = source.ToString(), relation, target = target.ToString() });

    public static Task<List<Link>> FromAsync(Tx tx, Ref source) =>
        tx.QueryAsync("select source, relation, target from links where source = @source order by relation, target", new { source = source.ToString() }, Read);

    public static Task<List<Link>> ToAsync(Tx tx, Ref target) =>
        tx.QueryAsync("select source, relation, target from links where target = @target order by relation, source", new { target = target.ToString() }, Read);

    private static Link Read(Row row) => new(Ref.Parse(row.Text("source")), row.Text("relation"), Ref.Parse(row.Text("target")));
}
