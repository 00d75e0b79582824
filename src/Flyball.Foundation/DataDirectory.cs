using System.Text.Json;

namespace Flyball.Foundation;

/// <summary>The one folder that holds everything a server keeps. It is locked for as long as a server uses it.</summary>
public sealed class DataDirectory : IDisposable
{
    private readonly FileStream locked;

    private DataDirectory(string root, FileStream locked) => (Root, this.locked) = (root, locked);

    public string Root { get; }

    public string DatabaseFile => Path.Combine(Root, "flyball.db");

    public string Folder(string name) => Directory.CreateDirectory(Path.Combine(Root, name)).FullName;

    /// <summary>Creates the folder where needed and locks it.</summary>
    public static DataDirectory Open(string path)
    {
        try
        {
            var root = Directory.CreateDirectory(path).FullName;
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            return new DataDirectory(root, new FileStream(Path.Combine(root, "flyball.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (UnauthorizedAccessException)
        {
            throw new StartupException($"The data directory {path} cannot be written; choose another with --data-dir or FLYBALL_DATA.");
        }
        catch (IOException busy)
        {
            throw new StartupException(
                File.Exists(Path.Combine(path, "flyball.lock"))
                    ? $"The data directory {path} is in use by another Flyball process; stop that one, or choose another with --data-dir or FLYBALL_DATA."
                    : $"The data directory {path} cannot be used: {busy.Message}");
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

    private static string AddressFile(string root) => Path.Combine(root, "server.json");
}

/// <summary>Where a server listens, and a token that lives as long as its process.</summary>
public sealed record ServerAddress(string Url, string Token, int ProcessId);
