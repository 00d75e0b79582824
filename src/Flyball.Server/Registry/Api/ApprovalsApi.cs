using Flyball.Client;
using Flyball.Foundation;
using Flyball.Server.Access;
using Flyball.Server.Registry.Pages;
using Flyball.Server.Ui;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Flyball.Server.Registry;

internal static class ApprovalsApi
{
    extension(IEndpointRouteBuilder routes)
    {
        public void MapApprovals()
        {
            const string OfVersion = "/api/models/{model}/versions/{version:int}/approvals";
            routes.MapGet(OfVersion, async (string model, int version, Approvals use, CancellationToken cancel) => (await use.ListAsync(model, version, cancel)).Select(Wire)).Needs(Permission.Read);
            routes.MapPost(OfVersion, async (string model, int version, DecideVersion body, Approvals use, HttpContext http, CancellationToken cancel) =>
                Wire(await use.DecideAsync(model, version, body.Alias, body.Approved, body.Comment, http.Actor(), cancel))).Needs(Permission.Approve);
            routes.MapForm<ModelVersionPage>("/models/{Model}/{Version:int}/decide", Permission.Approve, async (http, form) =>
            {
                var (model, version) = ((string)http.Request.RouteValues["Model"]!, ModelRules.Version((string)http.Request.RouteValues["Version"]!));
                if (form["decision"].ToString() is not ("approve" or "reject")) throw Refusal.Invalid("decision", "A decision is approve or reject.");
                await http.RequestServices.GetRequiredService<Approvals>().DecideAsync(model, version, form["alias"].ToString().Trim(), form["decision"] == "approve", form["comment"].ToString(), http.Actor(), http.RequestAborted);
                return $"/models/{Uri.EscapeDataString(model)}/{version}";
            });

            // one model's protections, and those of all models
            foreach (var of in (string[])["/api/models/{model}/protected-aliases", "/api/protected-aliases"]) MapProtections(routes.MapGroup(of));
        }
    }

    private static void MapProtections(RouteGroupBuilder group)
    {
        group.MapGet("", async (HttpContext http, Approvals use, CancellationToken cancel) => (await use.ProtectedAsync(Model(http), cancel)).Select(Wire)).Needs(Permission.Read);
        group.MapPut("/{alias}", async (string alias, Approvals use, HttpContext http, CancellationToken cancel) =>
        {
            await use.ProtectAsync(Model(http), alias, http.Actor(), cancel);
            return TypedResults.NoContent();
        }).Needs(Permission.Administer);
        group.MapDelete("/{alias}", async (string alias, Approvals use, HttpContext http, CancellationToken cancel) =>
        {
            await use.UnprotectAsync(Model(http), alias, http.Actor(), cancel);
            return TypedResults.NoContent();
        }).Needs(Permission.Administer);
    }

    /// <summary>The model of a route; null where it is about all models.</summary>
    private static string? Model(HttpContext http) => http.Request.RouteValues["model"] as string;

    private static ApprovalInfo Wire(Approval approval) => new(approval.Model, approval.Version, approval.Alias, approval.Approved, approval.By, approval.Comment, approval.Decided);

    private static ProtectedAliasInfo Wire(ProtectedAlias alias) => new(alias.Model, alias.Alias, alias.Since, alias.By);
}
