using System.Collections.Immutable;

namespace EveKernel.Core.Source;

/// <summary>All of git's use. GitCli runs the git executable. A store is a bare repository that all projects share; a tree is checked out
/// without a <c>.git</c> in it, so that the kernel's setlocalversion finds none.</summary>
public interface IGit
{
    /// <summary>git's version, such as 2.39.5.</summary>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>The version.</returns>
    Task<Version> GetVersionAsync(CancellationToken cancellation);

    /// <summary>Makes a bare store if it is not there: gc off, file modes and symbolic links kept, no hooks.</summary>
    /// <param name="store">The store's folder, absolute.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>A task.</returns>
    Task InitializeStoreAsync(string store, CancellationToken cancellation);

    /// <summary>Fetches one commit, shallow, and gives it a ref: by its id where the server allows that, else by branch.</summary>
    /// <param name="store">The store, which the caller has locked.</param>
    /// <param name="repository">The repository: https, ssh, file or a path.</param>
    /// <param name="branch">The branch that holds it, or null.</param>
    /// <param name="commit">The full id.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>A task.</returns>
    Task FetchCommitAsync(string store, string repository, string? branch, string commit, CancellationToken cancellation);

    /// <summary>The id that a branch of a repository has now.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="branch">The branch.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>The full id, or null if there is no such branch.</returns>
    Task<string?> FindBranchAsync(string repository, string branch, CancellationToken cancellation);

    /// <summary>Reads a commit that the store has, with its whole tree.</summary>
    /// <param name="store">The store.</param>
    /// <param name="commit">The full id, or the full name of a ref, <c>refs/…</c>.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>The commit, or null if the store lacks it.</returns>
    Task<CommitInfo?> FindCommitAsync(string store, string commit, CancellationToken cancellation);

    /// <summary>Reads a file of a commit or tree.</summary>
    /// <param name="store">The store.</param>
    /// <param name="treeish">A commit's or tree's id.</param>
    /// <param name="path">The path in it.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>Its bytes, or null if there is no such file.</returns>
    Task<byte[]?> ReadFileAsync(string store, string treeish, string path, CancellationToken cancellation);

    /// <summary>Writes all that a folder holds as a tree; where the folder is a repository of its own, without what it ignores and does not track.
    /// The folder is only read.</summary>
    /// <param name="store">The store.</param>
    /// <param name="folder">The folder.</param>
    /// <param name="index">An index of ours that remembers what was seen, so that the next snapshot reads only what changed.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>The tree's id.</returns>
    Task<string> WriteSnapshotAsync(string store, string folder, string index, CancellationToken cancellation);

    /// <summary>Makes a folder hold exactly a tree. Files that stay the same keep their times, so that make recompiles only what changed.</summary>
    /// <param name="store">The store.</param>
    /// <param name="tree">The tree's or commit's id.</param>
    /// <param name="folder">The folder.</param>
    /// <param name="index">The index that belongs to the folder.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>A task.</returns>
    Task CheckOutAsync(string store, string tree, string folder, string index, CancellationToken cancellation);

    /// <summary>Writes a few of a tree's files and folders into a folder.</summary>
    /// <param name="store">The store.</param>
    /// <param name="tree">The tree's or commit's id.</param>
    /// <param name="paths">Files and folders; those that the tree lacks are left out.</param>
    /// <param name="folder">The folder, which is made.</param>
    /// <param name="index">A file for the index, which afterwards holds just these.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>A task.</returns>
    Task CheckOutPathsAsync(string store, string tree, IReadOnlyList<string> paths, string folder, string index, CancellationToken cancellation);

    /// <summary>Whether a repository holds all of a commit's ancestors, and there are some.</summary>
    /// <param name="repository">The store, or a repository's git folder.</param>
    /// <param name="commit">The full id, or HEAD.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>False for a shallow commit, and for one without a parent.</returns>
    Task<bool> HasHistoryAsync(string repository, string commit, CancellationToken cancellation);

    /// <summary>Writes a commit whose id depends on nothing but its arguments.</summary>
    /// <param name="store">The store.</param>
    /// <param name="tree">Its tree.</param>
    /// <param name="parent">Its parent, or null.</param>
    /// <param name="author">Author and author date.</param>
    /// <param name="committer">Committer and commit date.</param>
    /// <param name="message">The message.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>The commit's id.</returns>
    Task<string> WriteCommitAsync(string store, string tree, string? parent, Signature author, Signature committer, string message, CancellationToken cancellation);

    /// <summary>Points a ref at a commit, so that nothing may ever prune it.</summary>
    /// <param name="store">The store.</param>
    /// <param name="name">The full name, <c>refs/…</c>.</param>
    /// <param name="commit">The commit's id.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>A task.</returns>
    Task UpdateRefAsync(string store, string name, string commit, CancellationToken cancellation);

    /// <summary>Writes commits, each on the one before it, with ids that depend on nothing but what is given.</summary>
    /// <param name="store">The store.</param>
    /// <param name="parent">The commit below the first.</param>
    /// <param name="commits">The commits, the lowest first.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>Their ids, in order.</returns>
    Task<ImmutableArray<string>> WriteCommitsAsync(string store, string parent, ImmutableArray<NewCommit> commits, CancellationToken cancellation);

    /// <summary>Applies diffs one after another, as <see cref="ApplyAsync"/> does each, but with far fewer processes; stops before the first that does not apply.</summary>
    /// <param name="store">The store.</param>
    /// <param name="index">A file for the index.</param>
    /// <param name="tree">The tree to begin at.</param>
    /// <param name="diffs">The diffs, in order.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>The tree after each diff that applied: fewer than the diffs when one did not.</returns>
    Task<ImmutableArray<string>> ApplyAllAsync(string store, string index, string tree, ImmutableArray<TreeDiff> diffs, CancellationToken cancellation);

    /// <summary>Applies a diff to a tree by way of an index of its own; no work tree, no fuzz.</summary>
    /// <param name="store">The store.</param>
    /// <param name="index">A file for the index. When it is there and holds the tree already, nothing is read again.</param>
    /// <param name="tree">The tree that the index holds, or is filled with.</param>
    /// <param name="diff">The diff.</param>
    /// <param name="strip">How many leading folders of its names to leave out, as <c>-p</c>.</param>
    /// <param name="mode">Whether to apply, or only to probe.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>The new tree's id, or what git complained of.</returns>
    Task<ApplyResult> ApplyAsync(string store, string index, string tree, ReadOnlyMemory<byte> diff, int strip, ApplyMode mode, CancellationToken cancellation);
}

/// <summary>What <see cref="IGit.ApplyAsync"/> does with a diff.</summary>
public enum ApplyMode
{
    /// <summary>Applies it and writes the new tree.</summary>
    Apply,

    /// <summary>Only asks whether its reverse would apply, that is, whether the tree holds it already.</summary>
    ProbeReverse,
}

/// <summary>How an application went.</summary>
/// <param name="Tree">The new tree's id (the old one's for a probe that succeeds); null when the diff does not apply.</param>
/// <param name="Complaint">What git said.</param>
public sealed record ApplyResult(string? Tree, string Complaint);

/// <summary>A diff and the files that it touches.</summary>
/// <param name="Diff">The diff.</param>
/// <param name="Strip">How many leading folders of its names to leave out, as <c>-p</c>.</param>
/// <param name="Paths">The paths that it touches, after that.</param>
public sealed record TreeDiff(ReadOnlyMemory<byte> Diff, int Strip, ImmutableArray<string> Paths);

/// <summary>A commit to be written.</summary>
/// <param name="Tree">Its tree's id.</param>
/// <param name="Author">Its author.</param>
/// <param name="Committer">Its committer.</param>
/// <param name="Message">Its message, which ends in a line end.</param>
public sealed record NewCommit(string Tree, Signature Author, Signature Committer, string Message);

/// <summary>Who, and when.</summary>
/// <param name="Name">The name.</param>
/// <param name="Email">The mail address.</param>
/// <param name="Time">The time, with its offset.</param>
public sealed record Signature(string Name, string Email, DateTimeOffset Time);

/// <summary>A commit, as far as a build needs it.</summary>
/// <param name="Id">Its full id.</param>
/// <param name="Tree">Its tree's id.</param>
/// <param name="CommitTime">The committer's time.</param>
/// <param name="Subject">The first line of its message.</param>
public sealed record CommitInfo(string Id, string Tree, DateTimeOffset CommitTime, string Subject);
