using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Patches;
using EveKernel.Core.Patches.Status;
using EveKernel.Core.Processes;
using LibGit2Sharp;
using Version = System.Version;

namespace EveKernel.Core.Source;

/// <summary>git by libgit2, for hosts without a git executable: what a build of a pinned commit with a series needs. It fetches whole histories, since libgit2 cannot fetch less, and puts
/// patches on by the matcher of the patch matrix, which is held against git itself. What needs git is refused (EVK9042).</summary>
public sealed class GitLibrary : IGit
{
    private const string Submodule = "160000";

    private readonly IDiagnosticSink _sink;
    private readonly Version _version;

    /// <summary>Loads libgit2.</summary>
    /// <param name="folder">A folder of its own in the cache.</param>
    /// <param name="environment">The host's environment.</param>
    /// <param name="sink">Takes what there is to tell.</param>
    /// <exception cref="KernelException">EVK9040, EVK9041.</exception>
    public GitLibrary(string folder, ImmutableDictionary<string, string> environment, IDiagnosticSink sink)
    {
        _version = LibGit2.Load(folder, environment);
        _sink = sink;
    }

    /// <inheritdoc />
    public Task<Version> GetVersionAsync(CancellationToken cancellation) => Task.FromResult(_version);

    /// <inheritdoc />
    public Task InitializeStoreAsync(string store, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(store);
        string config = Path.Combine(store, "config");
        if (File.Exists(config) && File.ReadAllText(config) == GitCli.StoreConfig)
            return Task.CompletedTask;
        Repository.Init(store, isBare: true);
        DurableFile.WriteAllText(Path.Combine(store, "info", "attributes"), GitCli.StoreAttributes);
        DurableFile.WriteAllText(config, GitCli.StoreConfig);
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public Task FetchCommitAsync(string store, string repository, string? branch, string commit, CancellationToken cancellation) => Task.Run(
        () =>
        {
            using Repository repo = new(store);
            string name = string.IsNullOrEmpty(branch) ? "*" : branch;
            string tips = $"refs/evekernel/fetching/{commit}/";
            _sink.Report(new Diagnostic(Severity.Message, null, $"Fetching the whole history of '{name}' from {repository}: libgit2 cannot fetch less."));
            Talk(repository, () => Fetch(repo, repository, $"+refs/heads/{name}:{tips}{name}", cancellation));
            cancellation.ThrowIfCancellationRequested();
            Reference[] fetched = [.. repo.Refs.Where(one => one.CanonicalName.StartsWith(tips, StringComparison.Ordinal))];
            bool found = repo.Lookup<Commit>(commit) is not null;
            if (found)
                repo.Refs.Add(GitCli.PinRef(commit), new ObjectId(commit), allowOverwrite: true);
            foreach (Reference tip in fetched)
                repo.Refs.Remove(tip);
            if (fetched.Length == 0 && !string.IsNullOrEmpty(branch))
                throw GitCli.NoSuchBranch(repository, branch);
            if (!found)
                throw new KernelException(ErrorCodes.CommitNotFound, $"'{repository}' has no commit {commit} {(name == "*" ? "on any branch" : $"on its branch '{name}'")}.");
        }, cancellation);

    /// <inheritdoc />
    public Task<string?> FindBranchAsync(string repository, string branch, CancellationToken cancellation) => Task.Run(
        () =>
        {
            string? id = null;
            Talk(repository, () => id = Repository.ListRemoteReferences(repository)
                .FirstOrDefault(one => one.CanonicalName == $"refs/heads/{branch}")?.TargetIdentifier);
            return id;
        }, cancellation);

    /// <inheritdoc />
    public Task<CommitInfo?> FindCommitAsync(string store, string commit, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(commit);
        if (!Repository.IsValid(store))
            return Task.FromResult<CommitInfo?>(null);
        using Repository repo = new(store);
        string? id = commit.StartsWith("refs/", StringComparison.Ordinal) ? repo.Refs[commit]?.ResolveToDirectReference()?.TargetIdentifier : commit;
        Commit? found = id is null ? null : repo.Lookup<Commit>(id);
        return Task.FromResult(found is null || repo.Lookup<Tree>(found.Tree.Id) is null ? null
            : new CommitInfo(found.Sha, found.Tree.Sha, found.Committer.When, found.MessageShort));
    }

    /// <inheritdoc />
    public Task<byte[]?> ReadFileAsync(string store, string treeish, string path, CancellationToken cancellation)
    {
        using Repository repo = new(store);
        return Task.FromResult(TreeOf(repo, treeish)[path]?.Target is Blob blob ? ReadBlob(blob) : null);
    }

    /// <inheritdoc />
    public Task<string> WriteSnapshotAsync(string store, string folder, string index, CancellationToken cancellation) =>
        throw NeedsGit("A tree that somebody edits (KernelSourceDirectory)");

    /// <inheritdoc />
    public Task CheckOutAsync(string store, string tree, string folder, string index, CancellationToken cancellation) => Task.Run(
        () =>
        {
            using Repository repo = new(store);
            WorkFolder.Write(TreeOf(repo, tree), folder, index, _ => true, cancellation);
        }, cancellation);

    /// <inheritdoc />
    public Task CheckOutPathsAsync(string store, string tree, IReadOnlyList<string> paths, string folder, string index, CancellationToken cancellation) => Task.Run(
        () =>
        {
            using Repository repo = new(store);
            WorkFolder.Write(
                TreeOf(repo, tree), folder, index,
                path => paths.Any(one => path == one || path.StartsWith(one + "/", StringComparison.Ordinal) || one.StartsWith(path + "/", StringComparison.Ordinal)), cancellation);
        }, cancellation);

    /// <inheritdoc />
    public Task<bool> HasHistoryAsync(string repository, string commit, CancellationToken cancellation)
    {
        using Repository repo = new(repository);
        Commit? found = commit == "HEAD" ? repo.Head.Tip : repo.Lookup<Commit>(commit);
        return Task.FromResult(found is not null && !repo.Info.IsShallow && found.Parents.Any());
    }

    /// <inheritdoc />
    public Task<string> WriteCommitAsync(
        string store, string tree, string? parent, Signature author, Signature committer, string message, CancellationToken cancellation)
    {
        using Repository repo = new(store);
        return Task.FromResult(Write(repo, new NewCommit(tree, author, committer, message), parent));
    }

    /// <inheritdoc />
    public Task UpdateRefAsync(string store, string name, string commit, CancellationToken cancellation)
    {
        using Repository repo = new(store);
        repo.Refs.Add(name, new ObjectId(commit), allowOverwrite: true);
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public Task<ImmutableArray<string>> WriteCommitsAsync(string store, string parent, ImmutableArray<NewCommit> commits, CancellationToken cancellation)
    {
        using Repository repo = new(store);
        ImmutableArray<string>.Builder written = ImmutableArray.CreateBuilder<string>(commits.Length);
        foreach (NewCommit commit in commits)
            written.Add(parent = Write(repo, commit, parent));
        return Task.FromResult(written.MoveToImmutable());
    }

    /// <inheritdoc />
    public async Task<ImmutableArray<string>> ApplyAllAsync(string store, string index, string tree, ImmutableArray<TreeDiff> diffs, CancellationToken cancellation)
    {
        ImmutableArray<string>.Builder trees = ImmutableArray.CreateBuilder<string>();
        foreach (TreeDiff diff in diffs)
        {
            ApplyResult result = await ApplyAsync(store, index, tree, diff.Diff, diff.Strip, ApplyMode.Apply, cancellation).ConfigureAwait(false);
            if (result.Tree is null)
                break;
            trees.Add(tree = result.Tree);
        }

        return trees.DrainToImmutable();
    }

    /// <inheritdoc />
    public Task<ApplyResult> ApplyAsync(
        string store, string index, string tree, ReadOnlyMemory<byte> diff, int strip, ApplyMode mode, CancellationToken cancellation)
    {
        using Repository repo = new(store);
        PatchImage patch = PatchImage.Of(PatchFile.Parse("the patch", diff, strip));
        Tree before = TreeOf(repo, tree);
        PatchMatch match = PatchMatcher.Match(mode == ApplyMode.ProbeReverse ? patch.Reversed : patch, new TreeFiles(new Objects(repo), before.Sha, cancellation));
        if (!match.Applies)
            return Task.FromResult(new ApplyResult(null, Complain(match)));
        if (mode == ApplyMode.ProbeReverse)
            return Task.FromResult(new ApplyResult(tree, ""));
        TreeDefinition after = TreeDefinition.From(before);
        foreach ((string path, TreeFile? file) in match.Changes)
        {
            if (file is null)
                after.Remove(path);
            else
                after.Add(path, WriteBlob(repo, file), ModeOf(file.Mode));
        }

        return Task.FromResult(new ApplyResult(repo.ObjectDatabase.CreateTree(after).Sha, ""));
    }

    // An address is taken for a remote's name, and libgit2 from 1.5 on refuses such a name. A remote for a while is a part of the configuration, which is then as it was.
    private static void Fetch(Repository repo, string address, string refspec, CancellationToken cancellation)
    {
        const string remote = "evekernel";
        string config = Path.Combine(repo.Info.Path, "config");
        try
        {
            if (repo.Network.Remotes[remote] is not null)
                repo.Network.Remotes.Remove(remote);
            repo.Network.Remotes.Add(remote, address, refspec);
            FetchOptions options = new() { TagFetchMode = TagFetchMode.None, OnTransferProgress = _ => !cancellation.IsCancellationRequested };
            Commands.Fetch(repo, remote, [refspec], options, null);
        }
        finally
        {
            DurableFile.WriteAllText(config, GitCli.StoreConfig);
        }
    }

    private static KernelException NeedsGit(string what) => new(
        ErrorCodes.GitNeeded, $"{what} needs the git executable. Install git, and leave KernelGitBackend empty.");

    private static Tree TreeOf(Repository repo, string treeish) => repo.Lookup(treeish) switch
    {
        Tree tree => tree,
        Commit commit => commit.Tree,
        _ => throw new KernelException(ErrorCodes.GitFailed, $"'{repo.Info.Path}' lacks the tree {treeish}."),
    };

    private static byte[] ReadBlob(Blob blob)
    {
        using Stream content = blob.GetContentStream();
        using MemoryStream bytes = new();
        content.CopyTo(bytes);
        return bytes.ToArray();
    }

    private static Blob WriteBlob(Repository repo, TreeFile file)
    {
        // Of a rename without an edit, only the id is known.
        if (!file.HasLines)
            return repo.Lookup<Blob>(file.Id) ?? throw NeedsGit("A patch of a binary file");
        using MemoryStream content = new();
        foreach (TextLine line in file.Lines)
            content.Write(line.Bytes);
        content.Position = 0;
        return repo.ObjectDatabase.CreateBlob(content);
    }

    private static Mode ModeOf(string mode) => mode switch
    {
        "100755" => Mode.ExecutableFile,
        TreeFile.LinkMode => Mode.SymbolicLink,
        Submodule => Mode.GitLink,
        _ => Mode.NonExecutableFile,
    };

    private static string Write(Repository repo, NewCommit commit, string? parent) => repo.ObjectDatabase.CreateCommit(
        Of(commit.Author), Of(commit.Committer), commit.Message, TreeOf(repo, commit.Tree), parent is null ? [] : [repo.Lookup<Commit>(parent)], prettifyMessage: false).Sha;

    private static LibGit2Sharp.Signature Of(Signature who) => new(who.Name, who.Email, who.Time);

    // In the words of git, which whoever reads the complaint knows.
    private static string Complain(PatchMatch match) => string.Join('\n', match.Files.Where(file => !file.Applies).Select(file =>
        file.Problem is { } problem ? $"error: {file.File.Name}: {problem}"
            : string.Create(CultureInfo.InvariantCulture, $"error: patch failed: {file.File.Name}:{file.Hunks.First(hunk => !hunk.Applies).Hunk.OldStart}")));

    private static void Talk(string repository, Action action)
    {
        try
        {
            action();
        }
        catch (UserCancelledException exception)
        {
            throw new OperationCanceledException(exception.Message, exception);
        }
        catch (LibGit2SharpException exception)
        {
            string said = exception.Message;
            bool Says(params ReadOnlySpan<string> words)
            {
                foreach (string word in words)
                {
                    if (said.Contains(word, StringComparison.OrdinalIgnoreCase))
                        return true;
                }

                return false;
            }

            ErrorCode code = exception is RepositoryNotFoundException or NotFoundException || Says("could not find repository", "does not exist", "unsupported url", "404") ? ErrorCodes.SourceNotFound
                : Says("authentication", "401", "403", "credential") ? ErrorCodes.SourceAccessRefused
                : ErrorCodes.SourceUnreachable;
            throw new KernelException(code, $"'{repository}' cannot be fetched from: libgit2 says: {said}", null, exception);
        }
    }

    private sealed class Objects(Repository repo) : IGitObjects
    {
        public GitObject? Read(string id, CancellationToken cancellation)
        {
            cancellation.ThrowIfCancellationRequested();
            ObjectId name = new(id);
            if (!repo.ObjectDatabase.Contains(name))
                return null;
            // LibGit2Sharp gives raw bytes of blobs only; a folder is written as git has it.
            return repo.Lookup(name) switch
            {
                Blob blob => new GitObject("blob", ReadBlob(blob)),
                Tree tree => new GitObject("tree", Format(tree)),
                _ => null,
            };
        }

        public void Dispose()
        {
        }

        private static byte[] Format(Tree tree)
        {
            using MemoryStream bytes = new();
            foreach (TreeEntry entry in tree)
            {
                bytes.Write(Encoding.UTF8.GetBytes($"{Convert.ToString((int)entry.Mode, 8)} {entry.Name}\0"));
                bytes.Write(entry.Target.Id.RawId);
            }

            return bytes.ToArray();
        }
    }
}
