namespace Flyball.Server.Projects;

/// <summary>One mistake in a project file. Line and column count from 1; the path is like <c>models.trip-duration.evaluate.gates[0]</c>, empty for the file as a whole.</summary>
public sealed record ProjectFileError(int Line, int Column, string Path, string Message, string? Suggestion)
{
    public override string ToString() =>
        $"{Line}:{Column} {(Path.Length == 0 ? "" : Path + ": ")}{Message}{(Suggestion is null ? "" : $"; did you mean '{Suggestion}'?")}";
}

/// <summary>A project file cannot be used. Holds every mistake that was found, in the order of the file.</summary>
public sealed class ProjectFileException(string fileName, IReadOnlyList<ProjectFileError> errors)
    : Exception($"{fileName} has {(errors.Count == 1 ? "a mistake" : $"{errors.Count} mistakes")}:\n{string.Join('\n', errors.Select(e => $"{fileName}:{e}"))}")
{
    public string FileName { get; } = fileName;

    public IReadOnlyList<ProjectFileError> Errors { get; } = errors;
}

/// <summary>Collects mistakes while a file is read.</summary>
internal sealed class Problems
{
    private const int Most = 200;

    private readonly List<ProjectFileError> errors = [];

    public bool Any => errors.Count > 0;

    public void Add(int line, int column, string path, string message, string? suggestion = null)
    {
        var error = new ProjectFileError(line, column, path, message, suggestion);
        if (errors.Count < Most && !errors.Contains(error)) errors.Add(error);
    }

    public void Add(YamlNode at, string path, string message, string? suggestion = null) => Add(at.Line, at.Column, path, message, suggestion);

    public IReadOnlyList<ProjectFileError> InOrder() => [.. errors.OrderBy(e => e.Line).ThenBy(e => e.Column)];
}
