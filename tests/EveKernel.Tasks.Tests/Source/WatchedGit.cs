using System.Collections.Immutable;
using EveKernel.Core.Source;

namespace EveKernel.Tests.Source;

/// <summary>git that counts how often it was asked to go to the network.</summary>
internal sealed class WatchedGit(GitCli git) : IGit
{
    private int _fetches;

    internal int Fetches => _fetches;

    public Task<Version> GetVersionAsync(CancellationToken cancellation) => git.GetVersionAsync(cancellation);

    public Task InitializeStoreAsync(string store, CancellationToken cancellation) => git.InitializeStoreAsync(store, cancellation);

    public Task FetchCommitAsync(string store, string repository, string? branch, string commit, CancellationToken cancellation)
    {
        Interlocked.Increment(ref _fetches);
        return git.FetchCommitAsync(store, repository, branch, commit, cancellation);
    }

    public Task<string?> FindBranchAsync(string repository, string branch, CancellationToken cancellation) => git.FindBranchAsync(repository, branch, cancellation);

    public Task<CommitInfo?> FindCommitAsync(string store, string commit, CancellationToken cancellation) => git.FindCommitAsync(store, commit, cancellation);

    public Task<byte[]?> ReadFileAsync(string store, string treeish, string path, CancellationToken cancellation) =>
        git.ReadFileAsync(store, treeish, path, cancellation);

    public Task<string> WriteSnapshotAsync(string store, string folder, string index, CancellationToken cancellation) =>
        git.WriteSnapshotAsync(store, folder, index, cancellation);

    public Task CheckOutAsync(string store, string tree, string folder, string index, CancellationToken cancellation) =>
        git.CheckOutAsync(store, tree, folder, index, cancellation);

    public Task CheckOutPathsAsync(string store, string tree, IReadOnlyList<string> paths, string folder, string index, CancellationToken cancellation) =>
        git.CheckOutPathsAsync(store, tree, paths, folder, index, cancellation);

    public Task<bool> HasHistoryAsync(string repository, string commit, CancellationToken cancellation) =>
        git.HasHistoryAsync(repository, commit, cancellation);

    public Task<string> WriteCommitAsync(
        string store, string tree, string? parent, Signature author, Signature committer, string message, CancellationToken cancellation) =>
        git.WriteCommitAsync(store, tree, parent, author, committer, message, cancellation);

    public Task UpdateRefAsync(string store, string name, string commit, CancellationToken cancellation) => git.UpdateRefAsync(store, name, commit, cancellation);

    public Task<ApplyResult> ApplyAsync(
        string store, string index, string tree, ReadOnlyMemory<byte> diff, int strip, ApplyMode mode, CancellationToken cancellation) =>
        throw new NotSupportedException("A fetch applies nothing.");

    public Task<ImmutableArray<string>> WriteCommitsAsync(string store, string parent, ImmutableArray<NewCommit> commits, CancellationToken cancellation) =>
        git.WriteCommitsAsync(store, parent, commits, cancellation);

    public Task<ImmutableArray<string>> ApplyAllAsync(
        string store, string index, string tree, ImmutableArray<TreeDiff> diffs, CancellationToken cancellation) =>
        git.ApplyAllAsync(store, index, tree, diffs, cancellation);
}
