using System.Text;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Source;

public sealed partial class GitCli
{
    /// <summary>Whether two trees configure a kernel alike, as far as that is known without doing it: they differ in nothing but sources, and no Kconfig file
    /// speaks of one of those.</summary>
    /// <param name="store">The store.</param>
    /// <param name="before">A tree, which may be gone.</param>
    /// <param name="after">Another one.</param>
    /// <param name="cancellation">Ends the calls.</param>
    /// <returns>False when it is not known.</returns>
    internal async Task<bool> ConfigureAlikeAsync(string store, string before, string after, CancellationToken cancellation)
    {
        CommandResult changes = await QueryAsync(store, ["diff-tree", "-r", "-z", "--no-renames", "--name-only", before, after], null, cancellation).ConfigureAwait(false);
        string[] paths = changes.StandardOutput.Split('\0', StringSplitOptions.RemoveEmptyEntries);
        if (!changes.Succeeded || paths.Length == 0 || !paths.All(IsSource))
            return false;
        // Kconfig's macros run any program on any file: '$(success,grep -q … $(srctree)/a.c)'. That a help text names one costs a configuration, no more.
        string names = string.Join('\n', paths.Select(Path.GetFileName).Distinct()) + "\n";
        CommandResult named = await QueryAsync(
            store,
            ["grep", "--no-recurse-submodules", "-q", "-F", "-f", "-", after, "--", ":(glob)**/Kconfig*"],
            null,
            cancellation,
            Writer(Encoding.UTF8.GetBytes(names))).ConfigureAwait(false);
        const int NoneFound = 1;
        return named.ExitCode == NoneFound;
    }

    // scripts/ has Kconfig itself, and with tools/ what its macros call.
    private static bool IsSource(string path) =>
        Path.GetExtension(path) is ".c" or ".h" or ".S" && !path.Split('/')[..^1].Any(folder => folder is "scripts" or "tools");
}
