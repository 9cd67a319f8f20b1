using EveKernel.Core;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>Runs make, and proves that the gates' directories were compiled.</summary>
public sealed class MakeKernel : KernelTask
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
            await new KernelBuild(BuildPlan.Read(PlanFile), HostEnvironment, this).MakeAsync(cores, !WithNetwork, cancellation).ConfigureAwait(false);
        }
        finally
        {
            BuildEngine9.ReleaseCores(cores);
        }
    }
}
