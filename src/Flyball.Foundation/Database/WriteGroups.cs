using System.Collections.Concurrent;

namespace Flyball.Foundation;

/// <summary>
/// Works that wait for their turn to write, and the loop that runs them: all that wait go into one transaction, each behind a savepoint of its own, and are answered when that is on disk. So the price of a sync is shared by
/// whoever writes at the same time, and nobody waits for company. A work that is refused is told with the others, too: what it was refused for may be what another one of the group has written, which nobody sees before.
/// </summary>
internal sealed class WriteGroups(Func<Task<Tx>> begin, Func<Tx, Task<Tx>> part)
{
    /// <summary>A group ends here even if more wait, so that the first is not kept from its answer.</summary>
    private const int Most = 256;
    private readonly ConcurrentQueue<Waiting> queue = new();
    private int draining;

    public Task<T> AddAsync<T>(Func<Tx, Task<T>> work, CancellationToken cancel)
    {
        var waiting = new Waiting<T>(work, cancel);
        queue.Enqueue(waiting);
        if (Interlocked.Exchange(ref draining, 1) == 0) ThreadPool.UnsafeQueueUserWorkItem(static groups => _ = groups.DrainAsync(), this, preferLocal: false);
        return waiting.Result;
    }

    private async Task DrainAsync()
    {
        do
        {
            while (!queue.IsEmpty) await RunGroupAsync();
            // with a full fence: without one, the look at the queue below may come before the flag is seen, and a work that was added in between would wait for the next one
            Interlocked.Exchange(ref draining, 0);
        }
        while (!queue.IsEmpty && Interlocked.Exchange(ref draining, 1) == 0);
    }

    /// <summary>Runs what waits. Never throws: what goes wrong is the answer of those it concerns.</summary>
    private async Task RunGroupAsync()
    {
        var (ran, refused) = (new List<Waiting>(), new List<Waiting>());
        Tx whole;
        try
        {
            whole = await begin();
        }
        catch (Exception failure)
        {
            if (queue.TryDequeue(out var first)) first.Fail(failure);
            return;
        }

        try
        {
            await using var ended = whole;
            whole.OnCommitted(() => ran.ForEach(waiting => waiting.Announce()));
            whole.OnRolledBack(() => ran.ForEach(waiting => waiting.Retract()));
            while (ran.Count < Most && queue.TryDequeue(out var waiting))
            {
                (await waiting.RunAsync(() => part(whole)) ? ran : refused).Add(waiting);
            }

            if (ran.Count > 0) await whole.CommitAsync(CancellationToken.None);
        }
        catch (Exception failure)
        {
            foreach (var waiting in ran.Concat(refused)) waiting.Fail(failure);
            return;
        }

        foreach (var waiting in ran) waiting.Complete();
        foreach (var waiting in refused) waiting.Refuse();
    }

    private abstract class Waiting
    {
        /// <summary>Runs the work in a part of the group's transaction; false where it failed alone, or was called off.</summary>
        public abstract Task<bool> RunAsync(Func<Task<Tx>> part);

        /// <summary>Tells what failed alone.</summary>
        public abstract void Refuse();

        /// <summary>Does what was to happen once the group is on disk. Never throws: what fails in it is the answer.</summary>
        public abstract void Announce();

        /// <summary>Does what was to happen if nothing of the group is kept.</summary>
        public abstract void Retract();

        public abstract void Complete();

        public abstract void Fail(Exception failure);
    }

    private sealed class Waiting<T>(Func<Tx, Task<T>> work, CancellationToken cancel) : Waiting
    {
        private readonly TaskCompletionSource<T> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private Tx? tx;
        private T? result;
        private Exception? refusal;

        public Task<T> Result => answer.Task;

        public override async Task<bool> RunAsync(Func<Task<Tx>> part)
        {
            if (cancel.IsCancellationRequested)
            {
                answer.SetCanceled(cancel);
                return false;
            }

            try
            {
                tx = await part();
            }
            catch (Exception failure)
            {
                // no longer in the queue and not among those that ran: told here, and with it the whole group
                answer.SetException(failure);
                throw;
            }

            try
            {
                await using (tx)
                {
                    result = await work(tx);
                    await tx.EndPartAsync();
                }

                return true;
            }
            catch (Exception failure)
            {
                refusal = failure;
                if (tx.IsOpen) return false;
                // the engine has taken back the whole group: the others must not be told that they are stored
                answer.SetException(failure);
                throw;
            }
        }

        public override void Refuse()
        {
            if (refusal is not null) answer.SetException(refusal);
        }

        public override void Announce()
        {
            try
            {
                tx!.Announce();
            }
            catch (Exception failure)
            {
                refusal = failure;
            }
        }

        public override void Retract() => tx!.Retract();

        public override void Complete()
        {
            if (refusal is null) answer.SetResult(result!);
            else answer.SetException(refusal);
        }

        public override void Fail(Exception failure) => answer.TrySetException(failure);
    }
}
