using System.Text.RegularExpressions;

namespace Flyball.Foundation;

/// <summary>One file of a backup, by its path below the data directory; its length in bytes and its SHA-256.</summary>
public sealed record BackupFile(string Path, long Bytes, string Sha256);

/// <summary>The first entry of a backup: what the archive holds, so that anything missing, added or changed is seen.</summary>
public sealed partial record BackupManifest(int Format, string Version, DateTimeOffset Created, IReadOnlyList<BackupFile> Files)
{
    public const string FileName = "manifest.json";

    public const string Database = "flyball.db";

    public const int CurrentFormat = 1;

    /// <summary>Longest manifest that is read, in bytes: some two million files.</summary>
    public const long Longest = 256L << 20;

    public long Bytes => Files.Sum(file => file.Bytes);

    /// <summary>True for the paths that a data directory has; nothing else is ever written by a restore.</summary>
    public static bool Allows(BackupFile file) =>
        Layout().Match(file.Path) is { Success: true } match && ObjectStore.IsDigest(file.Sha256) && file.Bytes >= 0
        && (match.Groups["folder"] is not { Success: true } folder || folder.Value + match.Groups["rest"].Value == file.Sha256);

    [GeneratedRegex(@"\A(?:flyball\.db|objects/(?<folder>[0-9a-f]{2})/(?<rest>[0-9a-f]{62})|log/[A-Za-z0-9_-]{1,100}/[A-Za-z0-9_-]{1,100}/[0-9]{8,10}\.ndjson)\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Layout();
}

/// <summary>A backup cannot be read; the message is one sentence for the terminal.</summary>
public sealed class BackupDamagedException(string message) : Exception(message);
