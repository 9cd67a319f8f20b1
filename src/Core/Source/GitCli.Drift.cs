using System.Collections.Immutable;
using System.Text;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Source;

public sealed partial class GitCli
{
    /// <summary>The stable patch-ids of commits; one without a diff has none.</summary>
    internal async Task<IEnumerable<(string Commit, string PatchId)>> PatchIdsAsync(string store, ImmutableArray<string> commits, CancellationToken cancellation)
    {
        if (commits.IsEmpty)
            return [];
        ImmutableArray<string> log =
            ["-c", "log.showSignature=false", "log", "--no-walk=unsorted", "--stdin", "--format=%H", "-p", "--no-ext-diff", "--no-textconv"];
        Command command = new("/bin/sh", ["-c", "git \"$@\" | git patch-id --stable", "git", $"--git-dir={store}", .. Options, .. NeverFetch, .. log])
        {
            Environment = _environment.SetItems(Isolated),
        };
        CommandResult result = Require(
            await ProcessRunner.RunAsync(command, cancellation, Writer(Encoding.ASCII.GetBytes(string.Join('\n', commits) + "\n"))).ConfigureAwait(false),
            "log -p | git patch-id");
        return result.StandardOutput.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')).Select(words => (words[1], words[0]));
    }

    /// <summary>The files that configuring a kernel reads: its Kconfig files, scripts and the Makefiles of its architectures.</summary>
    /// <param name="store">The store.</param>
    /// <param name="tree">The tree.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>Their paths.</returns>
    internal async Task<ImmutableArray<string>> ListConfigurationFilesAsync(string store, string tree, CancellationToken cancellation)
    {
        CommandResult listing = await GitAsync(store, ["ls-tree", "-r", "-z", "--name-only", "--full-tree", tree], cancellation).ConfigureAwait(false);
        return [.. listing.StandardOutput.Split('\0', StringSplitOptions.RemoveEmptyEntries).Where(IsForConfiguration)];
    }

    /// <summary>Looks at the history of somebody's repository, of which nothing is written.</summary>
    /// <param name="folder">The repository, with a work tree or bare.</param>
    /// <param name="arguments">The subcommand and its arguments.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>How it ended; failures are the caller's to judge.</returns>
    internal Task<CommandResult> TryHistoryAsync(string folder, ImmutableArray<string> arguments, CancellationToken cancellation) => RunAsync(
        null, [.. Options, .. NeverFetch, .. arguments], cancellation,
        // A folder that is none must not be taken for a part of one around it.
        Isolated.SetItem("GIT_CEILING_DIRECTORIES", Path.GetDirectoryName(folder) ?? "/"), folder);

    private static bool IsForConfiguration(string path)
    {
        string[] folders = path.Split('/');
        string name = folders[^1];
        return name.StartsWith("Kconfig", StringComparison.Ordinal)
            || (folders.Length == 1 && (name is "Makefile" or "Kbuild" || name.StartsWith("localversion", StringComparison.Ordinal)))
            || folders[0] == "scripts"
            || (folders[0] == "arch" && (name.StartsWith("Makefile", StringComparison.Ordinal) || folders.Contains("configs") || folders.Contains("tools")))
            || path.StartsWith("kernel/configs/", StringComparison.Ordinal);
    }
}
