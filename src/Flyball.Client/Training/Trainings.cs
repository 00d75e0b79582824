namespace Flyball.Client;

/// <summary>Asks for a training; the reason is kept with it.</summary>
public sealed record StartTraining(string Reason);

/// <summary>A training: why it was started and what came of it.</summary>
public sealed record TrainingInfo(string Id, string Project, string Model, string Trigger, string Reason, string DatasetVersion, string Run, string Job, string State, int? Version, string? Outcome, DateTimeOffset Created, DateTimeOffset? Ended);

public sealed partial class FlyballClient
{
    public Task<TrainingInfo> StartTrainingAsync(string project, string model, StartTraining request, CancellationToken cancel) =>
        PostAsync<TrainingInfo>($"/api/projects/{Escape(project)}/models/{Escape(model)}/trainings", request, cancel);

    /// <summary>Newest first.</summary>
    public Task<IReadOnlyList<TrainingInfo>> ListTrainingsAsync(string project, string model, CancellationToken cancel) =>
        GetAsync<IReadOnlyList<TrainingInfo>>($"/api/projects/{Escape(project)}/models/{Escape(model)}/trainings", cancel);

    public Task<TrainingInfo> GetTrainingAsync(string id, CancellationToken cancel) => GetAsync<TrainingInfo>($"/api/trainings/{Escape(id)}", cancel);
}
