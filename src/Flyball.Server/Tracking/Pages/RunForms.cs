using Flyball.Foundation;
using Flyball.Server.Access;
using Flyball.Server.Ui;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Flyball.Server.Tracking.Pages;

/// <summary>What the forms on the page of a run change.</summary>
internal static class RunForms
{
    extension(IEndpointRouteBuilder routes)
    {
        public void MapRunForms()
        {
            routes.OfRun("note", (runs, tx, run, form) => runs.SetTagAsync(tx, run, RunPage.NoteTag, form["text"].ToString().Trim()));
            routes.OfRun("tags", (runs, tx, run, form) => Forms.IsSet(form)
                ? runs.SetTagAsync(tx, run, form["key"].ToString().Trim(), form["value"].ToString())
                : runs.DeleteTagAsync(tx, run, form["key"].ToString().Trim()));
        }

        private void OfRun(string what, Func<Runs, Tx, string, IFormCollection, Task> change) => routes.MapForm<RunPage>($"/runs/{{Id}}/{what}", Permission.Write, async (http, form) =>
        {
            var (run, runs) = ((string)http.Request.RouteValues["Id"]!, http.RequestServices.GetRequiredService<Runs>());
            await http.RequestServices.GetRequiredService<Db>().WriteAsync(tx => change(runs, tx, run, form), http.RequestAborted);
            return $"/runs/{Uri.EscapeDataString(run)}";
        });
    }
}
