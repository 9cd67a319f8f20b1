using System.Collections.Immutable;
using System.Globalization;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Source;

namespace EveKernel.Core.Loop;

/// <summary>The sources of a tree that somebody edits, as far as <c>dotnet watch</c> is to look at them: each folder costs it an inotify instance, and a kernel has thousands.</summary>
/// <param name="folder">The tree.</param>
/// <param name="git">git.</param>
/// <param name="instances">How many inotify instances a user of this host may have; null when files are polled.</param>
public sealed class WatchList(string folder, GitCli git, int? instances)
{
    // dotnet and what else runs have some of their own.
    private const int Reserved = 28;

    /// <summary>Where the host says how many inotify instances a user may have.</summary>
    public const string InstancesFile = "/proc/sys/fs/inotify/max_user_instances";

    /// <summary>Lists the files below some directories, and those in which the tree differs from what it was made of.</summary>
    /// <param name="directories">Directories relative to the tree.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>Their absolute paths.</returns>
    /// <exception cref="KernelException">EVK4012: a directory is not in the tree; EVK9012: they lie in more folders than the host lets one watch.</exception>
    public async Task<ImmutableSortedSet<string>> ListAsync(ImmutableArray<string> directories, CancellationToken cancellation)
    {
        IEnumerable<string> below = directories.Select(Locate).SelectMany(Files);
        ImmutableSortedSet<string> files = [.. below.Concat(await ChangedAsync(cancellation).ConfigureAwait(false))];
        int folders = files.Select(Path.GetDirectoryName).Distinct().Count();
        return instances is { } most && folders > most - Reserved ? throw new KernelException(
            ErrorCodes.TooManyToWatch,
            string.Create(CultureInfo.InvariantCulture, $"{files.Count:N0} files are in {folders:N0} folders, and this host lets a user watch {most} ({InstancesFile}). ")
                + "Name fewer directories in KernelWatch, raise that number, or set the variable DOTNET_USE_POLLING_FILE_WATCHER=1.")
            : files;
    }

    private string Locate(string directory)
    {
        string path = Path.GetFullPath(directory, folder);
        return Directory.Exists(path) ? path : throw new KernelException(
            ErrorCodes.DirectoryNotInTree, $"There is no directory '{directory}' in '{folder}' to watch. Correct KernelWatch, KernelGate or KernelDirectory.");
    }

    // Not what editors keep beside a file that is open in them.
    private static IEnumerable<string> Files(string path) =>
        Directory.EnumerateFiles(path, "*", Processes.Folders.Everywhere).Where(file => Path.GetFileName(file) is var name && name[0] is not ('.' or '#') && name[^1] != '~');

    private async Task<IEnumerable<string>> ChangedAsync(CancellationToken cancellation)
    {
        EditTree tree = new(git, folder);
        if (!Path.Exists(tree.Repository))
            return [];
        string output = await tree.RunAsync(cancellation, "diff", "--name-only", "-z", "--no-ext-diff", "--no-renames", "--diff-filter=d", tree.Record?.Base ?? "HEAD").ConfigureAwait(false);
        return EditTree.Names(output).Select(file => Path.Combine(folder, file));
    }
}
