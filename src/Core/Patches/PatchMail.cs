using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Source;

namespace EveKernel.Core.Patches;

/// <summary>What stands before the diff: the headers and message of a mail, or a few words, or nothing.</summary>
internal sealed partial record PatchMail(Signature? Author, string Subject, string Message)
{
    public static PatchMail Read(PatchText text, int end)
    {
        Dictionary<string, string> fields = new(StringComparer.OrdinalIgnoreCase);
        int at = 0;
        if (text.StartsWith(0, "From "u8))
        {
            text.RefuseCarriageReturn(0);
            at = 1;
        }

        at = ReadFields(text, at, end, fields);
        if (fields.TryGetValue("Content-Transfer-Encoding", out string? encoding) &&
            encoding.Trim().ToUpperInvariant() is "BASE64" or "QUOTED-PRINTABLE")
        {
            throw text.Fail(ErrorCodes.PatchUnreadable, 0, $"'{text.File}' is a mail in {encoding.Trim()}. Save it with 'b4 am', or export it with 'git format-patch'.");
        }

        List<string> body = [];
        for (; at < end && text[at] != "---"; at++)
            body.Add(text[at].TrimEnd());
        ReadFieldsOfBody(body, fields);
        while (body.Count > 0 && body[0].Length == 0)
            body.RemoveAt(0);
        while (body.Count > 0 && body[^1].Length == 0)
            body.RemoveAt(body.Count - 1);

        string? subject = fields.GetValueOrDefault("Subject") ?? fields.GetValueOrDefault("Description");
        subject = subject is null ? null : Tag().Replace(subject, "").Trim();
        if (string.IsNullOrEmpty(subject))
        {
            subject = body.FirstOrDefault() ?? Path.GetFileNameWithoutExtension(text.File);
            if (body.Count > 0)
                body.RemoveAt(0);
            while (body.Count > 0 && body[0].Length == 0)
                body.RemoveAt(0);
        }

        string message = body.Count == 0 ? subject + "\n" : $"{subject}\n\n{string.Join('\n', body)}\n";
        return new PatchMail(ReadAuthor(fields), subject, message);
    }

    private static int ReadFields(PatchText text, int at, int end, Dictionary<string, string> fields)
    {
        string? last = null;
        for (; at < end; at++)
        {
            string line = text[at];
            if (last is not null && line.Length > 0 && line[0] is ' ' or '\t')
            {
                text.RefuseCarriageReturn(at);
                // Between two encoded words of a folded field the white space is none.
                string more = line.Trim();
                fields[last!] += (fields[last!].EndsWith("?=", StringComparison.Ordinal) && more.StartsWith("=?", StringComparison.Ordinal) ? "" : " ") + more;
                continue;
            }

            Match field = Field().Match(line);
            if (!field.Success)
                break;
            text.RefuseCarriageReturn(at);
            last = field.Groups[1].Value;
            fields[last] = field.Groups[2].Value.Trim();
        }

        foreach (string name in fields.Keys.ToList())
            fields[name] = DecodeWords(fields[name]);
        return at;
    }

    /// <summary>A mail that somebody else sends on names its author in the first lines of the body.</summary>
    private static void ReadFieldsOfBody(List<string> body, Dictionary<string, string> fields)
    {
        int first = body.FindIndex(line => line.Length > 0);
        if (first < 0 || !fields.ContainsKey("From") || !body[first].StartsWith("From: ", StringComparison.Ordinal))
            return;
        while (first < body.Count && Field().Match(body[first]) is { Success: true } field && field.Groups[1].Value is "From" or "Date" or "Subject")
        {
            Match match = Field().Match(body[first]);
            fields[match.Groups[1].Value] = DecodeWords(match.Groups[2].Value.Trim());
            body.RemoveAt(first);
        }
    }

    private static Signature? ReadAuthor(Dictionary<string, string> fields)
    {
        if (!fields.TryGetValue("From", out string? from))
            return null;
        Match match = Address().Match(from);
        string mail = match.Success ? match.Groups[2].Value.Trim() : from.Trim();
        string name = match.Success ? match.Groups[1].Value.Trim().Trim('"').Trim() : "";
        DateTimeOffset time = fields.TryGetValue("Date", out string? date) ? ReadDate(date) : default;
        return mail.Length == 0 ? null : new Signature(name.Length == 0 ? mail : name, mail, time);
    }

    /// <summary>The date of RFC 2822; the default value when there is none to be read.</summary>
    internal static DateTimeOffset ReadDate(string date)
    {
        Match match = Rfc2822().Match(date);
        return match.Success && DateTimeOffset.TryParseExact(
            $"{match.Groups[1].Value} {match.Groups[2].Value}:{match.Groups[3].Value}",
            ["d MMM yyyy H:mm:ss zzz", "d MMM yyyy H:mm zzz"], CultureInfo.InvariantCulture, DateTimeStyles.AllowInnerWhite, out DateTimeOffset time)
            ? time
            : default;
    }

    /// <summary>Decodes the words <c>=?charset?Q or B?…?=</c> of RFC 2047.</summary>
    internal static string DecodeWords(string field) =>
        EncodedWord().Replace(BetweenWords().Replace(field, "$1"), match =>
        {
            Encoding encoding;
            byte[] bytes;
            try
            {
                encoding = Encoding.GetEncoding(match.Groups[1].Value);
                bytes = match.Groups[2].Value is "B" or "b" ? Convert.FromBase64String(match.Groups[3].Value) : DecodeQ(match.Groups[3].Value);
            }
            catch (Exception exception) when (exception is ArgumentException or FormatException)
            {
                return match.Value;
            }

            return encoding.GetString(bytes).Replace('\n', ' ');
        });

    private static byte[] DecodeQ(string word)
    {
        List<byte> bytes = [];
        for (int at = 0; at < word.Length; at++)
        {
            if (word[at] == '=' && at + 2 < word.Length && byte.TryParse(word.AsSpan(at + 1, 2), NumberStyles.AllowHexSpecifier, null, out byte value))
            {
                bytes.Add(value);
                at += 2;
            }
            else
            {
                bytes.AddRange(Encoding.UTF8.GetBytes([word[at] == '_' ? ' ' : word[at]]));
            }
        }

        return [.. bytes];
    }

    [GeneratedRegex(@"^([A-Za-z][A-Za-z0-9-]*):(?:[ \t]+|$|\r$)(.*)$", RegexOptions.CultureInvariant)]
    private static partial Regex Field();

    [GeneratedRegex(@"^(?:\s*(?:\[[^\]]*\]|[Rr][Ee]:))+", RegexOptions.CultureInvariant)]
    private static partial Regex Tag();

    [GeneratedRegex(@"^([^<]*)<([^<>]*)>", RegexOptions.CultureInvariant)]
    private static partial Regex Address();

    [GeneratedRegex(@"(\d{1,2} [A-Za-z]{3} \d{4}) +(\d{1,2}:\d{2}(?::\d{2})? [+-]\d{2})(\d{2})", RegexOptions.CultureInvariant)]
    private static partial Regex Rfc2822();

    [GeneratedRegex(@"=\?([A-Za-z0-9_.:-]+)(?:\*[A-Za-z-]+)?\?([QqBb])\?([^?]*)\?=", RegexOptions.CultureInvariant)]
    private static partial Regex EncodedWord();

    [GeneratedRegex(@"(\?=)\s+(?==\?)", RegexOptions.CultureInvariant)]
    private static partial Regex BetweenWords();
}
