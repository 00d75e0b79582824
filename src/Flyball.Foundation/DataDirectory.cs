using System.Security.Cryptography;
using System.Text.Json;

namespace Flyball.Foundation;

/// <summary>The one folder that holds everything a server keeps. It is locked for as long as a server uses it.</summary>
public sealed class DataDirectory : IDisposable
{
    private const string LockFile = "flyball.lock";

    private readonly FileStream locked;

    private DataDirectory(string root, FileStream locked) => (Root, Identity, this.locked) = (root, IdentityOf(root), locked);

    public string Root { get; }

    /// <summary>What tells this data directory from every other: 32 hex digits.</summary>
    public string Identity { get; }

    public string DatabaseFile => Path.Combine(Root, "flyball.db");

    public string Folder(string name) => Directory.CreateDirectory(Path.Combine(Root, name)).FullName;

    /// <summary>Creates the folder where needed and locks it.</summary>
    public static DataDirectory Open(string path)
    {
        try
        {
            RefuseForeign(path);
            var root = Directory.CreateDirectory(path).FullName;
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            return new DataDirectory(root, new FileStream(Path.Combine(root, LockFile), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (UnauthorizedAccessException)
        {
            throw new StartupException($"The data directory {path} cannot be written; choose another with --data-dir or FLYBALL_DATA.");
        }
        catch (IOException busy)
        {
            throw File.Exists(Path.Combine(path, LockFile)) ? new DataDirectoryInUseException(path) : new StartupException($"The data directory {path} cannot be used: {busy.Message}");
        }
    }

    /// <summary>Tells verbs on the same machine where the server is and lends them its owner's token; readable by the owner of the folder alone.</summary>
    public void Announce(ServerAddress address)
    {
        var path = AddressFile(Root);
        var staged = path + ".new";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var file = new FileStream(staged, options))
        {
            JsonSerializer.Serialize(file, address, Json.Options);
        }

        File.Move(staged, path, overwrite: true);
    }

    public void Dispose()
    {
        File.Delete(AddressFile(Root));
        locked.Dispose();
    }

    /// <summary>The address of the server that uses a data directory, or null when none has announced itself.</summary>
    public static ServerAddress? FindServer(string path)
    {
        try
        {
            return Json.Read<ServerAddress>(File.ReadAllText(AddressFile(path)));
        }
        catch (Exception absent) when (absent is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Refuses a folder that belongs to something else.</summary>
    /// <exception cref="StartupException">It does.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be looked into.</exception>
    public static void RefuseForeign(string path)
    {
        if (IsForeign(path)) throw new StartupException($"The folder {path} holds other files and is no data directory of Flyball; name a new or empty folder with --data-dir or FLYBALL_DATA.");
    }

    /// <summary>Refuses a folder that no server could use; one that a server uses right now is fine.</summary>
    /// <exception cref="StartupException">It belongs to something else, or cannot be written.</exception>
    public static void RefuseUnusable(string path)
    {
        try
        {
            RefuseForeign(path);
            var root = Directory.CreateDirectory(path).FullName;
            using var probe = new FileStream(Path.Combine(root, $".{Path.GetRandomFileName()}"), FileMode.CreateNew, FileAccess.Write, FileShare.None, 0, FileOptions.DeleteOnClose);
        }
        catch (Exception refused) when (refused is UnauthorizedAccessException or IOException)
        {
            throw new StartupException($"The data directory {path} cannot be written; choose another with --data-dir or FLYBALL_DATA.");
        }
    }

    /// <summary>Whether a server has kept something here.</summary>
    /// <exception cref="UnauthorizedAccessException">It cannot be looked into.</exception>
    public static bool IsUsed(string path) => Directory.Exists(path) && Directory.EnumerateFiles(path, "flyball.db").Any();

    /// <summary>True for a folder that is there, is not empty, and was never used by a server. A file system's own folder does not count.</summary>
    private static bool IsForeign(string path) =>
        Directory.Exists(path) && !File.Exists(Path.Combine(path, LockFile)) && !File.Exists(Path.Combine(path, "flyball.db")) && Directory.EnumerateFileSystemEntries(path).Any(entry => Path.GetFileName(entry) != "lost+found");

    /// <summary>What tells a data directory from every other; null where no server has used it. A worker that stores its results elsewhere has another.</summary>
    public static string? FindIdentity(string root) => File.Exists(IdentityFile(root)) ? File.ReadAllText(IdentityFile(root)) : null;

    private static string IdentityOf(string root)
    {
        if (FindIdentity(root) is { Length: 32 } known) return known;
        var made = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        File.WriteAllText(IdentityFile(root) + ".new", made);
        File.Move(IdentityFile(root) + ".new", IdentityFile(root), overwrite: true);
        return made;
    }

    private static string IdentityFile(string root) => Path.Combine(root, "flyball.id");

    private static string AddressFile(string root) => Path.Combine(root, "server.json");
}

/// <summary>Another process has locked the data directory.</summary>
public sealed class DataDirectoryInUseException(string path) : StartupException($"The data directory {path} is in use by another Flyball process; stop that one, or choose another with --data-dir or FLYBALL_DATA.");

/// <summary>Where a server listens, and a token that lives as long as its process.</summary>
/// <param name="OfVerb">Whether it lives as long as the verb that started it, which ends by itself.</param>
public sealed record ServerAddress(string Url, string Token, int ProcessId, bool OfVerb = false);
