using System.Collections.Immutable;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Patches;
using EveKernel.Core.Patches.Status;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>Tells which patch is where.</summary>
[MSBuildMultiThreadableTask]
public sealed class ReportKernelPatchStatus : KernelTreeTask
{
    private static readonly ImmutableDictionary<string, PatchPolicy> Policies = new Dictionary<string, PatchPolicy>
    {
        ["report"] = PatchPolicy.Report,
        ["no-conflicts"] = PatchPolicy.NoConflicts,
        ["all-applied"] = PatchPolicy.AllApplied,
    }.ToImmutableDictionary(StringComparer.Ordinal);

    /// <summary>The KernelPatchSeries items; metadata Trees names the trees that one is for.</summary>
    public ITaskItem[] Series { get; set; } = [];

    /// <summary>What is an error: report, no-conflicts or all-applied.</summary>
    [Required]
    public string Policy { get; set; } = "";

    /// <summary>The folder for the JSON, Markdown and HTML.</summary>
    [Required]
    public string OutputFolder { get; set; } = "";

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken cancellation)
    {
        if (!Policies.TryGetValue(Policy, out PatchPolicy policy))
            throw new KernelException(ErrorCodes.StatusPolicy, $"KernelPatchPolicy is '{Policy}'; it can be report, no-conflicts or all-applied.");
        ImmutableArray<TreeRequest> requests = ReadTrees();
        var series = ReadSeries();
        ImmutableArray<StatusTree> trees = await Fetcher().FindAsync(requests, cancellation).ConfigureAwait(false);
        if (trees.IsEmpty && !requests.IsEmpty)
            return;
        // A tree that was not found has its error; what is for it alone is left out.
        HashSet<string> found = [.. trees.Select(tree => tree.Name)];
        HashSet<string> lost = [.. requests.Select(request => request.Name).Where(name => !found.Contains(name))];
        series = [.. from one in series let names = one.Trees.RemoveAll(lost.Contains) where one.Trees.IsEmpty || !names.IsEmpty select (one.Series, names)];
        StatusMatrix matrix = await new StatusRun(Git, this).RunAsync(trees, series, cancellation).ConfigureAwait(false);
        StatusReport.Write(matrix, OutputFolder);
        Say(StatusReport.Text(matrix));
        Say($"{MatrixFile("html")} has the evidence, as have patch-status.md and patch-status.json beside it.");
        foreach (Diagnostic diagnostic in StatusReport.Diagnose(matrix, policy))
            Report(diagnostic);
    }

    private ImmutableArray<(PatchSeries Series, ImmutableArray<string> Trees)> ReadSeries()
    {
        List<Diagnostic> errors = [];
        List<(PatchSeries Series, ImmutableArray<string> Trees)> all = [];
        foreach (ITaskItem item in Series)
        {
            try
            {
                ImmutableArray<string> names = [
                    .. item.GetMetadata("Trees").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
                all.Add((PatchSeries.Read(Path.GetFullPath(item.ItemSpec, ProjectFolder)), names));
            }
            catch (KernelException exception)
            {
                errors.AddRange(exception.Diagnostics);
            }
        }

        return errors.Count > 0 ? throw new KernelException(errors) : [.. all];
    }

    private string MatrixFile(string extension) => Path.Combine(OutputFolder, "patch-status." + extension);
}
