using System.Collections.Immutable;
using EveKernel.Core.Configuration;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Processes;

namespace EveKernel.Core;

/// <content>What is done with a configuration besides building with it. It stands in the O= folder.</content>
public sealed partial class KernelBuild
{
    /// <summary>Shows a menu, and brings what was changed into a fragment.</summary>
    /// <param name="program">One of <see cref="ConfigMenu.Programs"/>.</param>
    /// <param name="fragment">The fragment, absolute; empty is the last one.</param>
    /// <param name="jobs">How many jobs at once.</param>
    /// <param name="withoutNetwork">Whether make is cut off from the network.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>A task.</returns>
    /// <exception cref="KernelException">EVK3020 to EVK3026; EVK3009.</exception>
    public async Task EditConfigurationAsync(string program, string fragment, int jobs, bool withoutNetwork, CancellationToken cancellation)
    {
        string[] known = [.. plan.Fragments.Where(path => fragment.Length == 0 || path == fragment)];
        if (known.Length == 0)
        {
            string name = Path.GetFileNameWithoutExtension(plan.ProjectFile);
            throw new KernelException(
                ErrorCodes.MenuWithoutFragment,
                fragment.Length == 0
                    ? $"The project has no fragment to take what is changed. Make an empty file {name}.fragment, and add <KernelConfigFragment Include=\"{name}.fragment\" /> to the project."
                    : $"KernelMenuFragment is '{fragment}', which is no KernelConfigFragment of the project. Its fragments: {string.Join(", ", plan.Fragments)}.",
                new SourceLocation(plan.ProjectFile));
        }

        await new ConfigMenu(Processes(withoutNetwork), sink).EditAsync(await RequestAsync(jobs, cancellation).ConfigureAwait(false), program, known[^1], environment, cancellation)
            .ConfigureAwait(false);
    }

    /// <summary>Writes the configuration in its shortest form: what differs from the tree's defaults.</summary>
    /// <param name="file">Where to.</param>
    /// <param name="jobs">How many jobs at once.</param>
    /// <param name="withoutNetwork">Whether make is cut off from the network.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>A task.</returns>
    public async Task SaveDefconfigAsync(string file, int jobs, bool withoutNetwork, CancellationToken cancellation)
    {
        StreamWriter log = new(plan.LogFile, append: true);
        await using (log.ConfigureAwait(false))
        {
            KconfigRun run = new(Processes(withoutNetwork), await RequestAsync(jobs, cancellation).ConfigureAwait(false), log);
            await DurableFile.CopyAsync(await ConfigSelection.SaveAsync(run, null, cancellation).ConfigureAwait(false), file, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Compares the configuration with another.</summary>
    /// <param name="with">A file, folder or package that has one; empty is the project's own defconfig without its fragments.</param>
    /// <param name="jobs">How many jobs at once.</param>
    /// <param name="withoutNetwork">Whether make is cut off from the network.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>What the project's has and the other has not.</returns>
    /// <exception cref="KernelException">EVK3027: there is none to compare with.</exception>
    public async Task<ImmutableArray<ConfigChange>> DiffConfigurationAsync(string with, int jobs, bool withoutNetwork, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(with);
        Configuration.ConfigFile other = with.Length > 0
            ? StoredConfig.Read(with)
            : Configuration.ConfigFile.Read(await ConfigureBaseAsync(jobs, withoutNetwork, cancellation).ConfigureAwait(false));
        return ConfigChange.Compare(other, Configuration.ConfigFile.Read(ConfigFile));
    }

    // In an O= of its own: that of the build keeps its objects.
    private async Task<string> ConfigureBaseAsync(int jobs, bool withoutNetwork, CancellationToken cancellation)
    {
        ConfigurationRequest request = await RequestAsync(jobs, cancellation).ConfigureAwait(false);
        string output = Path.Combine(plan.IntermediateFolder, "base-config");
        Directory.CreateDirectory(output);
        request = request with
        {
            Make = request.Make with { OutputTree = output },
            Fragments = [],
            AllowLocalVersionAuto = true,
            LogFile = Path.Combine(output, "kconfig.log"),
        };
        return (await new Configurator(Processes(withoutNetwork), sink).ConfigureAsync(request, cancellation).ConfigureAwait(false)).ConfigFile;
    }

    private ProcessGroup Processes(bool withoutNetwork) => new(withoutNetwork && !LauncherNeedsNetwork);

    private async Task<ConfigurationRequest> RequestAsync(int jobs, CancellationToken cancellation) =>
        Request(await FindConfiguredAsync(cancellation).ConfigureAwait(false), jobs);

    private ConfigurationRequest Request(ConfiguredTree tree, int jobs) => new(
        plan.CreateMakeContext(environment), jobs, plan.Defconfig, plan.Fragments, plan.AllowLocalVersionAuto, plan.KconfigHelper, plan.LogFile)
    {
        InputsKey = $"{tree.Configured} {string.Join(' ', plan.Toolchain.Select(tool => tool.Sha256))}",
    };
}
