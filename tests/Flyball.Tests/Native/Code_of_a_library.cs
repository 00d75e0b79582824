using System.Globalization;
using Flyball.Native;
using Flyball.Native.DuckDb;

namespace Flyball.Tests.Native;

[Collection(Alone.Name)]
public sealed class Code_of_a_library
{
    [Fact]
    public void Is_given_back_while_it_is_not_used_and_works_again_when_it_is()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Linux alone tells what a mapping holds in memory.");
        for (var round = 0; round < 3; round++)
        {
            Assert.Equal(499_500, Sum());
            var before = Resident();
            Assert.InRange(LibraryCode.Release("libduckdb.so"), 30L << 20, 200L << 20);
            var after = Resident();
            Assert.True(after < before / 2, $"{before} KiB of the engine were in memory, then {after}");
        }

        Assert.Equal(499_500, Sum());
        Assert.Equal(0, LibraryCode.Release("libnosuch.so"));
    }

    private static long Sum()
    {
        using var database = DuckDbDatabase.OpenInMemory();
        using var duck = database.Connect();
        using var found = duck.Query("select cast(sum(i) as bigint) from range(1000) t(i)");
        return found.Scalar<long>();
    }

    /// <summary>How much of the engine's file is in this process's memory, KiB.</summary>
    private static long Resident()
    {
        var (mine, total) = (false, 0L);
        foreach (var line in File.ReadLines("/proc/self/smaps"))
        {
            if (line.Contains('-', StringComparison.Ordinal) && line.Contains(' ', StringComparison.Ordinal) && char.IsAsciiHexDigitLower(line[0])) mine = line.EndsWith("/libduckdb.so", StringComparison.Ordinal);
            else if (mine && line.StartsWith("Rss:", StringComparison.Ordinal)) total += long.Parse(line.AsSpan(4, line.Length - 7), NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture);
        }

        return total;
    }
}
