using EveKernel.Core;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>Runs make, and proves that the gates' directories were compiled.</summary>
[MSBuildMultiThreadableTask]
public sealed class MakeKernel : KernelMakeTask
{
    /// <inheritdoc />
    protected override Task RunAsync(KernelBuild build, int jobs, bool withoutNetwork, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(build);
        return build.MakeAsync(jobs, withoutNetwork, cancellation);
    }
}
