using Flyball.Server.Datasets;

namespace Flyball.Server.Features;

/// <summary>The rows that features are found for.</summary>
/// <param name="Relation">What can stand behind FROM. It is read once.</param>
/// <param name="Columns">All columns of the relation, in its order.</param>
/// <param name="Time">The column of the time as of which a row asks.</param>
internal sealed record JoinEntities(string Relation, IReadOnlyList<Column> Columns, string Time);

/// <summary>A feature view as a join reads it.</summary>
/// <param name="Relation">What can stand behind FROM. It is read several times, and must be the same each time.</param>
/// <param name="Columns">All columns of the relation, in its order.</param>
/// <param name="EventTime">The column of the time from which on a row is valid.</param>
/// <param name="Created">The column of the time at which a row became known, if there is one.</param>
/// <param name="Ttl">How old a row may be at the time asked for; zero is without limit.</param>
/// <param name="Features">The columns that are wanted; null is all that are neither keys nor times.</param>
internal sealed record JoinView(string Name, string Relation, IReadOnlyList<Column> Columns, IReadOnlyList<JoinKey> Keys, string EventTime, string? Created = null, TimeSpan Ttl = default, IReadOnlyList<string>? Features = null);

/// <summary>A column of the entities that equals a column of a view.</summary>
internal sealed record JoinKey(string Entity, string View);

/// <param name="AsKnownAt">Rows that became known after the time asked for, or nobody knows when, are not seen.</param>
/// <param name="FullNames">Features are called view__feature.</param>
internal sealed record JoinOptions(bool AsKnownAt = false, bool FullNames = false);

/// <summary>How many rows found a row of a view, found none, or found only one older than its TTL.</summary>
internal sealed record JoinCounts(string View, long Found, long None, long Expired);
