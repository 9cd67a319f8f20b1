using System.Collections.Immutable;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Source;

namespace EveKernel.Core.Patches;

/// <summary>Puts patches on a commit, each as a commit of its own whose id depends on nothing but the commit below and the patch.</summary>
/// <param name="git">git.</param>
/// <param name="store">The store, which the caller has locked.</param>
/// <param name="sink">Takes a message for each patch that is skipped.</param>
public sealed class SeriesApplier(IGit git, string store, IDiagnosticSink sink)
{
    private const string Name = "EveKernel.Sdk";
    private const string Email = "evekernel-sdk@localhost";

    /// <summary>Applies series one after another.</summary>
    /// <param name="commit">The commit to begin at.</param>
    /// <param name="tree">Its tree.</param>
    /// <param name="commitTime">The time for patches that have none of their own.</param>
    /// <param name="series">The series, in order.</param>
    /// <param name="policy">What to do with a patch that the tree holds already.</param>
    /// <param name="indexFile">A file for git's index, which nobody else uses meanwhile.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>The last commit, whose ref is <c>refs/evekernel/patched/</c> and its id; the given one where no patch changed anything.</returns>
    /// <exception cref="KernelException">EVK2004 to EVK2010; for EVK2009 an error for each hunk that fails.</exception>
    public async Task<PatchedTree> ApplyAsync(
        string commit,
        string tree,
        DateTimeOffset commitTime,
        IReadOnlyList<PatchSeries> series,
        AlreadyApplied policy,
        string indexFile,
        CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(series);
        // All are read before the first is applied: a damaged last patch is told at once.
        List<(PatchFile Patch, int Strip)> patches =
            [.. series.SelectMany(one => one.Entries).Select(entry => (PatchFile.Read(entry.Path, entry.Strip), entry.Strip))];
        ImmutableArray<NewCommit>.Builder commits = ImmutableArray.CreateBuilder<NewCommit>(patches.Count);
        HashSet<PatchFile> skipped = [];
        for (int next = 0; next < patches.Count;)
        {
            ImmutableArray<TreeDiff> diffs = [.. patches.Skip(next).Select(one => new TreeDiff(one.Patch.Diff, one.Strip, one.Patch.Paths))];
            foreach (string patched in await git.ApplyAllAsync(store, indexFile, tree, diffs, cancellation).ConfigureAwait(false))
            {
                commits.Add(Commit(patches[next++].Patch, patched, commitTime));
                tree = patched;
            }

            if (next == patches.Count)
                break;
            await RequireAppliedAsync(patches[next].Patch, patches[next].Strip, tree, indexFile, policy, cancellation).ConfigureAwait(false);
            skipped.Add(patches[next++].Patch);
        }

        ImmutableArray<AppliedPatch> applied = [.. patches.Select(one => new AppliedPatch(one.Patch.File, one.Patch.Subject, one.Patch.DiffSha256, skipped.Contains(one.Patch)))];
        if (commits.Count == 0)
            return new PatchedTree(commit, tree, applied);
        ImmutableArray<string> written = await git.WriteCommitsAsync(store, commit, commits.DrainToImmutable(), cancellation).ConfigureAwait(false);
        await git.UpdateRefAsync(store, $"refs/evekernel/patched/{written[^1]}", written[^1], cancellation).ConfigureAwait(false);
        return new PatchedTree(written[^1], tree, applied);
    }

    /// <summary>The commit of a patch: whoever applies it gets the same one.</summary>
    internal static NewCommit Commit(PatchFile patch, string tree, DateTimeOffset commitTime)
    {
        Signature author = patch.Author ?? new Signature(Name, Email, commitTime);
        author = author.Time == default ? author with { Time = commitTime } : author;
        return new NewCommit(tree, author, new Signature(Name, Email, author.Time), patch.Message);
    }

    private async Task RequireAppliedAsync(
        PatchFile patch, int strip, string tree, string indexFile, AlreadyApplied policy, CancellationToken cancellation)
    {
        ApplyResult reverse = await git.ApplyAsync(store, indexFile, tree, patch.Diff, strip, ApplyMode.ProbeReverse, cancellation).ConfigureAwait(false);
        if (reverse.Tree is null)
        {
            ApplyResult forward = await git.ApplyAsync(store, indexFile, tree, patch.Diff, strip, ApplyMode.Apply, cancellation).ConfigureAwait(false);
            ConflictFinder finder = new(path => git.ReadFileAsync(store, tree, path, cancellation));
            throw new KernelException(await finder.DescribeAsync(patch, forward.Complaint).ConfigureAwait(false));
        }

        SourceLocation location = new(patch.File, patch.Files[0].Line);
        if (policy == AlreadyApplied.Error)
        {
            throw new KernelException(
                ErrorCodes.PatchAlreadyApplied, $"The tree holds '{patch.Subject}' already. Take it out of the series, or let the project skip such patches.", location);
        }

        sink.Report(new Diagnostic(Severity.Message, null, $"Skipped '{patch.Subject}': the tree holds it already.", location));
    }
}

/// <summary>What to do with a patch that the tree holds already.</summary>
public enum AlreadyApplied
{
    /// <summary>Say so and go on.</summary>
    Skip,

    /// <summary>Fail.</summary>
    Error,
}

/// <summary>A patched tree.</summary>
/// <param name="Commit">The last patch's commit.</param>
/// <param name="Tree">Its tree.</param>
/// <param name="Patches">All patches, in order.</param>
public sealed record PatchedTree(string Commit, string Tree, ImmutableArray<AppliedPatch> Patches);

/// <summary>A patch of a patched tree.</summary>
/// <param name="File">The patch file.</param>
/// <param name="Subject">Its subject.</param>
/// <param name="DiffSha256">Its diff's digest.</param>
/// <param name="AlreadyApplied">Whether the tree held it before.</param>
public sealed record AppliedPatch(string File, string Subject, string DiffSha256, bool AlreadyApplied);
