using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Flyball.Server.Projects;

/// <summary>The JSON schema of <c>flyball.yaml</c>, for editors. It comes from the tables that the reader uses.</summary>
public static class ProjectFileSchema
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, NewLine = "\n" };

    /// <summary>The schema (draft 2020-12) as indented JSON. What this version does not support is not in it; rules between sections are only checked by the reader.</summary>
    public static string Json()
    {
        var schema = new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "flyball.yaml",
            ["description"] = "The life of a machine-learning model, from design to operation.",
        };
        var root = ProjectFileReader.Root.Schema();
        foreach (var (name, value) in root.ToList())
        {
            root.Remove(name);
            schema[name] = value;
        }

        return schema.ToJsonString(Indented) + "\n";
    }
}
