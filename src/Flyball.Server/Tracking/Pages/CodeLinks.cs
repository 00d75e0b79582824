namespace Flyball.Server.Tracking.Pages;

/// <summary>Where the host of a repository shows a commit and what lies between two: as GitHub, Gitea, GitLab, Bitbucket and Azure DevOps have it.</summary>
internal static class CodeLinks
{
    /// <summary>The page of a commit; null where nothing says where it is.</summary>
    public static string? Commit(string? repository, string? commit) => Root(repository) is { } root && IsCommit(commit)
        ? Host(root) switch { "gitlab" => $"{root}/-/commit/{commit}", "bitbucket" => $"{root}/commits/{commit}", _ => $"{root}/commit/{commit}" }
        : null;

    /// <summary>The page of what was changed from one commit to another; null where nothing says where they are.</summary>
    public static string? Between(string? repository, string? from, string? to) => Root(repository) is { } root && IsCommit(from) && IsCommit(to)
        ? Host(root) switch
        {
            "gitlab" => $"{root}/-/compare/{from}...{to}",
            "bitbucket" => $"{root}/branches/compare/{to}..{from}",
            "azure" => $"{root}/branchCompare?baseVersion=GC{from}&targetVersion=GC{to}",
            _ => $"{root}/compare/{from}...{to}",
        }
        : null;

    private static bool IsCommit(string? text) => text is { Length: >= 7 and <= 64 } && text.All(char.IsAsciiHexDigit);

    private static string Host(string root) => new Uri(root).Host is var host && host.Contains("gitlab", StringComparison.OrdinalIgnoreCase) ? "gitlab"
        : host.Contains("bitbucket", StringComparison.OrdinalIgnoreCase) ? "bitbucket"
        : host.EndsWith("dev.azure.com", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".visualstudio.com", StringComparison.OrdinalIgnoreCase) ? "azure" : "";

    /// <summary>The web address of a repository that is named by any address that git takes.</summary>
    private static string? Root(string? repository)
    {
        if (string.IsNullOrWhiteSpace(repository)) return null;
        var text = repository.Trim();
        // as scp writes it: user@host:path
        if (!text.Contains("://", StringComparison.Ordinal) && text.IndexOf(':') is var colon and > 0 && text.AsSpan(0, colon).ContainsAny('@', '.')) text = $"ssh://{text[..colon]}/{text[(colon + 1)..].TrimStart('/')}";
        if (!Uri.TryCreate(text, UriKind.Absolute, out var address) || address.Scheme is not ("https" or "http" or "ssh" or "git") || address.Host.Length == 0) return null;
        var path = address.AbsolutePath.TrimEnd('/');
        if (path.EndsWith(".git", StringComparison.Ordinal)) path = path[..^4];
        if (path.Length < 2) return null;
        // pages are not at the port that git is at, unless git is at theirs
        var web = address.Scheme is "https" or "http";
        return $"{(web ? address.Scheme : "https")}://{(web ? address.Authority : address.Host)}{path}";
    }
}
