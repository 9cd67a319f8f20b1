using System.Collections.Immutable;
using System.Text.RegularExpressions;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Processes;
using EveKernel.Core.Source;

namespace EveKernel.Core.Patches.Status;

/// <summary>What a branch's history says of patches: which commits name them, and which were taken back. Only commits that speak of them are kept.</summary>
internal sealed partial class HistoryEvidence
{
    private const int IdDigits = 12;

    private readonly List<HistoryCommit> _commits = [];
    private Reverts _reverts = new([]);

    /// <summary>How many commits were read.</summary>
    public int Count { get; private set; }

    /// <summary>Reads the commits of a branch.</summary>
    public static async Task<HistoryEvidence> ReadAsync(GitCli git, StatusTree tree, IReadOnlyCollection<PatchIdentity> patches, CancellationToken cancellation)
    {
        HistoryEvidence history = new();
        HashSet<string> subjects = patches.Select(patch => patch.Subject).ToHashSet(StringComparer.Ordinal);
        HashSet<string> ids = patches.SelectMany(patch => patch.Ids).Select(id => id[..IdDigits]).ToHashSet(StringComparer.Ordinal);
        List<HistoryCommit> reverts = [];
        await ReadAsync(git, tree, commit => history.Take(commit, subjects, ids, reverts), cancellation).ConfigureAwait(false);
        history._reverts = new Reverts(reverts.Concat(history._commits));
        return history;
    }

    /// <summary>Reads the commits of a branch once more, for what became of some of them.</summary>
    /// <param name="git">git.</param>
    /// <param name="tree">The branch's tree.</param>
    /// <param name="commits">Their full ids.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>What took each back that does not stand, in words, by its id.</returns>
    public static async Task<IReadOnlyDictionary<string, string>> FindTakenBackAsync(
        GitCli git, StatusTree tree, IReadOnlySet<string> commits, CancellationToken cancellation)
    {
        List<HistoryCommit> found = [];
        await ReadAsync(git, tree, commit =>
        {
            if (commit.IsRevert || commits.Contains(commit.Id))
                found.Add(commit);
        }, cancellation).ConfigureAwait(false);
        Reverts reverts = new(found);
        return commits.Where(id => reverts.Of(id) is not null).ToDictionary(id => id, id => Words(reverts.Of(id)!), StringComparer.Ordinal);
    }

    private static async Task ReadAsync(GitCli git, StatusTree tree, Action<HistoryCommit> take, CancellationToken cancellation)
    {
        CommandResult result = await HistoryCommit.ReadAsync(
            git, tree.HistoryStore!, [.. Bound(tree.HistorySince), tree.HistoryTip!], take, cancellation).ConfigureAwait(false);
        if (!result.Succeeded)
        {
            throw new KernelException(
                ErrorCodes.HistoryUnreadable,
                $"The history of tree '{tree.Name}' could not be read as far as '{tree.HistorySince}': {result.StandardError.Trim()} " +
                "Name a tag or date that the repository has in HistorySince.");
        }
    }

    /// <summary>The commits that are the patch, newest first, and whether each still stands.</summary>
    public IReadOnlyList<(string Commit, string How, bool Upstream, string? RevertedBy)> Find(PatchIdentity patch)
    {
        List<(string Commit, string How, bool Upstream, string? RevertedBy)> found = [];
        foreach (HistoryCommit commit in _commits)
        {
            string? named = commit.Upstream.FirstOrDefault(id => patch.Is(id));
            string? how = patch.Is(commit.Id) ? "is the commit itself"
                : named is not null ? $"names upstream's {named[..IdDigits]}"
                : commit.Subject == patch.Subject ? "has the patch's subject"
                : null;
            if (how is not null)
                found.Add((commit.Id, $"{commit.Id[..IdDigits]} \"{commit.Subject}\" {how}", named is not null || patch.Is(commit.Id),
                    RevertOf(commit)));
        }

        return found;
    }

    /// <summary>The commits that say they replace the patch.</summary>
    public IEnumerable<string> Replacing(PatchIdentity patch) =>
        from commit in _commits
        where commit.Replaces.Any(patch.IsNamedBy) && RevertOf(commit) is null
        select $"{commit.Id[..IdDigits]} \"{commit.Subject}\" says that it replaces the patch";

    internal static ImmutableArray<string> Bound(string? since) =>
        string.IsNullOrEmpty(since) ? [] : IsDate(since) ? [$"--since={since}"] : [$"^{since}"];

    internal static bool IsDate(string since) => Date().IsMatch(since);

    private void Take(HistoryCommit commit, HashSet<string> subjects, HashSet<string> ids, List<HistoryCommit> reverts)
    {
        Count++;
        HistoryCommit known = commit with { Upstream = [.. commit.Upstream.Where(id => ids.Contains(id[..IdDigits]))] };
        if (commit.IsRevert)
            reverts.Add(known);
        if (known.Upstream.Length > 0 || known.Replaces.Length > 0 || subjects.Contains(known.Subject) || ids.Contains(known.Id[..IdDigits]))
            _commits.Add(known);
    }

    private string? RevertOf(HistoryCommit commit) => _reverts.Of(commit.Id) is { } revert ? Words(revert) : null;

    private static string Words(HistoryCommit revert) => $"{revert.Id[..IdDigits]} \"{revert.Subject}\"";

    [GeneratedRegex(@"^\d{4}-\d{2}-\d{2}", RegexOptions.CultureInvariant)]
    private static partial Regex Date();
}

/// <summary>By what a patch is known elsewhere.</summary>
/// <param name="Subject">Its subject.</param>
/// <param name="Name">Its name in the series.</param>
/// <param name="Ids">The commits that it says it is, full or of 12 digits and more.</param>
internal sealed record PatchIdentity(string Subject, string Name, ImmutableArray<string> Ids)
{
    /// <summary>Whether an id, full or shortened, is one of the patch's.</summary>
    public bool Is(string id) => Ids.Any(own => own.StartsWith(id, StringComparison.Ordinal) || id.StartsWith(own, StringComparison.Ordinal));

    public bool IsNamedBy(string trailer)
    {
        string word = trailer.Trim().Trim('"');
        return word == Subject || word == Name || (word.Length >= 12 && Ids.Any(id => id.StartsWith(word.Split(' ')[0], StringComparison.Ordinal)))
            || (word.EndsWith(')') && word.Contains($"(\"{Subject}\")", StringComparison.Ordinal));
    }
}
