using System.Collections.Immutable;
using System.Text;
using EveKernel.Core.Diagnostics;

namespace EveKernel.Core.Patches;

/// <summary>Tells why a patch does not apply: git names only the first hunk that fails in a file, and not what stands there instead.</summary>
internal sealed class ConflictFinder(Func<string, Task<byte[]?>> readFile)
{
    private const int LinesShown = 10;

    /// <summary>An error for each hunk that fails; at least one.</summary>
    public async Task<IReadOnlyList<Diagnostic>> DescribeAsync(PatchFile patch, string complaint)
    {
        List<Diagnostic> errors = [];
        foreach (PatchedFile file in patch.Files)
        {
            if (file.OldPath is null)
            {
                if (await readFile(file.NewPath!).ConfigureAwait(false) is not null)
                    errors.Add(Error(patch, file.Line, $"it makes the file {file.NewPath}, which the tree has already."));
                continue;
            }

            byte[]? content = await readFile(file.OldPath).ConfigureAwait(false);
            if (content is null)
            {
                errors.Add(Error(patch, file.Line, $"the tree has no file {file.OldPath}."));
                continue;
            }

            string[] lines = Encoding.UTF8.GetString(content).Split('\n');
            // The line end of the last line begins no line.
            lines = lines[^1].Length == 0 ? lines[..^1] : lines;
            errors.AddRange(file.Hunks.Select(hunk => Check(patch, file.OldPath, hunk, lines)).OfType<Diagnostic>());
        }

        // All lines are there, yet git refuses: the order of the hunks, a mode, a binary file's id. Its own words must do.
        return errors.Count > 0 ? errors : [Error(patch, LineOf(patch, complaint), $"git says: {complaint}")];
    }

    private static Diagnostic? Check(PatchFile patch, string path, PatchHunk hunk, string[] lines)
    {
        int count = hunk.Expected.Length;
        if (count == 0)
            return null;
        int expected = Math.Max(hunk.OldStart - 1, 0);
        int best = Math.Min(expected, Math.Max(lines.Length - 1, 0));
        int matches = -1;
        for (int at = 0; at < Math.Max(lines.Length, 1); at++)
        {
            int same = 0;
            for (int offset = 0; offset < count && at + offset < lines.Length; offset++)
                same += lines[at + offset] == hunk.Expected[offset] ? 1 : 0;
            if (same == count)
                return null;
            if (same > matches || (same == matches && Math.Abs(at - expected) < Math.Abs(best - expected)))
                (best, matches) = (at, same);
        }

        string[] found = lines[Math.Min(best, lines.Length)..Math.Min(best + count, lines.Length)];
        int first = 0;
        while (first < found.Length && found[first] == hunk.Expected[first])
            first++;
        return Error(patch, hunk.Line,
            $"{path} has not the lines that the hunk expects at line {hunk.OldStart}; {matches} of {count} match best at line {best + 1}.\n" +
            $"Expected at line {hunk.OldStart + first}:\n{Show(hunk.Expected[first..])}\nFound at line {best + 1 + first}:\n{Show([.. found[first..]])}");
    }

    private static string Show(ImmutableArray<string> lines)
    {
        if (lines.IsEmpty)
            return "  (the file ends)";
        string shown = string.Join('\n', lines.Take(LinesShown).Select(line => "  " + line));
        return lines.Length > LinesShown ? $"{shown}\n  ({lines.Length - LinesShown} more)" : shown;
    }

    /// <summary>git's complaint is <c>error: patch failed: path:line</c>, where the line is the old file's.</summary>
    private static int LineOf(PatchFile patch, string complaint)
    {
        foreach (PatchedFile file in patch.Files)
        {
            foreach (PatchHunk hunk in file.Hunks)
            {
                if (complaint.Contains($"patch failed: {file.OldPath}:{hunk.OldStart}\n", StringComparison.Ordinal))
                    return hunk.Line;
            }
        }

        return patch.Files.FirstOrDefault(file => complaint.Contains(file.OldPath ?? file.NewPath!, StringComparison.Ordinal))?.Line ?? patch.Files[0].Line;
    }

    private static Diagnostic Error(PatchFile patch, int line, string reason) =>
        new(Severity.Error, ErrorCodes.PatchConflict, $"'{patch.Subject}' does not apply: {reason}", new SourceLocation(patch.File, line));
}
