using Flyball.Foundation;
using Flyball.Models;
using Flyball.Models.Features;
using Flyball.Native.DuckDb;
using Flyball.Server.Datasets;
using Flyball.Server.Projects;

namespace Flyball.Server.Training;

/// <summary>What a row holds when the model is asked: the dataset's columns without the label and without what is known later.</summary>
internal static class RequestRow
{
    /// <summary>Refuses features and a filter that serving could not compute, before anything is fitted: other columns, other rows, the clock, chance.</summary>
    /// <exception cref="JobFailedException">It names the feature and says why.</exception>
    public static void Check(DuckDbConnection duck, string relation, DatasetSpec data, IReadOnlyList<FeatureDefinition> features)
    {
        var later = data.KnownLater.Append(data.Label!.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var columns = VersionBuild.Describe(duck, relation).Where(column => !later.Contains(column.Name)).ToList();
        var row = new RowSchema([.. columns.Where(column => RowSchema.Takes(column.Type)).Select(column => new InputColumn(column.Name, column.Type))]);
        foreach (var feature in features) Check(feature.Sql, $"The feature {feature.Name} must be there when the model is asked");
        if (data.Where is { } where) Check(where, "'where' also holds when the model is asked");

        void Check(string sql, string because)
        {
            try
            {
                FeatureSet.Validate("", sql, row, duck);
            }
            catch (FeatureRefusedException refused)
            {
                if (Read(sql).FirstOrDefault(column => !RowSchema.Takes(column.Type)) is { } odd) throw new JobFailedException($"{because}, but the column {odd.Name} is {odd.Type}, which no request can carry; make it a number, a text or a time with a transform.");
                throw new JobFailedException($"{because}, but {refused.Reason.TrimEnd('.')}.");
            }

            if (Read(sql).FirstOrDefault(column => column.Type == "UBIGINT" && Largest(column) > long.MaxValue) is { } large)
                throw new JobFailedException($"{because}, but the column {large.Name} holds whole numbers beyond {long.MaxValue}, which no request can carry; make it a text with a transform.");
        }

        List<Column> Read(string sql)
        {
            try
            {
                var names = SqlColumns.Of(duck, sql);
                return columns.FindAll(column => names.Contains(column.Name, StringComparer.OrdinalIgnoreCase));
            }
            catch (DuckDbException)
            {
                return [];
            }
        }

        ulong Largest(Column column)
        {
            using var largest = duck.Query($"select coalesce(max({DuckDbText.Quote(column.Name)}), 0)::ubigint from {relation}");
            return (ulong)largest.Rows()[0][0]!;
        }
    }
}
