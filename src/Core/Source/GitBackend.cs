using System.Collections.Immutable;
using EveKernel.Core.Diagnostics;

namespace EveKernel.Core.Source;

/// <summary>Which git a build uses.</summary>
public static class GitBackend
{
    /// <summary>The names that <c>KernelGitBackend</c> can have; the first is the default.</summary>
    public static ImmutableArray<string> Names { get; } = ["git", "libgit2"];

    /// <summary>Opens one. Nothing native is loaded unless libgit2 is chosen.</summary>
    /// <param name="name">KernelGitBackend.</param>
    /// <param name="cacheFolder">The shared cache.</param>
    /// <param name="environment">The host's environment.</param>
    /// <param name="sink">Takes what there is to tell.</param>
    /// <returns>git.</returns>
    /// <exception cref="KernelException">EVK9040, EVK9041: libgit2 was chosen, and cannot be used.</exception>
    public static IGit Open(string name, string cacheFolder, ImmutableDictionary<string, string> environment, IDiagnosticSink sink) =>
        name == Names[1] ? new GitLibrary(Path.Combine(cacheFolder, "libgit2"), environment, sink) : new GitCli(environment);
}
