using EveKernel.Core;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Loop;
using EveKernel.Core.Source;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>Gives the series out, to a branch of a local repository or as mails.</summary>
[MSBuildMultiThreadableTask]
public sealed class ExportKernelPatches : KernelTask
{
    /// <summary>The plan that the key's task has written.</summary>
    [Required]
    public string PlanFile { get; set; } = "";

    /// <summary>KernelExportRepository: a path relative to the project, or empty.</summary>
    public string? Repository { get; set; }

    /// <summary>KernelExportBranch, or empty.</summary>
    public string? Branch { get; set; }

    /// <summary>KernelExportDirectory: a path relative to the project, or empty.</summary>
    public string? Folder { get; set; }

    /// <summary>KernelExportRecipients: <c>maintainers</c>, whom the pinned tree's get_maintainer.pl names, or <c>none</c>.</summary>
    public string Recipients { get; set; } = "maintainers";

    /// <summary>The project's folder.</summary>
    [Required]
    public string ProjectFolder { get; set; } = "";

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken cancellation)
    {
        bool toBranch = !string.IsNullOrEmpty(Repository) && !string.IsNullOrEmpty(Branch);
        if (toBranch == !string.IsNullOrEmpty(Folder) || (!toBranch && !string.IsNullOrEmpty(Repository + Branch)))
        {
            throw new KernelException(
                ErrorCodes.PropertyInvalid,
                    "KernelPatchExport takes either KernelExportRepository with KernelExportBranch, or KernelExportDirectory for mails.");
        }

        if (Recipients is not ("maintainers" or "none"))
            throw new KernelException(ErrorCodes.PropertyInvalid, $"KernelExportRecipients is '{Recipients}'. It can be maintainers or none.");
        BuildPlan plan = BuildPlan.Read(PlanFile);
        EditSource source = await EditSource.FetchAsync(plan, HostEnvironment, this, cancellation).ConfigureAwait(false);
        PatchExporter exporter = new(new GitCli(HostEnvironment), HostEnvironment, source, this);
        string index = Path.Combine(plan.IntermediateFolder, "export.index");
        string said = toBranch
            ? $"'{Branch}' is at " + await exporter.ToBranchAsync(Absolute(Repository!), Branch!, index, cancellation).ConfigureAwait(false)
            : string.Join('\n', (await exporter.ToMailsAsync(Absolute(Folder!), index, Recipients == "maintainers", cancellation).ConfigureAwait(false)).Select(file => $"Wrote {file}"));
        Say(said);
    }

    private string Absolute(string path) => Path.GetFullPath(path, ProjectFolder).TrimEnd('/');
}
