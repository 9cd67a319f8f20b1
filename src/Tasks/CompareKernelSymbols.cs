using System.Collections.Immutable;
using EveKernel.Core.Gates;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>Shows which functions the series changes.</summary>
[MSBuildMultiThreadableTask]
public sealed class CompareKernelSymbols : KernelGateTask
{
    /// <inheritdoc />
    protected override Task RunAsync(SeriesGates gates, ImmutableArray<string> fragments, int jobs, bool withoutNetwork, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(gates);
        return gates.CompareSymbolsAsync(fragments, jobs, withoutNetwork, cancellation);
    }
}
