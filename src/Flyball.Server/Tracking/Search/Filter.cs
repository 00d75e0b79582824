namespace Flyball.Server.Tracking;

/// <summary>What an identifier of a search names.</summary>
public enum FieldKind { Attribute, Metric, Param, Tag, Dataset }

/// <summary>An identifier of a search: <c>metrics.rmse</c>, <c>tags."mlflow.user"</c>, <c>start_time</c>.</summary>
public readonly record struct Field(FieldKind Kind, string Key);

internal enum Comparator { Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual, Like, ILike, In, NotIn, IsNull, IsNotNull }

/// <summary>A filter: MLflow's grammar and more, namely OR, NOT, parentheses, and IN, LIKE and IS NULL on every field that has text.</summary>
internal abstract record Filter
{
    /// <summary>The texts of which a thing must have one in a field to fit, so that the others need not be looked at; null where it may have any.</summary>
    public virtual IReadOnlyList<string>? Required(Field field) => null;
}

internal sealed record AllOf(IReadOnlyList<Filter> Parts) : Filter
{
    public override IReadOnlyList<string>? Required(Field field) => Parts.Select(part => part.Required(field)).FirstOrDefault(required => required is not null);
}

internal sealed record AnyOf(IReadOnlyList<Filter> Parts) : Filter;

internal sealed record Not(Filter Part) : Filter;

/// <param name="Numbers">What a number is compared with: one value, or several for IN.</param>
/// <param name="Texts">What a text is compared with.</param>
internal sealed record Comparison(Field Field, Comparator Comparator, IReadOnlyList<double> Numbers, IReadOnlyList<string> Texts) : Filter
{
    public override IReadOnlyList<string>? Required(Field field) => Field == field && Comparator is (Comparator.Equal or Comparator.In) ? Texts : null;
}

internal readonly record struct OrderKey(Field Field, bool Descending);
