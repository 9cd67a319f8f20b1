using System.Globalization;
using EveKernel.Core;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Loop;
using EveKernel.Core.Source;
using Microsoft.Build.Framework;
using Severity = EveKernel.Core.Diagnostics.Severity;

namespace EveKernel.Tasks;

/// <summary>Makes the edit tree, or carries it over to another pin or series.</summary>
[MSBuildMultiThreadableTask]
public sealed class EditKernel : KernelTask
{
    /// <summary>The plan that the key's task has written.</summary>
    [Required]
    public string PlanFile { get; set; } = "";

    /// <summary>KernelEditDirectory, absolute.</summary>
    [Required]
    public string EditFolder { get; set; } = "";

    /// <summary>KernelEdited, which makes no sense here.</summary>
    public bool Edited { get; set; }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken cancellation)
    {
        BuildPlan plan = BuildPlan.Read(PlanFile);
        if (Edited || plan.Source.Directory is not null)
            throw new KernelException(ErrorCodes.PropertyInvalid,
                "KernelEdit makes a tree of a pinned source. Leave KernelEdited and KernelSourceDirectory out: such a tree is edited where it is.");
        GitCli git = new(HostEnvironment);
        EditSource source = await EditSource.FetchAsync(plan, HostEnvironment, this, cancellation).ConfigureAwait(false);
        EditTree tree = new(git, EditFolder);
        EditRecord record = await new EditMaker(tree, this).MakeAsync(source, cancellation).ConfigureAwait(false);
        int held = record.Patches.Count(patch => patch.AlreadyApplied);
        string left = held == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"; {held} more are in the pinned tree already");
        Report(new Diagnostic(
            Severity.Message, null,
            string.Create(CultureInfo.InvariantCulture,
                $"{EditFolder} holds {record.Patches.Length - held} patches on {record.Base[..12]}, one commit each{left}.")));
    }
}
