using System.Collections.Immutable;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Patches;
using EveKernel.Core.Patches.Status;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>What the tasks share that hold the project's patches against its trees.</summary>
public abstract class KernelMatrixTask : KernelTreeTask
{
    /// <summary>The KernelPatchSeries items; metadata Trees names the trees that one is for.</summary>
    public ITaskItem[] Series { get; set; } = [];

    /// <summary>Makes the matrix.</summary>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The matrix of the trees that were found, or null where none was, which has been told.</returns>
    protected async Task<StatusMatrix?> JudgeAsync(CancellationToken cancellation)
    {
        ImmutableArray<TreeRequest> requests = ReadTrees();
        ImmutableArray<(PatchSeries Series, ImmutableArray<string> Trees)> series = ReadSeries();
        ImmutableArray<StatusTree> trees = await Fetcher().FindAsync(requests, cancellation).ConfigureAwait(false);
        if (trees.IsEmpty && !requests.IsEmpty)
            return null;
        // A tree that was not found has its error; what is for it alone is left out.
        HashSet<string> found = [.. trees.Select(tree => tree.Name)];
        HashSet<string> lost = [.. requests.Select(request => request.Name).Where(name => !found.Contains(name))];
        series = [.. from one in series let names = one.Trees.RemoveAll(lost.Contains) where one.Trees.IsEmpty || !names.IsEmpty select (one.Series, names)];
        return await new StatusRun(Git, this).RunAsync(trees, series, cancellation).ConfigureAwait(false);
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
}
