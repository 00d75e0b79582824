namespace Flyball.Native.OnnxRuntime;

/// <summary>The engine refused or failed; the message is its own.</summary>
public sealed class OnnxException(string message) : Exception(message);
