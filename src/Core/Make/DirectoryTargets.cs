using System.Collections.Immutable;
using System.Text.RegularExpressions;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Make;

/// <summary>Finds the make target that builds a directory. <c>make virt/kvm/</c> succeeds and builds nothing: it is arch/x86/kvm that takes its files in.</summary>
public static class DirectoryTargets
{
    private static readonly ImmutableHashSet<string> NoKernelCode = ["Documentation", "tools", "samples", ".git"];

    /// <summary>Finds the targets.</summary>
    /// <param name="sourceTree">The kernel tree.</param>
    /// <param name="sourceArch">The architecture's folder below arch, such as x86.</param>
    /// <param name="directories">Directories relative to the tree.</param>
    /// <returns>Each with its target, in the same order.</returns>
    /// <exception cref="KernelException">EVK4012: some are not in the tree.</exception>
    public static ImmutableArray<GateDirectory> Resolve(string sourceTree, string sourceArch, IEnumerable<string> directories)
    {
        ArgumentNullException.ThrowIfNull(sourceTree);
        ImmutableArray<string> wanted = [.. directories.Select(directory => directory.Trim())];
        ImmutableArray<Diagnostic> absent =
        [
            .. wanted.Where(directory => !IsInTree(sourceTree, directory)).Select(directory => new Diagnostic(
                Severity.Error,
                ErrorCodes.DirectoryNotInTree,
                $"The directory '{directory}' is not in the kernel tree '{sourceTree}'. Name directories relative to the tree's root, such as drivers/vfio/pci")),
        ];
        if (!absent.IsEmpty)
            throw new KernelException(absent);
        return [.. wanted.Select(CompiledObjects.Normalise).Distinct().Select(directory => new GateDirectory(directory, Target(sourceTree, sourceArch, directory) + "/"))];
    }

    private static bool IsInTree(string sourceTree, string directory)
    {
        string root = Path.GetFullPath(sourceTree).TrimEnd('/') + "/";
        string full = Path.GetFullPath(directory, root);
        return !Path.IsPathRooted(directory) && full.StartsWith(root, StringComparison.Ordinal) && full.Length > root.Length && Directory.Exists(full);
    }

    private static string Target(string sourceTree, string sourceArch, string directory)
    {
        if (HasMakefile(sourceTree, directory))
            return directory;

        Regex include = new(@"^\s*-?include\s.*[\s/]" + Regex.Escape(directory) + "/(?:Makefile|Kbuild)", RegexOptions.Multiline);
        IEnumerable<string> folders = Directory.EnumerateDirectories(sourceTree)
            .Where(folder => Path.GetFileName(folder) != "arch" && !NoKernelCode.Contains(Path.GetFileName(folder)))
            .Order(StringComparer.Ordinal)
            // Another architecture's Makefile would include it as well, and is not part of this build.
            .Prepend(Path.Combine(sourceTree, "arch", sourceArch));
        string? includer = folders.Where(Directory.Exists).SelectMany(folder => Makefiles(folder).Order(StringComparer.Ordinal))
            .FirstOrDefault(makefile => include.IsMatch(File.ReadAllText(makefile)));
        if (includer is not null)
            return Path.GetRelativePath(sourceTree, Path.GetDirectoryName(includer)!);

        // Some Makefiles name objects of folders below them. If this one does not, the proof by objects will tell.
        for (string? above = Path.GetDirectoryName(directory); !string.IsNullOrEmpty(above); above = Path.GetDirectoryName(above))
        {
            if (HasMakefile(sourceTree, above))
                return above;
        }

        return directory;
    }

    private static bool HasMakefile(string sourceTree, string directory) =>
        File.Exists(Path.Combine(sourceTree, directory, "Makefile")) || File.Exists(Path.Combine(sourceTree, directory, "Kbuild"));

    private static IEnumerable<string> Makefiles(string folder) =>
        Directory.EnumerateFiles(folder, "Makefile", Folders.Everywhere).Concat(Directory.EnumerateFiles(folder, "Kbuild", Folders.Everywhere));
}

/// <summary>A directory to prove.</summary>
/// <param name="Directory">The directory, relative to the tree, without a last slash.</param>
/// <param name="Target">The make target that builds it, with a last slash.</param>
public sealed record GateDirectory(string Directory, string Target);
