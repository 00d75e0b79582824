using Flyball.Client;
using Flyball.Foundation;
using Flyball.Server.Access;
using Flyball.Server.Tracking;
using Flyball.Server.Ui;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace Flyball.Server.Overview;

internal static class LineageApi
{
    private static readonly string[] Kinds = ["dataset-version", RunLinks.DatasetKind, "run", "logged-model", "model-version", "deployment"];

    public static void MapLineage(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/lineage", async (string? of, Db db, CancellationToken cancel) => Wire(await db.ReadAsync(tx => LineageGraph.ReadAsync(tx, Thing(of)), cancel))).Needs(Permission.Read);
        routes.MapPage<LineagePage>("/lineage");
    }

    /// <summary>A thing that was asked about, as <c>kind:id</c>.</summary>
    /// <exception cref="Refusal">It is not written so, or of a kind that has no lineage.</exception>
    public static Ref Thing(string? text)
    {
        if (text is { Length: > 0 and <= 600 } && text.IndexOf(':') is var colon and > 0 && Kinds.Contains(text[..colon]) && colon + 1 < text.Length) return Ref.Parse(text);
        throw Refusal.Invalid("lineage-of", $"Lineage is asked of a thing written kind:id, such as model-version:fares/3, with one of the kinds {string.Join(", ", Kinds)}.");
    }

    private static LineageInfo Wire(LineageGraph graph) => new(
        graph.Of.ToString(), [.. graph.Nodes.Select(node => new LineageNodeInfo(node.Ref.ToString(), node.Level, node.Title, node.Detail, node.Href))],
        [.. graph.Edges.Select(edge => new LineageEdgeInfo(edge.Source.ToString(), edge.Relation, edge.Target.ToString()))], graph.Whole);
}
