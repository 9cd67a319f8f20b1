using System.Collections.Immutable;
using System.Globalization;
using EveKernel.Core;
using EveKernel.Core.Configuration;
using EveKernel.Core.Processes;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>Tells what the project's configuration has and another has not.</summary>
[MSBuildMultiThreadableTask]
public sealed class DiffKernelConfiguration : KernelMakeTask
{
    /// <summary>KernelConfigDiffWith: a file, folder or package that has a configuration, absolute; empty is the project's defconfig without its fragments.</summary>
    public string With { get; set; } = "";

    /// <summary>The file that gets the difference as well.</summary>
    [Required]
    public string DiffFile { get; set; } = "";

    /// <inheritdoc />
    protected override async Task RunAsync(KernelBuild build, int jobs, bool withoutNetwork, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(build);
        ImmutableArray<ConfigChange> changes = await build.DiffConfigurationAsync(With, jobs, withoutNetwork, cancellation).ConfigureAwait(false);
        DurableFile.WriteAllText(DiffFile, string.Concat(changes.Select(change => change + "\n")));
        string with = With.Length > 0 ? With : "the defconfig without fragments";
        Say(string.Join('\n', changes.Select(change => change.ToString()).Append(string.Create(CultureInfo.InvariantCulture, $"{changes.Length} symbols differ from {with}; see {DiffFile}"))));
    }
}
