using Flyball.Client;
using Flyball.Foundation;
using Flyball.Server.Hosting;

namespace Flyball.Tests.Hosting;

public sealed class Jobs_under_way
{
    private static readonly DateTimeOffset Start = new(2026, 3, 2, 8, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Say_how_long_they_will_still_take_at_the_pace_seen_so_far()
    {
        var time = new ReplayTime(Start);
        var lines = new JobLines(time);
        Assert.Equal(" 0 %  waiting for a worker", Next(0, "waiting for a worker"));
        time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(" 0 %  starting", Next(0, "starting"));
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal("25 %  reading, about 30 s to go", Next(0.25, "reading"));
        Assert.Null(Next(0.25, "reading"));
        time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal("50 %  storing, about 40 s to go", Next(0.5, "storing"));
        Assert.Equal("98 %  storing", Next(0.98, "storing"));

        // who begins to watch in the middle waits until the pace is known; another attempt has a pace of its own
        Assert.Equal("60 %  fitting", Next(0.6, "fitting", attempt: 2));
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal("80 %  fitting, about 10 s to go", Next(0.8, "fitting", attempt: 2));

        string? Next(double progress, string message, int attempt = 1) => lines.Next(Job("j", progress, message, attempt));
    }

    [Fact]
    public void Are_told_of_when_they_change_also_where_there_are_several()
    {
        var lines = new JobLines(new ReplayTime(Start));
        Assert.Equal("50 %  fitting", lines.Next(Job("a", 0.5, "fitting")));
        Assert.Equal(" 0 %  waiting for a worker", lines.Next(Job("b", 0, "waiting for a worker")));
        Assert.Equal(" 0 %  waiting for a worker", lines.Next(Job("c", 0, "waiting for a worker")));
        Assert.Null(lines.Next(Job("a", 0.5, "fitting")));
        Assert.Null(lines.Next(Job("b", 0, "waiting for a worker")));
        Assert.Equal("60 %  fitting", lines.Next(Job("a", 0.6, "fitting")));
    }

    private static JobInfo Job(string id, double progress, string message, int attempt = 1) => new(id, "train", "model:m", "running", attempt, progress, message, null, Start, Start, null);
}
