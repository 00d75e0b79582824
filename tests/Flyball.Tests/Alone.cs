namespace Flyball.Tests;

/// <summary>The collection of tests that measure the whole process and therefore run while no other test does.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
