using System.Globalization;
using System.Text.RegularExpressions;
using Flyball.Client;
using Flyball.Server.Hosting;

namespace Flyball.Server.Datasets;

/// <summary>A version of a dataset as verbs name it: PROJECT/DATASET@NUMBER, or @latest.</summary>
internal sealed partial record VersionName(string Project, string Dataset, int? Number)
{
    /// <summary>Null where the text names files.</summary>
    public static VersionName? Of(string text) => !File.Exists(text) && Form().Match(text) is { Success: true } match
        ? new VersionName(match.Groups["project"].Value, match.Groups["dataset"].Value, match.Groups["number"].Value is "latest" ? null : int.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture))
        : null;

    /// <summary>Fetches the rows of the version into a folder; answers the pattern of its files and the version's number.</summary>
    /// <exception cref="VerbException">There is no such version.</exception>
    public async Task<(string Pattern, int Number)> FetchAsync(FlyballClient client, string folder, CancellationToken cancel)
    {
        var number = Number ?? (await client.ListDatasetVersionsAsync(Project, Dataset, cancel)).Select(version => (int?)version.Number).FirstOrDefault() ?? throw new VerbException($"The project '{Project}' has no version of a dataset '{Dataset}'.");
        var segments = (await client.GetDatasetVersionAsync(Project, Dataset, number, cancel)).Content.GetProperty("segments").GetArrayLength();
        Directory.CreateDirectory(folder);
        for (var i = 0; i < segments; i++)
        {
            await using var from = await client.OpenDatasetSegmentAsync(Project, Dataset, number, i, cancel);
            await using var to = File.Create(Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{i:000000}.parquet")));
            await from.CopyToAsync(to, cancel);
        }

        return (Path.Combine(folder, "*.parquet"), number);
    }

    [GeneratedRegex(@"^(?<project>[a-z][a-z0-9-]{0,99})/(?<dataset>[A-Za-z][A-Za-z0-9_-]{0,99})@(?<number>latest|[0-9]{1,9})\z")]
    private static partial Regex Form();
}
