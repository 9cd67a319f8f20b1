using System.Globalization;
using EveKernel.Core;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Loop;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>Makes the edit tree, or carries it over to another pin or series.</summary>
[MSBuildMultiThreadableTask]
public sealed class EditKernel : KernelEditTask
{
    /// <summary>The plan that the key's task has written.</summary>
    [Required]
    public string PlanFile { get; set; } = "";

    /// <summary>KernelEdited, which makes no sense here.</summary>
    public bool Edited { get; set; }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken cancellation)
    {
        BuildPlan plan = BuildPlan.Read(PlanFile);
        if (Edited || plan.Source.Directory is not null)
            throw new KernelException(ErrorCodes.PropertyInvalid,
                "KernelEdit makes a tree of a pinned source. Leave KernelEdited and KernelSourceDirectory out: such a tree is edited where it is.");
        EditSource source = await EditSource.FetchAsync(plan, HostEnvironment, this, cancellation).ConfigureAwait(false);
        EditRecord record = await new EditMaker(Tree, this).MakeAsync(source, cancellation).ConfigureAwait(false);
        int held = record.Patches.Count(patch => patch.AlreadyApplied);
        string left = held == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"; {held} more are in the pinned tree already");
        Say(string.Create(CultureInfo.InvariantCulture,
                $"{EditFolder} holds {record.Patches.Length - held} patches on {record.Base[..12]}, one commit each{left}."));
    }
}
