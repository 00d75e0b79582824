namespace Flyball.Server.Projects;

/// <summary>Reads <c>flyball.yaml</c>: the only way from text to a <see cref="ProjectFile"/>.</summary>
public static class ProjectFileReader
{
    internal static readonly Shape<ProjectFile> Root = new ObjectShape<ProjectFile>(
        "the project file",
        [
            Key.Needed("project", Scalars.Name(NameRule.Project, "project"), "Name of the project."),
            Key.Optional("design", DesignShapes.Charter, "Why the model exists, for whom, and what it must hold to."),
            Key.Needed("data", DataShapes.Datasets, "Datasets by name."),
            Key.Optional("features", DataShapes.Views, "Feature views by name; each is a map from feature names to { sql, type }."),
            Key.Optional("models", ModelShapes.Models, "Models by name."),
            Key.NotYet("environments", "run one server with its own data directory for each environment"),
        ],
        f => new ProjectFile
        {
            Project = f.Get<string>("project"),
            Design = f.Find<DesignCharter>("design") ?? new(),
            Data = [.. f.Get<IReadOnlyList<KeyValuePair<string, Func<string, DatasetSpec>>>>("data").Select(d => d.Value(d.Key))],
            Features = [.. f.Get<IReadOnlyList<KeyValuePair<string, IReadOnlyList<KeyValuePair<string, (string?, FeatureType)>>>>>("features", [])
                .Select(v => new FeatureViewSpec(v.Key, [.. v.Value.Select(feature => DataShapes.Named(feature.Key, feature.Value))]))],
            Models = [.. f.Get<IReadOnlyList<KeyValuePair<string, Func<string, ModelSpec>>>>("models", []).Select(m => m.Value(m.Key))],
        });

    /// <summary>
    /// The project that the text declares. Throws <see cref="ProjectFileException"/> with every mistake and its line and column; <paramref name="fileName"/> only names the file in messages.
    /// </summary>
    public static ProjectFile Read(string yaml, string fileName)
    {
        var problems = new Problems();
        ProjectFile? project = null;
        if (YamlTree.Read(yaml, problems) is { } root && Root.TryRead(root, "", problems, out project)) ProjectFileChecks.Run(project, root, problems);
        return problems.Any || project is null ? throw new ProjectFileException(fileName, problems.InOrder()) : project;
    }
}
