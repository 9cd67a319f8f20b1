using System.Collections.Immutable;
using EveKernel.Core.Loop;
using EveKernel.Core.Processes;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>Folds edits back into patches, goes on after a conflict, or brings a kept state back.</summary>
[MSBuildMultiThreadableTask]
public sealed class RefreshKernelPatches : KernelEditTask
{
    /// <summary><c>refresh</c>, <c>continue</c> or <c>restore</c>.</summary>
    [Required]
    public string Action { get; set; } = "";

    /// <summary>The KernelPatchSeries items' full paths, in order.</summary>
    public string[] Series { get; set; } = [];

    /// <summary>KernelPatch: the patch that uncommitted edits belong to, or empty.</summary>
    public string? Patch { get; set; }

    /// <summary>KernelCommit, or empty for a source that is no commit.</summary>
    public string? Pin { get; set; }

    /// <summary>KernelPatchState: the kept state to bring back; empty is the last.</summary>
    public string? State { get; set; }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken cancellation)
    {
        EditTree tree = Tree;
        PatchRefresher refresher = new(tree, this);
        switch (Action)
        {
            case "restore":
                Say($"Brought back the patches and the edit tree of {await refresher.RestoreAsync(State ?? "", cancellation).ConfigureAwait(false)}.");
                break;
            case "continue" when !await ContinueAsync(tree, cancellation).ConfigureAwait(false):
                Say($"git is through. {EditFolder} holds the series.");
                break;
            default:
                ImmutableArray<string> written = await refresher.RefreshAsync([.. Series], Patch ?? "", Pin ?? "", cancellation).ConfigureAwait(false);
                Say(written.IsEmpty ? "No patch has changed." : string.Join('\n', written.Select(file => $"Rewrote {file}")));
                break;
        }
    }

    private async Task<bool> ContinueAsync(EditTree tree, CancellationToken cancellation)
    {
        using FileLock held = await tree.HoldAsync(this, cancellation).ConfigureAwait(false);
        return await new EditSettler(tree, this).ContinueAsync(cancellation).ConfigureAwait(false);
    }
}
