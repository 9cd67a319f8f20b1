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

    /// <summary>KernelSignKey: a file, relative to the project, or for gpg the name of a key.</summary>
    public string? Key { get; set; }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken cancellation)
    {
        BuildPlan plan = BuildPlan.Read(PlanFile);
        string key = Key ?? "";
        if (plan.Signature?.Name is "minisign" or "ssh" && key.Length > 0)
            key = Path.GetFullPath(key, Path.GetDirectoryName(plan.ProjectFile)!);
        ImmutableArray<string> made = await new ProvenanceSigner(plan, HostEnvironment).SignAsync(key, cancellation).ConfigureAwait(false);
        foreach (string signature in made)
            Log.LogMessage(MessageImportance.Normal, "Signed: {0}", signature);
    }
}
