using System.Globalization;

namespace Flyball.Native.XGBoost;

/// <summary>An object of a model file. Values are string, double (also for booleans), double[] , object[] , ModelObject or null; an empty array is a double[].</summary>
internal sealed class ModelObject
{
    private readonly Dictionary<string, object?> members = new(StringComparer.Ordinal);

    public void Add(string name, object? value)
    {
        // two readers could take different ones
        if (!members.TryAdd(name, value)) throw XGBoostModelFile.Damaged($"{name} is there twice");
    }

    public bool Has(string name) => members.ContainsKey(name);

    public ModelObject Object(string name) => Get<ModelObject>(name);

    public string Text(string name) => Get<string>(name);

    public double Whole(string name) => members.GetValueOrDefault(name) is double value && value == Math.Floor(value) ? value : throw XGBoostModelFile.Damaged($"it has no {name}");

    public double[] Doubles(string name) => Get<double[]>(name);

    public int[] Integers(string name) => Array.ConvertAll(Doubles(name), value => value is >= int.MinValue and <= int.MaxValue && value == Math.Floor(value)
        ? (int)value
        : throw XGBoostModelFile.Damaged($"{name} holds {value}"));

    public string[] Strings(string name) => Elements<string>(name);

    public ModelObject[] Objects(string name) => Elements<ModelObject>(name);

    /// <summary>A whole number, which the format writes as text; the absent one is only for members that older versions did not write.</summary>
    public long Number(string name, long? otherwise = null)
    {
        if (otherwise is { } value && !members.ContainsKey(name)) return value;
        return long.TryParse(Text(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : throw XGBoostModelFile.Damaged($"{name} is {Text(name)}");
    }

    public void RequireTexts()
    {
        foreach (var name in members.Keys) _ = Text(name);
    }

    private T[] Elements<T>(string name) => members.GetValueOrDefault(name) switch
    {
        double[] { Length: 0 } => [],
        object[] elements => Array.ConvertAll(elements, element => element is T typed ? typed : throw XGBoostModelFile.Damaged($"{name} holds something else")),
        _ => throw XGBoostModelFile.Damaged($"it has no {name}"),
    };

    private T Get<T>(string name) => members.GetValueOrDefault(name) is T value ? value : throw XGBoostModelFile.Damaged($"it has no {name}");
}
