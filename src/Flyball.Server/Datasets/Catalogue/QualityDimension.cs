namespace Flyball.Server.Datasets;

/// <summary>What an expectation is about, in the four words that people use for the quality of data.</summary>
public enum QualityDimension
{
    /// <summary>Values are what they can be.</summary>
    Accuracy = 0,

    /// <summary>Nothing is missing: rows, columns, values.</summary>
    Completeness = 1,

    /// <summary>Values agree with each other, with other tables and with the schema.</summary>
    Consistency = 2,

    /// <summary>Data come when they should.</summary>
    Timeliness = 3,
}
