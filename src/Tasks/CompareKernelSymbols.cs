using System.Collections.Immutable;
using EveKernel.Core.Gates;

namespace EveKernel.Tasks;

/// <summary>Shows which functions the series changes.</summary>
public sealed class CompareKernelSymbols : KernelGateTask
{
    /// <inheritdoc />
    protected override Task RunAsync(SeriesGates gates, ImmutableArray<string> fragments, int jobs, bool withoutNetwork, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(gates);
        return gates.CompareSymbolsAsync(fragments, jobs, withoutNetwork, cancellation);
    }
}
