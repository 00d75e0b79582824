using Flyball.Client;
using Flyball.Foundation;
using Flyball.Server.Access;
using Flyball.Server.Registry.Pages;
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
            RequestDelegate form = DecideAsync;
            routes.MapPost("/models/{Model}/{Version:int}/decide", form).Needs(Permission.Approve);

            // one model's protections, and those of all models
            routes.MapGet("/api/models/{model}/protected-aliases", async (string model, Approvals use, CancellationToken cancel) => (await use.ProtectedAsync(model, cancel)).Select(Wire)).Needs(Permission.Read);
            routes.MapPut("/api/models/{model}/protected-aliases/{alias}", async (string model, string alias, Approvals use, HttpContext http, CancellationToken cancel) =>
            {
                await use.ProtectAsync(model, alias, http.Actor(), cancel);
                return TypedResults.NoContent();
            }).Needs(Permission.Administer);
            routes.MapDelete("/api/models/{model}/protected-aliases/{alias}", async (string model, string alias, Approvals use, HttpContext http, CancellationToken cancel) =>
            {
                await use.UnprotectAsync(model, alias, http.Actor(), cancel);
                return TypedResults.NoContent();
            }).Needs(Permission.Administer);
            routes.MapGet("/api/protected-aliases", async (Approvals use, CancellationToken cancel) => (await use.ProtectedAsync(null, cancel)).Select(Wire)).Needs(Permission.Read);
            routes.MapPut("/api/protected-aliases/{alias}", async (string alias, Approvals use, HttpContext http, CancellationToken cancel) =>
            {
                await use.ProtectAsync(null, alias, http.Actor(), cancel);
                return TypedResults.NoContent();
            }).Needs(Permission.Administer);
            routes.MapDelete("/api/protected-aliases/{alias}", async (string alias, Approvals use, HttpContext http, CancellationToken cancel) =>
            {
                await use.UnprotectAsync(null, alias, http.Actor(), cancel);
                return TypedResults.NoContent();
            }).Needs(Permission.Administer);
        }
    }

    /// <summary>What the form of a version's page decides; afterwards the page is shown anew, or with what is wrong.</summary>
    private static async Task DecideAsync(HttpContext http)
    {
        var form = await Ui.Forms.ReadAsync(http);
        var (model, version) = ((string)http.Request.RouteValues["Model"]!, ModelRules.Version((string)http.Request.RouteValues["Version"]!));
        try
        {
            if (form["decision"].ToString() is not ("approve" or "reject")) throw Refusal.Invalid("decision", "A decision is approve or reject.");
            await http.RequestServices.GetRequiredService<Approvals>().DecideAsync(model, version, form["alias"].ToString().Trim(), form["decision"] == "approve", form["comment"].ToString(), http.Actor(), http.RequestAborted);
            http.Response.Redirect($"/models/{Uri.EscapeDataString(model)}/{version}");
        }
        catch (Refusal refusal)
        {
            http.Response.StatusCode = (int)refusal.Kind;
            http.Items[typeof(ModelVersionPage)] = refusal.Message;
            await Ui.Pages.Of<ModelVersionPage>(http).ExecuteAsync(http);
        }
    }

    private static ApprovalInfo Wire(Approval approval) => new(approval.Model, approval.Version, approval.Alias, approval.Approved, approval.By, approval.Comment, approval.Decided);

    private static ProtectedAliasInfo Wire(ProtectedAlias alias) => new(alias.Model, alias.Alias, alias.Since, alias.By);
}
