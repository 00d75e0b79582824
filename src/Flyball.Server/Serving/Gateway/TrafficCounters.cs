namespace Flyball.Server.Serving;

/// <summary>What a deployment answered since the server started. Safe for any number of threads.</summary>
public sealed class TrafficCounters
{
    private const int Window = 120;

    /// <summary>Upper bounds of the latency buckets grow by a tenth, from 10 µs.</summary>
    private const double Growth = 1.1;

    private const double First = 1e-5;
    private const int Buckets = 180;

    private readonly long[] latencies = new long[Buckets];
    private readonly long[] seconds = new long[Window];
    private readonly long[] requestsPerSecond = new long[Window];
    private long requests;
    private long rows;
    private long refused;
    private long failed;

    /// <summary>Counts an answered request. The second is the wall clock's, for the live picture.</summary>
    public void Answered(int predicted, TimeSpan took, long second)
    {
        Interlocked.Increment(ref requests);
        Interlocked.Add(ref rows, predicted);
        Interlocked.Increment(ref latencies[Bucket(took.TotalSeconds)]);
        var place = (int)(second % Window);
        if (Interlocked.Exchange(ref seconds[place], second) != second) Interlocked.Exchange(ref requestsPerSecond[place], 0);
        Interlocked.Increment(ref requestsPerSecond[place]);
    }

    public void Refused() => Interlocked.Increment(ref refused);

    public void Failed() => Interlocked.Increment(ref failed);

    public long Requests => Interlocked.Read(ref requests);

    public long Rows => Interlocked.Read(ref rows);

    public long RefusedRequests => Interlocked.Read(ref refused);

    public long FailedRequests => Interlocked.Read(ref failed);

    /// <summary>A quantile of the answer times in seconds, exact to a tenth of itself; NaN before the first answer.</summary>
    public double Latency(double quantile)
    {
        var counts = Array.ConvertAll(latencies, static count => count);
        var total = counts.Sum();
        if (total == 0) return double.NaN;
        var wanted = (long)Math.Ceiling(quantile * total);
        var seen = 0L;
        for (var i = 0; i < Buckets; i++)
        {
            if ((seen += counts[i]) >= wanted) return First * Math.Pow(Growth, i);
        }

        return First * Math.Pow(Growth, Buckets);
    }

    /// <summary>Requests in each of the last <paramref name="count"/> full seconds, oldest first; at most 119.</summary>
    public long[] PerSecond(long now, int count)
    {
        var answer = new long[Math.Min(count, Window - 1)];
        for (var i = 0; i < answer.Length; i++)
        {
            var second = now - answer.Length + i;
            var place = (int)(second % Window);
            answer[i] = Interlocked.Read(ref seconds[place]) == second ? Interlocked.Read(ref requestsPerSecond[place]) : 0;
        }

        return answer;
    }

    private static int Bucket(double seconds) => seconds <= First ? 0 : Math.Min(Buckets - 1, (int)Math.Ceiling(Math.Log(seconds / First, Growth)));
}
