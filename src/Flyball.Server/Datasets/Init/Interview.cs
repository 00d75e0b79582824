using System.Globalization;

namespace Flyball.Server.Datasets;

/// <summary>Asks questions. What was given in advance is not asked; without a person every proposal is taken.</summary>
internal sealed class Interview(TextReader? person, TextWriter output)
{
    /// <summary>True where there is somebody to ask.</summary>
    public bool Asks => person is not null;

    public void Say(string line) => output.WriteLine(line);

    /// <summary>An answer that <paramref name="read"/> takes; it throws <see cref="InitException"/> for one that it does not, and the question is asked again.</summary>
    /// <param name="option">The option that answers the question, for whoever cannot be asked.</param>
    public T Ask<T>(string question, string? proposal, string? given, string option, Func<string, T> read)
    {
        if (given is not null) return read(given);
        if (person is null) return proposal is null ? throw new InitException($"There is nobody to ask: {question.ToLowerInvariant()}? Give {option}.") : read(proposal);
        while (true)
        {
            output.Write($"{question}{(string.IsNullOrEmpty(proposal) ? "" : $" [{proposal}]")}: ");
            output.Flush();
            var answer = (person.ReadLine() ?? throw new InitException("The answers ended before the questions did. Nothing was written.")).Trim();
            if (answer.Length == 0 && proposal is null)
            {
                output.WriteLine("  This needs an answer.");
                continue;
            }

            try
            {
                return read(answer.Length == 0 && proposal is not null ? proposal : answer);
            }
            catch (InitException wrong)
            {
                output.WriteLine($"  {wrong.Message}");
            }
        }
    }

    /// <summary>Text that may be left out.</summary>
    public string? Optional(string question, string? given, string option) => Ask(question, "", given, option, text => text.Length == 0 ? null : text);

    /// <summary>A number that may be left out.</summary>
    public double? Number(string question, double? given, string option, bool positive = false) => Ask(question, "", given?.ToString("R", CultureInfo.InvariantCulture), option, text =>
        text.Length == 0 ? (double?)null
        : !double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || !double.IsFinite(number) ? throw new InitException($"'{text}' is not a number.")
        : positive && number <= 0 ? throw new InitException($"{text} is not above 0.")
        : number);

    /// <summary>Words separated by commas.</summary>
    public IReadOnlyList<T> List<T>(string question, IReadOnlyList<string>? given, string proposal, string option, Func<string, T> read) =>
        Ask(question, proposal, given is null ? null : string.Join(", ", given), option, text => (IReadOnlyList<T>)[.. (text == "-" ? "" : text).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(read)]);

    public bool Yes(string question, bool? given, string option) => Ask(question, "no", given is null ? null : given.Value ? "yes" : "no", option, text => text.ToLowerInvariant() switch
    {
        "yes" or "y" or "true" => true,
        "no" or "n" or "false" => false,
        _ => throw new InitException("Answer yes or no."),
    });
}
