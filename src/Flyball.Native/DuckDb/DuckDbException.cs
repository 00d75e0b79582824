namespace Flyball.Native.DuckDb;

/// <summary>The engine refused or failed; the message is its own.</summary>
public sealed class DuckDbException(string message, bool isInterrupted = false) : Exception(message)
{
    /// <summary>The statement ended because <see cref="DuckDbConnection.Interrupt"/> asked it to.</summary>
    public bool IsInterrupted { get; } = isInterrupted;

    /// <summary>The engine's message without its excerpt of the statement, which may hold names of files.</summary>
    public string Reason => Message.IndexOf("\n\nLINE ", StringComparison.Ordinal) is var at and >= 0 ? Message[..at] : Message;
}
