using Flyball.Foundation;
using Flyball.Server.Access;
using Flyball.Server.Registry.Pages;
using Flyball.Server.Ui;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Flyball.Server.Registry;

/// <summary>What the forms on the pages of models and versions change.</summary>
internal static class RegistryForms
{
    private const int LongestReason = 5000;

    extension(IEndpointRouteBuilder routes)
    {
        public void MapRegistryForms()
        {
            routes.OfModel("description", (http, model, form) => Use<RegisteredModels>(http).DescribeAsync(model, form["text"].ToString().Trim(), http.Actor().Name, http.RequestAborted));
            routes.OfModel("tags", (http, model, form) => Forms.IsSet(form)
                ? Use<RegisteredModels>(http).SetTagAsync(model, Key(form), form["value"].ToString(), http.Actor().Name, http.RequestAborted)
                : Use<RegisteredModels>(http).DeleteTagAsync(model, Key(form), http.Actor().Name, http.RequestAborted));
            routes.OfModel("aliases", (http, model, form) => Forms.IsSet(form)
                ? MoveAsync(http, model, form["alias"].ToString().Trim(), ModelRules.Version(form["version"].ToString().Trim()), form["reason"].ToString().Trim())
                : Use<Models>(http).DeleteAliasAsync(model, form["alias"].ToString().Trim(), http.Actor(), http.RequestAborted), Permission.MoveAliases);
            routes.OfVersion("description", (http, model, version, form) => Use<Models>(http).DescribeAsync(model, version, form["text"].ToString().Trim(), http.Actor().Name, http.RequestAborted));
            routes.OfVersion("tags", (http, model, version, form) => Forms.IsSet(form)
                ? Use<Models>(http).SetTagAsync(model, version, Key(form), form["value"].ToString(), http.Actor().Name, http.RequestAborted)
                : Use<Models>(http).DeleteTagAsync(model, version, Key(form), http.Actor().Name, http.RequestAborted));
            routes.OfVersion("stage", (http, model, version, form) =>
            {
                var (stage, archive) = (ModelRules.Stage(form["stage"].ToString()), form["archive"] == "true");
                if (archive && !ModelRules.IsActive(stage)) throw Refusal.Invalid("stage-archive", $"Others are archived where a version comes to Staging or Production, not to {stage}: untick the box.");
                return Use<Models>(http).MoveToStageAsync(model, version, stage, archive, http.Actor(), http.RequestAborted);
            }, Permission.MoveAliases);
        }

        private void OfModel(string what, Func<HttpContext, string, IFormCollection, Task> change, Permission needs = Permission.Write) => routes.MapForm<ModelPage>($"/models/{{Model}}/{what}", needs, async (http, form) =>
        {
            var model = (string)http.Request.RouteValues["Model"]!;
            await change(http, model, form);
            return $"/models/{Uri.EscapeDataString(model)}";
        });

        private void OfVersion(string what, Func<HttpContext, string, int, IFormCollection, Task> change, Permission needs = Permission.Write) => routes.MapForm<ModelVersionPage>($"/models/{{Model}}/{{Version:int}}/{what}", needs, async (http, form) =>
        {
            var (model, version) = ((string)http.Request.RouteValues["Model"]!, ModelRules.Version((string)http.Request.RouteValues["Version"]!));
            await change(http, model, version, form);
            return $"/models/{Uri.EscapeDataString(model)}/{version}";
        });
    }

    private static Task<string?> MoveAsync(HttpContext http, string model, string alias, int version, string reason)
    {
        if (reason.Length > LongestReason) throw Refusal.Invalid("reason-too-long", $"A reason has at most {LongestReason:N0} characters.");
        var models = Use<Models>(http);
        return Use<Db>(http).WriteAsync(tx => models.MoveAsync(tx, model, alias, version, http.Actor(), reason), http.RequestAborted);
    }

    private static T Use<T>(HttpContext http)
        where T : notnull => http.RequestServices.GetRequiredService<T>();

    private static string Key(IFormCollection form) => form["key"].ToString().Trim();
}
