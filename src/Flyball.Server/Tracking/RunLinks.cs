using System.Globalization;
using Flyball.Foundation;

namespace Flyball.Server.Tracking;

/// <summary>
/// Links that follow from what clients said that runs read and made: a run reads datasets (<c>input-dataset:NUMBER</c>) and logged models, a logged model is made by a run. They are read where that is stored, and stored nowhere else.
/// </summary>
internal static class RunLinks
{
    public const string DatasetKind = "input-dataset";

    /// <summary>Runs of one dataset that are told, the newest: more than any graph shows.</summary>
    private const long Many = 1000;

    /// <summary>The runs that say that they made a model.</summary>
    private const string Makers = "select runs.id from run_models join runs on runs.number = run_models.run where run_models.model = $1 and direction = 1";

    /// <summary>What a thing was made from.</summary>
    public static async Task<List<Link>> FromAsync(Tx tx, Ref thing)
    {
        var found = new List<Link>();
        switch (thing.Kind)
        {
            case "run":
                await tx.Prepared("select dataset from run_datasets where run = (select number from runs where id = $1) order by dataset")
                    .ReadAsync(row => found.Add(new Link(thing, "reads", Dataset(row.GetInt64(0)))), thing.Id);
                // a run that tries out what it has just made is not made from it
                await tx.Prepared(
                    """
                    select read.model from run_models as read where read.run = (select number from runs where id = $1) and read.direction = 0
                    and not exists (select 1 from run_models as made where made.run = read.run and made.model = read.model and made.direction = 1)
                    and not exists (select 1 from logged_models where logged_models.id = read.model and logged_models.run = $1) order by read.model
                    """).ReadAsync(row => found.Add(new Link(thing, "reads", Model(row.GetString(0)))), thing.Id);
                break;
            case "logged-model":
                await tx.Prepared($"select run from logged_models where id = $1 and run in (select id from runs) union {Makers}").ReadAsync(row => found.Add(new Link(thing, "made-by", Run(row.GetString(0)))), thing.Id);
                break;
        }

        return found;
    }

    /// <summary>What was made from a thing.</summary>
    public static async Task<List<Link>> ToAsync(Tx tx, Ref thing)
    {
        var found = new List<Link>();
        switch (thing.Kind)
        {
            case DatasetKind when long.TryParse(thing.Id, NumberStyles.None, CultureInfo.InvariantCulture, out var number):
                await tx.Prepared("select runs.id from run_datasets join runs on runs.number = run_datasets.run where run_datasets.dataset = $1 order by runs.number desc limit $2").ReadAsync(row => found.Add(new Link(Run(row.GetString(0)), "reads", thing)), number, Many);
                break;
            case "logged-model":
                await tx.Prepared(
                    """
                    select runs.id from run_models join runs on runs.number = run_models.run where run_models.model = $1 and direction = 0
                    and not exists (select 1 from run_models as made where made.run = run_models.run and made.model = $1 and made.direction = 1)
                    and not exists (select 1 from logged_models where logged_models.id = $1 and logged_models.run = runs.id) order by runs.number
                    """).ReadAsync(row => found.Add(new Link(Run(row.GetString(0)), "reads", thing)), thing.Id);
                break;
            case "run":
                await tx.Prepared("select id from logged_models where run = $1 union select model from run_models where run = (select number from runs where id = $1) and direction = 1")
                    .ReadAsync(row => found.Add(new Link(Model(row.GetString(0)), "made-by", thing)), thing.Id);
                break;
        }

        return found;
    }

    private static Ref Run(string id) => new("run", id);

    private static Ref Model(string id) => new("logged-model", id);

    private static Ref Dataset(long number) => new(DatasetKind, number.ToString(CultureInfo.InvariantCulture));
}
