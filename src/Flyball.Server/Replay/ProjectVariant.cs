using YamlDotNet.RepresentationModel;

namespace Flyball.Server.Replay;

/// <summary>The same project with another retraining policy, for comparison.</summary>
internal static class ProjectVariant
{
    /// <summary>One model of the project, retrained whenever there is new data, without gates or guards.</summary>
    public static string EveryTime(string yaml, string model)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(yaml));
        var models = (YamlMappingNode)stream.Documents[0].RootNode["models"];
        foreach (var other in models.Children.Keys.Where(key => ((YamlScalarNode)key).Value != model).ToList()) models.Children.Remove(other);
        var declared = (YamlMappingNode)models[model];
        var retrain = Section(declared, "retrain");
        retrain.Children["on"] = new YamlSequenceNode(new YamlScalarNode("new_data"));
        retrain.Children["approval"] = new YamlScalarNode("automatic");
        retrain.Children["guards"] = new YamlMappingNode("cooldown", "1s", "max_per_week", "1000", "min_new_labels", "0");
        Section(declared, "evaluate").Children["gates"] = new YamlSequenceNode();
        using var text = new StringWriter();
        stream.Save(text, assignAnchors: false);
        return text.ToString().Replace("\n...", "", StringComparison.Ordinal);
    }

    private static YamlMappingNode Section(YamlMappingNode parent, string name)
    {
        if (parent.Children.TryGetValue(name, out var known) && known is YamlMappingNode section) return section;
        section = new YamlMappingNode();
        parent.Children[name] = section;
        return section;
    }
}
