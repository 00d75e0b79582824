using System.Text.Json;

namespace Flyball.Foundation;

/// <summary>Where a job is. The numbers are stored and frozen.</summary>
public enum JobState { Queued = 0, Running = 1, Succeeded = 2, Failed = 3, Cancelled = 4 }

/// <summary>A durable piece of long work.</summary>
public sealed record Job(
    string Id, string Kind, string Subject, string? Project, JsonElement Spec, JobState State, int Attempt, int MaxAttempts, long Token,
    string? Worker, double Progress, string Message, JsonElement? Result, string? Error, DateTimeOffset Created, DateTimeOffset? Started, DateTimeOffset? Ended)
{
    public bool Done => State is JobState.Succeeded or JobState.Failed or JobState.Cancelled;
}

/// <summary>What a worker is given: the job and the token that fences every later word about this attempt.</summary>
public sealed record JobClaim(string Id, string Kind, int Attempt, long Token, JsonElement Spec);

/// <summary>The work of one kind of job, in a worker process: no database, only what the specification names.</summary>
public interface IJobWork
{
    string Kind { get; }

    /// <summary>Does the work. What it throws as <see cref="JobFailedException"/> is final; anything else costs an attempt.</summary>
    Task<JsonElement> RunAsync(JobContext context, JsonElement spec, CancellationToken cancel);
}

/// <summary>What follows from one kind of job, in the server, in the transaction that ends it.</summary>
public interface IJobEffect
{
    string Kind { get; }

    /// <summary>Writes what follows from the result.</summary>
    Task ApplyAsync(Tx tx, Job job, JsonElement result);

    /// <summary>Writes what follows from the final failure.</summary>
    Task FailedAsync(Tx tx, Job job, string error);
}

/// <summary>Work with typed specification and result.</summary>
public abstract class JobWork<TSpec, TResult>(string kind) : IJobWork
{
    public string Kind => kind;

    public abstract Task<TResult> RunAsync(JobContext context, TSpec spec, CancellationToken cancel);

    async Task<JsonElement> IJobWork.RunAsync(JobContext context, JsonElement spec, CancellationToken cancel) =>
        Json.Element(await RunAsync(context, Json.Read<TSpec>(spec), cancel));
}

/// <summary>An effect with typed specification and result.</summary>
public abstract class JobEffect<TSpec, TResult>(string kind) : IJobEffect
{
    public string Kind => kind;

    public abstract Task ApplyAsync(Tx tx, Job job, TSpec spec, TResult result);

    public abstract Task FailedAsync(Tx tx, Job job, TSpec spec, string error);

    Task IJobEffect.ApplyAsync(Tx tx, Job job, JsonElement result) => ApplyAsync(tx, job, Json.Read<TSpec>(job.Spec), Result(result));

    /// <summary>What a worker sends is not ours: one of another build may say what this one does not know.</summary>
    private static TResult Result(JsonElement result)
    {
        try
        {
            return Json.Read<TResult>(result);
        }
        catch (JsonException)
        {
            throw Refusal.Invalid("json-malformed", "This is not what a job of its kind results in; run workers of the server's own build.");
        }
    }

    Task IJobEffect.FailedAsync(Tx tx, Job job, string error) => FailedAsync(tx, job, Json.Read<TSpec>(job.Spec), error);
}

/// <summary>What a running job may use.</summary>
public sealed class JobContext(ObjectStore objects, string scratch, Action<double, string> report)
{
    public ObjectStore Objects => objects;

    /// <summary>An empty folder of this attempt, removed afterwards.</summary>
    public string Scratch => scratch;

    /// <summary>Says how far the work is: a share in [0, 1] and a sentence for people.</summary>
    public void Report(double progress, string message) => report(progress, message);
}

/// <summary>The job cannot succeed, however often it is tried; the message is for people.</summary>
public sealed class JobFailedException(string message) : Exception(message);
