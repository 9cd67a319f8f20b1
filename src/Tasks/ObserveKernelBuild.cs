using EveKernel.Core;
using EveKernel.Core.Rebuild;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>Takes down what a second build sees of its host.</summary>
[MSBuildMultiThreadableTask]
public sealed class ObserveKernelBuild : KernelTask
{
    /// <summary>The second build's plan.</summary>
    [Required]
    public string PlanFile { get; set; } = "";

    /// <summary>make's -j.</summary>
    public int Jobs { get; set; }

    /// <summary>The file to write.</summary>
    [Required]
    public string SurroundingsFile { get; set; } = "";

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken cancellation)
    {
        Surroundings seen = await Surroundings.ObserveAsync(BuildPlan.Read(PlanFile), Jobs, HostEnvironment, cancellation).ConfigureAwait(false);
        seen.Write(SurroundingsFile);
    }
}
