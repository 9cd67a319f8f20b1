using EveKernel.Core;

namespace EveKernel.Tasks;

/// <summary>Makes the configuration and holds it against what the fragments ask for.</summary>
public sealed class ConfigureKernel : KernelMakeTask
{
    /// <inheritdoc />
    protected override Task RunAsync(KernelBuild build, int jobs, bool withoutNetwork, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(build);
        return build.ConfigureAsync(jobs, withoutNetwork, cancellation);
    }
}
