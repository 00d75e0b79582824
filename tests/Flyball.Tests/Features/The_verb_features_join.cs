using System.CommandLine;
using Flyball.Native.DuckDb;
using Flyball.Server;

namespace Flyball.Tests.Features;

/// <summary><c>flyball features join</c>: files beside files, without a server.</summary>
public sealed class The_verb_features_join : IDisposable
{
    private const string Entities = "driver_id,event_timestamp,label\n1,2026-01-01 10:10:00,0\n2,2026-01-01 11:00:00,1\n1,2026-01-01 14:00:01,0\n,2026-01-01 14:00:00,1\n1,2026-01-01 10:10:00,0\n";
    private const string Stats = "driver_id,event_timestamp,created,trips,rate\n1,2026-01-01 10:00:00,2026-01-01 10:05:00,10,0.5\n1,2026-01-01 10:00:00,2026-01-01 10:30:00,11,0.6\n2,2026-01-01 11:00:00,,21,0.7\n1,2026-01-01 12:00:00,2026-01-01 12:01:00,12,0.8\n";

    private readonly string folder = Directory.CreateTempSubdirectory("flyball-test-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Writes_every_row_with_its_features_and_tells_what_was_found()
    {
        var (code, told) = await JoinAsync("--entities", File("e.csv", Entities), "--view", $"{File("stats.csv", Stats)}:keys=driver_id,time=event_timestamp,created=created,ttl=2h", "--out", Out);
        Assert.True(code == 0, told);
        Assert.Contains("stats: 3 rows found a value, 1 none, 1 only one that had expired\n5 rows with their features are in ", told);
        Assert.Equal(["1|0|11|0.6", "2|1|21|0.7", "1|0|null|null", "null|1|null|null", "1|0|11|0.6"], Read("select driver_id, label, trips, rate from"));
        Assert.Equal([Path.Combine(folder, "e.csv"), Out, Path.Combine(folder, "stats.csv")], Directory.EnumerateFileSystemEntries(folder).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Sees_no_correction_that_came_later_as_known_at_the_time()
    {
        var (code, told) = await JoinAsync("--entities", File("e.csv", Entities), "--view", $"{File("stats.csv", Stats)}:keys=driver_id,time=event_timestamp,created=created", "--as-known-at", "--out", Out);
        Assert.True(code == 0, told);
        Assert.Equal(["10", "null", "12", "null", "10"], Read("select trips from"));
    }

    [Fact]
    public async Task Joins_several_views_of_several_files_of_any_kind_on_keys_of_other_names()
    {
        File("s/a.ndjson", """
            {"id": 1, "at": "2026-01-01T09:00:00Z", "trips": 5}

            """);
        File("s/b.csv", "id,at,trips,more\n2,2026-01-01T10:00:00Z,6,x\n");
        Parquet("zones, of all.parquet", "select 'a+b' as \"the zone\", 1 as driver_id, date '2026-01-01' as day, 7 as trips");
        var entities = Parquet("e.parquet", "select 1 as driver_id, 'a+b' as zone, timestamptz '2026-01-01 18:30:00+09' as asked union all select 2, 'c', timestamptz '2026-01-01 10:00:00+00'");
        var (code, told) = await JoinAsync("--entities", entities, "--entity-time", "asked", "--full-feature-names", "--out", Out, "--view", $"{folder}/s/*:keys=driver_id:id,time=at,name=s,columns=trips", "--view", $"{folder}/zones, of all.parquet:keys=driver_id+zone:\"the zone\",time=day");
        Assert.True(code == 0, told);
        Assert.Equal(["1|a+b|5|7", "2|c|6|null"], Read("select driver_id, zone, s__trips, \"zones, of all__trips\" from"));
    }

    [Theory]
    [InlineData("stats.csv", "Write FILES:keys=KEY,time=TIME")]
    [InlineData("stats.csv:", "Write FILES:keys=KEY,time=TIME")]
    [InlineData(":keys=driver_id,time=event_timestamp", "Write FILES:keys=KEY,time=TIME")]
    [InlineData("stats.csv:keys=driver_id", "it names no time")]
    [InlineData("stats.csv:time=event_timestamp", "it names no keys")]
    [InlineData("stats.csv:keys=driver_id,time=event_timestamp,tll=2h", "an option 'tll', which is none of keys, time, created, ttl, name, columns; did you mean ttl?")]
    [InlineData("stats.csv:keys=driver_id,time=event_timestamp,ttl=2", "'2' is no ttl; write a number and s, m, h, d or w")]
    [InlineData("stats.csv:keys=driver_id,time=event_timestamp,ttl=-2h", "'-2h' is no ttl")]
    [InlineData("stats.csv:keys=driver_id,time=event_timestamp,ttl=999999w", "at most 36500d")]
    [InlineData("stats.csv:keys=driver_id,time=event_timestamp,ttl", "ttl has no value")]
    [InlineData("stats.csv:keys=driver_id,time=event_timestamp,time=created", "time is there twice")]
    [InlineData("stats.csv:keys=driver_id+,time=event_timestamp", "keys has an empty value")]
    [InlineData("stats.csv:keys=a:b:c,time=event_timestamp", "ENTITY:VIEW")]
    [InlineData("stats.csv:keys=driver_id,time=a+b", "time has one value")]
    [InlineData("stats.csv:keys=driver_id,time=\"a", "a double quote is not closed")]
    [InlineData("stats.csv:keys=driver_id,time=event_timestamp,columns=trips+rat", "The view 'stats' has no column 'rat'; did you mean rate?")]
    [InlineData("stats.csv:keys=driver_id,time=event_timestamp,columns=trips+trips", "Two columns would be called 'trips'")]
    [InlineData("stats.csv:keys=driver_id,time=trips", "The view 'stats' has the time 'trips' as BIGINT")]
    [InlineData("stats.csv:keys=driver:driver_id,time=event_timestamp", "The entities have no column 'driver'; there is driver_id, event_timestamp, label.")]
    [InlineData("stats.csv:keys=event_timestamp:driver_id,time=event_timestamp", "The view 'stats' has the key 'driver_id' as BIGINT, and the entities have 'event_timestamp' as TIMESTAMP")]
    [InlineData("gone*.csv:keys=driver_id,time=event_timestamp", "There is no file")]
    [InlineData("e.exe:keys=driver_id,time=event_timestamp", "of no kind that can be read")]
    [InlineData("torn.parquet:keys=driver_id,time=event_timestamp", "torn.parquet")]
    public async Task Refuses_a_view_that_is_none_and_leaves_the_old_file(string view, string said)
    {
        File("stats.csv", Stats);
        File("e.exe", "x");
        File("torn.parquet", "PAR1");
        File("out.parquet", "as it was");
        var (code, told) = await JoinAsync("--entities", File("e.csv", Entities), "--view", view.StartsWith(':') ? view : $"{folder}/{view}", "--out", Out);
        Assert.Equal(1, code);
        Assert.Contains(said, told);
        Assert.DoesNotContain("   at ", told);
        Assert.Equal("as it was", await System.IO.File.ReadAllTextAsync(Out, Cancel));
        Assert.Empty(Directory.EnumerateFiles(folder, "*.partial"));
    }

    [Theory]
    [InlineData("e.csv", "so its name ends in .parquet")]
    [InlineData("gone/out.parquet", "is not there")]
    [InlineData("in.parquet", "is one of the files that are read")]
    [InlineData("s/../in.parquet", "is one of the files that are read")]
    [InlineData("link.parquet", "is one of the files that are read")]
    [InlineData("s.parquet", "is a folder")]
    public async Task Refuses_to_write_where_it_should_not(string to, string said)
    {
        var read = Parquet("in.parquet", "select 1 as driver_id, timestamp '2026-01-01' as event_timestamp, 1 as trips");
        Directory.CreateDirectory(Path.Combine(folder, "s"));
        Directory.CreateDirectory(Path.Combine(folder, "s.parquet"));
        System.IO.File.CreateSymbolicLink(Path.Combine(folder, "link.parquet"), read);
        var before = await System.IO.File.ReadAllBytesAsync(read, Cancel);
        var (code, told) = await JoinAsync("--entities", File("e.csv", Entities), "--view", $"{read}:keys=driver_id,time=event_timestamp", "--out", Path.Combine(folder, to));
        Assert.Equal(1, code);
        Assert.Contains(said, told);
        Assert.Equal(before, await System.IO.File.ReadAllBytesAsync(read, Cancel));
        Assert.Equal(Entities, await System.IO.File.ReadAllTextAsync(Path.Combine(folder, "e.csv"), Cancel));
    }

    [Fact]
    public async Task Stops_and_leaves_nothing_when_it_is_interrupted()
    {
        Parquet("e.parquet", "select i % 1000 as driver_id, timestamp '2026-01-01' + to_seconds(i) as event_timestamp from range(3000000) t(i)");
        Parquet("v.parquet", "select i % 1000 as driver_id, timestamp '2026-01-01' + to_seconds(i) as event_timestamp, i as trips from range(3000000) t(i)");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        stop.CancelAfter(TimeSpan.FromMilliseconds(300));
        await using var output = new StringWriter();
        var code = await Capabilities.CommandLine().Parse(["features", "join", "--entities", Path.Combine(folder, "e.parquet"), "--view", $"{folder}/v.parquet:keys=driver_id,time=event_timestamp", "--out", Out]).InvokeAsync(new InvocationConfiguration { Output = output, Error = output, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, stop.Token);
        Assert.Equal(130, code);
        Assert.Equal(["e.parquet", "v.parquet"], Directory.EnumerateFileSystemEntries(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    private string Out => Path.Combine(folder, "out.parquet");

    private string File(string name, string text)
    {
        var path = Path.Combine(folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        System.IO.File.WriteAllText(path, text);
        return path;
    }

    private string Parquet(string name, string sql)
    {
        var path = Path.Combine(folder, name);
        using var database = DuckDbDatabase.OpenInMemory();
        using var duck = database.Connect();
        duck.Execute($"copy ({sql}) to {DuckDbText.Literal(path)} (format parquet)");
        return path;
    }

    private List<string> Read(string select)
    {
        using var database = DuckDbDatabase.OpenInMemory();
        using var duck = database.Connect();
        using var result = duck.Query($"{select} {DuckDbFiles.Parquet(Out)}");
        return [.. result.Rows().Select(row => string.Join('|', row.Select(value => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{value ?? "null"}"))))];
    }

    private static async Task<(int Code, string Told)> JoinAsync(params string[] words)
    {
        await using var output = new StringWriter();
        var code = await Capabilities.CommandLine().Parse(["features", "join", .. words]).InvokeAsync(new InvocationConfiguration { Output = output, Error = output, EnableDefaultExceptionHandler = false }, Cancel);
        return (code, output.ToString());
    }
}
