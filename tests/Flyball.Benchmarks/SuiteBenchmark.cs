using System.Diagnostics;
using System.Globalization;
using Flyball.Foundation;
using Flyball.Native.DuckDb;
using Flyball.Server.Datasets;
using Flyball.Server.Projects;

namespace Flyball.Benchmarks;

/// <summary>A suite of forty expectations on ten million rows of twenty columns, against one query that a person would write for the same columns: the counts and aggregates of the same forty rules, without samples.</summary>
internal static class SuiteBenchmark
{
    private const int Rounds = 3;

    public static void Run(long rows)
    {
        var folder = Directory.CreateTempSubdirectory("flyball-bench-").FullName;
        var file = BenchmarkRows.Write(folder, rows);
        var (own, limit, first) = (new List<double>(), new List<double>(), 0L);
        for (var round = 0; round < Rounds; round++)
        {
            own.Add(Own(file, folder));
            if (round == 0) first = Peak();
            limit.Add(Hand(file, folder));
        }

        Console.WriteLine("| what | flyball | one query by hand | ratio |\n|---|---|---|---|");
        Report.Row(string.Create(CultureInfo.InvariantCulture, $"{Suite().Count} expectations on {rows:N0} rows of 20 columns"), Report.Spread(own, "s"), Report.Spread(limit, "s"), string.Create(CultureInfo.InvariantCulture, $"{Report.Median(own) / Report.Median(limit):0.00} ×"));
        Report.Row("largest RSS of the first round", string.Create(CultureInfo.InvariantCulture, $"{first / 1048576.0:0} MiB"), "1,536 MiB", "");
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>What the kernel saw as the most, in bytes.</summary>
    public static long Peak() => long.Parse(File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmHWM", StringComparison.Ordinal)).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;

    private static double Own(string file, string folder)
    {
        using var database = DuckDbDatabase.OpenInMemory(new DuckDbOptions { TempDirectory = folder, LockDown = true, AllowedFolders = [folder] });
        using var duck = database.Connect();
        var relation = DuckDbFiles.Parquet(file);
        var watch = Stopwatch.StartNew();
        var result = new Suite(duck, relation, VersionBuild.Describe(duck, relation), place: DuckDbFiles.Place(duck, [file])).Validate(Suite());
        var seconds = watch.Elapsed.TotalSeconds;
        foreach (var wrong in result.Results.Where(one => one.Exception is not null)) throw new InvalidOperationException($"{wrong.Type}: {wrong.Exception}");
        Console.Error.WriteLine($"{seconds:0.00} s, not met: {string.Join(", ", result.Results.Where(one => !one.Success).Select(one => $"{one.Type[7..]}({one.UnexpectedCount})"))}");
        return seconds;
    }

    private static double Hand(string file, string folder)
    {
        using var database = DuckDbDatabase.OpenInMemory(new DuckDbOptions { TempDirectory = folder });
        using var duck = database.Connect();
        var watch = Stopwatch.StartNew();
        using (duck.Query($"""
            select count(*), count(id), count(distinct id), count(i1), count(*) filter (i1 not between 0 and 999), count(*) filter (i2 not between 0 and 99), min(i3), max(i3), count(*) filter (i4 not in (0, 1, 2, 3, 4)), count(i5),
              count(*) filter (d1 not between 0 and 1), avg(d1), stddev(d1), quantile_disc(d2, [0.05, 0.5, 0.95]), min(d2), max(d2), count(d3), avg(d3), sum(d4), median(d4), count(*) filter (d5 < 0),
              count(*) filter (not regexp_matches(s1, '^[a-f0-9]+$')), count(*) filter (length(s1) not between 1 and 32), count(*) filter (s2 not in ('red', 'green', 'blue', 'grey')), count(distinct s2), count(*) filter (not regexp_matches(s3, '^[a-z]+@example\.org$')),
              count(s3), count(*) filter (not s4 like 'item-%'), count(distinct s4), count(*) filter (t1 not between '2020-01-01' and '2030-01-01'), min(t1), max(t1), count(t2), count(*) filter (t2 < t1), count(*) filter (b1 and d1 < 0.5),
              count(b1), count(*) filter (b2 not in (true, false)), count(*) filter (i1 > 500 and d2 < -100), count(*) filter (s1 = s2 or s1 = s4 or s2 = s4), count(*) filter (i6 < i1), count(distinct i6)
            from {DuckDbFiles.Parquet(file)}
            """))
        {
            // the result is all that is wanted
        }

        return watch.Elapsed.TotalSeconds;
    }

    private static List<ExpectationSpec> Suite()
    {
        const string Yaml = """
            expect_table_row_count_to_be_between: {"min_value": 1}
            expect_table_column_count_to_equal: {"value": 20}
            expect_column_to_exist: {"column": "id"}
            expect_column_values_to_not_be_null: {"column": "id"}
            expect_column_values_to_be_unique: {"column": "id"}
            expect_column_values_to_not_be_null: {"column": "i1"}
            expect_column_values_to_be_between: {"column": "i1", "min_value": 0, "max_value": 999}
            expect_column_values_to_be_between: {"column": "i2", "min_value": 0, "max_value": 99}
            expect_column_min_to_be_between: {"column": "i3", "min_value": 0, "max_value": 5}
            expect_column_max_to_be_between: {"column": "i3", "min_value": 0, "max_value": 100000}
            expect_column_values_to_be_in_set: {"column": "i4", "value_set": [0, 1, 2, 3, 4]}
            expect_column_values_to_not_be_null: {"column": "i5", "mostly": 0.8}
            expect_column_unique_value_count_to_be_between: {"column": "i6", "min_value": 1, "max_value": 2000}
            expect_column_values_to_be_between: {"column": "d1", "min_value": 0, "max_value": 1}
            expect_column_mean_to_be_between: {"column": "d1", "min_value": 0.4, "max_value": 0.6}
            expect_column_stdev_to_be_between: {"column": "d1", "min_value": 0.2, "max_value": 0.4}
            expect_column_quantile_values_to_be_between: {"column": "d2", "quantile_ranges": {"quantiles": [0.05, 0.5, 0.95], "value_ranges": [[-200, 0], [-50, 50], [0, 200]]}}
            expect_column_min_to_be_between: {"column": "d2", "min_value": -1000}
            expect_column_max_to_be_between: {"column": "d2", "max_value": 1000}
            expect_column_values_to_not_be_null: {"column": "d3", "mostly": 0.9}
            expect_column_mean_to_be_between: {"column": "d3", "min_value": 0}
            expect_column_sum_to_be_between: {"column": "d4", "min_value": 0}
            expect_column_median_to_be_between: {"column": "d4", "min_value": 0}
            expect_column_values_to_be_between: {"column": "d5", "min_value": 0, "mostly": 0.9}
            expect_column_values_to_match_regex: {"column": "s1", "regex": "^[a-f0-9]+$"}
            expect_column_value_lengths_to_be_between: {"column": "s1", "min_value": 1, "max_value": 32}
            expect_column_values_to_be_in_set: {"column": "s2", "value_set": ["red", "green", "blue", "grey"]}
            expect_column_distinct_values_to_be_in_set: {"column": "s2", "value_set": ["red", "green", "blue", "grey"]}
            expect_column_values_to_match_regex: {"column": "s3", "regex": "^[a-z]+@example\\.org$", "mostly": 0.9}
            expect_column_values_to_match_like_pattern: {"column": "s4", "like_pattern": "item-%"}
            expect_column_proportion_of_unique_values_to_be_between: {"column": "s4", "max_value": 0.5}
            expect_column_values_to_be_between: {"column": "t1", "min_value": "2020-01-01", "max_value": "2030-01-01"}
            expect_column_max_to_be_between: {"column": "t1", "max_value": "2030-01-01"}
            expect_column_pair_values_a_to_be_greater_than_b: {"column_A": "t2", "column_B": "t1", "or_equal": true}
            expect_column_values_to_be_between: {"column": "d1", "min_value": 0, "row_condition": "b1 == True", "condition_parser": "pandas"}
            expect_column_values_to_not_be_null: {"column": "b1"}
            expect_column_values_to_be_in_set: {"column": "b2", "value_set": [true, false]}
            expect_column_values_to_be_between: {"column": "d2", "min_value": -150, "row_condition": "i1 > 500", "condition_parser": "pandas", "mostly": 0.9}
            expect_select_column_values_to_be_unique_within_record: {"column_list": ["s1", "s2", "s4"]}
            expect_column_pair_values_a_to_be_greater_than_b: {"column_A": "i6", "column_B": "i1", "or_equal": true}
            """;
        return [.. Yaml.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => new ExpectationSpec(line[..line.IndexOf(':', StringComparison.Ordinal)], Json.Read<Dictionary<string, object?>>(line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..]), Severity.Critical))];
    }
}
