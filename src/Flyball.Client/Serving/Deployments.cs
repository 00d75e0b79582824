using System.Text.Json;

namespace Flyball.Client;

/// <summary>An endpoint and what it serves. <paramref name="Ready"/> is false while the version is loading or was refused; <paramref name="Problem"/> says why; <paramref name="Interpreted"/> names the features that the engine computes row by row because they are not compiled.</summary>
public sealed record DeploymentInfo(string Name, string Project, string Model, int Version, string Digest, DateTimeOffset Since, bool Ready, IReadOnlyList<string> Interpreted, string? Problem);

/// <summary>Live traffic since the server started: answer times in milliseconds, requests per second oldest first.</summary>
public sealed record TrafficInfo(long Requests, long Predictions, long Refused, long Failed, double P50Ms, double P99Ms, IReadOnlyList<long> PerSecond);

/// <summary>Predictions with the ids that labels refer to.</summary>
public sealed record PredictionAnswer(string Deployment, int Version, IReadOnlyList<double> Predictions, IReadOnlyList<string> PredictionIds);

/// <summary>Ground truth for one prediction.</summary>
public sealed record LabelItem(string PredictionId, JsonElement Label);

/// <summary>Ground truth for predictions of one deployment.</summary>
public sealed record PostLabels(IReadOnlyList<LabelItem> Labels);

/// <summary>How many labels were taken.</summary>
public sealed record TakenLabels(int Taken);

/// <summary>A logged prediction with its label, where there is one.</summary>
public sealed record LoggedPrediction(string Id, DateTimeOffset At, int Version, string Digest, JsonElement Row, JsonElement Features, double Prediction, double? Label, DateTimeOffset? LabelledAt);

public sealed partial class FlyballClient
{
    public Task<IReadOnlyList<DeploymentInfo>> ListDeploymentsAsync(CancellationToken cancel) => GetAsync<IReadOnlyList<DeploymentInfo>>("/api/deployments", cancel);

    public Task<DeploymentInfo> GetDeploymentAsync(string deployment, CancellationToken cancel) => GetAsync<DeploymentInfo>($"/api/deployments/{Escape(deployment)}", cancel);

    public Task<TrafficInfo> GetTrafficAsync(string deployment, CancellationToken cancel) => GetAsync<TrafficInfo>($"/api/deployments/{Escape(deployment)}/traffic", cancel);

    /// <summary>Predicts raw rows, each an object with a field per column.</summary>
    public Task<PredictionAnswer> PredictAsync(string deployment, IReadOnlyList<JsonElement> rows, CancellationToken cancel) =>
        PostAsync<PredictionAnswer>($"/deployments/{Escape(deployment)}/invocations", new { dataframe_records = rows }, cancel);

    /// <summary>Reports ground truth; the same again changes nothing.</summary>
    public Task<TakenLabels> PostLabelsAsync(string deployment, PostLabels labels, CancellationToken cancel) => PostAsync<TakenLabels>($"/api/deployments/{Escape(deployment)}/labels", labels, cancel);

    /// <summary>A prediction as it was logged.</summary>
    public Task<LoggedPrediction> GetPredictionAsync(string deployment, string id, CancellationToken cancel) => GetAsync<LoggedPrediction>($"/api/deployments/{Escape(deployment)}/predictions/{Escape(id)}", cancel);
}
