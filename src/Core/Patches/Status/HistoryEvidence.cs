using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Processes;
using EveKernel.Core.Source;

namespace EveKernel.Core.Patches.Status;

/// <summary>What a branch's history says of patches: which commits name them, and which were taken back. Only commits that speak of them are kept.</summary>
internal sealed partial class HistoryEvidence
{
    private const int IdDigits = 12;

    private readonly List<Commit> _commits = [];
    private readonly Dictionary<string, Commit> _revertedBy = new(StringComparer.Ordinal);

    /// <summary>How many commits were read.</summary>
    public int Count { get; private set; }

    /// <summary>Reads the commits of a branch.</summary>
    public static async Task<HistoryEvidence> ReadAsync(GitCli git, StatusTree tree, IReadOnlyCollection<PatchIdentity> patches, CancellationToken cancellation)
    {
        HistoryEvidence history = new();
        HashSet<string> subjects = patches.Select(patch => patch.Subject).ToHashSet(StringComparer.Ordinal);
        HashSet<string> ids = patches.SelectMany(patch => patch.Ids).Select(id => id[..IdDigits]).ToHashSet(StringComparer.Ordinal);
        List<Commit> reverts = [];
        ImmutableArray<string> bound = Bound(tree.HistorySince);
        CommandResult result = await git.QueryAsync(
            tree.HistoryStore!, ["-c", "log.showSignature=false", "log", "--encoding=UTF-8", "--format=%H%n%B%x00", .. bound, tree.HistoryTip!, "--"],
            (stream, token) => ReadRecordsAsync(stream, record => history.Take(record, subjects, ids, reverts), token), cancellation).ConfigureAwait(false);
        if (!result.Succeeded)
        {
            throw new KernelException(
                ErrorCodes.HistoryUnreadable,
                $"The history of tree '{tree.Name}' could not be read as far as '{tree.HistorySince}': {result.StandardError.Trim()} " +
                "Name a tag or date that the repository has in HistorySince.");
        }

        history.Settle(reverts);
        return history;
    }

    /// <summary>The commits that are the patch, newest first, and whether each still stands.</summary>
    public IReadOnlyList<(string Commit, string How, bool Upstream, string? RevertedBy)> Find(PatchIdentity patch)
    {
        List<(string Commit, string How, bool Upstream, string? RevertedBy)> found = [];
        foreach (Commit commit in _commits)
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

    internal static IEnumerable<string> UpstreamIds(string message) =>
        Upstream().Matches(message).Select(match => match.Groups[1].Success ? match.Groups[1].Value : match.Groups[2].Success ? match.Groups[2].Value
            : match.Groups[3].Value);

    internal static IEnumerable<string> ReplacesTrailers(string message) => Trailer().Matches(message).Select(match => match.Groups[1].Value.Trim());

    private static async Task ReadRecordsAsync(Stream stream, Action<string> take, CancellationToken cancellation)
    {
        using StreamReader reader = new(stream, Encoding.UTF8, false, 1 << 16, leaveOpen: true);
        StringBuilder record = new();
        char[] buffer = new char[1 << 15];
        for (int count; (count = await reader.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0;)
        {
            int begin = 0;
            for (int end; (end = Array.IndexOf(buffer, '\0', begin, count - begin)) >= 0; begin = end + 1)
            {
                record.Append(buffer, begin, end - begin);
                take(record.ToString());
                record.Clear();
            }

            record.Append(buffer, begin, count - begin);
        }
    }

    private void Take(string record, HashSet<string> subjects, HashSet<string> ids, List<Commit> reverts)
    {
        // The first record begins with its id, each other one with the line end behind the record before it.
        string[] parts = record.TrimStart('\n').Split('\n', 2);
        if (parts[0].Length == 0)
            return;
        Count++;
        string message = parts.Length > 1 ? parts[1] : "";
        string subject = message.Split('\n', 2)[0];
        ImmutableArray<string> upstream = message.Contains("commit ", StringComparison.Ordinal)
            ? [.. UpstreamIds(message).Where(id => ids.Contains(id[..IdDigits]))] : [];
        ImmutableArray<string> replaces = message.Contains("Replaces:", StringComparison.Ordinal) ? [.. ReplacesTrailers(message)] : [];
        Commit commit = new(Count, parts[0], subject, upstream, replaces);
        if (message.Contains("This reverts commit ", StringComparison.Ordinal) || subject.StartsWith("Revert \"", StringComparison.Ordinal))
            reverts.Add(commit with { Reverts = Reverted().Match(message) is { Success: true } match ? match.Groups[1].Value : null });
        if (upstream.Length > 0 || replaces.Length > 0 || subjects.Contains(subject) || ids.Contains(parts[0][..IdDigits]))
            _commits.Add(commit);
    }

    /// <summary>Finds which commits were taken back. The log is newest first: whether a revert stands is known before what it reverts is judged.</summary>
    private void Settle(List<Commit> reverts)
    {
        foreach (Commit revert in reverts)
        {
            if (_revertedBy.ContainsKey(revert.Id))
                continue;
            string? target = revert.Reverts;
            string named = Quoted().Match(revert.Subject) is { Success: true } match ? match.Groups[1].Value : "";
            Commit? commit = target is not null
                ? reverts.Concat(_commits).FirstOrDefault(one => one.Id.StartsWith(target, StringComparison.Ordinal))
                : null;
            // A revert may name upstream's commit, or only the subject.
            commit ??= reverts.Concat(_commits).FirstOrDefault(one => one.Order > revert.Order && one.Subject == named);
            if (commit is not null)
                _revertedBy.TryAdd(commit.Id, revert);
        }
    }

    private string? RevertOf(Commit commit) => _revertedBy.TryGetValue(commit.Id, out Commit? revert) ? $"{revert.Id[..IdDigits]} \"{revert.Subject}\"" : null;

    // The kernel's own forms: "commit … upstream.", "[ Upstream commit … ]" and "(cherry picked from commit …)".
    [GeneratedRegex(
        @"^\s*commit ([0-9a-f]{12,40}) upstream\b|^\s*\[ ?[Uu]pstream commit ([0-9a-f]{12,40}) ?\]|^\s*\(cherry picked from commit ([0-9a-f]{12,40})\b",
        RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Upstream();

    [GeneratedRegex(@"This reverts commit ([0-9a-f]{7,40})\b", RegexOptions.CultureInvariant)]
    private static partial Regex Reverted();

    [GeneratedRegex(@"^Replaces:[ \t]*(\S.*)$", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Trailer();

    [GeneratedRegex(@"^\d{4}-\d{2}-\d{2}", RegexOptions.CultureInvariant)]
    private static partial Regex Date();

    [GeneratedRegex("^Revert \"(.*)\"$", RegexOptions.CultureInvariant)]
    private static partial Regex Quoted();

    private sealed record Commit(int Order, string Id, string Subject, ImmutableArray<string> Upstream, ImmutableArray<string> Replaces)
    {
        public string? Reverts { get; init; }
    }
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
