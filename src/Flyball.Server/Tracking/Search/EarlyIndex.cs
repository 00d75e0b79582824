using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Flyball.Server.Tracking;

/// <summary>
/// Reads what runs are searched by as soon as the server runs, so that nobody's first search waits for it: of a million runs that takes ten seconds. Not where a verb brings the server, which is gone before anybody searches,
/// nor where whoever drives the server steps its loops.
/// </summary>
internal sealed partial class EarlyIndex(RunIndex index, FlyballServerOptions options, ILogger<EarlyIndex> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.IsOfVerb || options.ManualLoops) return;
        try
        {
            // the end of the server does not wait for it
            await index.LookAsync(static _ => true, stoppingToken).WaitAsync(stoppingToken);
        }
        catch (Exception failed) when (failed is not (OperationCanceledException or OutOfMemoryException))
        {
            Log.Failed(logger, failed);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "What runs are searched by could not be read ahead; the first search reads it.")]
        public static partial void Failed(ILogger logger, Exception failure);
    }
}
