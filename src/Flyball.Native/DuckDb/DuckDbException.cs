namespace Flyball.Native.DuckDb;

/// <summary>The engine refused or failed; the message is its own.</summary>
public sealed class DuckDbException(string message, bool isInterrupted = false) : Exception(message)
{
    /// <summary>The statement ended because <see cref="DuckDbConnection.Interrupt"/> asked it to.</summary>
    public bool IsInterrupted { get; } = isInterrupted;
}
