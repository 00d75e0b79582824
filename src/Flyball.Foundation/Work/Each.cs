using System.Runtime.ExceptionServices;

namespace Flyball.Foundation;

/// <summary>Steps of a loop that looks after many things.</summary>
public static class Each
{
    /// <summary>Takes the step of every thing, one after the other; what keeps one from its step keeps no other from it, and is thrown at the end. True if any step changed something.</summary>
    public static async Task<bool> StepAsync<T>(IEnumerable<T> things, Func<T, Task<bool>> step)
    {
        var changed = false;
        var failures = new List<Exception>();
        foreach (var thing in things)
        {
            try
            {
                changed |= await step(thing);
            }
            catch (Exception failed) when (failed is not OperationCanceledException and not OutOfMemoryException)
            {
                failures.Add(failed);
            }
        }

        if (failures.Count == 1) ExceptionDispatchInfo.Throw(failures[0]);
        return failures.Count == 0 ? changed : throw new AggregateException(failures);
    }
}
