using System.Collections.Immutable;

namespace EveKernel.Core.Patches.Status;

/// <summary>A patch ready to be held against trees: its hunks as bytes before and after.</summary>
/// <param name="Patch">The patch.</param>
/// <param name="Files">Its files, in order.</param>
internal sealed record PatchImage(PatchFile Patch, ImmutableArray<FileImage> Files)
{
    /// <summary>The patch that takes this one back. The files' order turns as git's does.</summary>
    public PatchImage Reversed { get => field ??= new PatchImage(Patch, [.. Files.Reverse().Select(file => file.Reverse())]); init; }

    /// <summary>Reads the bytes of a patch's hunks.</summary>
    public static PatchImage Of(PatchFile patch)
    {
        TextLine[] lines = TextLine.Split(patch.Diff.ToArray());
        // Lines of the file count from 1, those of the diff from 0 where its first file begins.
        int first = patch.Files[0].Line;
        return new PatchImage(patch, [.. patch.Files.Select(file => FileImage.Of(file, lines, first))]);
    }
}

/// <summary>A file's part of a patch, in the direction in which it is to be applied.</summary>
internal sealed record FileImage(string? OldPath, string? NewPath, PatchedFileHeader Header, ImmutableArray<HunkImage> Hunks, int Line)
{
    public bool Creates => OldPath is null;

    public bool Deletes => NewPath is null;

    /// <summary>The name to show: that of the file as it is before, or of a new one.</summary>
    public string Name => OldPath ?? NewPath!;

    /// <summary>A plain diff does not say whether it makes a file: it may when there is nothing that it expects.</summary>
    public bool MayCreate => Header.Plain && Hunks is [{ Before.Length: 0 }];

    public FileImage Reverse() => new(
        NewPath,
        OldPath,
        Header with
        {
            OldMode = Header.NewMode ?? Header.OldMode,
            NewMode = Header.NewMode is null && NewPath is not null ? null : Header.OldMode,
            OldId = Header.NewId,
            NewId = Header.OldId
        },
        [.. Hunks.Select(hunk => hunk.Reverse())],
        Line);

    public static FileImage Of(PatchedFile file, TextLine[] lines, int first) =>
        new(file.OldPath, file.NewPath, file.Header, [.. file.Hunks.Select(hunk => HunkImage.Of(hunk, lines, first))], file.Line);
}

/// <summary>A hunk.</summary>
/// <param name="Before">The lines that it expects.</param>
/// <param name="After">The lines that it leaves.</param>
/// <param name="OldStart">Where it expects them, from 1; 0 for an empty file.</param>
/// <param name="NewStart">Where they stand afterwards.</param>
/// <param name="Trailing">How many lines of context come last.</param>
/// <param name="Edits">Its lines in order, with what becomes of each: <c>' '</c>, <c>'-'</c> or <c>'+'</c>.</param>
/// <param name="Line">The line of the patch file.</param>
internal sealed record HunkImage(
    TextLine[] Before, TextLine[] After, int OldStart, int NewStart, int Trailing, ImmutableArray<(char Kind, TextLine Line)> Edits, int Line)
{
    public HunkImage Reverse() => new(
        After, Before, NewStart, OldStart, Trailing,
        [.. Edits.Select(edit => (edit.Kind switch { '-' => '+', '+' => '-', _ => ' ' }, edit.Line))], Line);

    public static HunkImage Of(PatchHunk hunk, TextLine[] lines, int first)
    {
        ImmutableArray<(char Kind, TextLine Line)>.Builder edits = ImmutableArray.CreateBuilder<(char Kind, TextLine Line)>();
        int at = hunk.Line - first + 1;
        // The reader has seen to it that the hunk is whole; it ends where the next header, or the next file, begins.
        (int oldCount, int newCount) = Counts(lines[at - 1].Text());
        for (; oldCount > 0 || newCount > 0; at++)
        {
            ReadOnlySpan<byte> line = lines[at].Bytes;
            if (line[0] == (byte)'\\')
                continue;
            bool cut = at + 1 < lines.Length && lines[at + 1].Bytes[0] == (byte)'\\';
            char kind = line[0] == (byte)'\n' ? ' ' : (char)line[0];
            int skip = line[0] == (byte)'\n' ? 0 : 1;
            edits.Add((kind, lines[at].Cut(skip, cut ? 1 : 0)));
            oldCount -= kind == '+' ? 0 : 1;
            newCount -= kind == '-' ? 0 : 1;
        }

        int trailing = 0;
        while (trailing < edits.Count && edits[^(trailing + 1)].Kind == ' ')
            trailing++;
        return new HunkImage(
            [.. edits.Where(edit => edit.Kind != '+').Select(edit => edit.Line)],
            [.. edits.Where(edit => edit.Kind != '-').Select(edit => edit.Line)],
            hunk.OldStart, hunk.NewStart, trailing, edits.DrainToImmutable(), hunk.Line);
    }

    private static (int Old, int New) Counts(string header)
    {
        string[] words = header.Split(' ');
        return (Count(words[1]), Count(words[2]));

        static int Count(string range) =>
            range.IndexOf(',', StringComparison.Ordinal) is var comma
                && comma < 0 ? 1 : int.Parse(range.AsSpan(comma + 1), System.Globalization.CultureInfo.InvariantCulture);
    }
}
