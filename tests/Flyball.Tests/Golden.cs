namespace Flyball.Tests;

/// <summary>Checked-in expectations. <c>FLYBALL_REGENERATE=1</c> rewrites those that Flyball itself produces; the diff in review is the change notice.</summary>
internal static class Golden
{
    private static readonly string Root = Find();

    /// <summary>Asserts that the text equals <c>tests/Flyball.Tests/golden/NAME</c>; line ends do not matter.</summary>
    public static void Matches(string name, string actual)
    {
        var path = Path.Combine(Root, "golden", name);
        var normal = actual.ReplaceLineEndings("\n");
        if (Environment.GetEnvironmentVariable("FLYBALL_REGENERATE") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, normal);
            return;
        }

        Assert.True(File.Exists(path), $"golden/{name} is not there; run the test with FLYBALL_REGENERATE=1 and review the new file");
        Assert.Equal(File.ReadAllText(path).ReplaceLineEndings("\n"), normal);
    }

    /// <summary>Content of an expectation that another program made, by its path below <c>tests/Flyball.Tests</c>.</summary>
    public static string Read(params string[] parts) => File.ReadAllText(Path.Combine([Root, .. parts]));

    /// <summary>Full path of a file of the checkout, for example a sample.</summary>
    public static string Checkout(params string[] parts) => Path.Combine([Path.GetDirectoryName(Path.GetDirectoryName(Root))!, .. parts]);

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Flyball.slnx"))) return Path.Combine(folder.FullName, "tests", "Flyball.Tests");
        }

        throw new InvalidOperationException("the tests run inside a checkout: no folder above holds Flyball.slnx");
    }
}
