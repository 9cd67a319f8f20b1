namespace EveKernel.Core.Patches.Status;

/// <summary>Says what a hunk meets where it does not apply.</summary>
internal static class ConflictReport
{
    private const int LinesShown = 3;

    // A line that stands in a hunk so often tells no place from another, and half a million lines of three kinds are not counted within four minutes.
    private const int TellingCount = 100;

    public static string Describe(HunkImage hunk, TextLine[] file)
    {
        if (hunk.Before.Length == 0)
            return "the file is there and not empty, and the hunk adds to an empty one";
        (int best, int matches) = BestPlace(hunk, file);
        int first = 0;
        while (first < hunk.Before.Length && best + first < file.Length && file[best + first].SameAs(hunk.Before[first]))
            first++;
        if (first == hunk.Before.Length)
            return $"its lines stand at line {best + 1}, where git does not take them: an earlier hunk has changed them, or the hunk is bound to the file's " +
                $"begin or end";
        string found = best + first >= file.Length ? "the file's end" : Quote(file.AsSpan(best + first));
        return $"{matches} of {hunk.Before.Length} lines match at line {best + 1}; line {best + first + 1} was to be {Quote(hunk.Before.AsSpan(first))} and " +
            $"is {found}";
    }

    /// <summary>The place where most lines match; of several, the one nearest to the place that the hunk names.</summary>
    private static (int At, int Matches) BestPlace(HunkImage hunk, TextLine[] file)
    {
        int wanted = Math.Max(hunk.OldStart - 1, 0);
        int[] matches = new int[Math.Max(file.Length, 1)];
        Dictionary<ulong, List<int>> places = [];
        for (int line = 0; line < hunk.Before.Length; line++)
        {
            if (!places.TryGetValue(hunk.Before[line].Hash, out List<int>? at))
                places[hunk.Before[line].Hash] = at = [];
            at.Add(line);
        }

        for (int line = 0; line < file.Length; line++)
        {
            if (!places.TryGetValue(file[line].Hash, out List<int>? at) || at.Count > TellingCount)
                continue;
            foreach (int start in at.Select(one => line - one).Where(one => one >= 0))
                matches[start]++;
        }

        int best = 0;
        for (int at = 1; at < matches.Length; at++)
        {
            if (matches[at] > matches[best] || (matches[at] == matches[best] && Math.Abs(at - wanted) < Math.Abs(best - wanted)))
                best = at;
        }

        int same = 0;
        for (int line = 0; line < hunk.Before.Length && best + line < file.Length; line++)
            same += file[best + line].SameAs(hunk.Before[line]) ? 1 : 0;
        return (best, same);
    }

    private static string Quote(ReadOnlySpan<TextLine> lines)
    {
        for (int at = 0; at < Math.Min(lines.Length, LinesShown); at++)
        {
            if (lines[at].Text().Trim() is { Length: > 0 } text)
                return text.Length > 100 ? $"'{text[..100]}…'" : $"'{text}'";
        }

        return "an empty line";
    }
}
