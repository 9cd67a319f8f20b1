using EveKernel.Core;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>Says which inputs are others than those of the last build, and what follows.</summary>
[MSBuildMultiThreadableTask]
public sealed class ExplainKernel : KernelTask
{
    /// <summary>The plan that the key's task has written.</summary>
    [Required]
    public string PlanFile { get; set; } = "";

    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken cancellation)
    {
        foreach (string line in new BuildExplainer(BuildPlan.Read(PlanFile)).Explain())
            Say(line);
        return Task.CompletedTask;
    }
}
