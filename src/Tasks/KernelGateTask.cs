using System.Collections.Immutable;
using EveKernel.Core;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Gates;
using Microsoft.Build.Framework;
using Severity = EveKernel.Core.Diagnostics.Severity;

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
        await ProjectLock.TakeAsync(
            BuildEngine4,
            plan.IntermediateFolder,
            plan.ProjectFile,
            holder => Report(new Diagnostic(Severity.Message, null, $"Waiting for another build of this project: {holder}")),
            cancellation).ConfigureAwait(false);
        int cores = BuildEngine9.RequestCores(System.Environment.ProcessorCount);
        try
        {
            await RunAsync(new SeriesGates(plan, HostEnvironment, this), [.. Fragments], cores, !WithNetwork, cancellation).ConfigureAwait(false);
        }
        finally
        {
            BuildEngine9.ReleaseCores(cores);
        }
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
