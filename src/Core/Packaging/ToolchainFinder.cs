using System.Collections.Immutable;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Source;

namespace EveKernel.Core.Packaging;

/// <summary>Finds a build's programs: those of the toolchain's archive, if the project names one, and of the host what it lacks.</summary>
/// <param name="cache">The shared cache.</param>
/// <param name="store">The store that archives are imported into.</param>
/// <param name="environment">The host's environment.</param>
/// <param name="sink">Takes what there is to tell.</param>
public sealed class ToolchainFinder(string cache, string store, ImmutableDictionary<string, string> environment, IDiagnosticSink sink)
{
    /// <summary>Finds them. An archive that the lock knows need not be there yet.</summary>
    /// <param name="compiler">KernelCompiler.</param>
    /// <param name="crossCompile">KernelCrossCompile.</param>
    /// <param name="pin">The toolchain's archive, or null.</param>
    /// <param name="kept">The lock, or null.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The programs.</returns>
    public async Task<ImmutableArray<Tool>> FindAsync(string compiler, string crossCompile, ArchivePin? pin, KernelLock? kept, CancellationToken cancellation)
    {
        if (pin is null)
            return await ProbeAsync(null, compiler, crossCompile, cancellation).ConfigureAwait(false);
        ToolchainArchive archive = new(cache, pin.Location, pin.Sha256, environment, sink);
        bool isLocked = string.Equals(kept?.ToolchainArchive, pin.Sha256, StringComparison.OrdinalIgnoreCase);
        if (!archive.Stands && isLocked && kept!.Toolchain.All(tool => tool.Archived == true))
            return kept.Toolchain;
        await archive.UnpackAsync(store, cancellation).ConfigureAwait(false);
        return await ProbeAsync(archive.Folder, compiler, crossCompile, cancellation).ConfigureAwait(false);
    }

    /// <summary>Unpacks the archive where only the lock has known it so far, and compares.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>A task.</returns>
    /// <exception cref="KernelException">EVK5022: its programs are others than the lock says; EVK9001, EVK5021: so are the host's.</exception>
    public async Task RequireAsync(BuildPlan plan, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(plan);
        if (plan.ToolchainArchive is null)
        {
            if (plan.ToolchainFromLock)
                await RequireHostAsync(plan, cancellation).ConfigureAwait(false);
            return;
        }

        ToolchainArchive archive = new(cache, plan.ToolchainArchive, plan.ToolchainArchiveSha256!, environment, sink);
        await archive.UnpackAsync(store, cancellation).ConfigureAwait(false);
        ImmutableArray<Tool> found = await ProbeAsync(plan.ToolchainFolder, plan.Compiler, plan.CrossCompile, cancellation).ConfigureAwait(false);
        if (!AreSame(found, plan.Toolchain))
        {
            throw new KernelException(
                ErrorCodes.LockContradicted,
                $"'{plan.LockFile}' says of the toolchain's archive what it contradicts. Run 'dotnet msbuild -t:KernelLock' to write it anew.",
                new SourceLocation(plan.LockFile));
        }
    }

    /// <summary>Whether two toolchains are the same programs.</summary>
    /// <param name="one">The one.</param>
    /// <param name="other">The other.</param>
    /// <returns>True when roles, versions and digests agree.</returns>
    internal static bool AreSame(ImmutableArray<Tool> one, ImmutableArray<Tool> other) => one.Select(Facts).SequenceEqual(other.Select(Facts));

    // Nobody had the result, so the host must make it as the lock says.
    private async Task RequireHostAsync(BuildPlan plan, CancellationToken cancellation)
    {
        ImmutableArray<Tool> found = await ProbeAsync(null, plan.Compiler, plan.CrossCompile, cancellation).ConfigureAwait(false);
        if (AreSame(found, plan.Toolchain))
            return;
        string[] differences = [.. KernelLock.Differences([.. plan.Toolchain.Select(Describe)], [.. found.Select(Describe)])];
        throw new KernelException(
            ErrorCodes.LockStale,
            $"Nobody has the finished result, and the host's toolchain is not that of '{plan.LockFile}', by which alone it may be built. Locked → host:\n"
            + $"  {string.Join("\n  ", differences)}",
            new SourceLocation(plan.LockFile));
    }

    private static (string Name, string Value) Describe(Tool tool) => (tool.Name, $"{tool.Version} sha256 {tool.Sha256}".TrimStart());

    private async Task<ImmutableArray<Tool>> ProbeAsync(string? folder, string compiler, string crossCompile, CancellationToken cancellation)
    {
        Toolchain probe = new(Path.Combine(cache, "toolchain.json"), ToolchainArchive.PutFirst(folder, environment));
        ImmutableArray<Tool> tools = await probe.ProbeAsync(compiler, crossCompile, cancellation).ConfigureAwait(false);
        if (folder is null)
            return tools;
        Tool driver = tools.Single(tool => tool.Name == "compiler");
        if (!IsArchived(folder, driver))
        {
            throw new KernelException(
                ErrorCodes.ToolchainArchiveUnusable, $"The toolchain's archive has no bin/{Path.GetFileName(driver.Path)}; the host's is {driver.Path}.");
        }

        if (ToolchainRequirement.VersionOf(driver) is null)
            throw new KernelException(ErrorCodes.ToolchainArchiveUnusable, $"The archive's compiler does not run on this host: {driver.Version}");
        return [.. tools.Select(tool => tool with { Archived = IsArchived(folder, tool) ? true : null })];
    }

    private static bool IsArchived(string folder, Tool tool) => tool.Path!.StartsWith(folder + "/", StringComparison.Ordinal);

    private static string Facts(Tool tool) => $"{tool.Name} {tool.Version} {tool.Sha256}";
}
