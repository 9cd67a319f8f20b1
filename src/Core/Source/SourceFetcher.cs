using System.Collections;
using System.Collections.Immutable;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Source;

/// <summary>Brings a pinned source into the store that all projects share. What is there already needs no network.</summary>
public sealed class SourceFetcher
{
    // A tree that somebody edits has no time of its own that would be the same for the same content.
    private static readonly DateTimeOffset FixedTime = new(1980, 1, 2, 0, 0, 0, TimeSpan.Zero);

    private readonly IGit _git;
    private readonly string _store;
    private readonly IDiagnosticSink _sink;
    private readonly ArchiveImporter _importer;

    /// <summary>Makes a fetcher that runs its helpers in this process's environment.</summary>
    /// <param name="git">git.</param>
    /// <param name="store">The store's folder, absolute.</param>
    /// <param name="sink">Takes what there is to tell.</param>
    public SourceFetcher(IGit git, string store, IDiagnosticSink sink)
        : this(git, store, sink, new ArchiveImporter(OwnEnvironment()))
    {
    }

    /// <summary>Makes a fetcher.</summary>
    /// <param name="git">git.</param>
    /// <param name="store">The store's folder, absolute.</param>
    /// <param name="sink">Takes what there is to tell.</param>
    /// <param name="importer">Imports archives.</param>
    public SourceFetcher(IGit git, string store, IDiagnosticSink sink, ArchiveImporter importer)
    {
        _git = git;
        _store = store;
        _sink = sink;
        _importer = importer;
    }

    /// <summary>Fetches a source.</summary>
    /// <param name="pin">What the project says.</param>
    /// <param name="snapshotIndex">For a tree that somebody edits: a file of the project's own that remembers what was seen.</param>
    /// <param name="holder">Who fetches, for the message of those who wait.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>What is known of the source.</returns>
    public async Task<SourceRecord> FetchAsync(SourcePin pin, string snapshotIndex, string holder, CancellationToken cancellation)
    {
        Check(pin);
        return pin switch
        {
            GitPin git => await FetchGitAsync(git, holder, cancellation).ConfigureAwait(false),
            ArchivePin archive => await FetchArchiveAsync(archive, holder, cancellation).ConfigureAwait(false),
            DirectoryPin folder => await SnapshotAsync(folder, snapshotIndex, holder, cancellation).ConfigureAwait(false),
            _ => throw new ArgumentException($"There is no way to fetch a {pin?.GetType().Name}.", nameof(pin)),
        };
    }

    /// <summary>The ref that remembers an imported archive.</summary>
    /// <param name="sha256">Its digest.</param>
    /// <returns>The full name.</returns>
    public static string ArchiveRef(string sha256)
    {
        ArgumentNullException.ThrowIfNull(sha256);
        return $"refs/evekernel/archives/{sha256.ToLowerInvariant()}";
    }

    /// <summary>Refuses a pin that is not whole, and an address that holds credentials, before git or a log sees it.</summary>
    /// <param name="pin">The pin.</param>
    internal static void Check(SourcePin pin)
    {
        (string address, string? id, int length, string property) = pin switch
        {
            GitPin git => (git.Repository, git.Commit, 40, "KernelCommit"),
            ArchivePin archive => (archive.Location, archive.Sha256, 64, "KernelArchiveSha256"),
            _ => ("", null, 0, ""),
        };
        if (HoldsCredentials(address))
            throw new KernelException(
                ErrorCodes.CredentialsInAddress,
                "The source's address holds a user name or password. Take it out of the project, and give it to git's credential helper (git help credentials).");
        if (!string.IsNullOrEmpty(id) && !(id.Length == length && id.All(char.IsAsciiHexDigit)))
            throw new KernelException(ErrorCodes.PinMalformed, $"'{id}' is not a full id: {property} takes {length} hex digits.");
        if (pin is ArchivePin { Sha256: null or "" })
            throw new KernelException(ErrorCodes.PinMalformed,
                $"The archive '{address}' has no digest. Set KernelArchiveSha256 to what sha256sum prints for it.");
    }

    // A user name alone is no secret over ssh, where it says which account to ask; over http a token often stands in its place.
    private static bool HoldsCredentials(string address)
    {
        int start = address.IndexOf("://", StringComparison.Ordinal);
        if (start < 0)
            return false;
        string authority = address[(start + 3)..].Split('/', '?', '#')[0];
        int at = authority.LastIndexOf('@');
        return at >= 0 && (address.StartsWith("http", StringComparison.OrdinalIgnoreCase) || authority[..at].Contains(':', StringComparison.Ordinal));
    }

    private async Task<SourceRecord> FetchGitAsync(GitPin pin, string holder, CancellationToken cancellation)
    {
        string commit = (string.IsNullOrEmpty(pin.Commit) ? await FloatAsync(pin, cancellation).ConfigureAwait(false) : pin.Commit).ToLowerInvariant();
        CommitInfo? found = await _git.FindCommitAsync(_store, commit, cancellation).ConfigureAwait(false);
        if (found is null)
        {
            using FileLock held = await HoldAsync(holder, cancellation).ConfigureAwait(false);
            // Somebody may have fetched it while we waited.
            found = await _git.FindCommitAsync(_store, commit, cancellation).ConfigureAwait(false);
            if (found is null)
            {
                _sink.Report(new Diagnostic(Severity.Message, null, $"Fetching {commit} from {pin.Repository}"));
                await _git.FetchCommitAsync(_store, pin.Repository, pin.Branch, commit, cancellation).ConfigureAwait(false);
                found = await _git.FindCommitAsync(_store, commit, cancellation).ConfigureAwait(false);
            }
        }

        return found is null
            ? throw new KernelException(ErrorCodes.CommitNotFound, $"'{pin.Repository}' sent no commit {commit}.")
            : await RecordAsync("git", found, "commit", pin.Repository, null, cancellation).ConfigureAwait(false);
    }

    private async Task<string> FloatAsync(GitPin pin, CancellationToken cancellation)
    {
        if (string.IsNullOrEmpty(pin.Branch))
            throw new KernelException(ErrorCodes.CommitNotPinned,
                $"Nothing says which commit of '{pin.Repository}' to build. Set KernelCommit to its full id.");
        string head = await _git.FindBranchAsync(pin.Repository, pin.Branch, cancellation).ConfigureAwait(false)
            ?? throw GitCli.NoSuchBranch(pin.Repository, pin.Branch);
        if (!pin.AllowFloating)
            throw new KernelException(
                ErrorCodes.CommitNotPinned,
                $"The branch '{pin.Branch}' moves, and only a commit can be built twice. It is at {head} now; pin it: <KernelCommit>{head}</KernelCommit>");
        _sink.Report(new Diagnostic(
            Severity.Warning, ErrorCodes.CommitNotPinned,
                $"The branch '{pin.Branch}' of {pin.Repository} is at {head} now, which is built; it is not pinned."));
        return head;
    }

    /// <summary>Imports an archive that is no kernel's.</summary>
    /// <param name="pin">The archive.</param>
    /// <param name="holder">Who fetches, for the message of those who wait.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>The commit of its content.</returns>
    public Task<CommitInfo> FetchToolchainAsync(ArchivePin pin, string holder, CancellationToken cancellation)
    {
        Check(pin);
        return FindArchiveAsync(pin, holder, cancellation);
    }

    private async Task<SourceRecord> FetchArchiveAsync(ArchivePin pin, string holder, CancellationToken cancellation)
    {
        CommitInfo found = await FindArchiveAsync(pin, holder, cancellation).ConfigureAwait(false);
        return await RecordAsync("archive", found, "newest member", pin.Location, null, cancellation).ConfigureAwait(false);
    }

    private async Task<CommitInfo> FindArchiveAsync(ArchivePin pin, string holder, CancellationToken cancellation)
    {
        string name = ArchiveRef(pin.Sha256);
        CommitInfo? found = await _git.FindCommitAsync(_store, name, cancellation).ConfigureAwait(false);
        if (found is null)
        {
            using FileLock held = await HoldAsync(holder, cancellation).ConfigureAwait(false);
            found = await _git.FindCommitAsync(_store, name, cancellation).ConfigureAwait(false)
                ?? await ImportAsync(pin, name, cancellation).ConfigureAwait(false);
        }

        return found;
    }

    private async Task<CommitInfo> ImportAsync(ArchivePin pin, string name, CancellationToken cancellation)
    {
        if (!pin.Location.StartsWith("http://", StringComparison.OrdinalIgnoreCase) && !pin.Location.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
            return await _importer.ImportAsync(_store, pin.Location, name, pin.Sha256, cancellation).ConfigureAwait(false);

        string file = Path.Combine(_store + ".downloads", pin.Sha256.ToLowerInvariant());
        // An earlier build may have been ended between the download and the import.
        if (!File.Exists(file))
        {
            _sink.Report(new Diagnostic(Severity.Message, null, $"Downloading {pin.Location}"));
            await new ArchiveDownload(new Uri(pin.Location), _sink).SaveAsync(pin.Sha256, file, cancellation).ConfigureAwait(false);
        }

        CommitInfo commit = await _importer.ImportAsync(_store, file, name, pin.Sha256, cancellation).ConfigureAwait(false);
        File.Delete(file);
        return commit;
    }

    private async Task<SourceRecord> SnapshotAsync(DirectoryPin pin, string index, string holder, CancellationToken cancellation)
    {
        if (!Directory.Exists(pin.Folder))
            throw new KernelException(ErrorCodes.SourceNotFound, $"There is no folder '{pin.Folder}'.");
        foreach (string left in (ImmutableArray<string>)[".config", "include/config", "include/generated"])
        {
            if (Path.Exists(Path.Combine(pin.Folder, left)))
                throw new KernelException(
                    ErrorCodes.TreeBuiltInPlace, $"'{pin.Folder}' was built in place: it holds '{left}'. Save your .config, and run 'make mrproper' there.");
        }

        using FileLock held = await HoldAsync(holder, cancellation).ConfigureAwait(false);
        string tree = await _git.WriteSnapshotAsync(_store, pin.Folder, index, cancellation).ConfigureAwait(false);
        Signature nobody = new("EveKernel.Sdk", "evekernel-sdk@localhost", FixedTime);
        string commit = await _git.WriteCommitAsync(_store, tree, null, nobody, nobody, "A tree that somebody edits\n", cancellation).ConfigureAwait(false);
        CommitInfo info = new(commit, tree, FixedTime, "A tree that somebody edits");
        return await RecordAsync("directory", info, "fixed", pin.Folder, pin.Folder, cancellation).ConfigureAwait(false);
    }

    private async Task<FileLock> HoldAsync(string holder, CancellationToken cancellation)
    {
        FileLock held = await FileLock.AcquireAsync(
            _store + ".lock", holder,
            other => _sink.Report(new Diagnostic(Severity.Message, null, $"Waiting for {other}, which fetches into {_store}")), cancellation)
            .ConfigureAwait(false);
        try
        {
            await _git.InitializeStoreAsync(_store, cancellation).ConfigureAwait(false);
            return held;
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    private async Task<SourceRecord> RecordAsync(string kind, CommitInfo commit, string timeSource, string place, string? folder,
        CancellationToken cancellation)
    {
        byte[]? makefile = await _git.ReadFileAsync(_store, commit.Tree, "Makefile", cancellation).ConfigureAwait(false);
        string version = (makefile is null ? null : KernelMakefile.ReadVersion(makefile)) ?? throw new KernelException(
            ErrorCodes.NotAKernelTree, $"'{place}' is not a kernel tree: its top Makefile is missing or has no VERSION, PATCHLEVEL and SUBLEVEL.");
        return new SourceRecord(kind, commit.Id, commit.Tree, commit.CommitTime.ToUniversalTime(), timeSource, version, folder);
    }

    private static ImmutableDictionary<string, string> OwnEnvironment() => Environment.GetEnvironmentVariables()
        .Cast<DictionaryEntry>()
        .ToImmutableDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "", StringComparer.Ordinal);
}
