using System.Collections.Immutable;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Source;

namespace EveKernel.Core.Bisect;

/// <summary>The commits between two of a local repository, as git's own rev-list halves them. The project's series is applied to each.</summary>
internal sealed class CommitRange : BisectRange
{
    private readonly GitCli _git;
    private readonly string _repository;

    private CommitRange(GitCli git, string repository, BisectState older, BisectState newer) => (_git, _repository, Older, Newer) = (git, repository, older, newer);

    public override BisectState Older { get; }

    public override BisectState Newer { get; }

    /// <summary>Finds the two commits.</summary>
    /// <param name="git">git.</param>
    /// <param name="repository">The repository's folder.</param>
    /// <param name="one">A commit, as git takes it.</param>
    /// <param name="other">Another, which has the first one in its history or is in its.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The range.</returns>
    /// <exception cref="KernelException">EVK2120.</exception>
    public static async Task<CommitRange> CreateAsync(GitCli git, string repository, string one, string other, CancellationToken cancellation)
    {
        BisectState first = await ResolveAsync(git, repository, one, cancellation).ConfigureAwait(false);
        BisectState second = await ResolveAsync(git, repository, other, cancellation).ConfigureAwait(false);
        if (first.Id == second.Id)
            throw new KernelException(ErrorCodes.BisectUnclear, $"Both ends are {first.Title}. Give KernelBisectGood and KernelBisectBad.");
        if (await IsAncestorAsync(first, second).ConfigureAwait(false))
            return new CommitRange(git, repository, first, second);
        return await IsAncestorAsync(second, first).ConfigureAwait(false) ? new CommitRange(git, repository, second, first) : throw new KernelException(
            ErrorCodes.BisectUnclear,
            $"Neither of {first.Title} and {second.Title} is in the other's history. 'git merge-base {first.Id[..12]} {second.Id[..12]}' tells where they part: try that one, and bisect from it.");

        async Task<bool> IsAncestorAsync(BisectState commit, BisectState head) =>
            (await git.TryHistoryAsync(repository, ["merge-base", "--is-ancestor", commit.Id, head.Id], cancellation).ConfigureAwait(false)).Succeeded;
    }

    /// <summary>Finds a commit.</summary>
    /// <param name="git">git.</param>
    /// <param name="repository">The repository's folder.</param>
    /// <param name="name">Its id, or any name that git knows it by.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The commit.</returns>
    /// <exception cref="KernelException">EVK2120.</exception>
    public static async Task<BisectState> ResolveAsync(GitCli git, string repository, string name, CancellationToken cancellation)
    {
        Processes.CommandResult found = await git.TryHistoryAsync(
            repository, ["-c", "log.showSignature=false", "log", "-1", "--no-decorate", "--format=%H %s", "--end-of-options", $"{name}^{{commit}}", "--"], cancellation).ConfigureAwait(false);
        return found.Succeeded ? Describe(found.StandardOutput.Trim()) : throw new KernelException(
            ErrorCodes.BisectUnclear, $"'{name}' names neither a patch of the project's series nor a commit in {repository}: {found.StandardError.Trim()}");
    }

    public override async Task<BisectChoice> ChooseAsync(BisectMarks marks, CancellationToken cancellation)
    {
        // The best first. What it puts before a commit's own line, how far the two halves are apart, is for people.
        Processes.CommandResult listed = await _git.TryHistoryAsync(
            _repository, ["rev-list", "--bisect-all", "--no-commit-header", "--format=%x1f%H %s", marks.Newer, .. marks.Older.Select(id => $"^{id}")], cancellation).ConfigureAwait(false);
        if (!listed.Succeeded)
            throw new KernelException(ErrorCodes.BisectUnclear, $"git cannot list the commits between the ends in {_repository}: {listed.StandardError.Trim()}");
        ImmutableArray<BisectState> suspects = [.. listed.StandardOutput.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => Describe(line[(line.IndexOf('\x1f', StringComparison.Ordinal) + 1)..]))];
        return new BisectChoice(suspects.FirstOrDefault(state => state.Id != marks.Newer && !marks.Skipped.Contains(state.Id)), suspects);
    }

    public override ImmutableArray<(string Name, string Value)> Properties(BisectState state) => [("KernelCommit", state.Id)];

    private static BisectState Describe(string line) => new(line.Split(' ')[0], $"{line[..12]} {line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..]}");
}
