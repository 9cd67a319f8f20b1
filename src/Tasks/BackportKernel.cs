using System.Collections.Immutable;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Patches.Backport;
using EveKernel.Core.Processes;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>Prepares a branch, a series and a pull request's text for each gap of the matrix.</summary>
[MSBuildMultiThreadableTask]
public sealed class BackportKernel : KernelMatrixTask
{
    /// <summary>KernelBackportRepository: a repository on this machine, relative to the project, or empty for one of the task's own.</summary>
    public string Repository { get; set; } = "";

    /// <summary>The task's own folder.</summary>
    [Required]
    public string WorkFolder { get; set; } = "";

    /// <summary>KernelBackportOutput: where series, verdicts and texts go.</summary>
    [Required]
    public string OutputFolder { get; set; } = "";

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken cancellation)
    {
        if (await JudgeAsync(cancellation).ConfigureAwait(false) is not { } matrix)
            return;
        string repository = Repository.Length == 0 ? "" : Path.GetFullPath(Repository, ProjectFolder).TrimEnd('/');
        string work = WorkFolder.TrimEnd('/');
        Backporter backporter = new(Git, repository, work, this);
        ImmutableArray<SeriesBackport> backports = await backporter.PrepareAsync(matrix, cancellation).ConfigureAwait(false);
        string place = repository.Length > 0 ? repository : Path.Combine(work, "store.git");
        foreach (SeriesBackport backport in backports)
        {
            string folder = FolderOf(backport);
            await backporter.WriteSeriesAsync(backport, folder, cancellation).ConfigureAwait(false);
            DurableFile.WriteAllText(Path.Combine(folder, "verdict.json"), BackportReport.Json(backport));
            DurableFile.WriteAllText(TextOf(backport), BackportReport.PullRequest(backport, place));
        }

        Say(BackportReport.Text(matrix, backports));
        if (!backports.IsEmpty)
            Say($"{OutputFolder} has the series, verdicts and texts. Nothing was pushed.");
        foreach (Diagnostic diagnostic in BackportReport.Diagnose(backports, TextOf))
            Report(diagnostic);
    }

    private string FolderOf(SeriesBackport backport) => Path.Combine(OutputFolder, backport.Branch["backport/".Length..]);

    private string TextOf(SeriesBackport backport) => Path.Combine(FolderOf(backport), "pull-request.md");
}
