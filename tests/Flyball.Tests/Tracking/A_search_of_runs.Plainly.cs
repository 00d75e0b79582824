using System.Globalization;
using System.Text.RegularExpressions;

namespace Flyball.Tests.Tracking;

/// <summary>Random filters and orders, each as a text and as what it means on a plain list.</summary>
public sealed partial class A_search_of_runs
{
    private static (string Text, Func<Known, bool> Fits) Filter(Random random, int depth)
    {
        if (depth > 0 && random.Next(3) == 0)
        {
            var (one, other) = (Filter(random, depth - 1), Filter(random, depth - 1));
            return random.Next(3) switch
            {
                0 => ($"({one.Text}) {(random.Next(2) == 0 ? "AND" : "and")} ({other.Text})", run => one.Fits(run) && other.Fits(run)),
                1 => ($"({one.Text} OR {other.Text})", run => one.Fits(run) || other.Fits(run)),
                _ => ($"NOT ({one.Text})", run => !one.Fits(run)),
            };
        }

        switch (random.Next(7))
        {
            case 0:
                var key = "abc"[random.Next(3)].ToString();
                var number = Math.Round((random.NextDouble() * 4) - 2, 1);
                var (op, holds) = Numeric(random, number);
                return ($"metrics.{(random.Next(2) == 0 ? key : $"`{key}`")} {op} {number.ToString(CultureInfo.InvariantCulture)}", run => run.Steps.TryGetValue(key, out var own) && holds(own.Value));
            case 1:
                var time = 1000 + random.Next(20);
                var (timeOp, timeHolds) = Numeric(random, time);
                return ($"attributes.start_time {timeOp} {time}", run => timeHolds(run.Started));
            case 2:
                var (paramOp, paramFits) = Textual(random);
                return ($"params.p {paramOp}", run => paramFits(run.Params.GetValueOrDefault("p")));
            case 3:
                var (tagOp, tagFits) = Textual(random);
                return ($"tags.\"my tag\" {tagOp}", run => tagFits(run.Tags.GetValueOrDefault("my tag")));
            case 4:
                var (nameOp, nameFits) = Textual(random);
                return ($"{(random.Next(2) == 0 ? "" : "run.")}run_name {nameOp}", run => nameFits(run.Name));
            case 5:
                return random.Next(2) == 0 ? ("status = 'FINISHED'", run => run.Status == "FINISHED") : ("attr.end_time >= 2005", run => run.Ended >= 2005);
            default:
                return random.Next(2) == 0 ? ("datasets.name = 'd0'", run => run.Datasets.Contains("d0")) : ("dataset.name IS NULL", run => run.Datasets.Count == 0);
        }
    }

    private static (string Text, Func<double, bool> Holds) Numeric(Random random, double to) => random.Next(6) switch
    {
        0 => ("=", own => own == to),
        1 => ("!=", own => own != to),
        2 => ("<", own => own < to),
        3 => ("<=", own => own <= to),
        4 => (">", own => own > to),
        _ => (">=", own => own >= to),
    };

    private static (string Text, Func<string?, bool> Fits) Textual(Random random)
    {
        var word = Words[random.Next(Words.Length)];
        var quoted = word.Contains('\'') ? $"\"{word}\"" : $"'{word}'";
        return random.Next(8) switch
        {
            0 => ($"= {quoted}", own => own == word),
            1 => ($"!= {quoted}", own => own is not null && own != word),
            2 => ("LIKE '%et%'", own => own?.Contains("et", StringComparison.Ordinal) == true),
            3 => ("ilike 'BETA_2'", own => own is not null && Regex.IsMatch(own, "^BETA.2$", RegexOptions.IgnoreCase)),
            4 => ($"IN ({quoted}, 'alpha')", own => own == word || own == "alpha"),
            5 => ($"NOT IN ({quoted}, 'alpha')", own => own is not null && own != word && own != "alpha"),
            6 => ("IS NULL", own => own is null),
            _ => ("is not null", own => own is not null),
        };
    }

    private static (string[] Texts, (Func<Known, (int Place, double Number, string Text)> Value, bool Descending)[] Keys) Order(Random random)
    {
        var texts = new List<string>();
        var keys = new List<(Func<Known, (int, double, string)>, bool)>();
        foreach (var field in new[] { "metrics.a", "params.p", "tags.`my tag`", "run_name", "start_time", "end_time", "metric.b" }.Where(_ => random.Next(4) == 0).OrderBy(_ => random.Next()))
        {
            var descending = random.Next(2) == 0;
            texts.Add($"{field} {(descending ? "DESC" : random.Next(2) == 0 ? "ASC" : "")}".TrimEnd());
            keys.Add((field switch
            {
                "metrics.a" => run => Number(run.Steps.TryGetValue("a", out var own) ? own.Value : null),
                "metric.b" => run => Number(run.Steps.TryGetValue("b", out var own) ? own.Value : null),
                "params.p" => run => Text(run.Params.GetValueOrDefault("p")),
                "tags.`my tag`" => run => Text(run.Tags.GetValueOrDefault("my tag")),
                "run_name" => run => Text(run.Name),
                "end_time" => run => Number(run.Ended),
                _ => run => Number(run.Started),
            }, descending));
        }

        if (!texts.Exists(text => text.StartsWith("start_time", StringComparison.Ordinal))) keys.Add((run => Number(run.Started), true));
        return ([.. texts], [.. keys]);
    }

    private static (int, double, string) Number(double? value) => value is not { } number ? (2, 0, "") : double.IsNaN(number) ? (1, 0, "") : (0, number, "");

    private static (int, double, string) Text(string? value) => value is null ? (2, 0, "") : (0, 0, value);

    private static int Compare((Func<Known, (int Place, double Number, string Text)> Value, bool Descending)[] keys, Known one, Known other)
    {
        foreach (var (value, descending) in keys)
        {
            var (a, b) = (value(one), value(other));
            if (a.Place != b.Place) return a.Place.CompareTo(b.Place);
            var compared = a.Number.CompareTo(b.Number);
            if (compared == 0) compared = string.CompareOrdinal(a.Text, b.Text);
            if (compared != 0) return descending ? -compared : compared;
        }

        return string.CompareOrdinal(one.Id, other.Id);
    }

    private sealed class Known
    {
        public string Id { get; set; } = "";

        public required string Experiment { get; init; }

        public required string Name { get; set; }

        public required long Started { get; init; }

        public long? Ended { get; set; }

        public string Status { get; set; } = "RUNNING";

        public bool Deleted { get; set; }

        public Dictionary<string, (int Step, double Value)> Steps { get; } = [];

        public Dictionary<string, string> Params { get; } = [];

        public Dictionary<string, string> Tags { get; } = [];

        public HashSet<string> Datasets { get; } = [];
    }
}
