namespace Flyball.Foundation;

/// <summary>Why a request is refused; decides the HTTP status.</summary>
public enum RefusalKind { Invalid = 400, Unauthenticated = 401, Forbidden = 403, NotFound = 404, Conflict = 409, TooLarge = 413, Unprocessable = 422, TooMany = 429, NotSpoken = 501, Unavailable = 503, StorageFull = 507 }

/// <summary>The caller asked for what the rules do not allow. The message says what happened, to which thing, and what to do; it never holds a path, a stack or SQL of ours.</summary>
public sealed class Refusal(RefusalKind kind, string code, string message) : Exception(message)
{
    public RefusalKind Kind { get; } = kind;

    /// <summary>Stable, machine-readable code in kebab case.</summary>
    public string Code { get; } = code;

    public static Refusal Invalid(string code, string message) => new(RefusalKind.Invalid, code, message);

    public static Refusal Unprocessable(string code, string message) => new(RefusalKind.Unprocessable, code, message);

    public static Refusal Conflict(string code, string message) => new(RefusalKind.Conflict, code, message);

    public static Refusal Forbidden(string message) => new(RefusalKind.Forbidden, "forbidden", message);

    public static Refusal Unavailable(string code, string message) => new(RefusalKind.Unavailable, code, message);

    /// <summary>There is no <paramref name="thing"/> of that name.</summary>
    public static Refusal NotFound(string thing, string id) => new(RefusalKind.NotFound, $"{thing.Replace(' ', '-')}-not-found", $"There is no {thing} '{Shown(id)}'.");

    /// <summary>A caller's own text, made safe to repeat in a message: one line, at most 100 characters.</summary>
    public static string Shown(string text)
    {
        var line = string.Concat(text.Select(c => char.IsControl(c) ? '\uFFFD' : c));
        return line.Length <= 100 ? line : line[..99] + "…";
    }
}
