using System.Collections.Immutable;

namespace EveKernel.Core.Patches.Status;

/// <summary>Holds a patch against files in memory, with the answer that <c>git apply --cached --check</c> gives. Unlike git it goes on after the first hunk
/// that fails.</summary>
internal static class PatchMatcher
{
    private const string FileMode = "100644";

    public static PatchMatch Match(PatchImage patch, IFileView view)
    {
        Dictionary<string, Entry> table = new(StringComparer.Ordinal);
        // A file that is to go, or to get another name, may be made anew before its own part comes.
        foreach (FileImage file in patch.Files.Where(file => file.Deletes || file.Header.Renames))
            table[file.OldPath!] = new Entry(Gone: true, Later: true, null);
        ImmutableArray<FileMatch>.Builder files = ImmutableArray.CreateBuilder<FileMatch>(patch.Files.Length);
        foreach (FileImage file in patch.Files)
            files.Add(MatchFile(file, view, table));
        bool applies = files.All(file => file.Applies);
        return new PatchMatch(applies, files.DrainToImmutable(), applies ? Changes(patch, table) : []);
    }

    /// <summary>git removes all that is to go before it writes anything: what one part makes stays, though a later part deletes it.</summary>
    private static ImmutableArray<KeyValuePair<string, TreeFile?>> Changes(PatchImage patch, Dictionary<string, Entry> table)
    {
        Dictionary<string, TreeFile?> changes = new(StringComparer.Ordinal);
        foreach (FileImage file in patch.Files.Where(file => file.Deletes || file.Header.Renames))
            changes[file.OldPath!] = null;
        foreach (FileImage file in patch.Files.Where(file => file.NewPath is not null))
            changes[file.NewPath!] = table[file.NewPath!].Written;
        return [.. changes];
    }

    private static FileMatch MatchFile(FileImage file, IFileView view, Dictionary<string, Entry> table)
    {
        string? problem = Load(file, view, table, out TreeFile? old) ?? CheckNew(file, view, table);
        if (problem is not null && old is null && !file.Creates)
            return new FileMatch(file, problem, Missing: view.Find(file.OldPath!) is null, []);
        TreeFile? result;
        ImmutableArray<HunkMatch> hunks = [];
        if (file.Header.Binary)
        {
            problem ??= MatchBinary(file, old);
            result = new TreeFile(ModeOf(file, old), file.Header.NewId, null);
        }
        else if (old is { HasLines: false } && (file.Deletes || !file.Hunks.IsEmpty))
        {
            return new FileMatch(file, "a binary patch comes before it, so that its lines are not known", false, []);
        }
        else
        {
            hunks = MatchHunks(file, old, out List<TextLine> lines);
            if (problem is null && file.Deletes && hunks.All(hunk => hunk.Applies) && lines.Count > 0)
                problem = "the patch deletes the file, but the tree's has more lines than the patch knows";
            TextLine[] after = TextLine.Settle(lines);
            result = file.Hunks.IsEmpty && old is not null
                ? new TreeFile(ModeOf(file, old), old.HasLines ? null : old.Id, old.HasLines ? () => old.Lines : null)
                : new TreeFile(ModeOf(file, old), null, () => after);
        }

        if (file.NewPath is { } name)
            table[name] = new Entry(false, false, result) { Written = result };
        if (file.Deletes || file.Header.Renames)
            table[file.OldPath!] = new Entry(Gone: true, Later: false, null) { Written = table.GetValueOrDefault(file.OldPath!)?.Written };
        return new FileMatch(file, problem, false, hunks);
    }

    private static string ModeOf(FileImage file, TreeFile? old) => file.Header.NewMode ?? old?.Mode ?? file.Header.OldMode ?? FileMode;

    private static string? Load(FileImage file, IFileView view, Dictionary<string, Entry> table, out TreeFile? old)
    {
        old = null;
        if (file.OldPath is not { } path)
            return null;
        // Parts with a new name speak of the tree as it was; others of what earlier parts have left.
        Entry? earlier = file.Header.Renames || file.Header.Copies || !table.TryGetValue(path, out Entry? entry) || entry.Later ? null : entry;
        if (earlier is { Gone: true })
            return "an earlier part of the patch has renamed or deleted the file";
        old = earlier is not null ? earlier.File : view.Find(path);
        if (old is null)
            return file.MayCreate ? null : "the tree has no such file";
        string kind = file.Header.OldMode is { Length: > 3 } mode ? mode[..^3] : old.Kind;
        return kind == old.Kind ? null : $"the tree has a file of another type there, mode {old.Mode} and not {file.Header.OldMode}";
    }

    private static string? CheckNew(FileImage file, IFileView view, Dictionary<string, Entry> table)
    {
        if (file.NewPath is not { } path)
            return null;
        bool mayExist = table.TryGetValue(path, out Entry? entry) && entry.Gone;
        if ((file.Creates || file.Header.Renames || file.Header.Copies) && !mayExist && view.Find(path) is not null)
            return $"the tree has a file {path} already";
        for (int slash = path.LastIndexOf('/'); slash > 0; slash = path.LastIndexOf('/', slash - 1))
        {
            string folder = path[..slash];
            TreeFile? above = table.TryGetValue(folder, out entry) ? entry.File : view.Find(folder);
            if (above?.Mode == TreeFile.LinkMode)
                return $"{folder} is a symbolic link in the tree, and a patch must not write through it";
        }

        return null;
    }

    private static string? MatchBinary(FileImage file, TreeFile? old)
    {
        const int FullId = 40;
        if (file.Header.OldId is not { Length: FullId } from || file.Header.NewId is not { Length: FullId })
            return "a binary change can be held against the tree only by full ids in its index line";
        if (old is null)
            return null;
        return old.Id == from ? null : $"the binary change is one of {from}, and the tree has {old.Id}";
    }

    private static ImmutableArray<HunkMatch> MatchHunks(FileImage file, TreeFile? old, out List<TextLine> lines)
    {
        // A deletion without hunks is one of an empty file.
        lines = old is null || (file.Hunks.IsEmpty && !file.Deletes) ? [] : [.. old.Lines];
        ImmutableArray<HunkMatch>.Builder hunks = ImmutableArray.CreateBuilder<HunkMatch>(file.Hunks.Length);
        foreach (HunkImage hunk in file.Hunks)
        {
            int at = HunkMatcher.Find(lines, hunk);
            if (at >= 0)
                HunkMatcher.Put(lines, hunk, at);
            hunks.Add(new HunkMatch(hunk, at >= 0, at - Math.Max(hunk.NewStart - 1, 0)));
        }

        return hunks.DrainToImmutable();
    }

    /// <summary>What became of a path so far.</summary>
    private sealed record Entry(bool Gone, bool Later, TreeFile? File)
    {
        /// <summary>What the last part that writes the file leaves.</summary>
        public TreeFile? Written { get; init; }
    }
}

/// <summary>How a patch fits.</summary>
/// <param name="Applies">Whether git would apply it.</param>
/// <param name="Files">Its files.</param>
/// <param name="Changes">What the files are afterwards, null for none; empty when it does not apply.</param>
internal sealed record PatchMatch(bool Applies, ImmutableArray<FileMatch> Files, ImmutableArray<KeyValuePair<string, TreeFile?>> Changes)
{
    public IEnumerable<HunkMatch> Hunks => Files.SelectMany(file => file.Hunks);

    /// <summary>The offset that is furthest from nought.</summary>
    public int Offset => Hunks.Select(hunk => hunk.Offset).DefaultIfEmpty().MaxBy(Math.Abs);
}

/// <summary>How a file's part fits.</summary>
/// <param name="File">The part.</param>
/// <param name="Problem">Why no hunk of it counts, or null.</param>
/// <param name="Missing">Whether that is because the tree has no such file.</param>
/// <param name="Hunks">Its hunks.</param>
internal sealed record FileMatch(FileImage File, string? Problem, bool Missing, ImmutableArray<HunkMatch> Hunks)
{
    public bool Applies => Problem is null && Hunks.All(hunk => hunk.Applies);
}

/// <summary>How a hunk fits.</summary>
/// <param name="Hunk">The hunk.</param>
/// <param name="Applies">Whether its lines were found.</param>
/// <param name="Offset">How many lines behind the place that it names; below 0 before it.</param>
internal sealed record HunkMatch(HunkImage Hunk, bool Applies, int Offset);
