using EveKernel.Core;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>Makes the configuration and holds it against what the fragments ask for.</summary>
[MSBuildMultiThreadableTask]
public sealed class ConfigureKernel : KernelMakeTask
{
    /// <inheritdoc />
    protected override Task RunAsync(KernelBuild build, int jobs, bool withoutNetwork, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(build);
        return build.ConfigureAsync(jobs, withoutNetwork, cancellation);
    }
}
