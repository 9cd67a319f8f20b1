using EveKernel.Core;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>Moves the packed package to where it is wanted.</summary>
[MSBuildMultiThreadableTask]
public sealed class FinishKernelPackage : KernelTask
{
    /// <summary>The plan that the key's task has written.</summary>
    [Required]
    public string PlanFile { get; set; } = "";

    /// <summary>Where the package goes, absolute.</summary>
    [Required]
    public string PackageFolder { get; set; } = "";

    /// <summary>The package's id, when it is not the kernel's own; then <see cref="PackedIn"/> is set too.</summary>
    public string PackageId { get; set; } = "";

    /// <summary>Where it was packed, below the intermediate folder.</summary>
    public string PackedIn { get; set; } = "package";

    /// <summary>Whether more packages of the build follow.</summary>
    public bool MoreToCome { get; set; }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken cancellation)
    {
        BuildPlan plan = BuildPlan.Read(PlanFile);
        await new KernelBuild(plan, HostEnvironment, this).FinishAsync(PackedIn, PackageId.Length == 0 ? plan.PackageId : PackageId, PackageFolder, cancellation).ConfigureAwait(false);
        if (!MoreToCome)
            ProjectLock.Release(BuildEngine4, plan.IntermediateFolder);
    }
}
