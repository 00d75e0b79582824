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
