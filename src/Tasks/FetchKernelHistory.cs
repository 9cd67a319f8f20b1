using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>Fetches the histories of the matrix' trees: commits only, bounded, into a store of their own.</summary>
[MSBuildMultiThreadableTask]
public sealed class FetchKernelHistory : KernelTreeTask
{
    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken cancellation) => Fetcher().FetchHistoriesAsync(ReadTrees(), cancellation);
}
