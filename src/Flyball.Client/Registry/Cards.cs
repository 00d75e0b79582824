namespace Flyball.Client;

/// <summary>A version's model card as of <paramref name="Generated"/>: the nine sections of Mitchell et al., Model Cards for Model Reporting (2019).</summary>
public sealed record ModelCardInfo(string Model, int Version, DateTimeOffset Generated, IReadOnlyList<CardSectionInfo> Sections);

/// <summary>A section: facts and tables from the registry, and what a person wrote, or null.</summary>
public sealed record CardSectionInfo(string Name, string Title, IReadOnlyList<CardFactInfo> Facts, IReadOnlyList<CardTableInfo> Tables, CardTextInfo? Text);

public sealed record CardFactInfo(string Name, string Value);

public sealed record CardTableInfo(string Title, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows);

/// <summary>What a person wrote in a section for a version; it holds for those after it until somebody writes anew.</summary>
public sealed record CardTextInfo(string Text, int Version, string By, DateTimeOffset Written);

/// <summary>The text of a section, at most 20,000 characters; an empty one takes it away.</summary>
public sealed record WriteCardText(string Text);

public sealed partial class FlyballClient
{
    public Task<ModelCardInfo> GetModelCardAsync(string model, int version, CancellationToken cancel) => GetAsync<ModelCardInfo>($"/api/models/{Escape(model)}/versions/{version}/card", cancel);

    /// <summary>Writes a section's text, such as that of <c>intended-use</c>.</summary>
    public Task WriteModelCardAsync(string model, int version, string section, string text, CancellationToken cancel) =>
        PutAsync($"/api/models/{Escape(model)}/versions/{version}/card/{Escape(section)}", new WriteCardText(text), cancel);
}
