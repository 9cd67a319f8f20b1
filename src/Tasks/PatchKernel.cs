using EveKernel.Core;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>Applies the series to a temporary index and moves the project's work tree to the result.</summary>
[MSBuildMultiThreadableTask]
public sealed class PatchKernel : KernelTask
{
    /// <summary>The plan that the key's task has written.</summary>
    [Required]
    public string PlanFile { get; set; } = "";

    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken cancellation) =>
        new KernelBuild(BuildPlan.Read(PlanFile), HostEnvironment, this).PatchAsync(cancellation);
}
