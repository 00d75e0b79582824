using System.Globalization;
using Flyball.Foundation;
using Flyball.Server.Serving;

namespace Flyball.Server.Replay;

/// <summary>Sends days of requests to a server's deployment through its gateway, and the labels when their time has come.</summary>
/// <param name="named">Predictions bear the day they are of as their id, so that a day that is sent again counts once.</param>
internal sealed class ReplayTraffic(ReplayTime clock, FlyballServer server, string deployment, TimeSpan labelDelay, bool named = false)
{
    private readonly Queue<(DateTimeOffset Due, List<(string Id, double Label)> Labels)> waiting = new();

    /// <summary>Predicts a day's rows just before it ends. Labels of all predicted rows follow after the delay.</summary>
    public async Task<Predictions> PredictAsync(ReplayDay day, CancellationToken cancel)
    {
        await PassAsync(day.End.AddSeconds(-1), cancel);
        var gateway = server.Service<Gateway>();
        var answer = await gateway.PredictAsync(gateway.Find(deployment), day.Rows, named ? day.Start.ToString("'day-'yyyy-MM-dd", CultureInfo.InvariantCulture) : null, partly: true);
        var labels = new List<(string Id, double Label)>();
        for (var row = 0; row < answer.Ids.Length; row++)
        {
            if (answer.Ids[row].Length > 0 && double.IsFinite(day.Labels[row])) labels.Add((answer.Ids[row], day.Labels[row]));
        }

        waiting.Enqueue((day.End + labelDelay, labels));
        return answer;
    }

    /// <summary>Lets time pass day by day up to <paramref name="until"/>, as long as labels are on their way; afterwards in one step.</summary>
    public async Task PassAsync(DateTimeOffset until, CancellationToken cancel)
    {
        while (waiting.TryPeek(out var next) && next.Due <= until)
        {
            waiting.Dequeue();
            clock.AdvanceTo(next.Due);
            await server.Service<Labels>().AppendAsync(deployment, next.Labels);
            await server.Service<Loops>().UntilQuietAsync(cancel);
        }

        clock.AdvanceTo(until);
        await server.Service<Loops>().UntilQuietAsync(cancel);
    }

    /// <summary>Lets the labels that are on their way arrive, and the windows that wait for them be judged.</summary>
    public async Task FinishAsync(DateTimeOffset end, TimeSpan every, CancellationToken cancel)
    {
        for (var day = 1; day <= (labelDelay + every + every).TotalDays + 1; day++) await PassAsync(end.AddDays(day), cancel);
    }
}
