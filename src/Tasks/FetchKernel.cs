using EveKernel.Core;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>Brings the source's objects into the shared store. Objects that are there need no network.</summary>
[MSBuildMultiThreadableTask]
public sealed class FetchKernel : KernelTask
{
    /// <summary>The plan that the key's task has written.</summary>
    [Required]
    public string PlanFile { get; set; } = "";

    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken cancellation) =>
        new KernelBuild(BuildPlan.Read(PlanFile), HostEnvironment, this).FetchAsync(cancellation);
}
