using System.Text.RegularExpressions;

namespace EveKernel.Core.Patches.Status;

/// <summary>Which commits of a history were taken back. A revert of a revert brings the first commit back, whichever of the two a third one names; so each revert is followed to the commit
/// that it is about in the end, and what was said last of that counts.</summary>
internal sealed partial class Reverts
{
    private const int PrefixDigits = 7;

    private readonly Dictionary<string, HistoryCommit> _takenBack = new(StringComparer.Ordinal);
    private readonly HashSet<string> _undone = new(StringComparer.Ordinal);
    private readonly ILookup<string, HistoryCommit> _byId;
    private readonly ILookup<string, HistoryCommit> _byUpstream;
    private readonly ILookup<string, HistoryCommit> _bySubject;
    private readonly Dictionary<string, About> _about = new(StringComparer.Ordinal);
    private readonly Dictionary<string, About> _lastByName = new(StringComparer.Ordinal);

    /// <summary>Follows reverts.</summary>
    /// <param name="commits">The commits in question, and all reverts of the history, in any order.</param>
    public Reverts(IEnumerable<HistoryCommit> commits)
    {
        HistoryCommit[] all = [.. commits.DistinctBy(commit => commit.Id)];
        _byId = all.ToLookup(one => one.Id[..PrefixDigits], StringComparer.Ordinal);
        _byUpstream = all.SelectMany(one => one.Upstream.Select(id => (Id: id[..PrefixDigits], Commit: one))).ToLookup(one => one.Id, one => one.Commit, StringComparer.Ordinal);
        _bySubject = all.OrderBy(one => one.Order).ToLookup(one => one.Subject, StringComparer.Ordinal);
        Dictionary<string, List<(HistoryCommit Commit, bool TakesBack)>> said = new(StringComparer.Ordinal);
        // Oldest first: what a revert names is followed before it.
        foreach (HistoryCommit revert in all.Where(one => one.IsRevert).OrderByDescending(one => one.Order))
        {
            About about = Follow(revert);
            _about[revert.Id] = about;
            _lastByName[about.Name] = about;
            (said.TryGetValue(about.Subject, out List<(HistoryCommit, bool)>? list) ? list : said[about.Subject] = []).Add((revert, about.TakesBack));
        }

        foreach ((string subject, List<(HistoryCommit Commit, bool TakesBack)> steps) in said)
            Settle(subject, steps);
    }

    /// <summary>What took a commit back; null if it stands.</summary>
    public HistoryCommit? Of(string commit) => _takenBack.GetValueOrDefault(commit);

    /// <summary>Whether a commit is as if it had never been: it was taken back, or took something back that is in the history or was brought back.</summary>
    public bool IsUndone(string commit) => _undone.Contains(commit);

    private void Settle(string subject, List<(HistoryCommit Commit, bool TakesBack)> steps)
    {
        (HistoryCommit last, bool gone) = steps[^1];
        bool known = _byId[subject[..Math.Min(PrefixDigits, subject.Length)]].Any(one => one.Id == subject);
        if (gone && known)
        {
            _takenBack[subject] = last;
            _undone.Add(subject);
        }

        foreach ((HistoryCommit commit, bool takesBack) in steps)
        {
            if (takesBack != gone)
                _takenBack[commit.Id] = last;
            // Of a commit before the history's bound, the last revert is a change of its own.
            if (known || !gone || commit.Id != last.Id)
                _undone.Add(commit.Id);
        }
    }

    private About Follow(HistoryCommit revert)
    {
        (string name, bool takesBack) = Unwrap(revert.Subject);
        if (revert.Reverts is { } id)
        {
            // A revert that came from upstream names upstream's commit.
            HistoryCommit? target = _byId[id[..PrefixDigits]].FirstOrDefault(one => one.Id.StartsWith(id, StringComparison.Ordinal))
                ?? _byUpstream[id[..PrefixDigits]].Where(one => one.Order > revert.Order).OrderBy(one => one.Order).FirstOrDefault(one =>
                    one.Upstream.Any(own => own.StartsWith(id, StringComparison.Ordinal) || id.StartsWith(own, StringComparison.Ordinal)));
            if (target is not null)
                return _about.TryGetValue(target.Id, out About? about) ? about with { TakesBack = !about.TakesBack } : new About(target.Id, target.Subject, true);
        }

        // Or it says only the subject: of the newest before it.
        if (_bySubject[name].FirstOrDefault(one => one.Order > revert.Order && !one.IsRevert) is { } named)
            return new About(named.Id, name, takesBack);
        return _lastByName.TryGetValue(name, out About? before)
            ? before with { TakesBack = takesBack }
            : new About(revert.Reverts is { } unknown ? "id " + unknown[..PrefixDigits] : "name " + name, name, takesBack);
    }

    /// <summary>The subject inside <c>Revert "…"</c> and <c>Reapply "…"</c>, and whether all of these together take it back.</summary>
    private static (string Name, bool TakesBack) Unwrap(string subject)
    {
        bool takesBack = false;
        string name = subject;
        for (Match match = Quoted().Match(name); match.Success; match = Quoted().Match(name))
        {
            takesBack ^= match.Groups[1].Value == "Revert";
            name = match.Groups[2].Value;
        }

        return (name, takesBack || name == subject);
    }

    // "Reapply" is how git calls the revert of a revert since 2.43.
    [GeneratedRegex("^(Revert|Reapply) \"(.*)\"$", RegexOptions.CultureInvariant)]
    private static partial Regex Quoted();

    /// <summary>What a revert is about.</summary>
    /// <param name="Subject">The commit that is taken back or brought back in the end.</param>
    /// <param name="Name">Its subject, as far as it is known.</param>
    /// <param name="TakesBack">Whether the revert takes it back.</param>
    private sealed record About(string Subject, string Name, bool TakesBack);
}
