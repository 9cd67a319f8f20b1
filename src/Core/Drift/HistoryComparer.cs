using System.Collections.Immutable;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Patches.Status;
using EveKernel.Core.Processes;
using EveKernel.Core.Source;

namespace EveKernel.Core.Drift;

/// <summary>Compares two histories, commit by commit. A commit is another one when it is that one, when both stand for one commit of upstream, when their diffs have
/// one patch-id, or, as the weakest, when their subjects are equal.</summary>
/// <param name="git">git.</param>
/// <param name="sink">Takes warnings.</param>
public sealed class HistoryComparer(GitCli git, IDiagnosticSink sink)
{
    // git makes some hundred patch-ids of kernel commits a second.
    private const int PatchIdsMade = 5000;
    private const int IdDigits = 12;

    /// <summary>Compares the histories of two trees.</summary>
    /// <param name="from">A tree.</param>
    /// <param name="to">Another.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>The commits; null, after a warning, where a tree has no history.</returns>
    /// <exception cref="KernelException">EVK2201: the histories have nothing in common and no bound; EVK2048: one cannot be read.</exception>
    public async Task<CommitDrift?> CompareAsync(StatusTree from, StatusTree to, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        string? shared = from.HistoryStore is not null && from.HistoryStore == to.HistoryStore
            ? await MergeBaseAsync(from, to, cancellation).ConfigureAwait(false)
            : null;
        bool comparable = shared is not null
            || (await HasHistoryAsync(from, cancellation).ConfigureAwait(false) & await HasHistoryAsync(to, cancellation).ConfigureAwait(false));
        if (!comparable)
            return null;
        foreach (StatusTree tree in shared is null ? (ImmutableArray<StatusTree>)[from, to] : [])
        {
            if (string.IsNullOrEmpty(tree.HistorySince))
            {
                throw new KernelException(
                    ErrorCodes.DriftUnbounded,
                    $"The histories of '{from.Name}' and '{to.Name}' have no commit in common here, and nothing says how far back to compare that of " +
                        $"'{tree.Name}'. Set HistorySince on it, or KernelHistorySince, to a tag such as v6.12 or a date.");
            }
        }

        List<HistoryCommit> left = await ReadAsync(from, shared is null ? null : to, cancellation).ConfigureAwait(false);
        List<HistoryCommit> right = await ReadAsync(to, shared is null ? null : from, cancellation).ConfigureAwait(false);
        int byId = Match(left, right, commit => [commit.Id]);
        int byUpstream = Match(left, right, commit => [commit.Id[..IdDigits], .. commit.Upstream.Select(id => id[..IdDigits])]);
        (int byPatchId, bool compared) = await MatchPatchIdsAsync(from, left, to, right, cancellation).ConfigureAwait(false);
        int bySubject = Match(left, right, commit => [commit.Subject], (one, other) => one.Upstream.IsEmpty || other.Upstream.IsEmpty);
        return new CommitDrift(shared, Describe(left), Describe(right), new SameCommits(byId, byUpstream, byPatchId, bySubject), compared);
    }

    private async Task<bool> HasHistoryAsync(StatusTree tree, CancellationToken cancellation)
    {
        if (tree.HistoryStore is { } store && tree.HistoryTip is { } tip && await git.ResolveAsync(store, $"{tip}^", cancellation).ConfigureAwait(false) is not null)
            return true;
        string way = tree.Branch is null ? "An archive has none." : "If it is elsewhere, fetch it: dotnet msbuild -t:KernelHistoryFetch";
        sink.Report(new Diagnostic(
            Severity.Warning, ErrorCodes.DriftNoHistory, $"Tree '{tree.Name}' comes without history, so that its commits are not compared. {way}"));
        return false;
    }

    private async Task<string?> MergeBaseAsync(StatusTree from, StatusTree to, CancellationToken cancellation)
    {
        CommandResult result = await git.QueryAsync(from.HistoryStore!, ["merge-base", from.HistoryTip!, to.HistoryTip!], null, cancellation)
            .ConfigureAwait(false);
        return result.Succeeded ? result.StandardOutput.Split('\n')[0] : null;
    }

    private async Task<List<HistoryCommit>> ReadAsync(StatusTree tree, StatusTree? without, CancellationToken cancellation)
    {
        List<HistoryCommit> commits = [];
        ImmutableArray<string> bound = without is null ? HistoryEvidence.Bound(tree.HistorySince) : [$"^{without.HistoryTip}"];
        CommandResult result = await HistoryCommit.ReadAsync(
            git, tree.HistoryStore!, ["--no-merges", .. bound, tree.HistoryTip!], commits.Add, cancellation).ConfigureAwait(false);
        if (!result.Succeeded)
        {
            throw new KernelException(
                ErrorCodes.HistoryUnreadable,
                $"The history of tree '{tree.Name}' could not be read as far as '{tree.HistorySince}': {result.StandardError.Trim()} " +
                    "Name a tag or date that the repository has in HistorySince.");
        }

        // What was taken back is not there, and neither is what took it back.
        Reverts reverts = new(commits);
        commits.RemoveAll(commit => reverts.IsUndone(commit.Id));
        return commits;
    }

    /// <summary>Takes commits with a common name out of both lists, one for one.</summary>
    private static int Match(
        List<HistoryCommit> left, List<HistoryCommit> right, Func<HistoryCommit, IEnumerable<string>> names, Func<HistoryCommit, HistoryCommit, bool>? may = null)
    {
        Dictionary<string, List<HistoryCommit>> byName = new(StringComparer.Ordinal);
        foreach (HistoryCommit commit in right)
        {
            foreach (string name in names(commit).Distinct(StringComparer.Ordinal))
                (byName.TryGetValue(name, out List<HistoryCommit>? named) ? named : byName[name] = []).Add(commit);
        }

        HashSet<HistoryCommit> gone = new(ReferenceEqualityComparer.Instance);
        foreach (HistoryCommit commit in left)
        {
            HistoryCommit? other = names(commit)
                .SelectMany(name => byName.TryGetValue(name, out List<HistoryCommit>? named) ? named : [])
                .FirstOrDefault(one => !gone.Contains(one) && (may is null || may(commit, one)));
            if (other is null)
                continue;
            gone.Add(commit);
            gone.Add(other);
        }

        left.RemoveAll(gone.Contains);
        right.RemoveAll(gone.Contains);
        return gone.Count / 2;
    }

    private async Task<(int Count, bool Compared)> MatchPatchIdsAsync(
        StatusTree from, List<HistoryCommit> left, StatusTree to, List<HistoryCommit> right, CancellationToken cancellation)
    {
        if (left.Count > PatchIdsMade || right.Count > PatchIdsMade
            || !await git.HasTreesAsync(from.HistoryStore!, cancellation).ConfigureAwait(false)
            || !await git.HasTreesAsync(to.HistoryStore!, cancellation).ConfigureAwait(false))
            return (0, false);
        Dictionary<string, string> ids = new(StringComparer.Ordinal);
        foreach ((StatusTree tree, List<HistoryCommit> commits) in ((StatusTree, List<HistoryCommit>)[])[(from, left), (to, right)])
        {
            foreach ((string commit, string patchId) in await git.PatchIdsAsync(tree.HistoryStore!, [.. commits.Select(one => one.Id)], cancellation)
                .ConfigureAwait(false))
                ids[commit] = patchId;
        }

        return (Match(left, right, commit => ids.TryGetValue(commit.Id, out string? id) ? [id] : []), true);
    }

    private static ImmutableArray<DriftCommit> Describe(IEnumerable<HistoryCommit> commits) =>
        [.. commits.Select(commit => new DriftCommit(commit.Id, commit.Subject, commit.Upstream.FirstOrDefault()))];
}
