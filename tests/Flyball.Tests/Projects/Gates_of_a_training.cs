using Flyball.Server.Projects.Gates;
using FsCheck;
using FsCheck.Fluent;

namespace Flyball.Tests.Projects;

public sealed class Gates_of_a_training
{
    private static readonly ModelScores Challenger = Scores(2000, rmse: 5.2, mae: 4, hours: [("3", 13.1), ("17", 6), ("8", 5)]);
    private static readonly ModelScores Champion = Scores(1500, rmse: 5.4, mae: 3.9, hours: [("3", 12), ("17", 6.5), ("8", 5.5)]);

    [Theory]
    [InlineData("rmse < champion.rmse", true, 5.2, 5.4, "rmse = 5.2 is below champion.rmse = 5.4")]
    [InlineData("mae < champion.mae", false, 4.0, 3.9, "mae = 4 is not below champion.mae = 3.9")]
    [InlineData("mae <= 4", true, 4.0, 4.0, "mae = 4 is at most 4")]
    [InlineData("mae < 4", false, 4.0, 4.0, "mae = 4 is not below 4")]
    [InlineData("rows >= 1000", true, 2000.0, 1000.0, "rows = 2000 is at least 1000")]
    [InlineData("rows > champion.rows", true, 2000.0, 1500.0, "rows = 2000 is above champion.rows = 1500")]
    [InlineData("slice(hour).rmse.max <= 12", false, 13.1, 12.0, "slice(hour).rmse.max = 13.1 (hour = 3) is not at most 12")]
    [InlineData("slice(hour).rmse.min >= 5", true, 5.0, 5.0, "slice(hour).rmse.min = 5 (hour = 8) is at least 5")]
    [InlineData("slice(hour).rmse.max <= 1.1 * champion.slice(hour).rmse.max", true, 13.1, 13.2, "slice(hour).rmse.max = 13.1 (hour = 3) is at most 1.1 * champion.slice(hour).rmse.max = 13.2 (hour = 3)")]
    [InlineData("rmse <= 1.02 * champion.rmse", true, 5.2, 5.508, "rmse = 5.2 is at most 1.02 * champion.rmse = 5.508")]
    [InlineData("(rmse - champion.rmse) / champion.rmse < -0.05", false, -0.037037037037037, -0.05, "(rmse - champion.rmse) / champion.rmse = -0.037037 is not below -0.05")]
    [InlineData("rmse != 5", true, 5.2, 5.0, "rmse = 5.2 is different from 5")]
    [InlineData("mae == 4", true, 4.0, 4.0, "mae = 4 is equal to 4")]
    [InlineData("rows >= 1000 and rmse < champion.rmse", true, 5.2, 5.4, "rows = 2000 is at least 1000, and rmse = 5.2 is below champion.rmse = 5.4")]
    [InlineData("rows >= 9000 and mae < 1", false, 2000.0, 9000.0, "rows = 2000 is not at least 9000")]
    public void Decide_on_what_was_measured(string text, bool passed, double left, double right, string reason)
    {
        var verdict = GateExpression.Parse(text).Evaluate(Challenger, Champion);
        Assert.Equal((text, passed, reason), (verdict.Text, verdict.Passed, verdict.Reason));
        Assert.Equal(left, verdict.Left!.Value, 12);
        Assert.Equal(right, verdict.Right!.Value, 12);
    }

    [Theory]
    [InlineData("bias <= 0.5", -10, 0.3, false, "bias = 10 is not at most 0.5")]
    [InlineData("bias < champion.bias", -0.2, 0.3, true, "bias = 0.2 is below champion.bias = 0.3")]
    [InlineData("bias < champion.bias", 0.2, -0.3, true, "bias = 0.2 is below champion.bias = 0.3")]
    public void Judge_a_bias_by_its_size(string text, double candidate, double champion, bool passed, string reason)
    {
        static ModelScores Biased(double bias) => new(100, new Dictionary<string, double> { ["bias"] = bias }, new Dictionary<string, IReadOnlyDictionary<string, IReadOnlyDictionary<string, double>>>());
        var verdict = GateExpression.Parse(text).Evaluate(Biased(candidate), Biased(champion));
        Assert.Equal((passed, reason), (verdict.Passed, verdict.Reason));
    }

    [Fact]
    public void That_compare_with_a_champion_which_cannot_be_measured_refuse_and_say_why()
    {
        var verdict = GateExpression.Parse("rmse < champion.rmse").Evaluate(Challenger, Champion with { Unmeasured = "it is broken" });
        Assert.Equal((false, "it is broken"), (verdict.Passed, verdict.Reason));
        Assert.True(GateExpression.Parse("rmse < 9").Evaluate(Challenger, Champion with { Unmeasured = "it is broken" }).Passed);
    }

    [Fact]
    public void Let_the_champion_win_ties() => Assert.False(GateExpression.Parse("rmse < champion.rmse").Evaluate(Champion, Champion).Passed);

    [Theory]
    [InlineData("rmse < champion.rmse", true, "there is no champion yet")]
    [InlineData("rmse < 1.02 * champion.slice(hour).rmse.max", true, "there is no champion yet")]
    [InlineData("rmse < champion.rmse and rows >= 1000", true, "there is no champion yet, and rows = 2000 is at least 1000")]
    [InlineData("rmse < champion.rmse and rows >= 9000", false, "rows = 2000 is not at least 9000")]
    public void That_compare_with_a_champion_pass_as_long_as_there_is_none(string text, bool passed, string reason)
    {
        var verdict = GateExpression.Parse(text).Evaluate(Challenger, null);
        Assert.Equal((passed, reason), (verdict.Passed, verdict.Reason));
    }

    [Theory]
    [InlineData("r2 > 0", "r2 was not measured")]
    [InlineData("r2 < 1 and rows > 1", "r2 was not measured")]
    [InlineData("bias < 1", "bias is not a number")]
    [InlineData("bias != 1", "bias is not a number")]
    [InlineData("-bias < 1", "bias is not a number")]
    [InlineData("rmse < champion.r2", "champion.r2 was not measured")]
    [InlineData("slice(zone).rmse.max < 99", "there are no slices by zone")]
    [InlineData("slice(hour).mae.max < 99", "mae of the slice hour = 17 was not measured")]
    [InlineData("slice(hour).bias.min < 99", "bias of the slice hour = 17 was not measured")]
    [InlineData("rmse / 0 > 5", "rmse / 0 is not a number")]
    [InlineData("rmse / (mae - mae) != 5", "rmse / (mae - mae) is not a number")]
    public void Fail_on_what_is_missing(string text, string reason)
    {
        var verdict = GateExpression.Parse(text).Evaluate(Challenger, Champion);
        Assert.Equal((false, reason), (verdict.Passed, verdict.Reason));
    }

    [Fact]
    public void Fail_where_one_slice_is_not_a_number()
    {
        var scores = Scores(10, 1, 1, [("a", 1), ("b", double.NaN)]);
        Assert.Equal("rmse of the slice hour = b is not a number", GateExpression.Parse("slice(hour).rmse.max < 5").Evaluate(scores, null).Reason);
        Assert.False(GateExpression.Parse("slice(hour).rmse.min < 5").Evaluate(scores, null).Passed);
    }

    [Theory]
    [InlineData("", "the gate is empty; write a comparison such as rmse < champion.rmse")]
    [InlineData("rmse", "the gate 'rmse' is wrong at its end: a comparison (<, <=, >, >=, ==, !=) is missing")]
    [InlineData("rmse < ", "the gate 'rmse < ' is wrong at its end: the name of a metric is missing")]
    [InlineData("rmse < 5 < 6", "the gate 'rmse < 5 < 6' is wrong at character 10: here the gate should end, or go on with 'and'")]
    [InlineData("rmse < 5 or 1 < 2", "the gate 'rmse < 5 or 1 < 2' is wrong at character 10: here the gate should end, or go on with 'and'")]
    [InlineData("rmse < 5 and", "the gate 'rmse < 5 and' is wrong at its end: the name of a metric is missing")]
    [InlineData("rmse < (5", "the gate 'rmse < (5' is wrong at its end: ')' is missing")]
    [InlineData("rmse < 5%", "the gate 'rmse < 5%' is wrong at character 9: '%' has no meaning here")]
    [InlineData("rmse ! 5", "the gate 'rmse ! 5' is wrong at character 6: '!' has no meaning here")]
    [InlineData("rmse < 1.2.3", "the gate 'rmse < 1.2.3' is wrong at character 8: '1.2.3' is not a number")]
    [InlineData("champion < 5", "the gate 'champion < 5' is wrong at character 10: '.' is missing")]
    [InlineData("slice(hour).rmse <= 12", "the gate 'slice(hour).rmse <= 12' is wrong at character 18: '.' is missing")]
    [InlineData("slice(hour).rmse.mean <= 12", "the gate 'slice(hour).rmse.mean <= 12' is wrong at character 18: a slice ends with .max or .min")]
    [InlineData("slice().rmse.max <= 12", "the gate 'slice().rmse.max <= 12' is wrong at character 7: the name of a feature is missing")]
    [InlineData("slice(hour).rows.max <= 12", "the gate 'slice(hour).rows.max <= 12' is wrong at character 13: slices have no rows to gate on; name a metric")]
    public void Are_refused_where_they_are_wrong(string text, string reason) =>
        Assert.Equal(reason, Assert.Throws<FormatException>(() => GateExpression.Parse(text)).Message);

    [Fact]
    public void Are_bounded()
    {
        Assert.Contains("nested deeper", Assert.Throws<FormatException>(() => GateExpression.Parse(new string('(', 30) + "1" + new string(')', 30) + " < 2")).Message, StringComparison.Ordinal);
        Assert.Contains("longer than", Assert.Throws<FormatException>(() => GateExpression.Parse("rmse < 1" + new string(' ', 500))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tell_what_they_read()
    {
        var gate = GateExpression.Parse("slice(hour).rmse.max <= 2 * champion.mae and rows > 5");
        Assert.Equal(["mae", "rmse", "rows"], gate.Metrics.Order());
        Assert.Equal(["hour"], gate.Slices);
        Assert.True(gate.MentionsChampion);
        Assert.False(GateExpression.Parse("rows > 5").MentionsChampion);
    }

    [Theory]
    [InlineData("2 + 3 * 4 == 14")]
    [InlineData("(2 + 3) * 4 == 20")]
    [InlineData("8 / 4 / 2 == 1")]
    [InlineData("8 - 4 - 2 == 2")]
    [InlineData("8 - (4 - 2) == 6")]
    [InlineData("-2 * -3 == 6")]
    [InlineData("1e3 + .5 == 1000.5")]
    public void Compute_like_arithmetic(string text) => Assert.True(GateExpression.Parse(text).Evaluate(Challenger, null).Passed);

    [Fact]
    public void Are_the_negation_of_their_opposite() => Prop.ForAll(
        Gen.Choose(-50, 50).ToArbitrary(),
        Gen.Choose(-50, 50).ToArbitrary(),
        (left, right) =>
        {
            var scores = Scores(1, left / 10.0, right / 10.0, []);
            bool Passes(string gate) => GateExpression.Parse(gate).Evaluate(scores, null).Passed;
            Assert.NotEqual(Passes("rmse < mae"), Passes("rmse >= mae"));
            Assert.NotEqual(Passes("rmse > mae"), Passes("rmse <= mae"));
            Assert.NotEqual(Passes("rmse == mae"), Passes("rmse != mae"));
            Assert.Equal(Passes("rmse < mae"), Passes("-rmse > -mae"));
        }).QuickCheckThrowOnFailure();

    private static ModelScores Scores(long rows, double rmse, double mae, (string Hour, double Rmse)[] hours) => new(
        rows,
        new Dictionary<string, double> { ["rmse"] = rmse, ["mae"] = mae, ["bias"] = double.NaN },
        new Dictionary<string, IReadOnlyDictionary<string, IReadOnlyDictionary<string, double>>>
        {
            ["hour"] = hours.ToDictionary(h => h.Hour, h => (IReadOnlyDictionary<string, double>)new Dictionary<string, double> { ["rmse"] = h.Rmse }),
        });
}
