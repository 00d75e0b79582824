using System.Diagnostics;

namespace Flyball.Benchmarks;

/// <summary>A server in a process of its own, ended with this object.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private ServerProcess(Process process, Uri url, TimeSpan untilHealthy) => (Process, Url, UntilHealthy) = (process, url, untilHealthy);

    public Process Process { get; }

    public Uri Url { get; }

    /// <summary>From the start of the process to the first 200 on /health.</summary>
    public TimeSpan UntilHealthy { get; }

    public static async Task<ServerProcess> StartAsync(string program, string[] arguments, Uri url)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        using var http = new HttpClient();
        var watch = Stopwatch.StartNew();
        var process = System.Diagnostics.Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, told) => Console.Error.WriteLine(told.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        while (true)
        {
            try
            {
                using var answer = await http.GetAsync(new Uri(url, "/health"));
                if (answer.IsSuccessStatusCode) return new ServerProcess(process, url, watch.Elapsed);
            }
            catch (HttpRequestException) when (!process.HasExited && watch.Elapsed < TimeSpan.FromSeconds(30))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        Process.Kill(entireProcessTree: true);
        await Process.WaitForExitAsync();
        Process.Dispose();
    }
}
