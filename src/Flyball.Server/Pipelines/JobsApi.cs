using Flyball.Client;
using Flyball.Foundation;
using Flyball.Server.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace Flyball.Server.Pipelines;

internal static class JobsApi
{
    /// <summary>How long a worker's question waits for work before it is answered with nothing.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    extension(IEndpointRouteBuilder routes)
    {
        public void MapJobs()
        {
            var work = routes.MapGroup("/api/jobs").Needs(Permission.Work);
            work.MapPost("/claim", async Task<IResult> (ClaimJob body, Jobs jobs, Journal journal, DataDirectory data, IHostApplicationLifetime life, CancellationToken cancel) =>
            {
                if (body.Store != data.Identity) throw Refusal.Conflict(Worker.OtherStore, "This worker stores results in another data directory than the server's, where nobody would find them; start it on the server's own (--data-dir), on the same machine or a shared file system.");
                // a server that ends does not wait for those who wait for work
                using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel, life.ApplicationStopping);
                patience.CancelAfter(Patience);
                while (!patience.IsCancellationRequested)
                {
                    var next = journal.NextAsync();
                    if (await jobs.ClaimAsync(body.Worker, cancel) is { } claim) return TypedResults.Ok(new ClaimedJob(claim.Id, claim.Kind, claim.Attempt, claim.Token, claim.Spec));
                    await Task.WhenAny(next, Task.Delay(Patience, TimeProvider.System, patience.Token));
                }

                cancel.ThrowIfCancellationRequested();
                return TypedResults.NoContent();
            });
            work.MapPost("/{id}/heartbeat", async (string id, JobHeartbeat body, Jobs jobs, CancellationToken cancel) =>
                new JobHeld(await jobs.HeartbeatAsync(id, body.Token, body.Progress, body.Message, cancel)));
            work.MapPost("/{id}/succeed", (string id, JobOutcome body, Jobs jobs, CancellationToken cancel) => jobs.SucceedAsync(id, body.Token, body.Result ?? default, cancel));
            work.MapPost("/{id}/fail", (string id, JobOutcome body, Jobs jobs, CancellationToken cancel) => jobs.FailAsync(id, body.Token, body.Error ?? "no reason given", body.Final, cancel));
            routes.MapGet("/api/quiet", async (Loops loops, CancellationToken cancel) => new Quietness(await loops.IsQuietAsync(cancel))).Needs(Permission.Read);
            routes.MapGet("/api/jobs", async (Jobs jobs, CancellationToken cancel) => (await jobs.OpenAsync(cancel)).Select(Wire)).Needs(Permission.Read);
            routes.MapGet("/api/jobs/{id}", async (string id, Jobs jobs, CancellationToken cancel) => Wire(await jobs.FindAsync(id, cancel) ?? throw Refusal.NotFound("job", id))).Needs(Permission.Read);
        }
    }

    private static JobInfo Wire(Job job) => new(job.Id, job.Kind, job.Subject, job.State.ToString().ToLowerInvariant(), job.Attempt, job.Progress, job.Message, job.Error, job.Created, job.Started, job.Ended);
}
