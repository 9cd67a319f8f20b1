using System.Collections.Immutable;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Verification;
using Microsoft.Build.Framework;
using Severity = EveKernel.Core.Diagnostics.Severity;

namespace EveKernel.Tasks;

/// <summary>Sums what many machines have shown, and fails when one of them speaks against the kernel.</summary>
[MSBuildMultiThreadableTask]
public sealed class MergeKernelSoak : KernelTask
{
    /// <summary>The KernelSoakFile items, absolute.</summary>
    [Required]
    public string[] Files { get; set; } = [];

    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken cancellation)
    {
        ImmutableArray<NodeReport> reports = [.. Files.SelectMany(file => NodeReport.Read(file))];
        foreach (string line in NodeReport.Sum(reports))
            Say(line);
        foreach (NodeReport failed in reports.Where(report => report.Complaint is not null))
            Report(new Diagnostic(Severity.Error, ErrorCodes.SoakDied, $"{failed.Node}, {failed.Kernel}: {failed.Complaint}", new SourceLocation(failed.File)));
        return Task.CompletedTask;
    }
}
