using Flyball.Client;
using Flyball.Server.Access;
using Flyball.Server.Registry.Pages;
using Flyball.Server.Ui;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Flyball.Server.Registry;

internal static class CardsApi
{
    extension(IEndpointRouteBuilder routes)
    {
        public void MapCards()
        {
            const string Card = "/api/models/{model}/versions/{version:int}/card";
            routes.MapGet(Card, async (string model, int version, ModelCards cards, CancellationToken cancel) => Wire(await cards.GetAsync(model, version, cancel))).Needs(Permission.Read);
            routes.MapPut($"{Card}/{{section}}", async (string model, int version, string section, WriteCardText body, ModelCards cards, HttpContext http, CancellationToken cancel) =>
            {
                await cards.WriteAsync(model, version, section, body.Text, http.Actor().Name, cancel);
                return TypedResults.NoContent();
            }).Needs(Permission.Write);
            routes.MapPage<ModelCardPage>("/models/{Model}/{Version:int}/card");
            RequestDelegate markdown = SendMarkdownAsync;
            routes.MapGet("/models/{Model}/{Version:int}/card.md", markdown).Needs(Permission.Read);
            routes.MapForm<ModelCardPage>("/models/{Model}/{Version:int}/card/{Section}", Permission.Write, async (http, form) =>
            {
                var (model, version) = Version(http);
                var section = (string)http.Request.RouteValues["Section"]!;
                await http.RequestServices.GetRequiredService<ModelCards>().WriteAsync(model, version, section, form["text"].ToString(), http.Actor().Name, http.RequestAborted);
                return $"/models/{Uri.EscapeDataString(model)}/{version}/card#{Uri.EscapeDataString(section)}";
            });
        }
    }

    private static async Task SendMarkdownAsync(HttpContext http)
    {
        var (model, version) = Version(http);
        var card = await http.RequestServices.GetRequiredService<ModelCards>().GetAsync(model, version, http.RequestAborted);
        http.Response.ContentType = "text/markdown; charset=utf-8";
        http.Response.Headers.XContentTypeOptions = "nosniff";
        await http.Response.WriteAsync(CardMarkdown.Of(card), http.RequestAborted);
    }

    private static (string Model, int Version) Version(HttpContext http) => ((string)http.Request.RouteValues["Model"]!, ModelRules.Version((string)http.Request.RouteValues["Version"]!));

    private static ModelCardInfo Wire(ModelCard card) => new(
        card.Model, card.Version, card.Generated,
        [
            .. card.Sections.Select(section => new CardSectionInfo(
                section.Name, section.Title, [.. section.Facts.Select(fact => new CardFactInfo(fact.Name, fact.Value))], [.. section.Tables.Select(table => new CardTableInfo(table.Title, table.Columns, table.Rows))],
                section.Text is { } text ? new CardTextInfo(text.Text, text.Version, text.By, text.Written) : null)),
        ]);
}
