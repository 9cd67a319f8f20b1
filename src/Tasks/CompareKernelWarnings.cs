using System.Collections.Immutable;
using EveKernel.Core.Gates;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>Takes no warning that the gates' directories do not have without the series.</summary>
[MSBuildMultiThreadableTask]
public sealed class CompareKernelWarnings : KernelGateTask
{
    /// <inheritdoc />
    protected override Task RunAsync(SeriesGates gates, ImmutableArray<string> fragments, int jobs, bool withoutNetwork, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(gates);
        return gates.CompareWarningsAsync(fragments, jobs, withoutNetwork, cancellation);
    }
}
