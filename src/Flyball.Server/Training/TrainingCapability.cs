using Flyball.Foundation;
using Microsoft.Extensions.DependencyInjection;

namespace Flyball.Server.Training;

internal static class TrainingCapability
{
    public static void AddTraining(this IServiceCollection services) => services.AddSingleton<Trainings>().AddSingleton<IJobEffect, TrainEffect>();
}
