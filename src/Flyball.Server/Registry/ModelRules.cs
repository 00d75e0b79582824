using System.Text.RegularExpressions;
using Flyball.Foundation;
using Flyball.Server.Tracking;

namespace Flyball.Server.Registry;

/// <summary>How models, aliases and versions may be named: MLflow's limits and MLflow's words.</summary>
internal static partial class ModelRules
{
    private const int TagValue = 100_000;
    private const int LongestAlias = 255;

    public static string Name(string? name, string parameter = "name")
    {
        if (string.IsNullOrWhiteSpace(name)) throw Refusal.Invalid("value-missing", $"Missing value for required parameter '{parameter}'.");
        if (name.AsSpan().ContainsAny('/', ':')) throw Refusal.Invalid("model-name", $"Invalid model name '{Refusal.Shown(name)}'. Names cannot contain '/' or ':'.");
        RunRules.CheckResolves(name, "name");
        if (name.Length > 256 || name.Any(char.IsControl)) throw Refusal.Invalid("model-name", $"Invalid model name '{Refusal.Shown(name)}'. Names have at most 256 characters and no control characters.");
        return name;
    }

    public static void CheckTag(string key, string value)
    {
        RunRules.CheckTagKey(key);
        RunRules.TooLong("value", value, TagValue);
    }

    public static void CheckAlias(string alias)
    {
        if (alias.Length == 0) throw Refusal.Invalid("alias-name", "Registered model alias name cannot be empty.");
        if (!AliasNames().IsMatch(alias)) throw Refusal.Invalid("alias-name", $"Invalid alias name: '{Refusal.Shown(alias)}'. Names may only contain alphanumerics, underscores (_), and dashes (-).");
        RunRules.TooLong("Registered model alias name", alias, LongestAlias);
    }

    /// <summary>An alias that may be set: not one that means something by itself.</summary>
    public static void CheckNewAlias(string alias)
    {
        CheckAlias(alias);
        if (alias.Equals("latest", StringComparison.OrdinalIgnoreCase)) throw Refusal.Invalid("alias-name", "'latest' alias name (case insensitive) is reserved.");
        if (VersionNames().IsMatch(alias)) throw Refusal.Invalid("alias-name", $"Version alias name '{alias}' is reserved.");
    }

    public static int Version(string text) => int.TryParse(text, System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out var number)
        ? number
        : throw Refusal.Invalid("model-version", $"Parameter 'version' must be an integer, got '{Refusal.Shown(text)}'.");

    public static ModelStage Stage(string text) => Enum.GetValues<ModelStage>().Cast<ModelStage?>().FirstOrDefault(stage => stage.ToString()!.Equals(text, StringComparison.OrdinalIgnoreCase))
        ?? throw Refusal.Invalid("model-stage", $"Invalid Model Version stage: {Refusal.Shown(text)}. Value must be one of None, Staging, Production, Archived.");

    /// <summary>Whether a stage is one in which versions are in use, so that one may take another's place.</summary>
    public static bool IsActive(ModelStage stage) => stage is ModelStage.Staging or ModelStage.Production;

    public static Refusal NoModel(string name) => new(RefusalKind.NotFound, "model-not-found", $"Registered Model with name={Refusal.Shown(name)} not found");

    public static Refusal NoVersion(string model, int version) => new(RefusalKind.NotFound, "model-version-not-found", $"Model Version (name={Refusal.Shown(model)}, version={version}) not found");

    public static Refusal NoAlias(string alias) => Refusal.Invalid("alias-not-found", $"Registered model alias {Refusal.Shown(alias)} not found.");

    [GeneratedRegex(@"^[\w\-]*\z")]
    private static partial Regex AliasNames();

    [GeneratedRegex(@"^[vV]\d+\z")]
    private static partial Regex VersionNames();
}
