namespace Flyball.Client;

/// <summary>What a thing was made from and what was made from it. Not <paramref name="Whole"/>: there is more than the 300 things that are told in each direction.</summary>
public sealed record LineageInfo(string Of, IReadOnlyList<LineageNodeInfo> Nodes, IReadOnlyList<LineageEdgeInfo> Edges, bool Whole);

/// <summary>A thing, written <c>kind:id</c>; negative levels are what the thing asked about was made from, positive ones what was made from it.</summary>
public sealed record LineageNodeInfo(string Ref, int Level, string Title, string Detail, string? Href);

/// <summary><paramref name="Source"/> <paramref name="Relation"/> <paramref name="Target"/>, such as: a version is trained-on a dataset version.</summary>
public sealed record LineageEdgeInfo(string Source, string Relation, string Target);

public sealed partial class FlyballClient
{
    /// <summary>The lineage of a thing written <c>kind:id</c>: a dataset-version, run, logged-model, model-version (<c>model-version:fares/3</c>) or deployment.</summary>
    public Task<LineageInfo> GetLineageAsync(string of, CancellationToken cancel) => GetAsync<LineageInfo>($"/api/lineage?of={Escape(of)}", cancel);
}
