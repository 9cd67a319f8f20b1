using EveKernel.Core;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>What the tasks that run make share: they ask MSBuild for cores, and cut make off from the network unless told otherwise.</summary>
public abstract class KernelMakeTask : KernelTask
{
    /// <summary>The plan that the key's task has written.</summary>
    [Required]
    public string PlanFile { get; set; } = "";

    /// <summary>KernelNetwork: whether make may reach the network.</summary>
    public bool WithNetwork { get; set; }

    /// <summary>How many jobs make may run; 0 is its share of the host's cores.</summary>
    public int Jobs { get; set; }

    /// <inheritdoc />
    protected sealed override Task ExecuteAsync(CancellationToken cancellation)
    {
        KernelBuild build = Create(BuildPlan.Read(PlanFile) with { SharesCores = Jobs == 0 });
        // MSBuild grants the first of several makes all cores and the others one each, for as long as they run. It is told how it stands, and the makes share by themselves.
        return WithCoresAsync(_ => RunAsync(build, Jobs > 0 ? Jobs : System.Environment.ProcessorCount, !WithNetwork, cancellation));
    }

    /// <summary>Makes the build of a plan.</summary>
    /// <param name="plan">The plan.</param>
    /// <returns>The build.</returns>
    protected virtual KernelBuild Create(BuildPlan plan) => new(plan, HostEnvironment, this);

    /// <summary>Does the task's work.</summary>
    /// <param name="build">The build.</param>
    /// <param name="jobs">How many jobs make may run.</param>
    /// <param name="withoutNetwork">Whether make is cut off.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>A task.</returns>
    protected abstract Task RunAsync(KernelBuild build, int jobs, bool withoutNetwork, CancellationToken cancellation);
}
