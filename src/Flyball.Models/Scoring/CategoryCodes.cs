using System.Runtime.InteropServices;

namespace Flyball.Models;

/// <summary>Categories as small numbers: a code per row, and what each code stands for (null is a category of its own), in the order of first appearance.</summary>
public sealed record CategoryCodes(int[] Codes, IReadOnlyList<string?> Known)
{
    /// <summary>Where rows repeat the same string object, as read rows do, most are recognised without hashing the text.</summary>
    public static CategoryCodes Of(ReadOnlySpan<string?> categories)
    {
        var codes = new int[categories.Length];
        var known = new List<string?>();
        var byObject = new Dictionary<object, int>(ReferenceEqualityComparer.Instance);
        var byText = new Dictionary<string, int>(StringComparer.Ordinal);
        var ofNull = -1;
        for (var i = 0; i < codes.Length; i++)
        {
            if (categories[i] is not { } category)
            {
                if (ofNull < 0)
                {
                    ofNull = known.Count;
                    known.Add(null);
                }

                codes[i] = ofNull;
                continue;
            }

            ref var code = ref CollectionsMarshal.GetValueRefOrAddDefault(byObject, category, out var seen);
            if (!seen && !byText.TryGetValue(category, out code))
            {
                code = known.Count;
                known.Add(category);
                byText.Add(category, code);
            }

            codes[i] = code;
        }

        return new CategoryCodes(codes, known);
    }
}
