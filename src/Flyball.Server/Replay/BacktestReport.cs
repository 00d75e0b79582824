using System.Globalization;
using System.Text;
using Flyball.Numerics;

namespace Flyball.Server.Replay;

/// <summary>Error of one way of doing things on one stretch: root mean squared and mean absolute, NaN without rows.</summary>
public sealed record ReplayError(double Rmse, double Mae);

/// <summary>One replayed period: what came, what answered, how well, and what the loop did.</summary>
/// <param name="Rows">Rows that asked for a prediction.</param>
/// <param name="Refused">Refused rows by reason.</param>
/// <param name="Counted">Rows with a label that <c>train_where</c> keeps: those that errors are measured on.</param>
/// <param name="Champion">Versions that answered, in order, such as 1 or 1 → 2.</param>
/// <param name="Never">The first version, never retrained.</param>
/// <param name="Every">A model retrained after every period.</param>
/// <param name="Events">What happened, in words, with the day.</param>
public sealed record BacktestPeriod(
    string Name, DateTimeOffset From, DateTimeOffset To, long Rows, IReadOnlyDictionary<string, long> Refused, long Counted, string Champion,
    ReplayError Loop, ReplayError Never, ReplayError Every, IReadOnlyList<string> Drifted, int Alarms, IReadOnlyList<string> Events);

/// <summary>What replaying history showed.</summary>
/// <param name="AgainstNever">RMSE of the loop over that of the first version, less 1, with its block-bootstrap interval over days.</param>
/// <param name="AgainstEvery">RMSE of the loop over that of retraining after every period, less 1.</param>
public sealed record BacktestReport(
    string Project, string Model, IReadOnlyList<string> TrainedOn, IReadOnlyList<BacktestPeriod> Periods, ReplayError Loop, ReplayError Never, ReplayError Every,
    int Retrainings, int RetrainingsEvery, BootstrapInterval AgainstNever, BootstrapInterval AgainstEvery, double Seconds)
{
    /// <summary>The report for people, in Markdown.</summary>
    public string Markdown()
    {
        var text = new StringBuilder();
        text.Append(Inv($"# Backtest of {Model} ({Project})\n\nFirst trained on {string.Join(", ", TrainedOn)}; every later file arrived as traffic, its labels later.\n\n"));
        text.Append("| period | rows | refused | champion | RMSE | MAE | never retrained | every period | drifted features | alarms |\n|---|--:|--:|---|--:|--:|--:|--:|---|--:|\n");
        foreach (var period in Periods)
        {
            text.Append(Inv($"| {period.Name} | {period.Rows:N0} | {period.Refused.Values.Sum():N0} | {period.Champion} | {period.Loop.Rmse:0.000} | {period.Loop.Mae:0.000} | {period.Never.Rmse:0.000} | {period.Every.Rmse:0.000} | {(period.Drifted.Count == 0 ? "none" : string.Join(", ", period.Drifted))} | {period.Alarms} |\n"));
        }

        text.Append(Inv($"| **all** | {Periods.Sum(period => period.Rows):N0} | {Periods.Sum(period => period.Refused.Values.Sum()):N0} | | {Loop.Rmse:0.000} | {Loop.Mae:0.000} | {Never.Rmse:0.000} | {Every.Rmse:0.000} | | {Periods.Sum(period => period.Alarms)} |\n\n"));
        text.Append(Inv($"- Against never retraining: {Percent(AgainstNever)} in RMSE{(AgainstNever.ExcludesZero ? "" : ": the interval holds 0, so the days differ as much as the models")}.\n"));
        text.Append(Inv($"- Against retraining after every period: {Percent(AgainstEvery)} in RMSE.\n"));
        text.Append(Inv($"- Retrainings: {Retrainings} by the loop, {RetrainingsEvery} after every period. {Seconds:0} seconds.\n"));
        foreach (var period in Periods.Where(period => period.Refused.Count > 0 || period.Events.Count > 0))
        {
            text.Append(Inv($"\n## {period.Name}\n\n"));
            foreach (var (reason, count) in period.Refused) text.Append(Inv($"- refused {count:N0}: {reason}\n"));
            foreach (var happened in period.Events) text.Append(Inv($"- {happened}\n"));
        }

        return text.ToString();
    }

    private static string Percent(BootstrapInterval interval) => Inv($"{interval.Estimate:+0.0 %;-0.0 %;0.0 %} ({interval.Level:0 %} interval {interval.Lower:+0.0 %;-0.0 %;0.0 %} to {interval.Upper:+0.0 %;-0.0 %;0.0 %}, {interval.Blocks} days)");

    private static string Inv(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
