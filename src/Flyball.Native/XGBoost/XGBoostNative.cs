using System.Runtime.InteropServices;

namespace Flyball.Native.XGBoost;

/// <summary>The part of the engine's C API (1.7) that is used; state 0 is success, and the error of a failure belongs to the calling thread.</summary>
internal static unsafe partial class XGBoostNative
{
    private const string Library = NativeLibraries.XGBoost;

    [LibraryImport(Library)] public static partial void XGBoostVersion(out int major, out int minor, out int patch);

    [LibraryImport(Library)] public static partial int XGDMatrixCreateFromMat_omp(float* data, ulong rows, ulong columns, float missing, out nint matrix, int threads);

    [LibraryImport(Library)] public static partial int XGDMatrixCreateFromCSR(byte* indptr, byte* indices, byte* values, ulong columns, byte* config, out nint matrix);

    [LibraryImport(Library)] public static partial int XGProxyDMatrixCreate(out nint matrix);

    [LibraryImport(Library)] public static partial int XGDMatrixFree(nint matrix);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] public static partial int XGDMatrixSetFloatInfo(MatrixHandle matrix, string field, float* values, ulong length);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] public static partial int XGDMatrixSetStrFeatureInfo(MatrixHandle matrix, string field, string[] values, ulong length);

    [LibraryImport(Library)] public static partial int XGBoosterCreate(nint[] matrices, ulong length, out nint booster);

    [LibraryImport(Library)] public static partial int XGBoosterFree(nint booster);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] public static partial int XGBoosterSetParam(BoosterHandle booster, string name, string value);

    [LibraryImport(Library)] public static partial int XGBoosterGetNumFeature(BoosterHandle booster, out ulong count);

    [LibraryImport(Library)] public static partial int XGBoosterBoostedRounds(BoosterHandle booster, out int count);

    [LibraryImport(Library)] public static partial int XGBoosterUpdateOneIter(BoosterHandle booster, int iteration, MatrixHandle matrix);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int XGBoosterEvalOneIter(BoosterHandle booster, int iteration, nint[] matrices, string[] names, ulong length, out nint result);

    [LibraryImport(Library)] public static partial int XGBoosterPredictFromDMatrix(BoosterHandle booster, MatrixHandle matrix, byte* config, out ulong* shape, out ulong dimensions, out float* values);

    [LibraryImport(Library)] public static partial int XGBoosterPredictFromDense(BoosterHandle booster, byte* values, byte* config, MatrixHandle proxy, out ulong* shape, out ulong dimensions, out float* result);

    [LibraryImport(Library)] public static partial int XGBoosterLoadModelFromBuffer(BoosterHandle booster, byte* buffer, ulong length);

    [LibraryImport(Library)] public static partial int XGBoosterSaveModelToBuffer(BoosterHandle booster, byte* config, out ulong length, out byte* bytes);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] public static partial int XGBoosterSetStrFeatureInfo(BoosterHandle booster, string field, string[] values, ulong length);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] public static partial int XGBoosterGetStrFeatureInfo(BoosterHandle booster, string field, out ulong length, out nint* values);

    public static string LastError() => Marshal.PtrToStringUTF8(XGBGetLastError()) ?? "";

    [LibraryImport(Library)] private static partial nint XGBGetLastError();
}

internal sealed class MatrixHandle : SafeHandle
{
    public MatrixHandle(nint matrix)
        : base(0, ownsHandle: true) => SetHandle(matrix);

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle() => XGBoostNative.XGDMatrixFree(handle) == 0;
}

internal sealed class BoosterHandle : SafeHandle
{
    public BoosterHandle(nint booster)
        : base(0, ownsHandle: true) => SetHandle(booster);

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle() => XGBoostNative.XGBoosterFree(handle) == 0;
}

/// <summary>The native addresses of several matrices, which stay alive until this is disposed.</summary>
internal readonly ref struct BorrowedMatrices : IDisposable
{
    private readonly ReadOnlySpan<XGBoostMatrix> matrices;

    public BorrowedMatrices(ReadOnlySpan<XGBoostMatrix> matrices)
    {
        Addresses = new nint[matrices.Length];
        for (var i = 0; i < matrices.Length; i++)
        {
            var added = false;
            matrices[i].Handle.DangerousAddRef(ref added);
            this.matrices = matrices[..(i + 1)];
            Addresses[i] = matrices[i].Handle.DangerousGetHandle();
        }
    }

    public nint[] Addresses { get; }

    public void Dispose()
    {
        foreach (var matrix in matrices) matrix.Handle.DangerousRelease();
    }
}
