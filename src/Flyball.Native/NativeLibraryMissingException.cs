namespace Flyball.Native;

/// <summary>An engine's shared library is not on this machine; the message says how to install it.</summary>
public sealed class NativeLibraryMissingException(string library, string install)
    : DllNotFoundException($"{library} is not installed: run `{install}`.")
{
    public string Library { get; } = library;

    public string Install { get; } = install;
}
