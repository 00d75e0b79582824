using Flyball.Server.Projects;
using Flyball.Server.Retraining;
using Flyball.Server.Training;

namespace Flyball.Tests.Retraining;

public sealed class The_retraining_policy
{
    private static readonly DateTimeOffset Now = new(2024, 5, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly RetrainSpec Policy = new() { On = [new(TriggerKind.NewData)], Guards = new() { Cooldown = TimeSpan.FromHours(6), MaxPerWeek = 2 } };

    [Fact]
    public void Trains_the_first_time_whatever_the_guards_say() =>
        Assert.IsType<RetrainDecision.Train>(RetrainPolicy.Decide(new RetrainState(Policy with { On = [] }, [], [Signal(TriggerKind.First)], 0, Now)));

    [Fact]
    public void Does_nothing_while_a_training_runs() =>
        Assert.Null(RetrainPolicy.Decide(new RetrainState(Policy, [Ended(null)], [Signal(TriggerKind.NewData)], 0, Now)));

    [Fact]
    public void Does_not_listen_to_what_it_was_not_told_to() =>
        Assert.Null(RetrainPolicy.Decide(new RetrainState(Policy, [], [Signal(TriggerKind.Performance)], 0, Now)));

    [Fact]
    public void Waits_for_the_cooldown_and_says_until_when()
    {
        var held = Assert.IsType<RetrainDecision.Hold>(RetrainPolicy.Decide(new RetrainState(Policy, [Ended(Now.AddHours(-5))], [Signal(TriggerKind.NewData)], 0, Now)));
        Assert.Equal(Now.AddHours(1), held.Until);
        Assert.IsType<RetrainDecision.Train>(RetrainPolicy.Decide(new RetrainState(Policy, [Ended(Now.AddHours(-6))], [Signal(TriggerKind.NewData)], 0, Now)));
    }

    [Fact]
    public void Trains_no_more_often_than_the_week_allows()
    {
        var history = new[] { Ended(Now.AddDays(-1)), Ended(Now.AddDays(-3)) };
        var held = Assert.IsType<RetrainDecision.Hold>(RetrainPolicy.Decide(new RetrainState(Policy, history, [Signal(TriggerKind.NewData)], 0, Now)));
        Assert.Equal(history[1].Created.AddDays(7), held.Until);
    }

    [Fact]
    public void Waits_for_enough_labels_when_production_asks_but_not_when_files_come()
    {
        var policy = Policy with { On = [new(TriggerKind.Performance), new(TriggerKind.NewData)], Guards = Policy.Guards with { MinNewLabels = 100 } };
        var held = Assert.IsType<RetrainDecision.Hold>(RetrainPolicy.Decide(new RetrainState(policy, [], [Signal(TriggerKind.Performance)], 99, Now)));
        Assert.Null(held.Until);
        Assert.IsType<RetrainDecision.Train>(RetrainPolicy.Decide(new RetrainState(policy, [], [Signal(TriggerKind.Performance)], 100, Now)));
        var other = Assert.IsType<RetrainDecision.Train>(RetrainPolicy.Decide(new RetrainState(policy, [], [Signal(TriggerKind.Performance), Signal(TriggerKind.NewData)], 99, Now)));
        Assert.Equal(TriggerKind.NewData, other.Signal.Kind);
    }

    [Fact]
    public void Trains_by_schedule_only_if_there_is_something_new_to_learn_from()
    {
        var policy = Policy with { On = [new(TriggerKind.Schedule, "0 3 * * MON")], Guards = Policy.Guards with { MinNewLabels = 100 } };
        Assert.IsType<RetrainDecision.Hold>(RetrainPolicy.Decide(new RetrainState(policy, [], [Signal(TriggerKind.Schedule)], 99, Now)));
        Assert.IsType<RetrainDecision.Train>(RetrainPolicy.Decide(new RetrainState(policy, [], [Signal(TriggerKind.Schedule)], 100, Now)));
        var train = Assert.IsType<RetrainDecision.Train>(RetrainPolicy.Decide(new RetrainState(policy, [], [Signal(TriggerKind.NewData), Signal(TriggerKind.Schedule)], 0, Now)));
        Assert.Equal(TriggerKind.Schedule, train.Signal.Kind);
    }

    private static RetrainSignal Signal(TriggerKind kind) => new(kind, "because", "key", "event");

    private static TrainingRun Ended(DateTimeOffset? ended) => new(
        "t", "p", "m", TriggerKind.NewData, "because", "d", "r", "j", ended is null ? TrainingState.Running : TrainingState.Passed, 1, null, (ended ?? Now).AddMinutes(-1), ended, "e");
}
