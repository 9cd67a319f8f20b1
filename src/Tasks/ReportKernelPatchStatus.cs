using System.Collections.Immutable;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Patches.Status;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>Tells which patch is where.</summary>
[MSBuildMultiThreadableTask]
public sealed class ReportKernelPatchStatus : KernelMatrixTask
{
    private static readonly ImmutableDictionary<string, PatchPolicy> Policies = new Dictionary<string, PatchPolicy>
    {
        ["report"] = PatchPolicy.Report,
        ["no-conflicts"] = PatchPolicy.NoConflicts,
        ["all-applied"] = PatchPolicy.AllApplied,
    }.ToImmutableDictionary(StringComparer.Ordinal);

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
        if (await JudgeAsync(cancellation).ConfigureAwait(false) is not { } matrix)
            return;
        StatusReport.Write(matrix, OutputFolder);
        Say(StatusReport.Text(matrix));
        Say($"{MatrixFile("html")} has the evidence, as have patch-status.md and patch-status.json beside it.");
        foreach (Diagnostic diagnostic in StatusReport.Diagnose(matrix, policy))
            Report(diagnostic);
    }

    private string MatrixFile(string extension) => Path.Combine(OutputFolder, "patch-status." + extension);
}
