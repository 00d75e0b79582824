using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Flyball.Native;

/// <summary>Finds the engines' shared libraries: beside the program, where a single-file program unpacks itself, then on the system.</summary>
internal static class NativeLibraries
{
    public const string DuckDb = "duckdb";
    public const string OnnxRuntime = "onnxruntime";
    public const string XGBoost = "xgboost";

    private static readonly Dictionary<string, Engine> Engines = new(StringComparer.Ordinal)
    {
        [DuckDb] = new("DuckDB", ["libduckdb.so", "libduckdb.dylib", "duckdb.dll"], "npm ci --ignore-scripts"),
        [OnnxRuntime] = new("ONNX Runtime", ["libonnxruntime.so.1", "libonnxruntime.dylib", "onnxruntime.dll"], "npm ci --ignore-scripts"),
        [XGBoost] = new("XGBoost", ["libxgboost.so.0", "libxgboost.so", "libxgboost.dylib", "xgboost.dll"], "apt-get install libxgboost0"),
    };

    /// <summary>One engine: what people call it, the file names it goes by, and the command that installs it.</summary>
    internal sealed record Engine(string Title, IReadOnlyList<string> FileNames, string Install);

    [SuppressMessage("Usage", "CA2255:The 'ModuleInitializer' attribute should not be used in libraries", Justification = "The resolver must be there before the first native call, whichever type makes it.")]
    [ModuleInitializer]
    internal static void Register() => NativeLibrary.SetDllImportResolver(typeof(NativeLibraries).Assembly, Resolve);

    /// <summary>Loads the first of the engine's files found in the folders, then anywhere the system loader looks.</summary>
    internal static nint Load(Engine engine, IEnumerable<string> folders)
    {
        foreach (var folder in folders)
        {
            foreach (var name in engine.FileNames)
            {
                var path = Path.Combine(folder, name);
                if (File.Exists(path)) return NativeLibrary.Load(path);
            }
        }

        foreach (var name in engine.FileNames)
        {
            // asked for an assembly, the runtime also looks where a single-file program unpacked itself
            if (NativeLibrary.TryLoad(name, typeof(NativeLibraries).Assembly, null, out var handle)) return handle;
        }

        throw new NativeLibraryMissingException(engine.Title, engine.Install);
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (!Engines.TryGetValue(name, out var engine)) return 0;
        if (name == XGBoost) OpenMp.SpinBriefly();
        return Load(engine, Folders());
    }

    private static IEnumerable<string> Folders()
    {
        yield return AppContext.BaseDirectory;
        var unpacked = AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "";
        foreach (var folder in unpacked.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)) yield return folder;
    }
}
