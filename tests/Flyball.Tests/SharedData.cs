namespace Flyball.Tests;

/// <summary>The real data that tests read: a folder <c>shared/data</c> beside the checkout, or <c>FLYBALL_SHARED_DATA</c>.</summary>
internal static class SharedData
{
    private static readonly string? Root = Find();

    /// <summary>Full path of a file or folder of the shared data; the calling test is reported as skipped where it is absent.</summary>
    public static string Path(params string[] parts)
    {
        var path = Root is null ? null : System.IO.Path.Combine([Root, .. parts]);
        Assert.SkipUnless(System.IO.Path.Exists(path), $"shared data {string.Join('/', parts)} is not there; set FLYBALL_SHARED_DATA to its folder");
        return path!;
    }

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("FLYBALL_SHARED_DATA") is { Length: > 0 } named) return named;
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = System.IO.Path.Combine(folder.FullName, "shared", "data");
            if (Directory.Exists(candidate)) return candidate;
        }

        return null;
    }
}
