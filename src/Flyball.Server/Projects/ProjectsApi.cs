using Flyball.Client;
using Flyball.Server.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Flyball.Server.Projects;

internal static class ProjectsApi
{
    extension(IEndpointRouteBuilder routes)
    {
        public void MapProjects()
        {
            var projects = routes.MapGroup("/api/projects");
            projects.MapGet("/", async (ProjectStore store, CancellationToken cancel) => (await store.ListAsync(cancel)).Select(Wire)).Needs(Permission.Read);
            projects.MapGet("/{name}", async (string name, ProjectStore store, CancellationToken cancel) => Wire(await store.GetAsync(name, cancel))).Needs(Permission.Read);
            projects.MapPost("/plan", (ApplyProject body, ProjectStore store, CancellationToken cancel) => store.PlanAsync(body, cancel)).Needs(Permission.Write);
            projects.MapPost("/apply", (ApplyProject body, ProjectStore store, HttpContext http, CancellationToken cancel) => store.ApplyAsync(body, http.Actor().Name, cancel)).Needs(Permission.Write);
        }
    }

    private static ProjectInfo Wire(Project project) => new(project.Name, project.Revision, project.Applied, project.AppliedBy, [.. project.File.Data.Select(data => data.Name)], [.. project.File.Models.Select(model => model.Name)], project.Yaml);
}
