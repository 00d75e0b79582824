using Flyball.Foundation;

namespace Flyball.Server.Registry;

/// <summary>
/// What people should know of a version before they use it. The sections are those of Mitchell et al., Model Cards for Model Reporting (FAT* 2019). Facts are read from the registry whenever the card is looked at;
/// texts are written by people and kept apart from them.
/// </summary>
public sealed record ModelCard(string Model, int Version, DateTimeOffset Generated, IReadOnlyList<CardSection> Sections);

/// <param name="Name">The section's name in addresses, such as <c>intended-use</c>.</param>
public sealed record CardSection(string Name, string Title, string Question, IReadOnlyList<CardFact> Facts, IReadOnlyList<CardTable> Tables, CardText? Text);

public sealed record CardFact(string Name, string Value);

/// <summary>Rows have as many cells as there are columns; the first column names, the others are right-aligned where <paramref name="Numbers"/>.</summary>
public sealed record CardTable(string Title, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows, bool Numbers);

/// <summary>What a person wrote in a section, for a version and those after it until somebody writes anew.</summary>
public sealed record CardText(string Section, string Text, int Version, string By, DateTimeOffset Written);

public sealed record CardWritten(string? Project, string Model, int Version, string Section) : IEvent
{
    public static string Type => "model.card-written";

    public Ref Subject() => new("model-version", $"{Model}/{Version}");
}

/// <summary>The sections of a card, in order.</summary>
internal static class CardSections
{
    public const string Details = "model-details";
    public const string Use = "intended-use";
    public const string Factors = "factors";
    public const string Metrics = "metrics";
    public const string Evaluation = "evaluation-data";
    public const string Training = "training-data";
    public const string Analyses = "quantitative-analyses";
    public const string Ethics = "ethical-considerations";
    public const string Caveats = "caveats-and-recommendations";

    public static readonly IReadOnlyList<(string Name, string Title, string Question)> All =
    [
        (Details, "Model details", "What is it, who made it, and of what?"),
        (Use, "Intended use", "What is it for, for whom, and what is it not for?"),
        (Factors, "Factors", "Which groups, conditions and inputs make a difference?"),
        (Metrics, "Metrics", "By what is it judged, and why by that?"),
        (Evaluation, "Evaluation data", "On what was it judged?"),
        (Training, "Training data", "From what did it learn?"),
        (Analyses, "Quantitative analyses", "How good is it, overall and where it is weakest?"),
        (Ethics, "Ethical considerations", "Whom could it harm, and what was done about that?"),
        (Caveats, "Caveats and recommendations", "What else should its users know?"),
    ];
}
