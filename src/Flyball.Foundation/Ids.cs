namespace Flyball.Foundation;

/// <summary>New identifiers: UUID version 7 as 32 hex digits, so that they sort by time.</summary>
public sealed class Ids(TimeProvider time)
{
    public string New() => Guid.CreateVersion7(time.GetUtcNow()).ToString("N");
}
