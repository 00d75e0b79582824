namespace Flyball.Server.Datasets;

/// <summary>Names that no column of a dataset has, so that what Flyball puts beside a dataset's columns never stands for one of them.</summary>
internal static class ReservedColumns
{
    public const string Prefix = "_flyball_";

    public static bool Contains(string name) => name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase);
}
