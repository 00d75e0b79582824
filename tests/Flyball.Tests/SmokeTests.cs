namespace Flyball.Tests;

public sealed class Nothing_yet
{
    [Fact]
    public void Holds() => Assert.True(true);
}
