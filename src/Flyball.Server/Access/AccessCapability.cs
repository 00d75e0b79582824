using Microsoft.Extensions.DependencyInjection;

namespace Flyball.Server.Access;

internal static class AccessCapability
{
    public static void AddAccess(this IServiceCollection services) => services.AddSingleton<Users>();
}
