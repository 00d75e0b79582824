using Flyball.Server.Hosting;
using System.CommandLine;
using System.Globalization;
using Flyball.Foundation;

namespace Flyball.Server.Operations;

internal static class BackupCommands
{
    public static IEnumerable<Command> All(Verbs verbs)
    {
        var file = new Argument<string>("file") { Description = "The archive." };
        var backup = new Command("backup", "Writes everything that a server keeps into one archive, while it runs.") { file };
        Verbs.Offline(backup, async (parsed, output, cancel) =>
        {
            var path = Verbs.Named(parsed.GetRequiredValue(file), "The archive's name");
            if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } parent && !Directory.Exists(parent)) throw new VerbException($"There is no folder {parent} for the archive.");
            if (Path.Exists(path)) throw new VerbException($"{path} is there already; a backup never replaces another.");
            return await verbs.ConnectedAsync(parsed, [], async connection =>
            {
                if (connection.IsPassing) throw new VerbException($"{parsed.GetRequiredValue(verbs.DataDir)} holds nothing of Flyball, so there is nothing to back up; name the data directory with --data-dir or FLYBALL_DATA, or a running server with --url.");
                var part = path + ".part";
                try
                {
                    BackupManifest manifest;
                    await using (var archive = Create(part))
                    {
                        await connection.Client.BackupAsync(archive, cancel);
                        archive.Flush(flushToDisk: true);
                        archive.Position = 0;
                        manifest = await BackupArchive.VerifyAsync(archive, cancel);
                    }

                    File.Move(part, path, overwrite: false);
                    output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{manifest.Files.Count} files, {manifest.Bytes / 1e6:N1} MB, read back and checked. Restore with: flyball restore {path} --data-dir NEW"));
                    return 0;
                }
                finally
                {
                    File.Delete(part);
                }
            }, cancel, asleep: true);
        });
        yield return backup;

        var restore = new Command("restore", "Makes a new data directory (--data-dir) of an archive.") { file };
        Verbs.Offline(restore, async (parsed, output, cancel) =>
        {
            var (path, folder) = (parsed.GetRequiredValue(file), parsed.GetRequiredValue(verbs.DataDir));
            if (!File.Exists(path)) throw new VerbException($"There is no archive {path}.");
            await using var archive = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, useAsync: true);
            var manifest = await BackupArchive.RestoreAsync(archive, folder, cancel);
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Restored {manifest.Files.Count} files of {manifest.Created:yyyy-MM-dd HH:mm} UTC into {folder}. Start it with: flyball serve --data-dir {folder}"));
            return 0;
        });
        yield return restore;
    }

    /// <summary>The archive holds everything the server knows, so only its owner may read it.</summary>
    private static FileStream Create(string path)
    {
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.ReadWrite, Options = FileOptions.Asynchronous };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            return new FileStream(path, options);
        }
        catch (Exception refused) when (refused is UnauthorizedAccessException or DirectoryNotFoundException)
        {
            throw new VerbException($"{path} cannot be written: {refused.Message}");
        }
    }
}
