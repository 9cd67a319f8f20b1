using EveKernel.Core;
using EveKernel.Core.Verification;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>Builds the kernel of the same source and configuration without the series, unless it stands.</summary>
[MSBuildMultiThreadableTask]
public sealed class BuildBaseKernel : KernelTask
{
    /// <summary>The plan that the key's task has written.</summary>
    [Required]
    public string PlanFile { get; set; } = "";

    /// <summary>KernelNetwork: whether make may reach the network.</summary>
    public bool WithNetwork { get; set; }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken cancellation)
    {
        BuildPlan plan = BuildPlan.Read(PlanFile);
        await TakeLockAsync(plan, cancellation).ConfigureAwait(false);
        BaseKernel kernel = new(plan, HostEnvironment, this);
        await WithCoresAsync(cores => kernel.BuildAsync(cores, !WithNetwork, cancellation)).ConfigureAwait(false);
    }
}
