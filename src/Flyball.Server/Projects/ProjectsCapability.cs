using Microsoft.Extensions.DependencyInjection;

namespace Flyball.Server.Projects;

internal static class ProjectsCapability
{
    public static void AddProjects(this IServiceCollection services) => services.AddSingleton<ProjectStore>();
}
