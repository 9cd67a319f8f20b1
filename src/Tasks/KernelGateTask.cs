using System.Collections.Immutable;
using EveKernel.Core;
using EveKernel.Core.Gates;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>What the gates over a series share: each holds the project, since the trees are the build's own, and asks MSBuild for cores.</summary>
public abstract class KernelGateTask : KernelTask
{
    /// <summary>The plan that the key's task has written.</summary>
    [Required]
    public string PlanFile { get; set; } = "";

    /// <summary>Fragments to lay over the project's own.</summary>
    public string[] Fragments { get; set; } = [];

    /// <summary>KernelNetwork: whether make may reach the network.</summary>
    public bool WithNetwork { get; set; }

    /// <inheritdoc />
    protected sealed override async Task ExecuteAsync(CancellationToken cancellation)
    {
        BuildPlan plan = BuildPlan.Read(PlanFile);
        await TakeLockAsync(plan, cancellation).ConfigureAwait(false);
        SeriesGates gates = new(plan, HostEnvironment, this);
        await WithCoresAsync(cores => RunAsync(gates, [.. Fragments], cores, !WithNetwork, cancellation)).ConfigureAwait(false);
    }

    /// <summary>Does the task's work.</summary>
    /// <param name="gates">The gates.</param>
    /// <param name="fragments">Fragments to lay over the project's own.</param>
    /// <param name="jobs">How many jobs make may run.</param>
    /// <param name="withoutNetwork">Whether make is cut off.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>A task.</returns>
    protected abstract Task RunAsync(SeriesGates gates, ImmutableArray<string> fragments, int jobs, bool withoutNetwork, CancellationToken cancellation);
}
