using EveKernel.Core;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>Puts the results together aside, and swaps them in as a whole.</summary>
public sealed class StageKernel : KernelTask
{
    /// <summary>The plan that the key's task has written.</summary>
    [Required]
    public string PlanFile { get; set; } = "";

    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken cancellation) =>
        new KernelBuild(BuildPlan.Read(PlanFile), HostEnvironment, this).StageAsync(cancellation);
}
