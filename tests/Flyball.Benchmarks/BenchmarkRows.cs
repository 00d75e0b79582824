using System.Globalization;
using Flyball.Native.DuckDb;

namespace Flyball.Benchmarks;

/// <summary>Rows of twenty columns that look like those of a shop: keys, counts, measures with gaps, texts of few and of many values, times and flags.</summary>
internal static class BenchmarkRows
{
    /// <summary>Writes a Parquet file, always the same one for a number of rows; answers its path.</summary>
    public static string Write(string folder, long rows)
    {
        var path = Path.Combine(folder, "rows.parquet");
        using var database = DuckDbDatabase.OpenInMemory(new DuckDbOptions { TempDirectory = folder, MemoryLimit = "1GB" });
        using var duck = database.Connect();
        duck.Execute("set preserve_insertion_order = false");
        // what looks like chance is a hash of the row's number
        duck.Execute(string.Create(CultureInfo.InvariantCulture, $$"""
            copy (select i as id, (hash(i) % 1000)::integer as i1, (hash(i + 1) % 100)::smallint as i2, (hash(i + 2) % 100000)::bigint as i3, (hash(i + 3) % 5)::tinyint as i4,
                case when hash(i + 4) % 10 = 0 then null else (hash(i + 4) % 1000000)::integer end as i5, (hash(i) % 1000 + hash(i + 1) % 100)::integer as i6,
                (hash(i + 5) % 1000000) / 1e6 as d1, ((hash(i + 6) % 1000000) / 1e6 + (hash(i + 7) % 1000000) / 1e6 - 1) * 200 as d2, case when hash(i + 8) % 20 = 0 then null else (hash(i + 8) % 1000003) / 7.0 end as d3,
                ln(1 + (hash(i + 9) % 1000000)) as d4, (hash(i + 10) % 1000000) / 1e6 - 0.05 as d5,
                printf('%x', hash(i + 11) % 100000000) as s1, ['red', 'green', 'blue', 'grey'][1 + (hash(i + 12) % 4)::integer] as s2, case when hash(i + 13) % 50 = 0 then 'nobody' else chr(97 + (hash(i + 13) % 26)::integer) || chr(97 + (hash(i + 14) % 26)::integer) || '@example.org' end as s3,
                'item-' || (hash(i + 15) % 100000) as s4, timestamp '2024-01-01' + to_seconds((hash(i + 16) % 31536000)::bigint) as t1, timestamp '2024-01-01' + to_seconds((hash(i + 16) % 31536000 + hash(i + 17) % 86400)::bigint) as t2,
                hash(i + 18) % 2 = 0 as b1, hash(i + 19) % 3 = 0 as b2
              from range({{rows}}) t(i)) to {{DuckDbText.Literal(path)}} (format parquet, compression zstd)
            """));
        return path;
    }
}
