using Flyball.Foundation;
using Flyball.Native.DuckDb;
using Flyball.Server.Datasets;

namespace Flyball.Server.Serving;

internal sealed record SealSpec(string Deployment, LogKind Kind, int Seq, string Raw);

internal sealed record SealResult(string Object, long Bytes);

/// <summary>Makes Parquet of a log file. Predictions: at, id, version, digest, row, features, prediction; labels: at, id, label. Times are microseconds, row and features JSON text.</summary>
internal sealed class SealJob() : JobWork<SealSpec, SealResult>(Name)
{
    public const string Name = "seal";

    public override async Task<SealResult> RunAsync(JobContext context, SealSpec spec, CancellationToken cancel)
    {
        using var database = await WorkerDuck.OpenAsync(context, [spec.Raw], [], cancel);
        using var duck = database.Connect();
        var raw = await context.Objects.LocalPathAsync(spec.Raw, cancel);
        var path = Path.Combine(context.Scratch, "segment.parquet");
        var (columns, select) = LogColumns.Of(spec.Kind);
        duck.Execute($"copy (select {select} from {DuckDbFiles.Json([raw], "format = 'newline_delimited'", $"columns = {columns}")}) to {DuckDbText.Literal(path)} (format parquet, compression zstd)");
        var stored = await context.Objects.PutFileAsync(path, cancel);
        return new SealResult(stored.Digest, stored.Size);
    }
}

/// <summary>Lets the sealed segment take the raw one's place.</summary>
internal sealed class SealEffect(Journal journal) : JobEffect<SealSpec, SealResult>(SealJob.Name)
{
    public override async Task ApplyAsync(Tx tx, Job job, SealSpec spec, SealResult result)
    {
        var segment = await SegmentsSql.FindAsync(tx, spec.Deployment, spec.Kind, spec.Seq) ?? throw Refusal.NotFound("log segment", $"{spec.Deployment}/{spec.Seq}");
        await SegmentsSql.SealAsync(tx, segment with { Object = result.Object, Bytes = result.Bytes });
        await Links.AddAsync(tx, segment.Ref, "holds", new Ref("object", result.Object));
        await Links.RemoveAsync(tx, segment.Ref, "holds", new Ref("object", spec.Raw));
    }

    /// <summary>The raw segment stays: nothing is lost, and the loop tries again. What is to be told is told once.</summary>
    public override async Task FailedAsync(Tx tx, Job job, SealSpec spec, string error)
    {
        if ((await Jobs.OnAsync(tx, Ref.Parse(job.Subject))).Count == 1) await journal.AppendAsync(tx, new SealFailed(spec.Deployment, spec.Kind, spec.Seq, error), "flyball", null);
    }
}

/// <summary>A stretch of a log could not be made readable; monitors and collections that need it wait.</summary>
public sealed record SealFailed(string Deployment, LogKind Kind, int Seq, string Reason) : IEvent
{
    public static string Type => "log.seal-failed";

    string? IEvent.Project => null;

    public Ref Subject() => new("deployment", Deployment);
}
