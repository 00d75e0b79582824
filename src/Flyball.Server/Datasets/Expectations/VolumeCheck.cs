using Flyball.Numerics;
using Flyball.Server.Projects;

namespace Flyball.Server.Datasets;

/// <summary>Whether the files that are new have about as many rows as those before them: a feed that was cut short, or sent twice, is seen before anybody trains on it.</summary>
internal static class VolumeCheck
{
    public const string Type = "expect_volume_as_before";

    /// <summary>Files that must be known before a file is judged by them.</summary>
    public const int Least = 5;

    /// <summary>A result of its own for the files that are new; null where the dataset has no <c>volume</c>, nothing is new, or too little is known.</summary>
    /// <param name="before">Rows of the files that were known.</param>
    /// <param name="fresh">New files and their rows.</param>
    public static ExpectationResult? Judge(VolumeSpec? declared, IReadOnlyList<long> before, IReadOnlyList<(string File, long Rows)> fresh)
    {
        if (declared is null || fresh.Count == 0 || before.Count < Least) return null;
        var sorted = before.Select(rows => (double)rows).Order().ToArray();
        var median = Quantiles.OfSorted(sorted, 0.5);
        var (low, high) = (median * (1 - declared.Within), median * (1 + declared.Within));
        var unusual = fresh.Where(file => file.Rows < low || file.Rows > high).ToList();
        return new ExpectationResult(
            Type, new Dictionary<string, object?> { ["within"] = declared.Within, ["median_rows"] = median, ["files_before"] = (long)before.Count }, declared.Severity, unusual.Count == 0,
            unusual.Count == 0 ? null : string.Join(", ", unusual.Take(10).Select(file => $"{file.File}: {file.Rows:N0} rows")), null, null, null, null, null, null);
    }
}
