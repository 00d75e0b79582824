namespace Flyball.Models;

/// <summary>What numbers models can be fitted on and asked about. Engines compute with 32 bits; beyond these bounds they would see infinities.</summary>
public static class NumberBounds
{
    /// <summary>The largest feature, and with a minus the smallest: the largest 32-bit floating point number, 3.4028235e38.</summary>
    public const double Feature = float.MaxValue;

    /// <summary>The largest label, and with a minus the smallest: the square of an error is still a 32-bit number.</summary>
    public const double Label = 1e18;
}
