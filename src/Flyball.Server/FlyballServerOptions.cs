namespace Flyball.Server;

/// <summary>How a server runs.</summary>
public sealed record FlyballServerOptions
{
    /// <summary>The folder that holds everything the server keeps.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Addresses to listen on; port 0 chooses a free one.</summary>
    public IReadOnlyList<string> Urls { get; init; } = ["http://127.0.0.1:0"];

    /// <summary>Host names, beside loopback and the addresses listened on, under which the server may be asked.</summary>
    public IReadOnlyList<string> AllowedHosts { get; init; } = [];

    /// <summary>Folders below which project files may name source files.</summary>
    public IReadOnlyList<string> SourceRoots { get; init; } = [];

    /// <summary>Hosts that datasets may be fetched from, such as <c>data.example.org</c>, <c>data.example.org:8443</c> or <c>http://10.0.0.5:9000</c>; none unless named.</summary>
    public IReadOnlyList<string> SourceHosts { get; init; } = [];

    /// <summary>The clock that decisions follow.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Local worker processes, 0–64; they start when there is work and end when there has been none for a minute.</summary>
    public int Workers { get; init; } = 1;

    /// <summary>Loops step only when asked, for replays.</summary>
    public bool ManualLoops { get; init; }

    /// <summary>Largest request body in bytes; artifact uploads are streamed and have no limit.</summary>
    public long MaxRequestBytes { get; init; } = 64L << 20;

    /// <summary>After how long the body of a request must have come, on average since it began, at 240 bytes a second, and how long a large one may rest; at least two seconds. Whoever is slower keeps a connection and what was sent so far.</summary>
    public TimeSpan SlowestBody { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Age from which a stored object that nothing names is removed, at start and then every <see cref="SweepEvery"/>. Younger ones may belong to a worker of another machine that is about to report.</summary>
    public TimeSpan OrphanGrace { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How often the room of objects that nothing names is given back.</summary>
    public TimeSpan SweepEvery { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Webhooks may use plain http and reach private addresses; otherwise https to public ones alone.</summary>
    public bool PrivateWebhooks { get; init; }

    /// <summary>The server lives as long as the verb that started it.</summary>
    public bool IsOfVerb { get; init; }

    public bool LogToConsole { get; init; }
}
