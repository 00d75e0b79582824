using System.Diagnostics;

namespace Flyball.Tests;

/// <summary>Times code by its fastest round. While other tests compile much, the runtime puts off optimising what is hot, so rounds go on for a while before a bound counts as missed.</summary>
internal static class Fastest
{
    /// <summary>Nanoseconds of one of the <paramref name="times"/> that a round does its work: of at least 40 rounds, and of as many as 30 s hold while <paramref name="bound"/> is not met.</summary>
    public static double Nanoseconds(int times, double bound, Action round)
    {
        var (began, fastest) = (Stopwatch.GetTimestamp(), double.MaxValue);
        for (var done = 0; done < 40 || (fastest > bound && Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(30)); done++)
        {
            var start = Stopwatch.GetTimestamp();
            round();
            fastest = Math.Min(fastest, Stopwatch.GetElapsedTime(start).TotalNanoseconds / times);
        }

        return fastest;
    }
}
