using System.Collections.Immutable;
using System.Globalization;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Packaging;
using EveKernel.Core.Processes;
using EveKernel.Core.Source;

namespace EveKernel.Core.Patches.Status;

/// <summary>Finds the trees of the matrix: repositories on this machine are read where they are; others, and archives, are brought into the shared store.
/// Histories have a store of their own, of commits only, and are fetched only when that is asked for.</summary>
/// <param name="git">git.</param>
/// <param name="fetcher">Brings sources into <paramref name="store"/>.</param>
/// <param name="store">The shared store of trees.</param>
/// <param name="historyStore">The store of histories.</param>
/// <param name="sink">Takes what there is to tell.</param>
public sealed class TreeFetcher(GitCli git, SourceFetcher fetcher, string store, string historyStore, IDiagnosticSink sink)
{
    /// <summary>Finds all trees. One that cannot be found is told, and the others are found all the same.</summary>
    /// <param name="requests">What the project says.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>The trees that were found.</returns>
    public async Task<ImmutableArray<StatusTree>> FindAsync(ImmutableArray<TreeRequest> requests, CancellationToken cancellation)
    {
        ImmutableArray<StatusTree>.Builder trees = ImmutableArray.CreateBuilder<StatusTree>();
        foreach (TreeRequest request in requests)
        {
            try
            {
                trees.Add(await FindAsync(request, cancellation).ConfigureAwait(false));
            }
            catch (KernelException exception)
            {
                foreach (Diagnostic diagnostic in exception.Diagnostics)
                    sink.Report(diagnostic with { Message = $"Tree '{request.Name}': {diagnostic.Message}" });
            }
        }

        return trees.DrainToImmutable();
    }

    /// <summary>Fetches the histories of all trees that come from repositories elsewhere: commits only, as far as each one's bound.</summary>
    /// <param name="requests">What the project says.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>A task.</returns>
    public async Task FetchHistoriesAsync(ImmutableArray<TreeRequest> requests, CancellationToken cancellation)
    {
        using FileLock held = await FileLock.AcquireAsync(historyStore + ".lock", "a fetch of histories", null, cancellation).ConfigureAwait(false);
        await git.InitializeStoreAsync(historyStore, cancellation).ConfigureAwait(false);
        foreach (TreeRequest request in requests)
        {
            if (request.Pin is GitPin { Branch: { Length: > 0 } branch } pin && LocalRepository(pin.Repository) is null)
                await FetchHistoryAsync(request, pin, branch, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>The ref under which a branch's history is kept.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="branch">The branch.</param>
    /// <returns>The full name.</returns>
    public static string HistoryRef(string repository, string branch) =>
        $"refs/evekernel/history/{Digest.OfText(repository)[..12]}/{branch}";

    private async Task<StatusTree> FindAsync(TreeRequest request, CancellationToken cancellation)
    {
        SourceFetcher.Check(request.Pin);
        if (request.Pin is GitPin { Repository: var repository } local && LocalRepository(repository) is { } folder)
            return await FindLocalAsync(request, local, folder, cancellation).ConfigureAwait(false);
        SourceRecord source = await fetcher.FetchAsync(await FloatAsync(request.Pin, cancellation).ConfigureAwait(false), "", request.Name, cancellation)
            .ConfigureAwait(false);
        StatusTree tree = Tree(request, store, source.Commit, source.Tree);
        if (request.Pin is not GitPin { Branch: { Length: > 0 } branch } pin)
            return tree;
        string name = HistoryRef(pin.Repository, branch);
        string? tip = await git.ResolveAsync(historyStore, name, cancellation).ConfigureAwait(false);
        if (tip is null)
            return tree;
        await RequireOnBranchAsync(request, historyStore, source.Commit, tip, cancellation).ConfigureAwait(false);
        return tree with
        {
            HistoryStore = historyStore,
            HistoryTip = await OnBranchAsync(historyStore, source.Commit, tip, cancellation).ConfigureAwait(false)
        };
    }

    // A local branch's head may move between two runs, which a pinned commit does not.
    private async Task<StatusTree> FindLocalAsync(TreeRequest request, GitPin pin, string folder, CancellationToken cancellation)
    {
        string? head = string.IsNullOrEmpty(pin.Branch) ? null : await git.ResolveAsync(folder, $"refs/heads/{pin.Branch}", cancellation).ConfigureAwait(false);
        if (head is null && string.IsNullOrEmpty(pin.Commit))
            throw GitCli.NoSuchBranch(pin.Repository, pin.Branch ?? "");
        if (head is null && !string.IsNullOrEmpty(pin.Branch))
            throw GitCli.NoSuchBranch(pin.Repository, pin.Branch);
        string wanted = string.IsNullOrEmpty(pin.Commit) ? head! : pin.Commit;
        CommitInfo commit = await git.FindCommitAsync(folder, wanted, cancellation).ConfigureAwait(false)
            ?? throw new KernelException(ErrorCodes.CommitNotFound, $"'{pin.Repository}' has no commit {wanted}.");
        if (head is not null)
            await RequireOnBranchAsync(request, folder, commit.Id, head, cancellation).ConfigureAwait(false);
        return Tree(request, folder, commit.Id, commit.Tree) with { HistoryStore = folder, HistoryTip = commit.Id };
    }

    private static StatusTree Tree(TreeRequest request, string place, string commit, string id) => request.Pin switch
    {
        GitPin git => new StatusTree(
            request.Name, request.Arch, request.SourceArch, request.Flavor, git.Repository, git.Branch, place, commit, id, request.Carries,
                HistorySince: request.HistorySince),
        ArchivePin archive => new StatusTree(request.Name, request.Arch, request.SourceArch, request.Flavor, archive.Location, null, place, commit, id,
            request.Carries),
        _ => throw new KernelException(ErrorCodes.StatusTree, $"The tree '{request.Name}' is neither a repository nor an archive."),
    };

    /// <summary>A branch's head is what the matrix is asked about, where no commit is pinned.</summary>
    private async Task<SourcePin> FloatAsync(SourcePin source, CancellationToken cancellation)
    {
        if (source is not GitPin { Commit: null or "", Branch: { Length: > 0 } branch } pin)
            return source;
        string head = await git.FindBranchAsync(pin.Repository, branch, cancellation)
            .ConfigureAwait(false) ?? throw GitCli.NoSuchBranch(pin.Repository, branch);
        return pin with { Commit = head };
    }

    private async Task FetchHistoryAsync(TreeRequest request, GitPin pin, string branch, CancellationToken cancellation)
    {
        SourceFetcher.Check(pin);
        if (string.IsNullOrEmpty(request.HistorySince))
        {
            throw new KernelException(
                ErrorCodes.HistoryUnbounded,
                $"Nothing says how far back the history of tree '{request.Name}' is to be fetched. Set HistorySince on it, or KernelHistorySince, to a tag " +
                    $"such as v6.12 or a date.");
        }

        long begin = Environment.TickCount64;
        string name = HistoryRef(pin.Repository, branch);
        string? before = await git.ResolveAsync(historyStore, name, cancellation).ConfigureAwait(false);
        bool filtered = await git.FetchHistoryAsync(historyStore, pin.Repository, branch, name, request.HistorySince, cancellation).ConfigureAwait(false);
        string after = await git.ResolveAsync(historyStore, name, cancellation).ConfigureAwait(false) ?? throw GitCli.NoSuchBranch(pin.Repository, branch);
        if (!filtered)
        {
            sink.Report(new Diagnostic(
                Severity.Warning, ErrorCodes.HistoryNotFiltered,
                    $"'{pin.Repository}' ignores --filter=tree:0 and has sent the files of every commit of '{branch}' as well."));
        }

        if (before is not null && before != after && !await git.IsAncestorAsync(historyStore, before, after, cancellation).ConfigureAwait(false))
        {
            sink.Report(new Diagnostic(
                Severity.Warning, ErrorCodes.BranchRewritten,
                $"The branch '{branch}' of {pin.Repository} was rewritten: it was at {before}, which is not among the commits that lead to {after}. What it " +
                    $"lost shows as missing only where its history says so."));
        }

        sink.Report(new Diagnostic(
            Severity.Message, null, string.Create(CultureInfo.InvariantCulture,
                $"{request.Name}: history of {branch} to {after[..12]}, {(Environment.TickCount64 - begin) / 1000.0:0.0} s")));
    }

    private async Task RequireOnBranchAsync(TreeRequest request, string repository, string commit, string head, CancellationToken cancellation)
    {
        if (!await git.IsAncestorAsync(repository, commit, head, cancellation).ConfigureAwait(false))
        {
            GitPin pin = (GitPin)request.Pin;
            sink.Report(new Diagnostic(
                Severity.Warning, ErrorCodes.CommitNotOnBranch,
                $"Tree '{request.Name}': the commit {commit} is not on the branch '{pin.Branch}', which is at {head}. The branch was rewritten, or the pin " +
                    $"belongs to another one."));
        }
    }

    // The history of a pinned commit is that up to it; where the branch does not hold it, the branch's own says nothing of it.
    private async Task<string?> OnBranchAsync(string repository, string commit, string head, CancellationToken cancellation) =>
        await git.IsAncestorAsync(repository, commit, head, cancellation).ConfigureAwait(false) ? commit : null;

    /// <summary>The folder of a repository on this machine, or null for one elsewhere.</summary>
    private static string? LocalRepository(string repository)
    {
        string path = repository.StartsWith("file://", StringComparison.OrdinalIgnoreCase) ? "" : repository;
        if (!path.StartsWith('/') || !Directory.Exists(path))
            return null;
        string inside = Path.Combine(path, ".git");
        return Directory.Exists(inside) ? inside : path;
    }
}
