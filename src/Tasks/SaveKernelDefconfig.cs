using EveKernel.Core;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>Writes the configuration as a defconfig.</summary>
[MSBuildMultiThreadableTask]
public sealed class SaveKernelDefconfig : KernelMakeTask
{
    /// <summary>KernelSavedDefconfig: where to, absolute.</summary>
    [Required]
    public string File { get; set; } = "";

    /// <inheritdoc />
    protected override async Task RunAsync(KernelBuild build, int jobs, bool withoutNetwork, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(build);
        await build.SaveDefconfigAsync(File, jobs, withoutNetwork, cancellation).ConfigureAwait(false);
        Say(File);
    }
}
