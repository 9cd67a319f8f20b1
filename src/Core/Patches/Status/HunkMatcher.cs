namespace EveKernel.Core.Patches.Status;

/// <summary>Finds a hunk's place as <c>git apply</c> does: every line must match, byte for byte, at the place it names or at the nearest one before or
/// behind; a hunk without lines of context before or behind is bound to the file's begin or end.</summary>
internal static class HunkMatcher
{
    /// <summary>The line, from 0, where a hunk applies, or -1.</summary>
    /// <param name="file">The file's lines.</param>
    /// <param name="hunk">The hunk.</param>
    public static int Find(List<TextLine> file, HunkImage hunk)
    {
        bool atBegin = hunk.OldStart <= 1;
        bool atEnd = hunk.Trailing == 0;
        int wanted = atBegin ? 0 : atEnd ? file.Count - hunk.Before.Length : Math.Max(hunk.NewStart - 1, 0);
        // Negative when the hunk is longer than the file; git compares without a sign.
        int begin = wanted < 0 || wanted > file.Count ? file.Count : wanted;
        int back = begin;
        int forth = begin;
        int at = begin;
        for (int step = 0; ; step++)
        {
            if (Matches(file, hunk.Before, at, atBegin, atEnd))
                return at;
            if (back == 0 && forth == file.Count)
                return -1;
            if (((step & 1) != 0 && back == 0) || ((step & 1) == 0 && forth == file.Count))
                step++;
            at = (step & 1) != 0 ? --back : ++forth;
        }
    }

    /// <summary>Puts a hunk where it matches. No later hunk may match lines that it has left.</summary>
    public static void Put(List<TextLine> file, HunkImage hunk, int at)
    {
        file.RemoveRange(at, hunk.Before.Length);
        file.InsertRange(at, hunk.After.Select(line => line.AsPatched(true)));
    }

    private static bool Matches(List<TextLine> file, TextLine[] before, int at, bool atBegin, bool atEnd)
    {
        if (at + before.Length > file.Count || (atEnd && at + before.Length != file.Count) || (atBegin && at != 0))
            return false;
        for (int line = 0; line < before.Length; line++)
        {
            TextLine found = file[at + line];
            bool last = line == before.Length - 1;
            if (found.Patched || !(found.SameAs(before[line]) || (last && !atEnd && IsCutOff(before[line].Bytes, found.Bytes))))
                return false;
        }

        return true;
    }

    /// <summary>git compares a hunk's bytes as one piece, so that a last line without its line end also matches one that has it.</summary>
    private static bool IsCutOff(ReadOnlySpan<byte> before, ReadOnlySpan<byte> found) =>
        !before.EndsWith("\n"u8) && found.StartsWith(before) && found[before.Length..].Trim(" \t\r\n"u8).IsEmpty;
}
