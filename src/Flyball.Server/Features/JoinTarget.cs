using Flyball.Foundation;
using Flyball.Server.Hosting;

namespace Flyball.Server.Features;

/// <summary>The file that a join writes: whole, or as it was before.</summary>
internal sealed class JoinTarget
{
    /// <exception cref="VerbException">It is no Parquet file, its folder is not there, or the join reads it.</exception>
    public JoinTarget(string path, IEnumerable<string> read)
    {
        Path = System.IO.Path.GetFullPath(Verbs.Named(path, "--out"));
        if (!Path.EndsWith(".parquet", StringComparison.OrdinalIgnoreCase)) throw new VerbException($"--out writes Parquet, so its name ends in .parquet, not as {Refusal.Shown(path)} does.");
        if (Directory.Exists(Path)) throw new VerbException($"--out {Refusal.Shown(path)} is a folder; name a file.");
        if (!Directory.Exists(System.IO.Path.GetDirectoryName(Path))) throw new VerbException($"The folder of --out {Refusal.Shown(path)} is not there.");
        if (read.FirstOrDefault(file => Real(file) == Real(Path)) is { } same) throw new VerbException($"--out {Refusal.Shown(path)} is one of the files that are read ({Refusal.Shown(same)}); write to another.");
    }

    public string Path { get; }

    /// <summary>Writes to a new file in the same folder, which takes the name when it is on disk.</summary>
    public T Write<T>(Func<string, T> write)
    {
        var partial = $"{Path}.{System.IO.Path.GetRandomFileName()}.partial";
        try
        {
            var result = write(partial);
            using (var file = new FileStream(partial, FileMode.Open, FileAccess.ReadWrite)) file.Flush(flushToDisk: true);
            File.Move(partial, Path, overwrite: true);
            return result;
        }
        catch
        {
            File.Delete(partial);
            throw;
        }
    }

    private static string Real(string path)
    {
        var folder = System.IO.Path.GetDirectoryName(path)!;
        var real = System.IO.Path.Combine(new DirectoryInfo(folder).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? folder, System.IO.Path.GetFileName(path));
        return File.Exists(real) ? new FileInfo(real).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? real : real;
    }
}
