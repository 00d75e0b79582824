using Flyball.Native.DuckDb;

namespace Flyball.Server.Datasets;

/// <summary>A column of texts, or of values that are told by their text. What a text looks like is found once while it is among the frequent ones.</summary>
internal sealed class TextTally(Column column, ColumnKind kind) : ColumnTally(column)
{
    private const int MostShapes = 500;
    private const int ToldShapes = 20;
    private const int Kept = Shown * 4;
    private readonly FrequentValues<Entry> values = new();
    private readonly Shapes shapes = new();
    private readonly Shapes loose = new();
    private byte[] arena = new byte[1 << 16];
    private byte[] spare = new byte[1 << 16];
    private int used;
    private byte[]? min, max;
    private long shortest = long.MaxValue, longest, characters, empty, numbers, dates, uuids, emails;

    public override void Add(DuckDbVector vector)
    {
        var rows = vector.Count;
        var validity = vector.Validity;
        Count += rows;
        for (var row = 0; row < rows; row++)
        {
            if (IsNull(validity, row))
            {
                Nulls++;
                continue;
            }

            var text = vector.Utf8(row);
            if (values.IsFull) Purge();
            var hash = ValueHash.Of(text);
            ref var entry = ref values.Add(hash, 1, out var isNew);
            if (isNew) Meet(ref entry, text, hash);
        }
    }

    public override ColumnProfile Profile()
    {
        values.Each(Tell);
        var count = Count - Nulls;
        var listed = values.All().Select(value =>
        {
            var text = Text(arena.AsSpan(value.Kept.Start, value.Kept.Length));
            var clipped = Clip(text);
            return new TopValue(clipped, value.Count, value.Count + values.Undercount, value.Kept.IsCut || clipped.Length < text.Length ? value.Key.ToString("x16") : null);
        });
        var (top, unlisted) = Most(listed, values.Undercount);
        var texts = kind != ColumnKind.Text || count == 0 ? null : new TextProfile(shortest, characters / (double)count, longest, empty, numbers, dates, uuids, emails, shapes.Most(ToldShapes), loose.Most(ToldShapes));
        return new ColumnProfile(
            Column.Name, Column.Type, kind, count, Nulls, 0, values.IsExact ? values.Count : Estimate(count), values.IsExact,
            min is null ? null : Clip(Text(min)), max is null ? null : Clip(Text(max)), null, texts, null, top, unlisted, Sketch.Text());
    }

    /// <summary>A text that was not among the frequent ones before.</summary>
    private void Meet(ref Entry entry, ReadOnlySpan<byte> text, ulong hash)
    {
        Sketch.Add(hash);
        var start = text.Length <= Kept ? text : Whole(text[..Kept]);
        if (used + start.Length > arena.Length) Array.Resize(ref arena, arena.Length * 2);
        start.CopyTo(arena.AsSpan(used));
        entry = new Entry { Start = used, Length = start.Length, IsCut = start.Length < text.Length };
        used += start.Length;
        if (min is null || text.SequenceCompareTo(min) < 0) min = text.ToArray();
        if (max is null || text.SequenceCompareTo(max) > 0) max = text.ToArray();
        if (kind != ColumnKind.Text) return;
        entry.Characters = TextShape.Length(text);
        shortest = Math.Min(shortest, entry.Characters);
        longest = Math.Max(longest, entry.Characters);
        entry.Reading = TextShape.Read(text);
        (entry.Shape, entry.Loose) = shapes.Find(TextShape.Of(text, stackalloc char[TextShape.Room]), loose);
    }

    /// <summary>Counts what has been seen of a text since it was last asked.</summary>
    private void Tell(long count, ref Entry entry)
    {
        var times = count - entry.Told;
        entry.Told = count;
        if (kind != ColumnKind.Text || times == 0) return;
        characters += times * entry.Characters;
        shapes.Add(entry.Shape, times);
        loose.Add(entry.Loose, times);
        if (entry.Characters == 0) empty += times;
        switch (entry.Reading)
        {
            case TextReading.Number: numbers += times; break;
            case TextReading.Date: dates += times; break;
            case TextReading.Uuid: uuids += times; break;
            case TextReading.Email: emails += times; break;
        }
    }

    private void Purge()
    {
        values.Each(Tell);
        if (spare.Length < arena.Length) spare = new byte[arena.Length];
        var kept = 0;
        values.Purge((entry, count) =>
        {
            arena.AsSpan(entry.Start, entry.Length).CopyTo(spare.AsSpan(kept));
            entry.Start = kept;
            entry.Told = count;
            kept += entry.Length;
            return entry;
        });
        (arena, spare, used) = (spare, arena, kept);
    }

    /// <summary>Up to the last character that is whole.</summary>
    private static ReadOnlySpan<byte> Whole(ReadOnlySpan<byte> start)
    {
        var end = start.Length - 1;
        while (end > 0 && (start[end] & 0xC0) == 0x80) end--;
        return start[..end];
    }

    private struct Entry
    {
        public int Start, Length, Characters, Shape, Loose;
        public long Told;
        public bool IsCut;
        public TextReading Reading;
    }

    /// <summary>Counts per shape, of the first 500 of them.</summary>
    private sealed class Shapes
    {
        private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> places = new Dictionary<string, int>(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
        private readonly List<(string Shape, int Loose)> all = [];
        private readonly List<long> counts = [];

        /// <summary>The places of a shape and of its loose one; −1 where there is none left.</summary>
        public (int Shape, int Loose) Find(ReadOnlySpan<char> shape, Shapes loose)
        {
            if (places.TryGetValue(shape, out var at)) return (at, all[at].Loose);
            var looser = loose.Find(TextShape.Loose(shape, stackalloc char[2 * TextShape.Room]));
            return (Make(shape, looser), looser);
        }

        public void Add(int at, long times)
        {
            if (at >= 0) counts[at] += times;
        }

        public IReadOnlyList<ShapeCount> Most(int told) =>
            [.. all.Select((shape, at) => new ShapeCount(shape.Shape, counts[at])).OrderByDescending(shape => shape.Count).ThenBy(shape => shape.Shape, StringComparer.Ordinal).Take(told)];

        private int Find(ReadOnlySpan<char> shape) => places.TryGetValue(shape, out var at) ? at : Make(shape, -1);

        private int Make(ReadOnlySpan<char> shape, int looser)
        {
            if (all.Count >= MostShapes) return -1;
            places[shape] = all.Count;
            all.Add((shape.ToString(), looser));
            counts.Add(0);
            return all.Count - 1;
        }
    }
}
