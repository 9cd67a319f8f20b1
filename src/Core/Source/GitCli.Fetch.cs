using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Source;

public sealed partial class GitCli
{
    // Nothing of the user's configuration counts where objects and files are made; transport runs without this, for proxies and credentials.
    private static readonly ImmutableDictionary<string, string> Isolated = new Dictionary<string, string>
    {
        ["GIT_CONFIG_GLOBAL"] = "/dev/null",
        ["GIT_CONFIG_NOSYSTEM"] = "1",
        ["GIT_CONFIG_COUNT"] = "0",
        ["GIT_CONFIG_PARAMETERS"] = "",
        ["GIT_ATTR_NOSYSTEM"] = "1",
        ["GIT_NO_REPLACE_OBJECTS"] = "1",
    }.ToImmutableDictionary(StringComparer.Ordinal);

    private static readonly ImmutableArray<string> Options =
        ["-c", "safe.directory=*", "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.quotePath=false"];

    private static readonly ImmutableArray<string> ListIgnored = ["ls-files", "-z", "-c", "-i", "--exclude-per-directory=.gitignore"];

    private static readonly Version Floor = new(2, 34);

    // The config of a store as a whole, so that an interrupted set-up is repaired by writing it again. Fetched objects always stay in packs, which git
    // puts in place at once: a commit that is there has its whole tree.
    internal const string StoreConfig = """
        [core]
        	repositoryformatversion = 0
        	bare = true
        	fileMode = true
        	symlinks = true
        	ignoreCase = false
        	autocrlf = false
        	hooksPath = /dev/null
        	excludesFile = /dev/null
        	attributesFile = /dev/null
        [gc]
        	auto = 0
        [maintenance]
        	auto = false
        [fetch]
        	writeCommitGraph = false
        	unpackLimit = 1
        [fastimport]
        	unpackLimit = 0

        """;

    // The store's own attributes outrank those in a tree, which could otherwise change bytes on their way out and in.
    internal const string StoreAttributes = "* -text -ident -filter !eol !working-tree-encoding\n";

    /// <inheritdoc cref="IGit.GetVersionAsync" />
    public async Task<Version> GetVersionAsync(CancellationToken cancellation)
    {
        CommandResult result = Require(await RunAsync(null, ["version"], cancellation, Isolated).ConfigureAwait(false), "version");
        string digits = new([.. result.StandardOutput.SkipWhile(c => !char.IsAsciiDigit(c)).TakeWhile(c => char.IsAsciiDigit(c) || c == '.')]);
        string[] parts = [.. digits.Split('.', StringSplitOptions.RemoveEmptyEntries).Take(3)];
        if (!Version.TryParse(string.Join('.', parts), out Version? version))
            throw new KernelException(ErrorCodes.GitFailed, $"git names no version: '{result.StandardOutput.Trim()}'.");
        return version >= Floor
            ? version
            : throw new KernelException(ErrorCodes.GitTooOld, $"git {version} is too old: the build needs {Floor} or later.");
    }

    /// <inheritdoc cref="IGit.InitializeStoreAsync" />
    public async Task InitializeStoreAsync(string store, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(store);
        await GetVersionAsync(cancellation).ConfigureAwait(false);
        string config = Path.Combine(store, "config");
        string attributes = Path.Combine(store, "info", "attributes");
        if (IsWhole())
            return;
        using FileLock held = await FileLock.AcquireAsync(store + ".init.lock", "the set-up of the store", null, cancellation).ConfigureAwait(false);
        if (IsWhole())
            return;
        Clear(config + ".lock");
        Clear(Path.Combine(store, "HEAD.lock"));
        ImmutableArray<string> arguments = ["init", "--quiet", "--bare", "--template=", "--object-format=sha1", "--initial-branch=main", store];
        Require(await RunAsync(null, arguments, cancellation, Isolated).ConfigureAwait(false), "init");
        DurableFile.WriteAllText(attributes, StoreAttributes);
        // Last: it is what tells a finished store.
        DurableFile.WriteAllText(config, StoreConfig);

        bool IsWhole() => File.Exists(config) && File.ReadAllText(config) == StoreConfig && File.Exists(attributes);
    }

    /// <inheritdoc cref="IGit.FetchCommitAsync" />
    public async Task FetchCommitAsync(string store, string repository, string? branch, string commit, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(store);
        string pin = PinRef(commit);
        // The caller holds the store, so that a lock in it can only be a killed git's.
        Clear(Path.Combine(store, "shallow.lock"));
        Clear(Path.Combine(store, pin + ".lock"));

        CommandResult byId = await FetchAsync(store, repository, $"{commit}:{pin}", depth: 1, cancellation).ConfigureAwait(false);
        if (byId.Succeeded)
            return;
        if (!RefusesId(byId.StandardError))
            throw Unreachable(repository, byId.StandardError);
        if (string.IsNullOrEmpty(branch))
            throw new KernelException(
                ErrorCodes.CommitNotFound,
                $"'{repository}' has no commit {commit}, or does not send commits by their id. In the second case name the branch that holds it (KernelBranch).");

        // The last depth is git's word for "all of it".
        string tip = $"refs/evekernel/fetching/{commit}";
        Clear(Path.Combine(store, tip + ".lock"));
        foreach (int depth in (ImmutableArray<int>)[1, 50, int.MaxValue])
        {
            CommandResult byBranch = await FetchAsync(store, repository, $"refs/heads/{branch}:{tip}", depth, cancellation).ConfigureAwait(false);
            if (!byBranch.Succeeded)
                throw byBranch.StandardError.Contains("couldn't find remote ref", StringComparison.Ordinal)
                    ? NoSuchBranch(repository, branch)
                    : Unreachable(repository, byBranch.StandardError);
            if (await FindCommitAsync(store, commit, cancellation).ConfigureAwait(false) is null)
                continue;
            await UpdateRefAsync(store, pin, commit, cancellation).ConfigureAwait(false);
            await GitAsync(store, ["update-ref", "-d", tip], cancellation).ConfigureAwait(false);
            return;
        }

        throw new KernelException(ErrorCodes.CommitNotFound,
            $"'{repository}' does not send commits by their id, and its branch '{branch}' does not hold {commit}.");
    }

    /// <inheritdoc cref="IGit.FindBranchAsync" />
    public async Task<string?> FindBranchAsync(string repository, string branch, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(repository);
        string name = $"refs/heads/{branch}";
        ImmutableArray<string> arguments = [.. Options, "ls-remote", .. UploadPack(repository), "--", repository, name];
        CommandResult result = await RunAsync(null, arguments, cancellation).ConfigureAwait(false);
        if (!result.Succeeded)
            throw Unreachable(repository, result.StandardError);
        return result.StandardOutput.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split('\t'))
            .FirstOrDefault(fields => fields.Length == 2 && fields[1] == name)?[0];
    }

    /// <inheritdoc cref="IGit.FindCommitAsync" />
    public async Task<CommitInfo?> FindCommitAsync(string store, string commit, CancellationToken cancellation)
    {
        if (await ResolveAsync(store, commit, cancellation).ConfigureAwait(false) is not { } id)
            return null;
        CommitInfo info = ParseCommit(id, (await GitAsync(store, ["cat-file", "commit", id], cancellation).ConfigureAwait(false)).StandardOutput);
        CommandResult tree = await RunAsync(store, [.. Options, "cat-file", "-e", info.Tree], cancellation, Isolated).ConfigureAwait(false);
        return tree.Succeeded ? info : null;
    }

    /// <inheritdoc cref="IGit.ReadFileAsync" />
    public async Task<byte[]?> ReadFileAsync(string store, string treeish, string path, CancellationToken cancellation)
    {
        CommandResult entry = await GitAsync(store, ["--literal-pathspecs", "ls-tree", "-z", "--full-tree", treeish, "--", path], cancellation).ConfigureAwait(false);
        // "<mode> <type> <id>\t<path>\0"
        string[] fields = entry.StandardOutput.Split('\t')[0].Split(' ');
        if (fields is not [_, "blob", string id])
            return null;
        using MemoryStream content = new();
        await GitAsync(store, ["cat-file", "blob", id], cancellation, readOutput: (stream, token) => stream.CopyToAsync(content, token)).ConfigureAwait(false);
        return content.ToArray();
    }

    /// <inheritdoc cref="IGit.WriteSnapshotAsync" />
    public async Task<string> WriteSnapshotAsync(string store, string folder, string index, CancellationToken cancellation)
    {
        ImmutableDictionary<string, string> environment = WorkTree(folder, index);
        HashSet<string>? wanted = await TrackedThoughIgnoredAsync(folder, cancellation).ConfigureAwait(false);
        // Ignore files speak of a repository. Where there is none, as in an unpacked tarball, all counts: Debian's kernel source comes with one that
        // ignores every file. One sync for all new objects, not one each.
        ImmutableArray<string> force = wanted is null ? ["--force"] : [];
        await InTreeAsync(["-c", "core.fsyncMethod=batch", "add", "--all", .. force, "--", "."]).ConfigureAwait(false);
        if (wanted is not null)
        {
            // Ignored files count when the folder's own repository tracks them, as the kernel's does a few, and only then: otherwise the snapshot would
            // depend on what the index saw at an earlier time. What it holds already is up to date: of Debian's tree that is nearly all.
            HashSet<string> seen = Names((await InTreeAsync(ListIgnored).ConfigureAwait(false)).StandardOutput);
            ImmutableArray<string> left = [.. seen.Where(name => !wanted.Contains(name))];
            if (!left.IsEmpty)
                await InTreeAsync(["update-index", "-z", "--force-remove", "--stdin"], left).ConfigureAwait(false);
            ImmutableArray<string> missing = [.. wanted.Where(name => !seen.Contains(name) && File.Exists(Path.Combine(folder, name)))];
            if (!missing.IsEmpty)
                await InTreeAsync(["update-index", "-z", "--add", "--stdin"], missing).ConfigureAwait(false);
        }

        return (await InTreeAsync(["write-tree"]).ConfigureAwait(false)).StandardOutput.Trim();

        Task<CommandResult> InTreeAsync(ImmutableArray<string> arguments, IEnumerable<string>? names = null) =>
            GitAsync(store, arguments, cancellation, environment, folder, names is null ? null : Zeroed(names));
    }

    /// <inheritdoc cref="IGit.CheckOutAsync" />
    public async Task CheckOutAsync(string store, string tree, string folder, string index, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(folder);
        Directory.CreateDirectory(folder);
        ImmutableDictionary<string, string> environment = WorkTree(folder, index);
        bool known = File.Exists(index);
        if (!known && Directory.EnumerateFileSystemEntries(folder).Any())
        {
            // The index was lost: taking the tree for what is there, files that are the same need not be written again.
            await GitAsync(store, ["read-tree", tree], cancellation, environment, folder).ConfigureAwait(false);
            known = true;
        }

        // A file that was only touched is no change. The exit code tells that something differs, which the next command puts right.
        if (known)
            await RunAsync(store, [.. Options, "update-index", "-q", "--really-refresh"], cancellation, environment, folder).ConfigureAwait(false);
        // Modes are those of the tree, whatever the umask of the one who builds.
        await WithUmaskAsync(store, ["read-tree", "--reset", "-u", tree], environment, folder, cancellation).ConfigureAwait(false);
        await GitAsync(store, ["clean", "-q", "-ffdx"], cancellation, environment, folder).ConfigureAwait(false);
    }

    /// <summary>The files in which two trees differ.</summary>
    /// <param name="store">The store.</param>
    /// <param name="from">A tree.</param>
    /// <param name="to">Another.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>Their names, relative to the root.</returns>
    public async Task<ImmutableArray<string>> ListChangesAsync(string store, string from, string to, CancellationToken cancellation)
    {
        ImmutableArray<string> arguments = ["diff-tree", "-r", "-z", "--name-only", "--no-renames", from, to];
        CommandResult result = await GitAsync(store, arguments, cancellation).ConfigureAwait(false);
        return [.. result.StandardOutput.Split('\0', StringSplitOptions.RemoveEmptyEntries)];
    }

    /// <inheritdoc cref="IGit.WriteCommitAsync" />
    public async Task<string> WriteCommitAsync(
        string store, string tree, string? parent, Signature author, Signature committer, string message, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(author);
        ArgumentNullException.ThrowIfNull(committer);
        ImmutableDictionary<string, string> identities = Isolated
            .SetItem("GIT_AUTHOR_NAME", author.Name).SetItem("GIT_AUTHOR_EMAIL", author.Email).SetItem("GIT_AUTHOR_DATE", RawDate(author.Time))
            .SetItem("GIT_COMMITTER_NAME", committer.Name).SetItem("GIT_COMMITTER_EMAIL", committer.Email)
            .SetItem("GIT_COMMITTER_DATE", RawDate(committer.Time));
        ImmutableArray<string> arguments = ["commit-tree", tree, .. parent is null ? (ImmutableArray<string>)[] : ["-p", parent], "-F", "-"];
        CommandResult result = await GitAsync(store, arguments, cancellation, identities,
            writeInput: Writer(Encoding.UTF8.GetBytes(message))).ConfigureAwait(false);
        return result.StandardOutput.Trim();
    }

    /// <inheritdoc cref="IGit.WriteCommitsAsync" />
    public async Task<ImmutableArray<string>> WriteCommitsAsync(string store, string parent, ImmutableArray<NewCommit> commits, CancellationToken cancellation)
    {
        if (commits.IsEmpty)
            return [];
        DirectoryInfo folder = Directory.CreateTempSubdirectory("evekernel-");
        try
        {
            List<string> ids = [];
            foreach (NewCommit commit in commits)
            {
                byte[] content = CommitObject.Content(commit, parent);
                parent = GitFormat.Id("commit", content);
                ids.Add(parent);
                await File.WriteAllBytesAsync(Path.Combine(folder.FullName, parent), content, cancellation).ConfigureAwait(false);
            }

            string paths = string.Concat(ids.Select(id => $"{folder.FullName}/{id}\n"));
            CommandResult written = await GitAsync(
                store, ["hash-object", "-t", "commit", "-w", "--stdin-paths", "--no-filters"], cancellation,
                writeInput: Writer(Encoding.UTF8.GetBytes(paths))).ConfigureAwait(false);
            // A store of another hash gives other ids, and the parents would be wrong.
            return written.StandardOutput.Split('\n', StringSplitOptions.RemoveEmptyEntries).SequenceEqual(ids)
                ? [.. ids]
                : throw new KernelException(ErrorCodes.Internal, $"'git hash-object' in '{store}' gave other commit ids than were computed.");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <inheritdoc cref="IGit.UpdateRefAsync" />
    public Task UpdateRefAsync(string store, string name, string commit, CancellationToken cancellation) =>
        GitAsync(store, ["update-ref", name, commit], cancellation);

    /// <summary>An environment in which nothing of the user's git configuration counts.</summary>
    /// <param name="environment">The environment.</param>
    /// <returns>The same with what isolates.</returns>
    internal static ImmutableDictionary<string, string> Isolate(ImmutableDictionary<string, string> environment) =>
        environment.RemoveRange(environment.Keys.Where(Redirects)).SetItems(Isolated).SetItem("LC_ALL", "C");

    /// <summary>The ref that keeps a fetched commit.</summary>
    /// <param name="commit">The full id.</param>
    /// <returns>The full name.</returns>
    internal static string PinRef(string commit) => $"refs/evekernel/pins/{commit}";

    /// <summary>The failure for a branch that a repository lacks.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="branch">The branch.</param>
    /// <returns>What to throw.</returns>
    internal static KernelException NoSuchBranch(string repository, string branch) =>
        new(ErrorCodes.BranchNotFound, $"'{repository}' has no branch '{branch}'.");

    /// <summary>Runs git in a store without the user's configuration, and takes no failure.</summary>
    /// <param name="store">The store.</param>
    /// <param name="arguments">The subcommand and its arguments.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <param name="environment">What to set beside the usual.</param>
    /// <param name="workingDirectory">Where it runs.</param>
    /// <param name="writeInput">Writes its input.</param>
    /// <param name="readOutput">Reads its output.</param>
    /// <returns>Its output.</returns>
    internal async Task<CommandResult> GitAsync(
        string store,
        ImmutableArray<string> arguments,
        CancellationToken cancellation,
        ImmutableDictionary<string, string>? environment = null,
        string? workingDirectory = null,
        Func<Stream, CancellationToken, Task>? writeInput = null,
        Func<Stream, CancellationToken, Task>? readOutput = null) =>
        Require(
            await RunAsync(store, [.. Options, .. arguments], cancellation, environment ?? Isolated, workingDirectory, writeInput,
                readOutput).ConfigureAwait(false),
            string.Join(' ', arguments.Take(8)));

    private static CommandResult Require(CommandResult result, string what) => result.Succeeded
        ? result
        : throw new KernelException(ErrorCodes.GitFailed, $"'git {what}' failed with exit code {result.ExitCode}: {Complaint(result.StandardError)}");

    private static string Complaint(string error) => error.Trim() is { Length: > 0 } said ? said : "it said nothing";

    private static ImmutableDictionary<string, string> WorkTree(string folder, string index)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(index)!);
        // The index is ours and its holder is locked out elsewhere, so that a lock here can only be a killed git's.
        Clear(index + ".lock");
        return Isolated.SetItem("GIT_WORK_TREE", folder).SetItem("GIT_INDEX_FILE", index);
    }

    private Task<CommandResult> FetchAsync(string store, string repository, string refspec, int depth, CancellationToken cancellation) => RunAsync(
        store,
        [
            .. Options, "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--update-shallow", "--force",
            $"--depth={depth.ToString(CultureInfo.InvariantCulture)}", .. UploadPack(repository), "--", repository, refspec,
        ],
        cancellation);

    // A repository on this machine may be somebody else's. git passes no -c on to the other side, so its command has to say it.
    private static ImmutableArray<string> UploadPack(string repository) =>
        repository.StartsWith('/') || repository.StartsWith("file://", StringComparison.OrdinalIgnoreCase)
            ? ["--upload-pack=git -c 'safe.directory=*' upload-pack"]
            : [];

    // A lock, in a folder that need not be there either.
    private static void Clear(string path)
    {
        if (File.Exists(path))
            File.Delete(path);
    }

    private static bool RefusesId(string error) => Mentions(error, "not our ref", "unadvertised object", "couldn't find remote ref");

    private static KernelException Unreachable(string repository, string error)
    {
        ErrorCode code = error switch
        {
            _ when Mentions(error, "Authentication failed", "could not read Username", "could not read Password",
                "Permission denied", "error: 403", "error: 401") =>
                ErrorCodes.SourceAccessRefused,
            _ when Mentions(error, "does not appear to be a git repository", "not found", "does not exist", "No such file") => ErrorCodes.SourceNotFound,
            _ => ErrorCodes.SourceUnreachable,
        };
        return new KernelException(code, $"'{repository}' could not be read: {Complaint(error)}");
    }

    private static bool Mentions(string text, params ReadOnlySpan<string> phrases)
    {
        foreach (string phrase in phrases)
        {
            if (text.Contains(phrase, StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }

    // Null when the folder is no repository of its own, or one that git cannot read, such as a worktree whose repository is elsewhere now.
    private async Task<HashSet<string>?> TrackedThoughIgnoredAsync(string folder, CancellationToken cancellation)
    {
        if (!Path.Exists(Path.Combine(folder, ".git")))
            return null;
        CommandResult result = await RunAsync(Path.Combine(folder, ".git"), [.. Options, .. ListIgnored], cancellation, Isolated, folder).ConfigureAwait(false);
        return result.Succeeded ? Names(result.StandardOutput) : null;
    }

    private async Task WithUmaskAsync(
        string store, ImmutableArray<string> arguments, ImmutableDictionary<string, string> environment, string folder, CancellationToken cancellation)
    {
        Command command = new("/bin/sh", ["-c", "umask 022; exec git \"$@\"", "git", $"--git-dir={store}", .. Options, .. arguments])
        {
            WorkingDirectory = folder,
            Environment = _environment.SetItems(environment),
        };
        Require(await ProcessRunner.RunAsync(command, cancellation).ConfigureAwait(false), string.Join(' ', arguments));
    }

    private static CommitInfo ParseCommit(string id, string text)
    {
        string[] parts = text.Split("\n\n", 2);
        string[] headers = parts[0].Split('\n');
        string tree = headers.First(line => line.StartsWith("tree ", StringComparison.Ordinal))[5..];
        string committer = headers.First(line => line.StartsWith("committer ", StringComparison.Ordinal));
        long seconds = long.Parse(committer.Split(' ')[^2], CultureInfo.InvariantCulture);
        string subject = parts.Length == 2 ? parts[1].TrimStart('\n').Split('\n')[0] : "";
        return new CommitInfo(id, tree, DateTimeOffset.FromUnixTimeSeconds(seconds), subject);
    }

    private static string RawDate(DateTimeOffset time)
    {
        string sign = time.Offset < TimeSpan.Zero ? "-" : "+";
        return string.Create(CultureInfo.InvariantCulture, $"@{time.ToUnixTimeSeconds()} {sign}{time.Offset:hhmm}");
    }

    // Not an immutable set, which takes a tenth of a second for each look at a tree of which all is ignored, as Debian's is.
    private static HashSet<string> Names(string output) => new(output.Split('\0', StringSplitOptions.RemoveEmptyEntries), StringComparer.Ordinal);

    private static Func<Stream, CancellationToken, Task> Zeroed(IEnumerable<string> names) =>
        Writer(Encoding.UTF8.GetBytes(string.Concat(names.Select(name => name + "\0"))));
}
