using Flyball.Foundation;

namespace Flyball.Tests.Foundation;

public sealed class Steps_of_a_loop
{
    [Fact]
    public async Task Are_taken_for_every_thing_although_one_cannot()
    {
        var stepped = new List<int>();
        var failed = await Assert.ThrowsAsync<IOException>(() => Each.StepAsync([1, 2, 3], number =>
        {
            stepped.Add(number);
            return number == 2 ? throw new IOException("the second") : Task.FromResult(true);
        }));
        Assert.Equal("the second", failed.Message);
        Assert.Equal([1, 2, 3], stepped);
        Assert.Equal(2, (await Assert.ThrowsAsync<AggregateException>(() => Each.StepAsync<int>([1, 2], number => throw new IOException($"{number}")))).InnerExceptions.Count);
        Assert.True(await Each.StepAsync([1, 2], number => Task.FromResult(number == 1)));
        Assert.False(await Each.StepAsync([1, 2], _ => Task.FromResult(false)));
        await Assert.ThrowsAsync<OperationCanceledException>(() => Each.StepAsync<int>([1, 2], number => number == 1 ? throw new OperationCanceledException() : throw new IOException()));
    }
}
