using EveKernel.Core;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>Makes the configuration and holds it against what the fragments ask for.</summary>
public sealed class ConfigureKernel : KernelTask
{
    /// <summary>The plan that the key's task has written.</summary>
    [Required]
    public string PlanFile { get; set; } = "";

    /// <summary>KernelNetwork: whether make may reach the network.</summary>
    public bool WithNetwork { get; set; }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken cancellation)
    {
        int cores = BuildEngine9.RequestCores(System.Environment.ProcessorCount);
        try
        {
            await new KernelBuild(BuildPlan.Read(PlanFile), HostEnvironment, this).ConfigureAsync(cores, !WithNetwork, cancellation).ConfigureAwait(false);
        }
        finally
        {
            BuildEngine9.ReleaseCores(cores);
        }
    }
}
