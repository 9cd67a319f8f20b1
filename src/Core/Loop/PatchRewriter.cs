using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;
using EveKernel.Core.Patches;

namespace EveKernel.Core.Loop;

/// <summary>Gives a patch file another diff, or another message, and leaves every other byte as it is. Text is held as Latin-1, a byte a character.</summary>
internal sealed partial class PatchRewriter
{
    private readonly byte[] _content;
    private readonly PatchFile _patch;
    private readonly int _strip;
    private readonly int _begin;
    private readonly int _end;

    public PatchRewriter(string file, byte[] content, int strip)
    {
        _content = content;
        _strip = strip;
        _patch = PatchFile.Parse(file, content, strip);
        MemoryMarshal.TryGetArray(_patch.Diff, out ArraySegment<byte> segment);
        _begin = segment.Offset;
        _end = segment.Offset + segment.Count;
    }

    public byte[] Content => _content;

    public PatchFile Patch => _patch;

    /// <summary>The options with which git writes a diff as the patch has it: prefixes, and how much of an id.</summary>
    public ImmutableArray<string> DiffOptions
    {
        get
        {
            int digits = _patch.Files.Select(file => file.Header.OldId?.Length ?? 0).DefaultIfEmpty().Max();
            bool renames = _patch.Files.Any(file => file.Header.Renames || file.Header.Copies);
            string folders = string.Concat(Enumerable.Repeat("x/", Math.Max(_strip - 1, 0)));
            return
            [
                "-p", "--binary", "--no-ext-diff", "--no-textconv", "--no-color", renames ? "-M" : "--no-renames",
                digits is 0 or 40 ? "--full-index" : $"--abbrev={digits}",
                .. _strip == 0 ? (string[])["--no-prefix"] : [$"--src-prefix=a/{folders}", $"--dst-prefix=b/{folders}"],
            ];
        }
    }

    /// <summary>The subject's words in brackets, such as PATCH 1/2; empty where it has none.</summary>
    public string SubjectPrefix => SubjectTag().Match(Latin(_content[.._begin])) is { Success: true } tag ? tag.Groups[1].Value : "";

    /// <summary>Whether the message of a commit is another than the patch's.</summary>
    public bool HasOtherMessage(string message) => Plain(_patch.Message) != Plain(message);

    /// <summary>The file with another diff. The parts of files whose change is the same keep their bytes and their place.</summary>
    /// <param name="before">What git writes for the patch as it was; empty where that cannot be told.</param>
    /// <param name="after">What git writes for it now.</param>
    /// <param name="stat">git's summary of it, which replaces the one in the file, where there is one.</param>
    public byte[] WithDiff(byte[] before, byte[] after, string stat)
    {
        string head = ReplaceStat(Latin(_content[.._begin]), stat);
        bool withoutIds = _patch.Files.All(file => file.Header.OldId is null);
        string diff = Merge(before, after);
        return [.. Bytes(head), .. Bytes(withoutIds && !diff.Contains("\nGIT binary patch\n", StringComparison.Ordinal) ? Ids().Replace(diff, "") : diff),
            .. _content[_end..]];
    }

    /// <summary>The file with the author, date, subject and message of a mail that <c>git format-patch</c> wrote, as far as they are others.</summary>
    /// <param name="mail">The mail, a byte a character.</param>
    /// <param name="withAuthor">Whether author and date are taken from it too.</param>
    public byte[] WithMessage(string mail, bool withAuthor)
    {
        string head = Latin(_content[.._begin]);
        (string newFields, string newBody) = Split(mail);
        newBody = newBody[..EndOfMessage(newBody)];
        if (Field(head, "Subject") is not { } oldSubject || Field(newFields, "Subject") is not { } subject)
        {
            // A plain diff: what stands before it is its message.
            string words = Latin(Encoding.UTF8.GetBytes(SubjectOf(mail))) + (newBody.Trim('\n') is { Length: > 0 } body ? $"\n\n{body}\n\n" : "\n\n");
            return [.. Bytes(words), .. _content[_begin..]];
        }

        (string fields, string oldBody) = Split(head);
        if (Plain(Unfold(oldSubject)) != Plain(Unfold(subject)))
            fields = fields.Replace(oldSubject, subject, StringComparison.Ordinal);
        string rest = oldBody;
        int end = EndOfMessage(oldBody);
        if (Plain(oldBody[..end]) != Plain(newBody))
            rest = (newBody.Trim('\n') is { Length: > 0 } text ? text + "\n" : "") + (end < oldBody.Length ? oldBody[end..] : "\n");
        foreach (string name in withAuthor ? (string[])["From", "Date"] : [])
        {
            if (Field(fields, name) is { } old && Field(newFields, name) is { } field)
                fields = fields.Replace(old, field, StringComparison.Ordinal);
        }

        foreach (string name in (string[])["MIME-Version", "Content-Type", "Content-Transfer-Encoding"])
        {
            if (Field(fields, name) is null && Field(newFields, name) is { } field)
                fields = fields.TrimEnd('\n') + "\n" + field + "\n";
        }

        return [.. Bytes(fields + "\n" + rest), .. _content[_begin..]];
    }

    // The fields end in a line end; the empty line after them belongs to neither.
    private static (string Fields, string Body) Split(string mail)
    {
        int empty = mail.IndexOf("\n\n", StringComparison.Ordinal);
        return empty < 0 ? (mail, "") : (mail[..(empty + 1)], mail[(empty + 2)..]);
    }

    private static int EndOfMessage(string body) => Rule().Match(body) is { Success: true } rule ? rule.Index : body.Length;

    // "From " without a colon begins a mail and is no field.
    private static string? Field(string text, string name)
    {
        Match match = Regex.Match(text, $@"^{name}:[^\n]*(?:\n[ \t][^\n]*)*", RegexOptions.Multiline | RegexOptions.IgnoreCase);
        return match.Success ? match.Value : null;
    }

    private static string Unfold(string field) => Regex.Replace(field, @"\n[ \t]+", " ");

    private static string SubjectOf(string mail) =>
        Field(mail, "Subject") is { } field ? PatchMail.DecodeWords(Unfold(field)["Subject:".Length..].Trim()) : "";

    private static string Plain(string text) => string.Join('\n', text.Split('\n').Select(line => line.TrimEnd())).Trim('\n');

    private static string ReplaceStat(string head, string stat)
    {
        Match rule = Rule().Match(head);
        if (!rule.Success)
            return head;
        Match old = Stat().Match(head, rule.Index);
        return old.Success ? head[..old.Index] + stat + head[(old.Index + old.Length)..] : head;
    }

    private string Merge(byte[] before, byte[] after)
    {
        if (before.Length == 0)
            return Latin(after);
        Dictionary<string, string> was = Parts(before).ToDictionary(part => part.Name, part => Change(part.Text), StringComparer.Ordinal);
        Dictionary<string, string> old = Parts(_patch.Diff.ToArray()).ToDictionary(part => part.Name, part => part.Text, StringComparer.Ordinal);
        List<(string Name, string Text)> parts =
        [
            .. Parts(after).Select(part =>
                was.GetValueOrDefault(part.Name) == Change(part.Text) && old.TryGetValue(part.Name, out string? kept) ? (part.Name, kept) : part),
        ];
        if (parts.Count == old.Count && parts.TrueForAll(part => old.ContainsKey(part.Name)))
            parts = [.. old.Keys.Select(name => parts.Find(part => part.Name == name))];
        return string.Concat(parts.Select(part => part.Text));
    }

    private IEnumerable<(string Name, string Text)> Parts(byte[] diff)
    {
        PatchText text = new(_patch.File, diff);
        ImmutableArray<PatchedFile> files = PatchFile.Parse(_patch.File, diff, _strip).Files;
        for (int at = 0; at < files.Length; at++)
        {
            int end = at + 1 < files.Length ? files[at + 1].Line - 1 : text.Count;
            yield return ($"{files[at].OldPath}\0{files[at].NewPath}", Latin(text.Slice(files[at].Line - 1, end).ToArray()));
        }
    }

    /// <summary>A part without what an earlier patch may move: ids and line numbers.</summary>
    private static string Change(string part) => Moving().Replace(part, "");

    private static string Latin(byte[] bytes) => Encoding.Latin1.GetString(bytes);

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    [GeneratedRegex(@"^Subject:\s*\[([^\]\n]*)\]", RegexOptions.Multiline | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex SubjectTag();

    [GeneratedRegex(@"^---\r?$", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Rule();

    [GeneratedRegex(@"^(?: [^\n]* \| +(?:[0-9]+|Bin)[^\n]*\n)+ [0-9]+ files? changed[^\n]*\n(?: (?:create|delete|rename|copy|mode|rewrite) [^\n]*\n)*",
        RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Stat();

    [GeneratedRegex(@"^index [0-9a-f]+\.\.[0-9a-f]+[^\n]*\n", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Ids();

    [GeneratedRegex(@"^(?:index [0-9a-f]+\.\.[0-9a-f]+|@@ -[0-9,]+ \+[0-9,]+ @@[^\n]*)", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Moving();
}
