namespace Flyball.Models;

/// <summary>A linear model as the file <c>linear.json</c>.</summary>
public static class LinearModelFile
{
    public static byte[] Write(LinearModel model) => PackageJson.Bytes(model);

    public static LinearModel Read(byte[] file) => PackageJson.Read<LinearModel>(file);
}
