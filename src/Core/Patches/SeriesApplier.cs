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
        ImmutableArray<AppliedPatch>.Builder applied = ImmutableArray.CreateBuilder<AppliedPatch>(patches.Count);
        string start = commit;
        foreach ((PatchFile patch, int strip) in patches)
        {
            ApplyResult result = await git.ApplyAsync(store, indexFile, tree, patch.Diff, strip, ApplyMode.Apply, cancellation).ConfigureAwait(false);
            if (result.Tree is { } patched)
            {
                Signature author = patch.Author ?? new Signature(Name, Email, commitTime);
                author = author.Time == default ? author with { Time = commitTime } : author;
                commit = await git.WriteCommitAsync(store, patched, commit, author, new Signature(Name, Email, author.Time), patch.Message, cancellation)
                    .ConfigureAwait(false);
                tree = patched;
            }
            else
            {
                await RequireAppliedAsync(patch, strip, tree, indexFile, policy, result.Complaint, cancellation).ConfigureAwait(false);
            }

            applied.Add(new AppliedPatch(patch.File, patch.Subject, patch.DiffSha256, result.Tree is null));
        }

        if (commit != start)
            await git.UpdateRefAsync(store, $"refs/evekernel/patched/{commit}", commit, cancellation).ConfigureAwait(false);
        return new PatchedTree(commit, tree, applied.DrainToImmutable());
    }

    private async Task RequireAppliedAsync(
        PatchFile patch, int strip, string tree, string indexFile, AlreadyApplied policy, string complaint, CancellationToken cancellation)
    {
        ApplyResult reverse = await git.ApplyAsync(store, indexFile, tree, patch.Diff, strip, ApplyMode.ProbeReverse, cancellation).ConfigureAwait(false);
        if (reverse.Tree is null)
        {
            ConflictFinder finder = new(path => git.ReadFileAsync(store, tree, path, cancellation));
            throw new KernelException(await finder.DescribeAsync(patch, complaint).ConfigureAwait(false));
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
