using Flyball.Foundation;
using Microsoft.Extensions.DependencyInjection;

namespace Flyball.Server.Retraining;

internal static class RetrainingCapability
{
    public static void AddRetraining(this IServiceCollection services) => services.AddSingleton<Signals>().AddSingleton<ILoop, RetrainLoop>();
}
