using EveKernel.Core.Diagnostics;
using EveKernel.Core.Loop;
using EveKernel.Core.Source;
using Microsoft.Build.Framework;
using Severity = EveKernel.Core.Diagnostics.Severity;

namespace EveKernel.Tasks;

/// <summary>Shows what the edit tree has over the series.</summary>
[MSBuildMultiThreadableTask]
public sealed class DiffKernel : KernelTask
{
    /// <summary>KernelEditDirectory, absolute.</summary>
    [Required]
    public string EditFolder { get; set; } = "";

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken cancellation)
    {
        string text = await new EditReport(new EditTree(new GitCli(HostEnvironment), EditFolder)).DiffAsync(cancellation).ConfigureAwait(false);
        Report(new Diagnostic(Severity.Message, null, text.Length == 0 ? "The edit tree has nothing over the series." : text.TrimEnd('\n')));
    }
}
