namespace Flyball.Server.Projects;

/// <summary>Hosts that data may be fetched from.</summary>
internal static class SourceHosts
{
    public static bool Allow(Uri address, IReadOnlyList<string> hosts) => address.Scheme is "http" or "https" && address.UserInfo.Length == 0 && hosts.Contains(NameOf(address), StringComparer.OrdinalIgnoreCase);

    /// <summary>How an operator names a host: with its port where it is not the scheme's own, and behind http:// where it is not asked over TLS.</summary>
    public static string NameOf(Uri address) => $"{(address.Scheme == "http" ? "http://" : "")}{address.IdnHost}{(address.IsDefaultPort ? "" : $":{address.Port}")}";
}
