using Flyball.Server.Projects;

namespace Flyball.Server.Datasets;

/// <summary>A source file as the server saw it when it queued the ingest.</summary>
/// <param name="Push">The push that it is, which has no file of its own name; null for a file.</param>
/// <param name="Like">Object of the quarantined rows that these are, mended: they have those columns, and no transform reads them. Null for all others.</param>
public sealed record SourceFile(string Name, string Path, long Bytes, long ModifiedTicks, string? Push = null, string? Like = null);

/// <summary>What an ingest is to do.</summary>
/// <param name="Expressions">Every SQL expression of the project over this dataset's rows, by the name of what uses it: the columns they read are required.</param>
/// <param name="Known">Segments of the parent that came from files; a file whose content is among them is not read again, unless the dataset is declared otherwise by now.</param>
/// <param name="Traffic">Segments of labelled traffic whose truths were sent for the label as it is declared.</param>
/// <param name="LeftOut">Rows of the parent's labelled traffic whose truths were sent for another label.</param>
/// <param name="Back">Rows among <paramref name="Traffic"/> that the parent does not hold.</param>
/// <param name="Others">Other datasets that expectations look at, with the objects of their newest usable versions.</param>
/// <param name="IsNewest">Whether the parent is the newest version, and the newest one of files is usable: where no file is new, there is then nothing to say.</param>
public sealed record IngestSpec(
    string Project, string Dataset, DatasetSpec Declared, IReadOnlyList<SourceFile> Files, IReadOnlyDictionary<string, string> Expressions,
    IReadOnlyList<Segment> Known, IReadOnlyList<Segment> Traffic, long LeftOut, long Back, IReadOnlyList<Column> SourceColumns, string? Parent,
    IReadOnlyDictionary<string, IReadOnlyList<string>> Others, bool IsNewest = true);

/// <summary>What an ingest has made; null content when no file is new.</summary>
/// <param name="Aside">Rows that were set aside, and pushes that could not be read.</param>
/// <param name="Lost">Of the pushes those that could not be read.</param>
/// <param name="Read">Digests of the sources that were read, whether for the first time or again.</param>
public sealed record IngestResult(DatasetContent? Content, string Digest, long Rows, IReadOnlyList<string> NewFiles, IReadOnlyList<SetAside> Aside, IReadOnlyList<string> Lost, IReadOnlyList<string> Read);
