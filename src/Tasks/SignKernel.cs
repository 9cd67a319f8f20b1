using System.Collections.Immutable;
using EveKernel.Core;
using EveKernel.Core.Packaging;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>Signs the provenance statements of a build.</summary>
[MSBuildMultiThreadableTask]
public sealed class SignKernel : KernelTask
{
    /// <summary>The plan that the key's task has written.</summary>
    [Required]
    public string PlanFile { get; set; } = "";

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken cancellation)
    {
        BuildPlan plan = BuildPlan.Read(PlanFile);
        ImmutableArray<string> made = await new ProvenanceSigner(plan, HostEnvironment).SignAsync(cancellation).ConfigureAwait(false);
        foreach (string signature in made)
            Log.LogMessage(MessageImportance.Normal, "Signed: {0}", signature);
    }
}
