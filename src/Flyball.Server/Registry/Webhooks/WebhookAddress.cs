using System.Net;
using System.Net.Sockets;
using Flyball.Foundation;

namespace Flyball.Server.Registry;

/// <summary>Where webhooks may point: https to public addresses, unless whoever runs the server allows more. Nobody reaches what only this machine can reach by registering a webhook.</summary>
internal sealed class WebhookAddress(FlyballServerOptions options)
{
    /// <summary>MLflow's checks in MLflow's order and words.</summary>
    public async Task CheckAsync(string url, CancellationToken cancel)
    {
        if (string.IsNullOrWhiteSpace(url)) throw Refused($"Webhook URL cannot be empty or just whitespace: '{Refusal.Shown(url)}'");
        var allowed = options.PrivateWebhooks ? (string[])["http", "https"] : ["https"];
        if (!url.Contains("://", StringComparison.Ordinal)) throw Refused($"Invalid webhook URL scheme: ''. Allowed schemes are: {string.Join(", ", allowed)}.");
        if (url.EndsWith("://", StringComparison.Ordinal) && allowed.Contains(url[..^3])) throw Refused($"Webhook URL must include a hostname: '{Refusal.Shown(url)}'");
        if (url.Length > 500 || !Uri.TryCreate(url, UriKind.Absolute, out var address)) throw Refused($"Invalid webhook URL '{Refusal.Shown(url)}': it has at most 500 characters and names a scheme and a host.");
        if (!allowed.Contains(address.Scheme)) throw Refused($"Invalid webhook URL scheme: '{address.Scheme}'. Allowed schemes are: {string.Join(", ", allowed)}.");
        if (address.Host.Length == 0 || address.UserInfo.Length > 0) throw Refused($"Webhook URL must include a hostname: '{Refusal.Shown(url)}'");
        if (options.PrivateWebhooks) return;
        try
        {
            foreach (var found in await AddressesAsync(address.DnsSafeHost, cancel))
            {
                if (!IsPublic(found)) throw Refused($"Webhook URL must not resolve to a non-public IP address. '{address.Host}' resolves to {found}.");
            }
        }
        catch (SocketException unknown)
        {
            throw Refused($"Cannot resolve webhook URL hostname '{address.Host}': {unknown.Message}");
        }
    }

    /// <summary>Connects to an address that was looked at: a name that resolves to another one meanwhile does not help.</summary>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancel)
    {
        var known = await AddressesAsync(context.DnsEndPoint.Host, cancel);
        var allowed = options.PrivateWebhooks ? known : known.All(IsPublic) ? known : [];
        if (allowed.Length == 0) throw new HttpRequestException("the address is not a public one");
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, context.DnsEndPoint.Port, cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>An address is itself, also one that stands for all of a machine's own, which nobody resolves.</summary>
    private static async Task<IPAddress[]> AddressesAsync(string host, CancellationToken cancel) => IPAddress.TryParse(host, out var address) ? [address] : await Dns.GetHostAddressesAsync(host, cancel);

    /// <summary>False for loopback, private, shared, link-local, multicast, documentation and reserved ranges (IANA's special-purpose registries).</summary>
    internal static bool IsPublic(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        var bytes = address.GetAddressBytes();
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            // global unicast is 2000::/3; of it 2001:db8::/32 and 3fff::/20 are documentation, 2002::/16 and 64:ff9b::/96 lead to IPv4
            return (bytes[0] & 0xE0) == 0x20 && !(bytes[0] == 0x20 && bytes[1] == 0x01 && (bytes[2] & 0xFE) == 0) && !(bytes[0] == 0x20 && bytes[1] == 0x01 && bytes[2] == 0x0D && bytes[3] == 0xB8) && !(bytes[0] == 0x20 && bytes[1] == 0x02) && !(bytes[0] == 0x3F && bytes[1] == 0xFF && bytes[2] < 0x10);
        }

        return bytes switch
        {
            [0 or 10 or 127, ..] or [>= 224, ..] or [169, 254, ..] or [192, 168, ..] => false,
            [100, >= 64 and <= 127, ..] or [172, >= 16 and <= 31, ..] or [198, 18 or 19, ..] => false,
            [192, 0, 0 or 2, _] or [198, 51, 100, _] or [203, 0, 113, _] or [192, 88, 99, _] => false,
            _ => true,
        };
    }

    private static Refusal Refused(string message) => Refusal.Invalid("webhook-url", message);
}
