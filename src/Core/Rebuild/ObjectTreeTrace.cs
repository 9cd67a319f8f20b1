using System.Collections.Immutable;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Rebuild;

/// <summary>Looks for the beginning of a difference in both O= folders: first among what was generated as text, then among the objects.</summary>
/// <param name="first">The first build's O=.</param>
/// <param name="second">The second build's O=.</param>
/// <param name="comparer">Compares files.</param>
internal sealed class ObjectTreeTrace(string first, string second, ContentComparer comparer)
{
    private const long LargestText = 8 << 20;

    // Of objects that differ all tell the same; some are enough.
    private const int MostObjects = 6;

    private static readonly ImmutableArray<string> TextEndings = [".h", ".c", ".S", ".lds", ".dts", ".txt", ".order", ".builtin", ".config"];

    /// <summary>Looks.</summary>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The files that differ, those in which it begins first; empty when one of the folders is gone.</returns>
    public async Task<ImmutableArray<TracedFile>> FindAsync(CancellationToken cancellation)
    {
        if (!Directory.Exists(first) || !Directory.Exists(second))
            return [];
        string[] files = [.. Files().Order(StringComparer.Ordinal)];
        ImmutableArray<TracedFile>.Builder found = ImmutableArray.CreateBuilder<TracedFile>();
        foreach (string file in files.Where(IsText).Concat(files.Where(IsObject)))
        {
            if (found.Count(one => !one.Generated) >= MostObjects)
                break;
            byte[] here = await File.ReadAllBytesAsync(Path.Combine(first, file), cancellation).ConfigureAwait(false);
            byte[] there = await File.ReadAllBytesAsync(Path.Combine(second, file), cancellation).ConfigureAwait(false);
            ImmutableArray<Mismatch> mismatches = await comparer.CompareAsync(here, there, cancellation).ConfigureAwait(false);
            if (!mismatches.IsEmpty)
                found.Add(new TracedFile(file, mismatches[0], IsText(file)));
        }

        return found.ToImmutable();
    }

    /// <summary>The traced texts that an object was compiled from, as kbuild has taken down.</summary>
    /// <param name="file">The object, below O=.</param>
    /// <param name="traced">What differs.</param>
    /// <returns>Those of them that it depends on.</returns>
    public IEnumerable<string> SourcesOf(string file, ImmutableArray<TracedFile> traced)
    {
        string command = Path.Combine(first, Path.GetDirectoryName(file)!, $".{Path.GetFileName(file)}.cmd");
        if (!File.Exists(command))
            return [];
        HashSet<string> words = [.. File.ReadAllText(command).Split([' ', '\n', '\t', '(', ')'], StringSplitOptions.RemoveEmptyEntries)];
        return traced.Where(one => one.Generated && words.Contains(one.Path)).Select(one => one.Path);
    }

    // Files of kbuild's own hold both folders in every build: command lines, dependencies, host programs' sources by flex and bison.
    private IEnumerable<string> Files() => Directory
        .EnumerateFiles(first, "*", Folders.Everywhere)
        .Where(path => Path.GetFileName(path)[0] != '.' || path.EndsWith("/.config", StringComparison.Ordinal))
        .Select(path => Path.GetRelativePath(first, path))
        .Where(file => !file.StartsWith("scripts/", StringComparison.Ordinal) && !file.StartsWith("tools/", StringComparison.Ordinal))
        .Where(file => IsText(file) || IsObject(file))
        .Where(file => File.Exists(Path.Combine(second, file)));

    private bool IsText(string file) =>
        TextEndings.Any(ending => file.EndsWith(ending, StringComparison.Ordinal)) && new FileInfo(Path.Combine(first, file)).Length <= LargestText;

    private static bool IsObject(string file) => file.EndsWith(".o", StringComparison.Ordinal) && Path.GetFileName(file) is not ("vmlinux.o" or "built-in.o");
}

/// <summary>A file of an O= folder that differs.</summary>
/// <param name="Path">Its path below O=.</param>
/// <param name="Mismatch">Where and how.</param>
/// <param name="Generated">Whether it is a text, in which something begins, or an object, in which it shows.</param>
internal sealed record TracedFile(string Path, Mismatch Mismatch, bool Generated);
