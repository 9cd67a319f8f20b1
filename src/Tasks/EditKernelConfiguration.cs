using EveKernel.Core;
using EveKernel.Core.Configuration;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>Shows one of the tree's own menus on the terminal, and brings what was changed back into a fragment.</summary>
[MSBuildMultiThreadableTask]
public sealed class EditKernelConfiguration : KernelMakeTask
{
    /// <summary>A make target that is a menu: see <see cref="ConfigMenu.Programs"/>.</summary>
    [Required]
    public string Program { get; set; } = "";

    /// <summary>KernelMenuFragment: the fragment that takes the changes, absolute; empty is the project's last one.</summary>
    public string Fragment { get; set; } = "";

    /// <inheritdoc />
    protected override Task RunAsync(KernelBuild build, int jobs, bool withoutNetwork, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(build);
        return build.EditConfigurationAsync(Program, Fragment, jobs, withoutNetwork, cancellation);
    }
}
