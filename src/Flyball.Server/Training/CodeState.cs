using System.Diagnostics;

namespace Flyball.Server.Training;

/// <summary>The commit a folder is at and whether it has uncommitted changes; unknown where it is no git checkout.</summary>
internal sealed record CodeState(string? Commit, bool Dirty)
{
    public static async Task<CodeState> OfAsync(string folder, CancellationToken cancel)
    {
        var commit = await GitAsync(folder, ["rev-parse", "HEAD"], cancel);
        return commit is null ? new CodeState(null, false) : new CodeState(commit.Trim(), (await GitAsync(folder, ["status", "--porcelain", "--", "."], cancel))?.Trim().Length > 0);
    }

    /// <summary>Where the folder's checkout was cloned from, without the name and password that an address can hold; null where it was not.</summary>
    public static async Task<string?> RepositoryAsync(string folder, CancellationToken cancel) => (await GitAsync(folder, ["remote", "get-url", "origin"], cancel))?.Trim() is { Length: > 0 } origin ? WithoutSecrets(origin) : null;

    /// <summary>An address without what signs in; null where it is no address of another machine, so that no path of this one is told.</summary>
    internal static string? WithoutSecrets(string origin)
    {
        if (Uri.TryCreate(origin, UriKind.Absolute, out var address) && address.Scheme is "https" or "http" or "ssh" or "git") return new UriBuilder(address) { UserName = "", Password = "", Query = "", Fragment = "" }.Uri.AbsoluteUri;
        // as scp writes it: user@host:path
        var (at, colon) = (origin.IndexOf('@'), origin.IndexOf(':'));
        return at > 0 && colon > at + 1 && origin.IndexOf('/') is var slash && (slash < 0 || slash > colon) ? $"ssh://{origin[(at + 1)..colon]}/{origin[(colon + 1)..].TrimStart('/')}" : null;
    }

    private static async Task<string?> GitAsync(string folder, string[] arguments, CancellationToken cancel)
    {
        var start = new ProcessStartInfo("git") { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        try
        {
            using var git = Process.Start(start);
            if (git is null) return null;
            var errors = git.StandardError.ReadToEndAsync(cancel);
            var output = await git.StandardOutput.ReadToEndAsync(cancel);
            await errors;
            await git.WaitForExitAsync(cancel);
            return git.ExitCode == 0 ? output : null;
        }
        catch (Exception absent) when (absent is System.ComponentModel.Win32Exception or DirectoryNotFoundException)
        {
            return null;
        }
    }
}
