using System.Globalization;

namespace Flyball.Server.Datasets;

/// <summary>
/// Whether a text is a date or time to people, by the rules of Python's <c>dateutil.parser.parse</c>: parts in any order, names of months and days, 12 and 24 hours, zones and offsets, two-digit years, and words in between such as
/// "at" or "of"; what is left over makes it none.
/// </summary>
internal static class TimeWords
{
    private const int Longest = 500;
    private static readonly HashSet<string> Jumps = new(StringComparer.OrdinalIgnoreCase) { " ", ".", ",", ";", "-", "/", "'", "at", "on", "and", "ad", "m", "t", "of", "st", "nd", "rd", "th" };
    private static readonly string[] Days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    private static readonly string[] Months = ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"];
    private static readonly HashSet<string> Units = new(StringComparer.OrdinalIgnoreCase) { "h", "hour", "hours", "m", "minute", "minutes", "s", "second", "seconds" };

    public static bool IsTime(string text) => text.Length <= Longest && new Reading(Tokens(text)).Holds();

    /// <summary>Digits with their dots, letters with theirs, blanks, and single signs.</summary>
    private static List<string> Tokens(string text)
    {
        var tokens = new List<string>();
        for (var i = 0; i < text.Length;)
        {
            var start = i;
            if (text[i] == '\0')
            {
                i++;
                continue;
            }

            if (char.IsLetter(text[i]))
            {
                while (i < text.Length && (char.IsLetter(text[i]) || (text[i] == '.' && i + 1 < text.Length && char.IsLetter(text[i + 1])))) i++;
                // dots part words, unless they stand for letters that were left out, as in a.m.
                var word = text[start..i];
                if (i < text.Length && text[i] == '.' && word.Contains('.', StringComparison.Ordinal)) i++;
                if (word.Replace(".", "", StringComparison.Ordinal).ToUpperInvariant() is "AM" or "PM" or "AD") tokens.Add(word.Replace(".", "", StringComparison.Ordinal));
                else tokens.AddRange(Parted(word));
            }
            else if (char.IsAsciiDigit(text[i]))
            {
                while (i < text.Length && (char.IsAsciiDigit(text[i]) || (text[i] is '.' or ',' && i + 1 < text.Length && char.IsAsciiDigit(text[i + 1]) && (text[i] == '.' || i - start >= 2)))) i++;
                var number = text[start..i];
                // two dots or more part a date, one a fraction
                if (number.Count(letter => letter is '.' or ',') > 1) tokens.AddRange(Parted(number));
                else tokens.Add(number.Replace(',', '.'));
            }
            else if (char.IsWhiteSpace(text[i]))
            {
                i++;
                tokens.Add(" ");
            }
            else
            {
                tokens.Add(text[i++].ToString());
            }
        }

        return tokens;
    }

    private static IEnumerable<string> Parted(string text)
    {
        var from = 0;
        for (var i = 0; i <= text.Length; i++)
        {
            if (i < text.Length && text[i] is not ('.' or ',')) continue;
            if (i > from) yield return text[from..i];
            if (i < text.Length) yield return text[i].ToString();
            from = i + 1;
        }
    }

    private static int Named(string[] names, string word)
    {
        if (word.Length < 3) return -1;
        // sept is the one name that is shortened to four letters
        return Array.FindIndex(names, name => name.Equals(word, StringComparison.OrdinalIgnoreCase) || (word.Length == 3 && name.StartsWith(word, StringComparison.OrdinalIgnoreCase)) || (name == "september" && word.Equals("sept", StringComparison.OrdinalIgnoreCase)));
    }

    /// <summary>Reads the parts one after the other.</summary>
    private sealed class Reading(List<string> tokens)
    {
        /// <summary>Years, months and days as they stand; which is which shows at the end.</summary>
        private readonly List<int> date = [];
        private int at;
        private int yearAt = -1;
        private int monthAt = -1;
        private double? hour;
        private double minute;
        private double second;
        private bool hasWeekday;
        private bool hasZone;

        public bool Holds()
        {
            while (at < tokens.Count)
            {
                if (!(Number() || Weekday() || MonthName() || HalfOfDay() || Zone() || Offset() || (Jumps.Contains(tokens[at]) && Skip(1)))) return false;
            }

            return (date.Count > 0 || hour is not null || hasWeekday) && hour is null or (>= 0 and < 24) && minute is >= 0 and < 60 && second is >= 0 and < 60 && IsDate();
        }

        private string Token(int ahead) => at + ahead >= 0 && at + ahead < tokens.Count ? tokens[at + ahead] : "";

        private bool Skip(int count)
        {
            at += count;
            return true;
        }

        private static int Part(string digits, int from, int count) => int.Parse(digits.AsSpan(from, count), CultureInfo.InvariantCulture);

        private bool Number()
        {
            var token = tokens[at];
            if (!char.IsAsciiDigit(token[0])) return false;
            var (whole, isFraction) = (token.Split('.')[0], token.Contains('.', StringComparison.Ordinal));
            var value = double.Parse(token, CultureInfo.InvariantCulture);
            if (date.Count == 3 && whole.Length is 2 or 4 && !isFraction && hour is null && (Token(1).Length == 0 || Token(1) == " " || Unit(Token(1)) == 'H')) return Time(Part(whole, 0, 2), whole.Length == 4 ? Part(whole, 2, 2) : 0, 0) && Skip(1);
            if (whole.Length == 6) return date.Count == 0 && !isFraction ? Add(whole[..2]) && Add(whole[2..4]) && Add(whole[4..]) && Skip(1) : Time(Part(whole, 0, 2), Part(whole, 2, 2), value - (Math.Floor(value / 100) * 100)) && Skip(1);
            // 19980119, 199801191200, 19980119120000: a day and a time without signs between them
            if (!isFraction && whole.Length is 8 or 12 or 14) return Add(whole[..4]) && Add(whole[4..6]) && Add(whole[6..8]) && (whole.Length == 8 || Time(Part(whole, 8, 2), Part(whole, 10, 2), whole.Length == 14 ? Part(whole, 12, 2) : 0)) && Skip(1);
            if (Spoken(value)) return true;
            if (Token(1) == ":" && Token(2).Length > 0) return Clock(value);
            if (Token(1) is "-" or "/" or ".") return Dated(whole, isFraction);
            if (Token(1).Length == 0 || Jumps.Contains(Token(1))) return Half(Token(2)) && !Jumps.Contains(Token(2)) ? Time(value, minute, second) && Skip(3) : Add(whole) && Skip(1);
            if (Half(Token(1))) return Time(value, minute, second) && Skip(2);
            return value is >= 1 and <= 31 && !isFraction && Add(whole) && Skip(1);
        }

        private static bool Half(string token) => token.ToUpperInvariant() is "AM" or "PM" or "A" or "P";

        private static char Unit(string token) => Units.Contains(token) ? char.ToUpperInvariant(token[0]) : ' ';

        /// <summary>One more of year, month and day; of more than two digits it is the year.</summary>
        private bool Add(string digits)
        {
            if (date.Count == 3 || digits.Length > 9 || (digits.Length > 2 && yearAt >= 0)) return false;
            if (digits.Length > 2) yearAt = date.Count;
            date.Add(Part(digits, 0, digits.Length));
            return true;
        }

        private bool AddMonth(int month)
        {
            if (date.Count == 3 || monthAt >= 0) return false;
            monthAt = date.Count;
            date.Add(month + 1);
            return true;
        }

        private bool Time(double hours, double minutes, double seconds)
        {
            (hour, minute, second) = (hours, minutes, seconds);
            return true;
        }

        /// <summary>10:36, 10:36:28, 10:36:28.5.</summary>
        private bool Clock(double hours)
        {
            if (hours != Math.Floor(hours) || !double.TryParse(Token(2), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var minutes)) return false;
            if (Token(3) != ":") return Time(hours, Math.Floor(minutes), (minutes - Math.Floor(minutes)) * 60) && Skip(3);
            return double.TryParse(Token(4), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && minutes == Math.Floor(minutes) && Time(hours, minutes, seconds) && Skip(5);
        }

        /// <summary>10h36m28s, 10 hours; a number behind a unit without one of its own is of the next.</summary>
        private bool Spoken(double value)
        {
            var ahead = Unit(Token(1)) != ' ' ? 1 : Token(1) == " " && Unit(Token(2)) != ' ' ? 2 : 0;
            var unit = ahead > 0 ? Unit(Token(ahead)) : at > 0 && Unit(Token(-1)) is var before and not ' ' ? (before == 'H' ? 'M' : 'S') : Token(1).Length == 0 && Token(-1) == " " && Unit(Token(-2)) is var earlier and not ' ' ? (earlier == 'H' ? 'M' : 'S') : ' ';
            if (unit == ' ') return false;
            if (unit == 'H') (hour, minute) = (Math.Floor(value), Math.Round((value - Math.Floor(value)) * 60));
            else if (unit == 'M') (minute, second) = (Math.Floor(value), Math.Round((value - Math.Floor(value)) * 60));
            else second = value;
            hour ??= 0;
            return Skip(ahead + 1);
        }

        /// <summary>1998-01-19, 19/Jan/98, 1.9.98.</summary>
        private bool Dated(string whole, bool isFraction)
        {
            if (isFraction || !Add(whole)) return false;
            var sign = Token(1);
            at++;
            for (var part = 0; part < 2 && Token(0) == sign && Token(1).Length > 0 && !Jumps.Contains(Token(1)); part++)
            {
                if (!(Token(1).All(char.IsAsciiDigit) ? Add(Token(1)) : Named(Months, Token(1)) is >= 0 and var named && AddMonth(named))) return false;
                at += 2;
            }

            return true;
        }

        private bool Weekday()
        {
            if (Named(Days, tokens[at]) < 0) return false;
            hasWeekday = true;
            return Skip(1);
        }

        /// <summary>Jan, Jan-01, Jan-01-99, Jan of 01.</summary>
        private bool MonthName()
        {
            if (Named(Months, tokens[at]) is not (>= 0 and var named)) return false;
            if (!AddMonth(named)) return false;
            at++;
            if (Token(0) is "-" or "/")
            {
                var sign = Token(0);
                for (var part = 0; part < 2 && Token(0) == sign; part++)
                {
                    if (Token(1).Length == 0 || !Token(1).All(char.IsAsciiDigit) || !Add(Token(1))) return false;
                    at += 2;
                }
            }

            return true;
        }

        private bool HalfOfDay() => Half(tokens[at]) && hour is >= 0 and <= 12 && Skip(1);

        /// <summary>Three to five capital letters behind a time.</summary>
        private bool Zone()
        {
            var token = tokens[at];
            if (hour is null || hasZone || !(token is "Z" or "z" || (token.Length is >= 3 and <= 5 && token.All(char.IsAsciiLetterUpper)))) return false;
            hasZone = true;
            return Skip(1);
        }

        /// <summary>+02:00, -0300, +2, and the zone's name in brackets behind it.</summary>
        private bool Offset()
        {
            if (hour is null || tokens[at] is not ("+" or "-") || !Token(1).All(char.IsAsciiDigit) || Token(1).Length is 0 or 3 or > 4) return false;
            at += Token(1).Length <= 2 && Token(2) == ":" && Token(3).Length == 2 && Token(3).All(char.IsAsciiDigit) ? 4 : 2;
            return !(Token(0) == " " && Token(1) == "(" && Token(3) == ")" && Token(2).Length >= 3 && Token(2).All(char.IsAsciiLetterUpper)) || Skip(4);
        }

        /// <summary>Whether the parts are a day that there is. What is not told may be any: 29 February is one without its year.</summary>
        private bool IsDate()
        {
            var (year, month, day) = date switch
            {
                [] => (2000, 1, 1),
                [var one] when monthAt == 0 => (2000, one, 1),
                [var one] when one > 31 || yearAt == 0 => (one, 1, 1),
                [var one] => (2000, 1, one),
                [var one, var two] when monthAt >= 0 => (monthAt == 0 ? one : two, monthAt == 0 ? two : one) is var (named, other) && (other > 31 || yearAt >= 0) ? (other, named, 1) : (2000, named, other),
                [var one, var two] => one > 31 || yearAt == 0 ? (one, two, 1) : two > 31 || yearAt == 1 ? (two, one, 1) : (2000, one, two),
                [var a, var b, var c] when yearAt >= 0 && monthAt >= 0 => (date[yearAt], date[monthAt], date[3 - yearAt - monthAt]),
                [var a, var b, var c] => monthAt switch
                {
                    0 => b > 31 ? (b, a, c) : (c, a, b),
                    1 => a > 31 ? (a, b, c) : (c, b, a),
                    2 => b > 31 ? (b, c, a) : (a, c, b),
                    _ => a > 31 || yearAt == 0 ? (a, b, c) : a > 12 ? (c, b, a) : (c, a, b),
                },
                _ => (0, 0, 0),
            };
            if (year < 100 && yearAt < 0) year += 2000;
            return year is >= 1 and <= 9999 && month is >= 1 and <= 12 && day >= 1 && day <= DateTime.DaysInMonth(year, month);
        }
    }
}
