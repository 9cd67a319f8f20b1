using EveKernel.Core;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>Puts the results together aside, and swaps them in as a whole.</summary>
[MSBuildMultiThreadableTask]
public sealed class StageKernel : KernelMakeTask
{
    /// <inheritdoc />
    protected override Task RunAsync(KernelBuild build, int jobs, bool withoutNetwork, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(build);
        return build.StageAsync(jobs, withoutNetwork, cancellation);
    }
}
