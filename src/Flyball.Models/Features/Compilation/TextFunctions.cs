using System.Globalization;
using System.Text;
using Flyball.Native.DuckDb;

namespace Flyball.Models.Features.Compilation;

/// <summary>Functions of texts. Places and lengths count characters (code points), as DuckDB does.</summary>
internal static class TextFunctions
{
    public static void Register(Dictionary<string, Func<Call, Compiled>> functions)
    {
        void Text(string name, Func<string, Value> f) => functions[name] = call => Texts(call, 1) is [var a] ? new Compiled(call.Result, Strict.Of(a, x => f(x.Text))) : throw call.Refuse();
        void Pair(string name, Func<string, string, Value> f) => functions[name] = call => Texts(call, 2) is [var a, var b] ? new Compiled(call.Result, Strict.Of(a, b, (x, y) => f(x.Text, y.Text))) : throw call.Refuse();

        functions["||"] = Concatenate;
        functions["concat"] = Concat;
        Text("lower", static text => Value.Of(LetterCase.Lower(text)));
        functions["lcase"] = functions["lower"];
        Text("upper", static text => Value.Of(LetterCase.Upper(text)));
        functions["ucase"] = functions["upper"];
        Text("length", static text => Value.Of(Count(text)));
        functions["len"] = functions["char_length"] = functions["character_length"] = functions["length"];
        Text("trim", static text => Value.Of(Trim(text, true, true)));
        Text("ltrim", static text => Value.Of(Trim(text, true, false)));
        Text("rtrim", static text => Value.Of(Trim(text, false, true)));
        Pair("starts_with", static (text, start) => Value.Of(text.StartsWith(start, StringComparison.Ordinal)));
        functions["prefix"] = functions["^@"] = functions["starts_with"];
        Pair("ends_with", static (text, end) => Value.Of(text.EndsWith(end, StringComparison.Ordinal)));
        functions["suffix"] = functions["ends_with"];
        Pair("contains", static (text, part) => Value.Of(text.Contains(part, StringComparison.Ordinal)));
        Pair("strpos", static (text, part) => Value.Of(Position(text, part)));
        functions["instr"] = functions["position"] = functions["strpos"];
        functions["replace"] = Replace;
        functions["substring"] = functions["substr"] = Substring;
        functions["~~"] = call => Like(call, negated: false);
        functions["!~~"] = call => Like(call, negated: true);
    }

    private static Evaluate[]? Texts(Call call, int count) =>
        call.Arguments.Count == count && call.Arguments.All(argument => argument.Type.Id is DuckDbType.Varchar or DuckDbType.SqlNull) ? [.. call.Arguments.Select((_, i) => call.As(i, SqlType.Varchar))] : null;

    private static long Count(string text)
    {
        var count = 0L;
        foreach (var unit in text) count += char.IsLowSurrogate(unit) ? 0 : 1;
        return count;
    }

    private static Compiled Concatenate(Call call)
    {
        if (call.Arguments.Count != 2 || call.Result.Id != DuckDbType.Varchar) throw call.Refuse();
        return new Compiled(call.Result, Strict.Of(call.As(0, SqlType.Varchar), call.As(1, SqlType.Varchar), static (x, y) => Value.Of(x.Text + y.Text)));
    }

    /// <summary>Nulls are passed over.</summary>
    private static Compiled Concat(Call call)
    {
        if (call.Result.Id != DuckDbType.Varchar) throw call.Refuse();
        var runs = call.Arguments.Select((_, i) => call.As(i, SqlType.Varchar)).ToArray();
        return new Compiled(call.Result, row =>
        {
            var text = new StringBuilder();
            foreach (var run in runs)
            {
                if (run(row) is { IsNull: false } part) text.Append(part.Text);
            }

            return Value.Of(text.ToString());
        });
    }

    /// <summary>Takes blanks off: what Unicode calls a space separator, so not tabs and line ends.</summary>
    private static string Trim(string text, bool start, bool end)
    {
        static bool IsBlank(char unit) => char.GetUnicodeCategory(unit) == UnicodeCategory.SpaceSeparator;
        var (from, to) = (0, text.Length);
        while (start && from < to && IsBlank(text[from])) from++;
        while (end && to > from && IsBlank(text[to - 1])) to--;
        return text[from..to];
    }

    private static long Position(string text, string part)
    {
        var at = text.IndexOf(part, StringComparison.Ordinal);
        return at < 0 ? 0 : Count(text[..at]) + 1;
    }

    private static Compiled Replace(Call call)
    {
        var texts = Texts(call, 3) ?? throw call.Refuse();
        return new Compiled(call.Result, row =>
        {
            var (text, from, to) = (texts[0](row), texts[1](row), texts[2](row));
            if (text.IsNull || from.IsNull || to.IsNull) return Value.Null;
            return from.Text.Length == 0 ? text : Value.Of(text.Text.Replace(from.Text, to.Text, StringComparison.Ordinal));
        });
    }

    private static Compiled Substring(Call call)
    {
        if (call.Arguments.Count is not (2 or 3) || call[0].Type.Id != DuckDbType.Varchar) throw call.Refuse();
        var (text, offset) = (call[0].Run, call.As(1, SqlType.BigInt));
        var length = call.Arguments.Count == 3 ? call.As(2, SqlType.BigInt) : null;
        return new Compiled(call.Result, row =>
        {
            var (x, from, count) = (text(row), offset(row), length is null ? Value.Of((long)uint.MaxValue) : length(row));
            return x.IsNull || from.IsNull || count.IsNull ? Value.Null : Value.Of(Cut(x.Text, from.Integer, count.Integer));
        });
    }

    /// <summary>Characters from place <paramref name="offset"/> (1 is the first, −1 the last) on; a negative length goes to the left.</summary>
    private static string Cut(string text, long offset, long length)
    {
        if (offset is < -(long)uint.MaxValue or > uint.MaxValue) throw new FeatureEvaluationException("substring offset outside of supported range");
        if (length is < -(long)uint.MaxValue or > uint.MaxValue) throw new FeatureEvaluationException("substring length outside of supported range");
        var size = Count(text);
        var start = offset >= 0 ? offset - 1 : size + offset;
        var end = start + length;
        if (end < start) (start, end) = (end, start);
        start = Math.Clamp(start, 0, size);
        end = Math.Clamp(end, 0, size);
        if (size == text.Length) return text[(int)start..(int)end];
        return string.Concat(text.EnumerateRunes().Skip((int)start).Take((int)(end - start)).Select(rune => rune.ToString()));
    }

    private static Compiled Like(Call call, bool negated)
    {
        if (Texts(call, 2) is not [var text, _] || call[1].Constant is not { Kind: ValueKind.Text } constant) throw call.Refuse();
        var pattern = constant.Text;
        return new Compiled(SqlType.Boolean, Strict.Of(text, x => Value.Of(Matches(x.Text, pattern) != negated)));
    }

    /// <summary>% is any run of characters, _ is one; there is no escape character. Greedy with one point of return, which suffices for LIKE.</summary>
    private static bool Matches(ReadOnlySpan<char> text, ReadOnlySpan<char> pattern)
    {
        int at = 0, place = 0, star = -1, mark = 0;
        while (at < text.Length)
        {
            if (place < pattern.Length && pattern[place] == '%')
            {
                star = place++;
                mark = at;
            }
            else if (place < pattern.Length && pattern[place] == '_')
            {
                at += char.IsHighSurrogate(text[at]) && at + 1 < text.Length ? 2 : 1;
                place++;
            }
            else if (place < pattern.Length && pattern[place] == text[at])
            {
                at++;
                place++;
            }
            else if (star >= 0)
            {
                place = star + 1;
                at = mark += char.IsHighSurrogate(text[mark]) && mark + 1 < text.Length ? 2 : 1;
            }
            else
            {
                return false;
            }
        }

        while (place < pattern.Length && pattern[place] == '%') place++;
        return place == pattern.Length;
    }
}
