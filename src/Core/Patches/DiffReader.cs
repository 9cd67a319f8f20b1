using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using EveKernel.Core.Diagnostics;

namespace EveKernel.Core.Patches;

/// <summary>Walks a diff: where it ends, what it touches, and whether all of that is inside the tree.</summary>
internal sealed partial class DiffReader(PatchText text, int strip)
{
    private const string SymbolicLink = "120000";
    private const string Submodule = "160000";

    /// <summary>The line where the diff begins, or -1.</summary>
    public static int FindBegin(PatchText text)
    {
        for (int at = 0; at < text.Count; at++)
        {
            if (text.StartsWith(at, "diff --git "u8) || IsPairOfNames(text, at))
                return at;
        }

        return -1;
    }

    public (ImmutableArray<PatchedFile> Files, int End) Read(int begin)
    {
        ImmutableArray<PatchedFile>.Builder files = ImmutableArray.CreateBuilder<PatchedFile>();
        int at = begin;
        int end = begin;
        while (at < text.Count)
        {
            if (text.StartsWith(at, "diff --git "u8) || IsPairOfNames(text, at))
            {
                files.Add(ReadFile(ref at));
                end = at;
            }
            else if (text.StartsWith(at, "@@ -"u8))
            {
                throw text.Fail(ErrorCodes.PatchUnreadable, at, $"'{text.File}' has a hunk here that belongs to no file, or the hunk before it says fewer lines than it has.");
            }
            else if (text[at] is "-- ")
            {
                // The mail's signature: git's version, which would change the digest with each update of git.
                RefuseSecondMail(at + 1);
                return (files.DrainToImmutable(), at);
            }
            else
            {
                RefuseSecondMail(at, only: true);
                at++;
            }
        }

        return (files.DrainToImmutable(), end);
    }

    private static bool IsPairOfNames(PatchText text, int at) => text.StartsWith(at, "--- "u8) && text.StartsWith(at + 1, "+++ "u8);

    private void RefuseSecondMail(int from, bool only = false)
    {
        for (int at = from; at < (only ? from + 1 : text.Count); at++)
        {
            if ((text.StartsWith(at, "From "u8) && MailSeparator().IsMatch(text[at])) || (!only && text.StartsWith(at, "diff --git "u8)))
                throw text.Fail(ErrorCodes.PatchUnreadable, at, $"'{text.File}' holds a second mail here. Give each patch a file and a line in the series.");
        }
    }

    private PatchedFile ReadFile(ref int at)
    {
        int begin = at;
        FileHeader header = new() { Plain = !text.StartsWith(at, "diff --git "u8) };
        if (!header.Plain)
        {
            text.RefuseCarriageReturn(at);
            header.ReadDiffLine(text[at]["diff --git ".Length..]);
            at++;
        }

        ImmutableArray<PatchHunk>.Builder hunks = ImmutableArray.CreateBuilder<PatchHunk>();
        List<string> added = [];
        for (; at < text.Count; at++)
        {
            if (IsPairOfNames(text, at))
            {
                // A second pair belongs to the next file of a plain diff.
                if (header.HasPair)
                    break;
                text.RefuseCarriageReturn(at);
                text.RefuseCarriageReturn(at + 1);
                header.ReadPair(text[at][4..], text[at + 1][4..]);
                at++;
                while (text.StartsWith(at + 1, "@@ -"u8))
                {
                    at++;
                    hunks.Add(ReadHunk(ref at, added));
                    at--;
                }

                at++;
                break;
            }

            if (text.StartsWith(at, "GIT binary patch"u8))
            {
                text.RefuseCarriageReturn(at);
                header.BinaryParts = SkipBinary(ref at);
                break;
            }

            string line = text[at];
            if (line.StartsWith("Binary files ", StringComparison.Ordinal) && line.EndsWith(" differ", StringComparison.Ordinal))
                throw text.Fail(ErrorCodes.PatchUnreadable, at, $"'{text.File}' only says that a binary file differs. Export it again with 'git format-patch' or 'git diff --binary'.");
            if (!header.ReadExtended(line))
                break;
            text.RefuseCarriageReturn(at);
        }

        string? oldPath = header.OldPath(strip);
        string? newPath = header.NewPath(strip);
        if (oldPath is null && newPath is null)
            throw text.Fail(ErrorCodes.PatchUnreadable, begin, $"'{text.File}' does not say here which file it changes, after {strip} leading folders are left out.");
        foreach (string path in new[] { oldPath, newPath }.OfType<string>())
            RequireInside(path, begin);
        if (header.Mode == Submodule)
            throw text.Fail(ErrorCodes.PatchUnreadable, begin, $"'{text.File}' changes a submodule, '{newPath ?? oldPath}'; a kernel tree has none.");
        if (header.Mode == SymbolicLink && newPath is not null)
            RequireTargetInside(newPath, header.BinaryParts > 0, added, begin);
        return new PatchedFile(oldPath, newPath, hunks.DrainToImmutable(), begin + 1) { Header = header.ToRecord() };
    }

    private PatchHunk ReadHunk(ref int at, List<string> added)
    {
        int begin = at;
        Match match = HunkHeader().Match(text[at]);
        if (!match.Success || !TryNumber(match.Groups[1], out int start) || !TryNumber(match.Groups[2], out int old) ||
            !TryNumber(match.Groups[3], out int newStart) || !TryNumber(match.Groups[4], out int @new))
            throw text.Fail(ErrorCodes.PatchUnreadable, at, $"'{text.File}' has a hunk header here that cannot be read: '{text[at].TrimEnd()}'.");
        ImmutableArray<string>.Builder expected = ImmutableArray.CreateBuilder<string>();
        at++;
        while (old > 0 || @new > 0)
        {
            byte kind = at < text.Count ? text.First(at) : (byte)'?';
            switch (kind)
            {
                // Mail programs cut the space of an empty context line; git takes such lines, and so do we.
                case (byte)' ' or 0 when old > 0 && @new > 0:
                    expected.Add(kind == 0 ? "" : text[at][1..]);
                    old--;
                    @new--;
                    break;
                case (byte)'-' when old > 0:
                    expected.Add(text[at][1..]);
                    old--;
                    break;
                case (byte)'+' when @new > 0:
                    added.Add(text[at][1..]);
                    @new--;
                    break;
                case (byte)'\\':
                    break;
                default:
                    throw text.Fail(ErrorCodes.PatchUnreadable, at,
                        $"'{text.File}' breaks off inside the hunk of line {begin + 1}, which says that {old} old and {@new} new lines more follow.");
            }

            at++;
        }

        while (text.First(at) == (byte)'\\')
            at++;
        return new PatchHunk(start, expected.DrainToImmutable(), begin + 1, newStart);
    }

    private int SkipBinary(ref int at)
    {
        int begin = at;
        at++;
        int parts = 0;
        while (text.StartsWith(at, "literal "u8) || text.StartsWith(at, "delta "u8))
        {
            while (at < text.Count && text.First(at) != 0)
                at++;
            if (at >= text.Count)
                break;
            at++;
            parts++;
        }

        if (parts == 0)
            throw text.Fail(ErrorCodes.PatchUnreadable, begin, $"'{text.File}' breaks off inside a binary change.");
        return parts;
    }

    private void RequireInside(string path, int line)
    {
        if (path.StartsWith('/') || path.Split('/').Any(part => part is ".." or "." or "" || part.Equals(".git", StringComparison.OrdinalIgnoreCase)))
            throw text.Fail(ErrorCodes.PatchOutside, line, $"'{text.File}' changes '{path}', which is not a path inside the tree.");
    }

    private void RequireTargetInside(string path, bool binary, List<string> added, int line)
    {
        if (added.Count == 0 && !binary)
            return;
        string target = added.FirstOrDefault() ?? "";
        int depth = path.Count(c => c == '/');
        bool inside = added.Count == 1 && target.Length > 0 && target[0] != '/';
        foreach (string part in target.Split('/'))
        {
            depth += part switch { ".." => -1, "." or "" => 0, _ => 1 };
            inside &= depth >= 0;
        }

        if (!inside)
            throw text.Fail(ErrorCodes.PatchOutside, line, $"'{text.File}' makes a symbolic link '{path}' to '{target}', which is not inside the tree.");
    }

    private static bool TryNumber(Group group, out int value)
    {
        value = 1;
        return !group.Success || int.TryParse(group.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }

    [GeneratedRegex(@"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", RegexOptions.CultureInvariant)]
    private static partial Regex HunkHeader();

    [GeneratedRegex(@"^From [0-9a-f]{40} ", RegexOptions.CultureInvariant)]
    private static partial Regex MailSeparator();

    /// <summary>What the lines before a file's hunks say of it.</summary>
    private sealed class FileHeader
    {
        private string? _oldLine;
        private string? _newLine;
        private string? _oldPair;
        private string? _newPair;
        private string? _oldName;
        private string? _newName;
        private bool _created;
        private bool _deleted;
        private bool _renames;
        private bool _copies;
        private string? _oldMode;
        private string? _newMode;
        private string? _oldId;
        private string? _newId;

        public bool HasPair => _oldPair is not null;

        public int BinaryParts { get; set; }

        public bool Plain { get; init; }

        /// <summary>The mode after the change, where it is told.</summary>
        public string? Mode => _newMode ?? _oldMode;

        public PatchedFileHeader ToRecord() => new(_oldMode, _newMode, _renames, _copies, BinaryParts > 0, BinaryParts, _oldId, _newId, Plain);

        public string? OldPath(int strip) => Choose(_created, _oldName, _oldPair, _oldLine, strip);

        public string? NewPath(int strip) => Choose(_deleted, _newName, _newPair, _newLine, strip);

        /// <summary>Two names in one line: quoted ones end by themselves; plain ones may hold spaces, but are the same but for their first folder
        /// wherever this line is the only one that tells them.</summary>
        public void ReadDiffLine(string names)
        {
            if (names.StartsWith('"'))
            {
                _oldLine = Unquote(names, out int length);
                _newLine = Unquote(names[length..].TrimStart(), out _);
                return;
            }

            if (names.EndsWith('"'))
            {
                int quote = names.IndexOf(" \"", StringComparison.Ordinal);
                if (quote > 0)
                    (_oldLine, _newLine) = (names[..quote], Unquote(names[(quote + 1)..], out _));
                return;
            }

            for (int space = names.IndexOf(' ', StringComparison.Ordinal); space >= 0; space = names.IndexOf(' ', space + 1))
            {
                (string left, string right) = (names[..space], names[(space + 1)..]);
                if (WithoutFirst(left) == WithoutFirst(right))
                    (_oldLine, _newLine) = (left, right);
            }
        }

        public void ReadPair(string old, string @new)
        {
            _oldPair = Name(old);
            _newPair = Name(@new);
            _created |= _oldPair == "/dev/null";
            _deleted |= _newPair == "/dev/null";
        }

        /// <summary>Reads a line between <c>diff --git</c> and the hunks.</summary>
        public bool ReadExtended(string line)
        {
            line = line.TrimEnd('\r');
            foreach (string prefix in (string[])["rename from ", "copy from "])
            {
                _renames |= line.StartsWith("rename ", StringComparison.Ordinal);
                _copies |= line.StartsWith("copy ", StringComparison.Ordinal);
                if (line.StartsWith(prefix, StringComparison.Ordinal))
                    return (_oldName = Name(line[prefix.Length..])) is not null;
            }

            foreach (string prefix in (string[])["rename to ", "copy to "])
            {
                if (line.StartsWith(prefix, StringComparison.Ordinal))
                    return (_newName = Name(line[prefix.Length..])) is not null;
            }

            foreach (string prefix in (string[])["new file mode ", "deleted file mode ", "old mode ", "new mode "])
            {
                if (!line.StartsWith(prefix, StringComparison.Ordinal))
                    continue;
                string mode = line[prefix.Length..].Trim();
                (_oldMode, _newMode) = prefix[0] == 'n' ? (_oldMode, mode) : (mode, _newMode);
                _created |= prefix[0] == 'n' && prefix[4] == 'f';
                _deleted |= prefix[0] == 'd';
                return true;
            }

            if (line.StartsWith("index ", StringComparison.Ordinal))
            {
                string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                _oldMode = words.Length > 2 ? words[2] : _oldMode;
                string[] ids = words.Length > 1 ? words[1].Split("..") : [];
                (_oldId, _newId) = ids.Length == 2 ? (ids[0], ids[1]) : (null, null);
                return true;
            }

            return line.StartsWith("similarity index ", StringComparison.Ordinal) || line.StartsWith("dissimilarity index ", StringComparison.Ordinal);
        }

        /// <summary>Names of a rename have no <c>a/</c> before them, so one folder fewer is left out of them.</summary>
        private static string? Choose(bool none, string? name, string? pair, string? line, int strip) =>
            none ? null : name is not null ? Strip(name, strip - 1) : Strip(pair ?? line, strip);

        private static string? Strip(string? name, int count)
        {
            for (; count > 0 && name is not null; count--)
                name = WithoutFirst(name);
            return string.IsNullOrEmpty(name) ? null : name;
        }

        private static string? WithoutFirst(string name)
        {
            int slash = name.IndexOf('/', StringComparison.Ordinal);
            return slash < 0 ? null : name[(slash + 1)..];
        }

        /// <summary>A name; plain diffs have a time behind a tab.</summary>
        private static string Name(string text) => text.StartsWith('"') ? Unquote(text, out _) : text.Split('\t')[0];

        private static string Unquote(string text, out int length)
        {
            List<byte> bytes = [];
            int at = 1;
            for (; at < text.Length && text[at] != '"'; at++)
            {
                if (text[at] != '\\' || at + 1 >= text.Length)
                {
                    int count = char.IsHighSurrogate(text[at]) && at + 1 < text.Length ? 2 : 1;
                    bytes.AddRange(Encoding.UTF8.GetBytes(text, at, count));
                    at += count - 1;
                    continue;
                }

                at++;
                if (text[at] is >= '0' and <= '3' && at + 2 < text.Length)
                {
                    bytes.Add((byte)(((text[at] - '0') << 6) | (((text[at + 1] - '0') & 7) << 3) | ((text[at + 2] - '0') & 7)));
                    at += 2;
                    continue;
                }

                bytes.Add((byte)(text[at] switch { 'n' => '\n', 't' => '\t', 'r' => '\r', 'a' => '\a', 'b' => '\b', 'f' => '\f', 'v' => '\v', char other => other }));
            }

            length = Math.Min(at + 1, text.Length);
            return Encoding.UTF8.GetString([.. bytes]);
        }
    }
}
