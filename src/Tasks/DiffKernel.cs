using EveKernel.Core.Loop;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>Shows what the edit tree has over the series.</summary>
[MSBuildMultiThreadableTask]
public sealed class DiffKernel : KernelEditTask
{
    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken cancellation)
    {
        string text = await new EditReport(Tree).DiffAsync(cancellation).ConfigureAwait(false);
        Say(text.Length == 0 ? "The edit tree has nothing over the series." : text.TrimEnd('\n'));
    }
}
