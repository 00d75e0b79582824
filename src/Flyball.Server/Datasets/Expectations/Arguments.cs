using System.Globalization;

namespace Flyball.Server.Datasets;

/// <summary>The arguments of an expectation. What is needed and missing, or of another kind, is refused by its name.</summary>
internal sealed class Arguments(IReadOnlyDictionary<string, object?> given)
{
    public object? this[string name] => given.GetValueOrDefault(name);

    /// <summary>The least share of rows that must do, 0 to 1.</summary>
    public double Mostly => NumberOrNull("mostly") is not { } mostly ? 1 : mostly is >= 0 and <= 1 ? mostly : throw Wrong("mostly", "between 0 and 1");

    /// <summary>Named, if only as absent.</summary>
    public bool Names(string name) => given.ContainsKey(name);

    public bool Has(string name) => given.GetValueOrDefault(name) is not null;

    public bool Flag(string name, bool otherwise = false) => given.GetValueOrDefault(name) switch
    {
        null => otherwise,
        bool flag => flag,
        _ => throw Wrong(name, "true or false"),
    };

    public string Text(string name) => given.GetValueOrDefault(name) as string ?? throw Wrong(name, "a text");

    public string Text(string name, string otherwise) => Has(name) ? Text(name) : otherwise;

    public double Number(string name) => NumberOrNull(name) ?? throw Wrong(name, "a number");

    public double? NumberOrNull(string name) => given.GetValueOrDefault(name) switch
    {
        null => null,
        not (bool or string) and IConvertible number => Convert.ToDouble(number, CultureInfo.InvariantCulture),
        _ => throw Wrong(name, "a number"),
    };

    /// <summary>A number without a fraction.</summary>
    public long? WholeOrNull(string name) => NumberOrNull(name) is not { } number ? null : number == Math.Floor(number) && Math.Abs(number) < 1e15 ? (long)number : throw Wrong(name, "an integer");

    public long Whole(string name) => WholeOrNull(name) ?? throw Wrong(name, "an integer");

    public IReadOnlyList<object?> List(string name) => ListOrNull(name) ?? throw Wrong(name, "a list");

    public IReadOnlyList<object?>? ListOrNull(string name) => given.GetValueOrDefault(name) switch
    {
        null => null,
        IReadOnlyList<object?> list => list,
        System.Collections.IEnumerable list and not (string or IReadOnlyDictionary<string, object?>) => [.. list.Cast<object?>()],
        _ => throw Wrong(name, "a list"),
    };

    public IReadOnlyList<string> Texts(string name) => [.. List(name).Select(value => value as string ?? throw Wrong(name, "a list of texts"))];

    public IReadOnlyDictionary<string, object?> Object(string name) => given.GetValueOrDefault(name) as IReadOnlyDictionary<string, object?> ?? throw Wrong(name, "an object");

    public ExpectationException Wrong(string name, string kind) => new(Has(name) ? $"The argument {name} must be {kind}." : $"The argument {name} is missing; it must be {kind}.");
}
