using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;
using EveKernel.Core.Diagnostics;

namespace EveKernel.Core.Patches.Status;

/// <summary>Looks in the tree's files for the change of a patch that does not come off as it is: in other words, the same change.</summary>
internal static partial class AppliedEvidence
{
    private const int LineOfWeight = 12;
    private const int PlacesShown = 8;

    /// <summary>What the patch's own <c>Applied-when:</c> headers say; each names a file and a text that is there only with the change.</summary>
    /// <exception cref="KernelException">EVK2047: a header has not that form.</exception>
    public static ImmutableArray<(string File, string Text)> Headers(PatchFile patch)
    {
        ImmutableArray<(string File, string Text)>.Builder headers = ImmutableArray.CreateBuilder<(string File, string Text)>();
        foreach (Match header in Header().Matches(patch.Message))
        {
            string[] parts = header.Groups[1].Value.Split(':', 2);
            if (parts.Length != 2 || parts[0].Trim().Length == 0 || parts[1].Trim().Length == 0 || parts[0].Contains("..", StringComparison.Ordinal))
            {
                throw new KernelException(
                    ErrorCodes.AppliedWhenUnreadable,
                    $"'{patch.Subject}' has a header 'Applied-when: {header.Groups[1].Value.Trim()}'. Give a file, a colon and a text of it: 'Applied-when: " +
                        $"mm/memory.c: vmf_insert'.",
                    new SourceLocation(patch.File));
            }

            headers.Add((parts[0].Trim(), parts[1].Trim()));
        }

        return headers.DrainToImmutable();
    }

    /// <summary>The header that holds for a tree, in words, or null. All of a patch's headers must hold.</summary>
    public static string? ByHeaders(ImmutableArray<(string File, string Text)> headers, TreeFiles tree)
    {
        List<string> found = [];
        foreach ((string file, string text) in headers)
        {
            byte[] wanted = Encoding.UTF8.GetBytes(text);
            TextLine[] lines = tree.Find(file)?.Lines ?? [];
            int at = Array.FindIndex(lines, line => line.Bytes.IndexOf(wanted) >= 0);
            if (at < 0)
                return null;
            found.Add($"{file}:{at + 1} has '{text}', by which the patch's Applied-when tells it");
        }

        return found.Count == 0 ? null : string.Join("; ", found);
    }

    /// <summary>Says where a patch's added lines stand, if all of them do beside a line of their context and none of the removed ones does; else
    /// null.</summary>
    public static string? ByLines(PatchImage patch, IFileView tree)
    {
        List<string> found = [];
        int weight = 0;
        foreach (FileImage file in patch.Files)
        {
            if (file.Header.Binary || file.NewPath is not { } path || file.Hunks.IsEmpty || file.Creates || tree.Find(path) is not { } there)
                return null;
            TextLine[] lines = there.Lines;
            foreach (HunkImage hunk in file.Hunks)
            {
                foreach (Change change in Change.Of(hunk))
                {
                    int at = change.FindIn(lines);
                    if (at < 0)
                        return null;
                    weight += change.Added.Count(IsWeighty);
                    found.Add($"{path}:{at + 1}");
                }
            }
        }

        // A brace or a return may stand anywhere.
        if (weight == 0)
            return null;
        string places = string.Join(", ", found.Take(PlacesShown)) + (found.Count > PlacesShown ? ", …" : "");
        return $"the lines that it adds stand at {places}, and those that it removes are gone";
    }

    private static bool IsWeighty(TextLine line)
    {
        string text = line.Text().Trim();
        return text.Length >= LineOfWeight && text.Any(char.IsLetter);
    }

    [GeneratedRegex(@"^Applied-when:(.*)$", RegexOptions.Multiline | RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Header();

    /// <summary>Removed and added lines that stand together, and the line of context on either side.</summary>
    private sealed record Change(TextLine[] Removed, TextLine[] Added, TextLine? Above, TextLine? Below)
    {
        public static IEnumerable<Change> Of(HunkImage hunk)
        {
            ImmutableArray<(char Kind, TextLine Line)> edits = hunk.Edits;
            for (int at = 0; at < edits.Length;)
            {
                if (edits[at].Kind == ' ')
                {
                    at++;
                    continue;
                }

                int end = at;
                while (end < edits.Length && edits[end].Kind != ' ')
                    end++;
                yield return new Change(
                    [.. edits[at..end].Where(edit => edit.Kind == '-').Select(edit => edit.Line)],
                    [.. edits[at..end].Where(edit => edit.Kind == '+').Select(edit => edit.Line)],
                    at > 0 ? edits[at - 1].Line : null,
                    end < edits.Length ? edits[end].Line : null);
                at = end;
            }
        }

        /// <summary>Where the change stands, from 0, or -1.</summary>
        public int FindIn(TextLine[] lines)
        {
            if (Removed.Length > 0 && Places(lines, Removed).Any(at => Beside(lines, at, Removed.Length) > 0))
                return -1;
            // Where nothing was added, both neighbours must have come together.
            int needed = Added.Length == 0 ? 2 : 1;
            return Places(lines, Added).Where(at => Beside(lines, at, Added.Length) >= needed).DefaultIfEmpty(-1).First();
        }

        private int Beside(TextLine[] lines, int at, int count) =>
            (Above is { } above && at > 0 && lines[at - 1].SameAs(above) ? 1 : 0) +
            (Below is { } below && at + count < lines.Length && lines[at + count].SameAs(below) ? 1 : 0);

        private static IEnumerable<int> Places(TextLine[] lines, TextLine[] wanted)
        {
            for (int at = 0; at + wanted.Length <= lines.Length; at++)
            {
                int same = 0;
                while (same < wanted.Length && lines[at + same].SameAs(wanted[same]))
                    same++;
                if (same == wanted.Length)
                    yield return at;
            }
        }
    }
}
