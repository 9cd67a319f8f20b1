using EveKernel.Core;
using EveKernel.Core.Verification;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>Says whether the base kernel of a plan stands, so that nothing else is built for it.</summary>
[MSBuildMultiThreadableTask]
public sealed class FindBaseKernel : KernelTask
{
    /// <summary>The plan that the key's task has written.</summary>
    [Required]
    public string PlanFile { get; set; } = "";

    /// <summary>Whether it stands, byte for byte.</summary>
    [Output]
    public bool Stands { get; set; }

    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken cancellation)
    {
        Stands = BaseKernel.TryRead(BuildPlan.Read(PlanFile)) is not null;
        return Task.CompletedTask;
    }
}
