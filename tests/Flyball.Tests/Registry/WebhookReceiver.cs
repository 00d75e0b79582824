using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Flyball.Tests.Registry;

/// <summary>What a webhook's receiver was sent.</summary>
internal sealed record WebhookCall(string Id, string Timestamp, string Signature, string Body);

/// <summary>Somebody's server on loopback.</summary>
internal sealed class WebhookReceiver(WebApplication app) : IAsyncDisposable
{
    private readonly ConcurrentQueue<WebhookCall> calls = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public Uri Url => new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <param name="status">The answer to the first, second, … call.</param>
    /// <param name="answer">What is done before the answer ends.</param>
    public static async Task<WebhookReceiver> StartAsync(Func<int, int> status, Func<HttpContext, Task>? answer = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var receiver = new WebhookReceiver(builder.Build());
        receiver.Listen(status, answer ?? (_ => Task.CompletedTask));
        await receiver.StartAsync();
        return receiver;
    }

    public async Task<List<WebhookCall>> WaitAsync(int count)
    {
        while (calls.Count < count) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancel);
        return [.. calls];
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private Task StartAsync() => app.StartAsync(Cancel);

    private void Listen(Func<int, int> status, Func<HttpContext, Task> answer) => app.Run(async http =>
    {
        using var reader = new StreamReader(http.Request.Body);
        var body = await reader.ReadToEndAsync(http.RequestAborted);
        calls.Enqueue(new WebhookCall(http.Request.Headers["X-MLflow-Delivery-Id"].ToString(), http.Request.Headers["X-MLflow-Timestamp"].ToString(), http.Request.Headers["X-MLflow-Signature"].ToString(), body));
        http.Response.StatusCode = status(calls.Count);
        await answer(http);
    });
}
