using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Patches;
using EveKernel.Core.Processes;
using EveKernel.Core.Source;

namespace EveKernel.Core.Loop;

/// <summary>A commit of an edit tree.</summary>
/// <param name="Id">Its id; for a commit that fixups were folded into, that of the commit whose message it has.</param>
/// <param name="Parent">Its parent.</param>
/// <param name="Tree">Its tree.</param>
/// <param name="Author">Name, address and date, as <see cref="SeriesCommits.AuthorFormat"/> has them.</param>
/// <param name="Message">Its message.</param>
internal sealed record TreeCommit(string Id, string Parent, string Tree, string Author, string Message)
{
    public string Subject => Message.Split('\n', 2)[0];

    /// <summary>The commit's own tree, where edits were folded in or came before it; or null.</summary>
    public string? TreeBefore { get; init; }
}

/// <summary>The commits of an edit tree, and the patches that they belong to.</summary>
internal sealed partial class SeriesCommits(EditTree tree, EditRecord record)
{
    public const string AuthorFormat = "%an <%ae> %ad";
    private const char Field = '\x1f';
    private const char End = '\x1e';

    /// <summary>The commits on top of the pinned one, in order.</summary>
    public async Task<ImmutableArray<TreeCommit>> ReadAsync(string head, CancellationToken cancellation)
    {
        if (!await tree.IsAncestorAsync(record.Base, head, cancellation).ConfigureAwait(false))
        {
            throw new KernelException(
                ErrorCodes.EditStale,
                $"The edit tree's commit {head[..12]} does not stand on the pinned {record.Base[..12]}. "
                    + $"'git reflog' in '{tree.Folder}' shows where it stood before.");
        }

        string log = await tree.RunAsync(
            cancellation, "log", "--reverse", "--topo-order", "--date=raw", $"--format=%H{Field}%P{Field}%T{Field}{AuthorFormat}{Field}%B{End}",
                $"{record.Base}..{head}")
            .ConfigureAwait(false);
        ImmutableArray<TreeCommit> commits = [.. log.Split(End).Select(entry => entry.TrimStart('\n').Split(Field)).Where(fields => fields.Length == 5)
            .Select(fields => new TreeCommit(fields[0], fields[1], fields[2], fields[3], fields[4]))];
        return commits.FirstOrDefault(commit => commit.Parent.Contains(' ', StringComparison.Ordinal)) is { } merge
            ? throw new KernelException(
                ErrorCodes.EditCommitUnknown, $"{merge.Id[..12]} '{merge.Subject}' is a merge, which no patch can hold. Rebase instead of merging.",
                    new SourceLocation(tree.Folder))
            : commits;
    }

    /// <summary>The commits that stand on top of the series', which must be as the patches give them.</summary>
    public async Task<ImmutableArray<TreeCommit>> OnTopAsync(string head, CancellationToken cancellation)
    {
        ImmutableArray<TreeCommit> line = await ReadAsync(head, cancellation).ConfigureAwait(false);
        string[] own = [.. record.Patches.Select(patch => patch.Commit).OfType<string>()];
        if (!line.Select(commit => commit.Id).Take(own.Length).SequenceEqual(own))
        {
            throw new KernelException(
                ErrorCodes.ImportImpossible, "The patches' own commits have edits. Fold them back first: dotnet build -t:KernelPatchRefresh",
                    new SourceLocation(tree.Folder));
        }

        ImmutableArray<TreeCommit> onTop = line[own.Length..];
        string last = own.Length > 0 ? line[own.Length - 1].Tree : record.BaseTree;
        foreach (TreeCommit commit in onTop)
        {
            if (Mark().IsMatch(commit.Subject) || commit.Tree == last)
            {
                string why = commit.Tree == last ? "changes nothing" : "is a fixup: squash it, or refresh";
                throw new KernelException(ErrorCodes.ImportImpossible, $"{commit.Id[..12]} '{commit.Subject}' {why}.", new SourceLocation(tree.Folder));
            }

            last = commit.Tree;
        }

        return onTop;
    }

    /// <summary>A fixup of a patch's commit that holds the uncommitted edits; no branch is moved to it.</summary>
    public async Task<TreeCommit> FixupAsync(ImmutableArray<TreeCommit> line, int patch, string head, string edits, CancellationToken cancellation)
    {
        ImmutableArray<TreeCommit> own = [.. line.Where(commit => !Mark().IsMatch(commit.Subject))];
        TreeCommit target = (await PairAsync(own, cancellation).ConfigureAwait(false))[patch] ?? throw new KernelException(
            ErrorCodes.EditCommitLost, $"'{Path.GetFileName(record.Patches[patch].File)}' has no commit: the pinned tree holds it already.");
        string message = $"fixup! {target.Id}";
        string content = await tree.LineAsync(cancellation, "rev-parse", $"{edits}^{{tree}}").ConfigureAwait(false);
        string commit = await tree.LineAsync(cancellation, "commit-tree", content, "-p", head, "-m", message).ConfigureAwait(false);
        return new TreeCommit(commit, head, content, "", message);
    }

    /// <summary>Folds fixups into their commits by git's index alone; null where git must merge, in the work tree.</summary>
    public async Task<ImmutableArray<TreeCommit>?> TryFoldAsync(ImmutableArray<TreeCommit> line, CancellationToken cancellation)
    {
        List<(TreeCommit Commit, List<TreeCommit> Fixups)> groups = [];
        foreach (TreeCommit commit in line)
        {
            Match mark = Mark().Match(commit.Subject);
            if (!mark.Success)
            {
                groups.Add((commit, []));
                continue;
            }

            int target = FindTarget(groups, Mark().Replace(commit.Subject, ""));
            if (target < 0)
            {
                throw new KernelException(
                    ErrorCodes.EditCommitUnknown,
                    $"{commit.Id[..12]} '{commit.Subject}' names no commit before it. Reword it ('git rebase -i'), or squash it by hand.",
                        new SourceLocation(tree.Folder));
            }

            if (!mark.Value.StartsWith("fixup! ", StringComparison.Ordinal))
                return null;
            groups[target].Fixups.Add(commit);
        }

        int first = groups.FindIndex(group => group.Fixups.Count > 0);
        return first < 0 ? line : await FoldAsync(groups, first, line[^1].Tree, cancellation).ConfigureAwait(false);
    }

    private async Task<ImmutableArray<TreeCommit>?> FoldAsync(
        List<(TreeCommit Commit, List<TreeCommit> Fixups)> groups, int first, string last, CancellationToken cancellation)
    {
        ImmutableArray<TreeCommit>.Builder folded = ImmutableArray.CreateBuilder<TreeCommit>(groups.Count);
        folded.AddRange(groups.Take(first).Select(group => group.Commit));
        string at = groups[first].Commit.Tree;
        IReadOnlyDictionary<string, byte[]> changes = await ChangesAsync(
            [.. groups[first].Fixups, .. groups.Skip(first + 1).SelectMany(group => group.Fixups.Prepend(group.Commit))], cancellation).ConfigureAwait(false);
        List<TreeDiff> diffs = [];
        List<int> ends = [];
        for (int group = first; group < groups.Count; group++)
        {
            IEnumerable<TreeCommit> members = group == first ? groups[group].Fixups : groups[group].Fixups.Prepend(groups[group].Commit);
            diffs.AddRange(members.Where(member => changes[member.Id].Length > 0).Select(member => new TreeDiff(changes[member.Id], 1, PatchFile.Parse(member.Id, changes[member.Id]).Paths)));
            ends.Add(diffs.Count);
        }

        ImmutableArray<string> trees = await tree.Git.ApplyAllAsync(tree.Repository, tree.OwnFile("fold.index"), at, [.. diffs], cancellation)
            .ConfigureAwait(false);
        if (trees.Length < diffs.Count || (trees.IsEmpty ? at : trees[^1]) != last)
            return null;
        for (int group = first; group < groups.Count; group++)
        {
            int end = ends[group - first];
            folded.Add(groups[group].Commit with { Tree = end == 0 ? at : trees[end - 1], TreeBefore = groups[group].Commit.Tree });
        }

        return folded.DrainToImmutable();
    }

    // Of all commits by one process.
    private async Task<IReadOnlyDictionary<string, byte[]>> ChangesAsync(ImmutableArray<TreeCommit> commits, CancellationToken cancellation)
    {
        using MemoryStream output = new();
        CommandResult listed = await tree.Git.TryInTreeAsync(
            tree.Folder, ["diff-tree", "--stdin", "--always", "-r", "-p", "--binary", "--full-index", "--no-renames", "--no-ext-diff", "--no-textconv"], cancellation,
            async (stream, token) => await stream.WriteAsync(Encoding.ASCII.GetBytes(string.Concat(commits.Select(commit => $"{commit.Id}\n"))), token).ConfigureAwait(false),
            (stream, token) => stream.CopyToAsync(output, token)).ConfigureAwait(false);
        if (!listed.Succeeded)
            throw new KernelException(ErrorCodes.GitFailed, $"git diff-tree: {listed.StandardError.Trim()}");
        // Each commit's id stands alone on a line before its diff, of which no line can be one: text has a sign before it.
        Dictionary<string, byte[]> changes = new(StringComparer.Ordinal);
        ReadOnlySpan<byte> rest = output.ToArray();
        for (int at = 0; at < commits.Length; at++)
        {
            rest = rest[(commits[at].Id.Length + 1)..];
            int end = at + 1 == commits.Length ? rest.Length : IndexOfLine(rest, commits[at + 1].Id);
            changes[commits[at].Id] = rest[..end].ToArray();
            rest = rest[end..];
        }

        return changes;
    }

    private static int IndexOfLine(ReadOnlySpan<byte> text, string line)
    {
        byte[] mark = Encoding.ASCII.GetBytes($"{line}\n");
        return text.StartsWith(mark) ? 0 : text.IndexOf([(byte)'\n', .. mark]) + 1;
    }

    // As git's own autosquash: a commit's id, the whole subject, or its beginning.
    private static int FindTarget(List<(TreeCommit Commit, List<TreeCommit> Fixups)> groups, string name)
    {
        int target = groups.FindIndex(group => group.Commit.Subject == name);
        if (target < 0 && Id().IsMatch(name))
            target = groups.FindIndex(group => group.Commit.Id.StartsWith(name, StringComparison.Ordinal));
        return target >= 0 ? target : groups.FindIndex(group => group.Commit.Subject.StartsWith(name, StringComparison.Ordinal));
    }

    /// <summary>The commit of each patch, in the series' order; null for patches that the pinned tree holds already.</summary>
    public async Task<ImmutableArray<TreeCommit?>> PairAsync(ImmutableArray<TreeCommit> line, CancellationToken cancellation)
    {
        TreeCommit?[] paired = new TreeCommit?[record.Patches.Length];
        List<int> open = [.. Enumerable.Range(0, paired.Length).Where(at => !record.Patches[at].AlreadyApplied)];
        List<TreeCommit> free = [.. line];
        Take(open, free, paired, (at, commit) => record.Patches[at].Commit == commit.Id);
        ILookup<string, int> subjects = open.ToLookup(at => PatchFile.Read(record.Patches[at].File, record.Patches[at].Strip).Subject, StringComparer.Ordinal);
        // Of several with one subject the order tells.
        foreach (IGrouping<string, int> group in subjects)
        {
            TreeCommit[] same = [.. free.Where(commit => commit.Subject == group.Key)];
            if (same.Length == group.Count())
                Take(open, free, paired, (at, commit) => group.Contains(at) && commit == same[group.Order().ToList().IndexOf(at)]);
        }

        // git's amend and rebase leave author and date as they are.
        Dictionary<int, string> authors = await AuthorsAsync(open, cancellation).ConfigureAwait(false);
        Take(open, free, paired, (at, commit) => authors.TryGetValue(at, out string? author) && author == commit.Author
            && authors.Values.Count(other => other == author) == 1 && line.Count(other => other.Author == author) == 1);
        if (open.Count > 0 && free.Count > 0 && record.Head.Length > 0)
        {
            IReadOnlyDictionary<string, string> alike = await CompareAsync(line, cancellation).ConfigureAwait(false);
            Take(open, free, paired, (at, commit) => record.Patches[at].Commit is { } old && alike.TryGetValue(old, out string? now) && now == commit.Id);
        }

        RequireWhole(open, free);
        RequireOrder(line, paired);
        return [.. paired];
    }

    private async Task<Dictionary<int, string>> AuthorsAsync(List<int> open, CancellationToken cancellation)
    {
        Dictionary<int, string> authors = [];
        foreach (int at in open)
        {
            if (record.Patches[at].Commit is { } commit)
                authors[at] = await tree.AuthorAsync(commit, cancellation).ConfigureAwait(false);
        }

        return authors;
    }

    private static void Take(List<int> open, List<TreeCommit> free, TreeCommit?[] paired, Func<int, TreeCommit, bool> belongs)
    {
        foreach (int at in open.ToArray())
        {
            if (free.Find(commit => belongs(at, commit)) is not { } found)
                continue;
            paired[at] = found;
            free.Remove(found);
            open.Remove(at);
        }
    }

    /// <summary>git's own comparison of two versions of a series: which commit became which.</summary>
    private async Task<IReadOnlyDictionary<string, string>> CompareAsync(ImmutableArray<TreeCommit> line, CancellationToken cancellation)
    {
        CommandResult compared = await tree.TryAsync(
            cancellation, "range-diff", "--no-color", "-s", "--abbrev=40", $"{record.Base}..{record.Head}", $"{record.Base}..{line[^1].Id}")
                .ConfigureAwait(false);
        return compared.StandardOutput.Split('\n').Select(row => Row().Match(row)).Where(row => row.Success)
            .ToDictionary(row => row.Groups[1].Value, row => row.Groups[2].Value, StringComparer.Ordinal);
    }

    private void RequireWhole(List<int> open, List<TreeCommit> free)
    {
        List<Diagnostic> errors =
        [
            .. open.Select(at => new Diagnostic(
                Severity.Error, ErrorCodes.EditCommitLost,
                $"'{Path.GetFileName(record.Patches[at].File)}' has no commit in the edit tree any more. Bring it back ('git reflog' and 'git cherry-pick'), "
                    + "or take the patch out of the series and run KernelEdit.", new SourceLocation(record.Patches[at].File))),
            .. free.Select(commit => new Diagnostic(
                Severity.Error, ErrorCodes.EditCommitUnknown,
                $"{commit.Id[..12]} '{commit.Subject}' belongs to no patch. Say which one by 'git commit --amend -m \"fixup! SUBJECT\"', "
                    + "or by a squash in 'git rebase -i'.",
                new SourceLocation(tree.Folder))),
        ];
        if (errors.Count > 0)
            throw new KernelException(errors);
    }

    private void RequireOrder(ImmutableArray<TreeCommit> line, TreeCommit?[] paired)
    {
        TreeCommit[] order = [.. paired.OfType<TreeCommit>()];
        for (int at = 0; at < order.Length; at++)
        {
            if (order[at].Id != line[at].Id)
            {
                throw new KernelException(
                    ErrorCodes.EditCommitLost,
                    $"'{line[at].Subject}' stands in the edit tree where the series has '{order[at].Subject}'. Put the commits into the series' order "
                        + "('git rebase -i'), or change the order in the series file and run KernelEdit.", new SourceLocation(tree.Folder));
            }
        }
    }

    [GeneratedRegex(@"^(?:(?:fixup|squash|amend)! )+", RegexOptions.CultureInvariant)]
    private static partial Regex Mark();

    [GeneratedRegex(@"^[0-9a-f]{7,40}$", RegexOptions.CultureInvariant)]
    private static partial Regex Id();

    [GeneratedRegex(@"^\s*\d+:\s+([0-9a-f]{40}) [=!] +\d+:\s+([0-9a-f]{40}) ", RegexOptions.CultureInvariant)]
    private static partial Regex Row();
}
