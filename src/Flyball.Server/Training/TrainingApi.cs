using Flyball.Client;
using Flyball.Server.Access;
using Flyball.Server.Projects;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Flyball.Server.Training;

internal static class TrainingApi
{
    extension(IEndpointRouteBuilder routes)
    {
        public void MapTraining()
        {
            const string trainings = "/api/projects/{project}/models/{model}/trainings";
            routes.MapPost(trainings, async (string project, string model, StartTraining body, Trainings use, HttpContext http, CancellationToken cancel) =>
                Wire(await use.StartAsync(project, model, TriggerKind.Manual, body.Reason, http.Actor().Name, null, cancel))).Needs(Permission.Write);
            routes.MapGet(trainings, async (string project, string model, Trainings use, CancellationToken cancel) => (await use.ListAsync(project, model, cancel)).Select(Wire)).Needs(Permission.Read);
            routes.MapGet("/api/trainings/{id}", async (string id, Trainings use, CancellationToken cancel) => Wire(await use.GetAsync(id, cancel))).Needs(Permission.Read);
        }
    }

    private static TrainingInfo Wire(TrainingRun training) => new(
        training.Id, training.Project, training.Model, training.Trigger.ToString().ToLowerInvariant(), training.Reason, training.DatasetVersion, training.Run, training.Job,
        training.State.ToString().ToLowerInvariant(), training.Version, training.Outcome, training.Created, training.Ended);
}
