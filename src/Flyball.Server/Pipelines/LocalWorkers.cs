using System.Diagnostics;
using Flyball.Foundation;
using Flyball.Server.Access;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Flyball.Server.Pipelines;

/// <summary>
/// Keeps warm <c>flyball worker</c> processes while there is work. A worker ends when its standard input closes, so none outlives the server, however that ends.
/// </summary>
internal sealed partial class LocalWorkers(Jobs jobs, Journal journal, Users users, DataDirectory data, FlyballServerOptions options, ILogger<LocalWorkers> logger) : BackgroundService
{
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(1);
    private readonly TaskCompletionSource<Uri> address = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Process> workers = [];

    public void ServerIsAt(Uri url) => address.TrySetResult(url);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            var url = await address.Task.WaitAsync(stoppingToken);
            var lastWork = Stopwatch.StartNew();
            while (true)
            {
                var next = journal.NextAsync();
                try
                {
                    workers.RemoveAll(Ended);
                    var open = (await jobs.OpenAsync(stoppingToken)).Count;
                    if (open > 0) lastWork.Restart();
                    while (workers.Count < Math.Min(open, options.Workers)) workers.Add(Start(url));
                    if (workers.Count > 0 && lastWork.Elapsed > Idle) EndAll();
                    await jobs.RecoverAsync(Jobs.Silence, stoppingToken);
                }
                catch (Exception failed) when (failed is not OperationCanceledException and not OutOfMemoryException)
                {
                    // a program that cannot be started, a full disk: the jobs wait, and the server goes on
                    Log.Failed(logger, failed);
                }

                await Task.WhenAny(next, Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, stoppingToken));
                stoppingToken.ThrowIfCancellationRequested();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            EndAll();
        }
    }

    private Process Start(Uri url)
    {
        var start = new ProcessStartInfo { RedirectStandardInput = true, UseShellExecute = false };
        var (program, arguments) = WorkerProgram.Find();
        start.FileName = program;
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        start.ArgumentList.Add("worker");
        start.ArgumentList.Add("--local");
        start.ArgumentList.Add("--data-dir");
        start.ArgumentList.Add(data.Root);
        start.Environment["FLYBALL_URL"] = url.ToString();
        start.Environment["FLYBALL_TOKEN"] = users.WorkerToken;
        start.Environment.Remove("FLYBALL_DATA");
        var process = Process.Start(start) ?? throw new InvalidOperationException("the worker process could not be started");
        Log.Started(logger, process.Id);
        return process;
    }

    private bool Ended(Process worker)
    {
        if (!worker.HasExited) return false;
        Log.Ended(logger, worker.Id, worker.ExitCode);
        worker.Dispose();
        return true;
    }

    private void EndAll()
    {
        foreach (var worker in workers)
        {
            worker.StandardInput.Close();
            if (!worker.WaitForExit(TimeSpan.FromSeconds(2))) worker.Kill(entireProcessTree: true);
            worker.Dispose();
        }

        workers.Clear();
    }

    private static partial class Log
    {
        [LoggerMessage(3, LogLevel.Error, "Workers could not be looked after; it is tried again.")]
        public static partial void Failed(ILogger logger, Exception failure);

        [LoggerMessage(1, LogLevel.Information, "Worker {Process} started.")]
        public static partial void Started(ILogger logger, int process);

        [LoggerMessage(2, LogLevel.Information, "Worker {Process} ended with exit code {ExitCode}.")]
        public static partial void Ended(ILogger logger, int process, int exitCode);
    }
}

/// <summary>The command line that runs this program again.</summary>
internal static class WorkerProgram
{
    public static (string Program, IReadOnlyList<string> Arguments) Find()
    {
        var name = OperatingSystem.IsWindows() ? "flyball.exe" : "flyball";
        if (Environment.ProcessPath is { } self && Path.GetFileName(self) == name) return (self, []);
        var beside = Path.Combine(AppContext.BaseDirectory, name);
        if (File.Exists(beside)) return (beside, []);
        return ("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "flyball.dll")]);
    }
}
