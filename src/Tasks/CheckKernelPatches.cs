using System.Collections.Immutable;
using EveKernel.Core.Gates;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>Runs the pinned tree's checkpatch.pl over the series.</summary>
[MSBuildMultiThreadableTask]
public sealed class CheckKernelPatches : KernelGateTask
{
    /// <inheritdoc />
    protected override Task RunAsync(SeriesGates gates, ImmutableArray<string> fragments, int jobs, bool withoutNetwork, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(gates);
        return gates.CheckPatchesAsync(cancellation);
    }
}
