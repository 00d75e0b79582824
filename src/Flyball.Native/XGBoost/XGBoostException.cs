namespace Flyball.Native.XGBoost;

/// <summary>The engine refused or failed; the message is its own, without the stack of its source files.</summary>
public sealed class XGBoostException(string message) : Exception(message)
{
    internal static void Check(int state)
    {
        if (state != 0) throw new XGBoostException(Shorten(XGBoostNative.LastError()));
    }

    /// <summary>The engine writes time, source file and native stack around what it means.</summary>
    private static string Shorten(string text)
    {
        var stack = text.IndexOf("Stack trace:", StringComparison.Ordinal);
        if (stack > 0) text = text[..stack];
        var start = text.IndexOf(": ", text.StartsWith('[') ? text.IndexOf(']', StringComparison.Ordinal) : 0, StringComparison.Ordinal);
        if (text.StartsWith('[') && start > 0) text = text[(start + 2)..];
        return text.Trim() is { Length: > 0 } message ? message : "XGBoost failed without a message.";
    }
}
