using System.Globalization;
using System.Text.Json;
using Flyball.Native.DuckDb;
using Flyball.Numerics;
using Flyball.Server.Serving;

namespace Flyball.Server.Replay;

/// <summary>One trip of the made-up city: what the rider's app knows when it asks, and what turned out.</summary>
internal sealed record Trip(DateTimeOffset At, int From, int To, double Kilometres, int? Passengers, string Vehicle, double Minutes);

/// <summary>
/// A seeded city with a hidden truth: nine zones on both sides of a river, speeds by hour and side, noise. On one day the bridge closes: trips across the river take a detour,
/// and most people who would have made them stay on their side. Nothing here is known to the loop, which sees requests, and labels later.
/// </summary>
internal sealed class City(ulong seed, DateTimeOffset bridgeCloses)
{
    /// <summary>East of the river are zones 5 to 8.</summary>
    private const int FirstEast = 5;

    private const double NoiseSigma = 0.10;

    private static readonly (double X, double Y)[] Zones = [(1, 1), (2, 4), (3, 7), (4, 2), (4.5, 5), (7, 1.5), (7.5, 4.5), (8, 7.5), (9.5, 3)];

    /// <summary>Rides per hour of the day, relative to each other.</summary>
    private static readonly double[] Hours = [2, 1.5, 1, 0.8, 0.8, 1.5, 3, 6, 8, 6, 5, 5, 5.5, 5.5, 5, 5.5, 7, 9, 9, 7, 6, 5, 4, 3];

    private readonly double[] popularity = Popularity(new Seeded(seed).Fork("zones"));
    private readonly double bridge = new Seeded(seed).Fork("bridge").Uniform(1.5, 1.8);

    /// <summary>The trips of a day, in order of time.</summary>
    public IReadOnlyList<Trip> Day(DateTimeOffset start, int trips)
    {
        var chance = new Seeded(seed).Fork(start.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        var day = new List<Trip>(trips);
        while (day.Count < trips)
        {
            var at = start.AddHours(chance.Choice(Hours)).AddSeconds(chance.Below(3600));
            var closed = at >= bridgeCloses;
            var (from, to) = (chance.Choice(popularity), chance.Choice(popularity));
            var crosses = from < FirstEast != to < FirstEast;
            if (closed && crosses && chance.Chance(0.6)) continue;
            var kilometres = Math.Round(Math.Max(0.4, Distance(from, to) * chance.LogNormal(0.08, 0.12)), 2);
            var vehicle = chance.Choice<string>(["sedan", "sedan", "van"]);
            int? passengers = chance.Chance(0.03) ? null : 1 + (int)chance.Below(4);
            var minutes = 2.5 + (60 * kilometres / Speed(at.Hour, from)) + (vehicle == "van" ? 1.2 : 0);
            if (crosses) minutes = closed ? minutes * bridge : minutes + 1.5;
            minutes *= chance.LogNormal(0, NoiseSigma);
            day.Add(new Trip(at, from, to, kilometres, passengers, vehicle, Math.Round(minutes, 2)));
        }

        return [.. day.OrderBy(trip => trip.At)];
    }

    /// <summary>The same as requests with labels to come.</summary>
    public ReplayDay Requests(DateTimeOffset start, int trips)
    {
        var day = Day(start, trips);
        var rows = new RequestRows(trips * 160);
        foreach (var trip in day) rows.AddLine(Request(trip));
        return new ReplayDay(start, rows, [.. day.Select(trip => trip.Minutes)], [.. day.Select(_ => true)]);
    }

    /// <summary>What the rider's app sends.</summary>
    public static byte[] Request(Trip trip) => JsonSerializer.SerializeToUtf8Bytes(new
    {
        pickup_at = trip.At.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture), pickup_zone = Zone(trip.From), dropoff_zone = Zone(trip.To),
        distance_km = trip.Kilometres, passengers = trip.Passengers, vehicle = trip.Vehicle,
    });

    /// <summary>Writes complete trips as a Parquet file: history, as a data warehouse has it. A few of the trips bear the marks of real data: a clock that ran backwards, a meter that was never switched off.</summary>
    public void WriteHistory(string path, DateTimeOffset start, int days, int trips)
    {
        using var database = DuckDbDatabase.OpenInMemory();
        using var duck = database.Connect();
        duck.Execute("create table trips (pickup_at timestamp, dropoff_at timestamp, pickup_zone varchar, dropoff_zone varchar, distance_km double, passengers integer, vehicle varchar, fare double)");
        var dirt = new Seeded(seed).Fork("dirt");
        using (var appender = duck.Appender("trips"))
        {
            foreach (var trip in Enumerable.Range(0, days).SelectMany(day => Day(start.AddDays(day), trips)))
            {
                var minutes = dirt.Chance(0.002) ? -trip.Minutes : dirt.Chance(0.002) ? 1440 : trip.Minutes;
                appender.AppendTimestamp(trip.At.UtcDateTime);
                appender.AppendTimestamp(trip.At.UtcDateTime.AddSeconds(Math.Round(minutes * 60)));
                appender.AppendString(Zone(trip.From));
                appender.AppendString(Zone(trip.To));
                appender.AppendDouble(trip.Kilometres);
                if (trip.Passengers is { } passengers) appender.AppendInt(passengers);
                else appender.AppendNull();
                appender.AppendString(trip.Vehicle);
                appender.AppendDouble(Math.Round(3 + (1.4 * trip.Kilometres) + (0.3 * trip.Minutes), 2));
                appender.EndRow();
            }
        }

        duck.Execute($"copy trips to {DuckDbText.Literal(path)} (format parquet)");
    }

    private static double Distance(int from, int to) => Math.Abs(Zones[from].X - Zones[to].X) + Math.Abs(Zones[from].Y - Zones[to].Y);

    /// <summary>Kilometres per hour: slower in the rush, faster at night, slower in the old town in the west.</summary>
    private static double Speed(int hour, int zone) => (hour is >= 7 and <= 9 or >= 16 and <= 18 ? 17 : hour is < 6 or > 21 ? 34 : 25) * (zone < 3 ? 0.85 : 1);

    private static double[] Popularity(Seeded chance) => [.. Zones.Select(_ => chance.Uniform(0.6, 1.6))];

    private static string Zone(int zone) => $"{(zone < FirstEast ? "west" : "east")}-{zone + 1}";
}
