using EveKernel.Core;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>Moves the packed package to where it is wanted.</summary>
public sealed class FinishKernelPackage : KernelTask
{
    /// <summary>The plan that the key's task has written.</summary>
    [Required]
    public string PlanFile { get; set; } = "";

    /// <summary>Where the package goes, absolute.</summary>
    [Required]
    public string PackageFolder { get; set; } = "";

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken cancellation)
    {
        BuildPlan plan = BuildPlan.Read(PlanFile);
        await new KernelBuild(plan, HostEnvironment, this).FinishAsync(PackageFolder, cancellation).ConfigureAwait(false);
        ProjectLock.Release(BuildEngine4, plan.IntermediateFolder);
    }
}
