using System.Diagnostics;
using System.Globalization;
using System.Text;
using Flyball.Client;
using Flyball.Foundation;

namespace Flyball.Tests.Crashes;

/// <summary>The real program as a server of its own process, which is killed and started again on the same data directory.</summary>
internal sealed class KilledServer(string folder) : IAsyncDisposable
{
    private readonly StringBuilder errors = new();
    private Process? process;
    private Task output = Task.CompletedTask;

    private string Data => Path.Combine(folder, "data");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Null while there is no server.</summary>
    public FlyballClient? Client { get; private set; }

    /// <summary>Null while there is no server.</summary>
    public HttpClient? Http { get; private set; }

    /// <summary>What the servers said on standard error.</summary>
    public string Errors => errors.ToString();

    public ValueTask DisposeAsync() => new(KillAsync());

    /// <summary>Starts the server; with a point, one that kills itself when it gets there the given number of times.</summary>
    public async Task StartAsync(string? point = null, int after = 0, params string[] options)
    {
        await KillAsync();
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "flyball")) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["serve", "--urls", "http://127.0.0.1:0", "--source-root", folder, "--data-dir", Data, .. options]) start.ArgumentList.Add(argument);
        if (point is not null)
        {
            start.Environment["FLYBALL_CRASH_AT"] = point;
            start.Environment["FLYBALL_CRASH_AFTER"] = after.ToString(CultureInfo.InvariantCulture);
        }

        process = Process.Start(start)!;
        process.ErrorDataReceived += (_, told) => errors.Append(told.Data).Append('\n');
        process.BeginErrorReadLine();
        var line = await process.StandardOutput.ReadLineAsync(Cancel);
        if (line is null) return;
        output = process.StandardOutput.ReadToEndAsync(Cancel);
        var url = new Uri(line[(line.IndexOf(" at ", StringComparison.Ordinal) + 4)..].Trim());
        Client = new FlyballClient(url, DataDirectory.FindServer(Data)?.Token);
        Http = new HttpClient { BaseAddress = url };
    }

    /// <summary>Sends SIGKILL and waits for the end.</summary>
    public async Task KillAsync()
    {
        if (process is null) return;
        if (!process.HasExited) process.Kill();
        await process.WaitForExitAsync(Cancel);
        await output;
        process.Dispose();
        Client?.Dispose();
        Http?.Dispose();
        // the next server may die before it tells its address
        (process, Client, Http) = (null, null, null);
    }
}
