using Flyball.Server.Projects;
using FsCheck;
using FsCheck.Fluent;

namespace Flyball.Tests.Projects;

public sealed class Cron_schedules
{
    [Theory]
    [InlineData("* * * * *", "2026-01-01 00:00:00", "2026-01-01 00:01")]
    [InlineData("* * * * *", "2026-01-01 00:00:59", "2026-01-01 00:01")]
    [InlineData("0 3 * * 1", "2026-11-03 10:00", "2026-11-09 03:00")]
    [InlineData("0 3 * * 1", "2026-11-09 03:00", "2026-11-16 03:00")]
    [InlineData("0 3 * * MON", "2026-11-09 02:59", "2026-11-09 03:00")]
    [InlineData("*/15 * * * *", "2026-01-01 00:46", "2026-01-01 01:00")]
    [InlineData("5/20 * * * *", "2026-01-01 00:26", "2026-01-01 00:45")]
    [InlineData("10-20/5 * * * *", "2026-01-01 00:16", "2026-01-01 00:20")]
    [InlineData("10-20/5 * * * *", "2026-01-01 00:20", "2026-01-01 01:10")]
    [InlineData("0,30 9-17 * * 1-5", "2026-11-06 17:30", "2026-11-09 09:00")]
    [InlineData("0 0 1 * *", "2026-12-01 00:00", "2027-01-01 00:00")]
    [InlineData("0 0 31 * *", "2026-01-31 00:00", "2026-03-31 00:00")]
    [InlineData("0 0 29 2 *", "2026-01-01 00:00", "2028-02-29 00:00")]
    [InlineData("0 0 29 2 *", "2096-02-29 00:00", "2104-02-29 00:00")]
    [InlineData("59 23 31 dec *", "2026-12-31 23:58", "2026-12-31 23:59")]
    [InlineData("0 0 * * 0", "2026-11-02 00:00", "2026-11-08 00:00")]
    [InlineData("0 0 * * 7", "2026-11-02 00:00", "2026-11-08 00:00")]
    [InlineData("0 0 * * 5-7", "2026-11-07 12:00", "2026-11-08 00:00")]
    [InlineData("0 12 * jan,jul sat", "2026-02-01 00:00", "2026-07-04 12:00")]
    // both days restricted: either is enough
    [InlineData("0 0 13 * 5", "2026-11-02 00:00", "2026-11-06 00:00")]
    [InlineData("0 0 10 * 5", "2026-11-07 00:00", "2026-11-10 00:00")]
    // a day field with a star does not restrict in this sense: both must hold
    [InlineData("0 0 */2 * 1", "2026-11-02 00:00", "2026-11-09 00:00")]
    [InlineData("0 0 10 * */2", "2026-11-01 00:00", "2026-11-10 00:00")]
    [InlineData("0 0 11 * */2", "2026-11-01 00:00", "2027-02-11 00:00")]
    public void Come_next_at_the_right_time(string cron, string after, string next) =>
        Assert.Equal(Utc(next), CronSchedule.Parse(cron).Next(Utc(after)));

    [Fact]
    public void Are_in_utc() =>
        Assert.Equal(Utc("2026-06-02 03:00"), CronSchedule.Parse("0 3 * * *").Next(new DateTimeOffset(2026, 6, 2, 0, 30, 0, TimeSpan.FromHours(-4)).AddDays(-1)));

    [Theory]
    [InlineData("60 * * * *", "'60' is wrong in the field minute of a schedule: it holds 0 to 59")]
    [InlineData("* 24 * * *", "'24' is wrong in the field hour")]
    [InlineData("* * 0 * *", "'0' is wrong in the field day of month")]
    [InlineData("* * * 13 *", "it holds 1 to 12 or jan to dec")]
    [InlineData("* * * * 8", "it holds 0 to 7 or sun to sat")]
    [InlineData("*/0 * * * *", "a step is a whole number from 1 to 59")]
    [InlineData("1/2/3 * * * *", "a step is a whole number")]
    [InlineData("5-1 * * * *", "the range runs backwards")]
    [InlineData("1-2-3 * * * *", "a range is written a-b")]
    [InlineData("-1 * * * *", "'' is wrong")]
    [InlineData("1, * * * *", "'' is wrong in the field minute")]
    [InlineData("+1 * * * *", "'+1' is wrong")]
    [InlineData("mon * * * *", "'mon' is wrong in the field minute")]
    [InlineData("0 0 30 2 *", "never comes")]
    [InlineData("0 0 31 4,6,9,11 *", "never comes")]
    [InlineData("@daily", "has 1 fields")]
    [InlineData("0 0 * * * *", "has 6 fields")]
    public void Are_refused_with_the_field_and_the_reason(string cron, string reason) =>
        Assert.Contains(reason, Assert.Throws<FormatException>(() => CronSchedule.Parse(cron)).Message, StringComparison.Ordinal);

    [Fact]
    public void End_with_the_calendar() => Assert.Null(CronSchedule.Parse("* * * * *").Next(DateTimeOffset.MaxValue));

    [Fact]
    public void Never_skip_a_matching_minute() => Prop.ForAll(
        Gen.Elements("*/7 * * * *", "3 */5 * * *", "30 4 1,15 * 3", "0 22 * 2-3 *", "15 6 */3 * 1-5", "0 0 29 2 6").ToArbitrary(),
        Gen.Choose(0, 60 * 24 * 365 * 2).ToArbitrary(),
        (cron, minute) =>
        {
            var schedule = CronSchedule.Parse(cron);
            var after = Utc("2027-01-01 00:00").AddMinutes(minute);
            var next = schedule.Next(after)!.Value;
            Assert.True(next > after && next.Second == 0);
            Assert.Equal(next, schedule.Next(next.AddMinutes(-1)));
            var between = after.AddTicks((next - after).Ticks / 2);
            Assert.Equal(next, schedule.Next(between));
        }).QuickCheckThrowOnFailure();

    private static DateTimeOffset Utc(string text) => DateTimeOffset.Parse(text, null, System.Globalization.DateTimeStyles.AssumeUniversal);
}
