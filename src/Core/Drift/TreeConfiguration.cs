using System.Collections.Immutable;
using System.IO.Compression;
using EveKernel.Core.Configuration;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Make;
using EveKernel.Core.Patches.Status;
using EveKernel.Core.Processes;
using EveKernel.Core.Source;

namespace EveKernel.Core.Drift;

/// <summary>Where a tree's effective configuration comes from: a finished one, or the tree's own Kconfig.</summary>
/// <param name="Finished">A <c>.config</c>, a folder with one (<c>.config</c>, <c>config</c> or <c>kernel/config</c>) or a kernel package; null to make it.</param>
/// <param name="Defconfig">What to make it from, as <c>KernelDefconfig</c>; null for no configuration.</param>
/// <param name="Fragments">The fragments to lay over it, absolute, in order.</param>
/// <param name="MakeArch">make's ARCH.</param>
/// <param name="Compiler">The compiler: Kconfig asks it what it can do.</param>
/// <param name="CrossCompile">make's CROSS_COMPILE, or empty.</param>
public sealed record ConfigurationSource(
    string? Finished, string? Defconfig, ImmutableArray<string> Fragments, string MakeArch, string Compiler, string CrossCompile)
{
    /// <summary>Whether there is any configuration.</summary>
    public bool IsEmpty => Finished is null && Defconfig is null;
}

/// <summary>Reads the effective configuration of trees. Kconfig decides it, so that a tree's own has to run: the few thousand files that it reads are checked out,
/// not the tree.</summary>
/// <param name="git">git.</param>
/// <param name="environment">The host's environment.</param>
/// <param name="folder">A folder for what is checked out and made, one folder a tree in it.</param>
/// <param name="kconfigHelper">The SDK's evk-kconfig.c.</param>
/// <param name="sink">Takes warnings of Kconfig.</param>
public sealed class TreeConfiguration(
    GitCli git, ImmutableDictionary<string, string> environment, string folder, string kconfigHelper, IDiagnosticSink sink)
{
    // A build's objects, its results, an unpacked package.
    private static readonly ImmutableArray<string> NamesInFolders = [".config", "config", "kernel/config"];

    /// <summary>Reads a tree's configuration.</summary>
    /// <param name="tree">The tree.</param>
    /// <param name="source">Where it comes from.</param>
    /// <param name="jobs">How many jobs at once.</param>
    /// <param name="withoutNetwork">Whether make is cut off from the network.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>The configuration, and a word on where it is from.</returns>
    /// <exception cref="KernelException">EVK2203: it is not there; EVK30xx: Kconfig has not given what the fragments ask for.</exception>
    public async Task<(ConfigFile Configuration, string Origin)> ReadAsync(
        StatusTree tree, ConfigurationSource source, int jobs, bool withoutNetwork, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(tree);
        ArgumentNullException.ThrowIfNull(source);
        if (source.Finished is { } place)
            return (ReadFinished(tree.Name, place), place);
        string where = Path.Combine(folder, tree.Name);
        string sources = Path.Combine(where, "tree");
        ImmutableArray<string> files = await git.ListConfigurationFilesAsync(tree.Store, tree.Id, cancellation).ConfigureAwait(false);
        Folders.Delete(where);
        await git.CheckOutPathsAsync(tree.Store, tree.Id, files, sources, Path.Combine(where, "index"), cancellation).ConfigureAwait(false);
        string output = Path.Combine(where, "out");
        Directory.CreateDirectory(output);
        MakeContext make = new(sources, output, source.MakeArch, DateTimeOffset.UnixEpoch, "", environment)
        {
            Compiler = source.Compiler,
            CrossCompile = source.CrossCompile,
        };
        ConfigurationRequest request = new(
            make, jobs, source.Defconfig!, source.Fragments, AllowLocalVersionAuto: true, kconfigHelper, Path.Combine(where, "configure.log"));
        ConfigurationResult result = await new Configurator(new ProcessGroup(withoutNetwork), sink).ConfigureAsync(request, cancellation).ConfigureAwait(false);
        string fragments = source.Fragments.IsEmpty ? "" : $" and {string.Join(", ", source.Fragments.Select(Path.GetFileName))}";
        return (ConfigFile.Read(result.ConfigFile), $"{Path.GetFileName(source.Defconfig)}{fragments}");
    }

    private static ConfigFile ReadFinished(string tree, string place)
    {
        if (Directory.Exists(place))
        {
            string? inside = NamesInFolders.Select(name => Path.Combine(place, name)).FirstOrDefault(File.Exists);
            return inside is not null ? ConfigFile.Read(inside) : throw Missing(tree, $"the folder '{place}' has no .config, config or kernel/config");
        }

        if (!File.Exists(place))
            throw Missing(tree, $"'{place}' is not there");
        return place.EndsWith(".nupkg", StringComparison.OrdinalIgnoreCase) ? ReadPackage(tree, place) : ConfigFile.Read(place);
    }

    private static ConfigFile ReadPackage(string tree, string place)
    {
        try
        {
            using ZipArchive package = ZipFile.OpenRead(place);
            ZipArchiveEntry entry = package.GetEntry("kernel/config") ?? throw Missing(tree, $"the package '{place}' has no kernel/config");
            using StreamReader reader = new(entry.Open());
            return ConfigFile.Parse(reader);
        }
        catch (InvalidDataException exception)
        {
            throw Missing(tree, $"'{place}' is no package: {exception.Message}");
        }
    }

    private static KernelException Missing(string tree, string why) => new(
        ErrorCodes.DriftConfiguration,
        $"The configuration of tree '{tree}' cannot be read: {why}. Config takes a .config, a folder that holds one, or a kernel package; without it, " +
            "Defconfig and Fragments say what to make it from.");
}
