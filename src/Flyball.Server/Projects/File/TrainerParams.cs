using System.Globalization;

namespace Flyball.Server.Projects;

/// <summary>What may stand under <c>train.params</c>. The engine passes over names it does not know, so a misspelt one would be lost without a word.</summary>
internal static class TrainerParams
{
    private const int MostRounds = 100_000;

    private static readonly string[] Linear = ["alpha"];

    /// <summary>XGBoost 1.7, "XGBoost Parameters", without those that Flyball sets itself; rounds is Flyball's.</summary>
    private static readonly string[] XGBoost =
    [
        "rounds", "booster", "eta", "learning_rate", "gamma", "min_split_loss", "max_depth", "min_child_weight", "max_delta_step", "subsample", "sampling_method", "colsample_bytree", "colsample_bylevel", "colsample_bynode",
        "lambda", "reg_lambda", "alpha", "reg_alpha", "tree_method", "sketch_eps", "scale_pos_weight", "updater", "refresh_leaf", "process_type", "grow_policy", "max_leaves", "max_bin", "num_parallel_tree",
        "monotone_constraints", "interaction_constraints", "sample_type", "normalize_type", "rate_drop", "one_drop", "skip_drop", "feature_selector", "top_k", "objective", "base_score", "tweedie_variance_power", "huber_slope", "seed_per_iteration",
    ];

    /// <summary>Those of <see cref="XGBoost"/> whose value is a name or a list in brackets; a number is expected of all others, or true and false.</summary>
    private static readonly string[] Words =
        ["booster", "sampling_method", "tree_method", "updater", "process_type", "grow_policy", "monotone_constraints", "interaction_constraints", "sample_type", "normalize_type", "feature_selector", "objective"];

    private static readonly string[] RegressionObjectives =
        ["reg:squarederror", "reg:squaredlogerror", "reg:absoluteerror", "reg:pseudohubererror", "reg:logistic", "reg:gamma", "reg:tweedie", "count:poisson"];

    /// <summary>What is wrong with a model's parameters: the parameter's name, the reason, and a nearer name where there is one.</summary>
    public static IEnumerable<(string Name, string Reason, string? Nearest)> Problems(TrainSpec train)
    {
        var known = train.Trainer == TrainerKind.Linear ? Linear : XGBoost;
        foreach (var (name, value) in train.Params)
        {
            if (!known.Contains(name)) yield return (name, Unknown(name, train.Trainer), Suggestions.For(name, known));
            else if (name == "rounds" && !(Number(value) is { } rounds && rounds == Math.Floor(rounds) && rounds is >= 1 and <= MostRounds)) yield return (name, $"rounds is a whole number from 1 to {MostRounds:N0}", null);
            else if (train.Trainer == TrainerKind.XGBoost && !Words.Contains(name) && value is not bool && !(Number(value) is { } number && double.IsFinite(number))) yield return (name, $"{name} is a finite number", null);
            else if (train.Trainer == TrainerKind.Linear && Number(value) is not >= 0) yield return (name, "alpha is a number, 0 or more", null);
            else if (name == "objective" && train.Task == TaskKind.Regression && !RegressionObjectives.Contains(value)) yield return (name, $"the objective of a regression is one of {string.Join(", ", RegressionObjectives)}", Suggestions.For($"{value}", RegressionObjectives));
            else if (name == "objective" && train.Task == TaskKind.Classification && value is not "binary:logistic") yield return (name, "the objective of a classification is binary:logistic", null);
        }
    }

    private static string Unknown(string name, TrainerKind trainer) => name switch
    {
        "seed" or "random_state" => $"'{name}' is given as train.seed",
        "nthread" or "n_jobs" or "verbosity" or "validate_parameters" or "device" or "predictor" => $"'{name}' is for Flyball to set",
        "n_estimators" or "num_round" or "num_boost_round" => $"'{name}' is called rounds here",
        _ => $"{(trainer == TrainerKind.Linear ? "the linear trainer" : "XGBoost")} has no parameter '{name}'{(trainer == TrainerKind.Linear ? "; it has alpha" : "")}",
    };

    private static double? Number(object value) => value is long or int or double or decimal ? Convert.ToDouble(value, CultureInfo.InvariantCulture) : null;
}
