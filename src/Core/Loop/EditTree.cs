using System.Collections.Immutable;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Packaging;
using EveKernel.Core.Patches;
using EveKernel.Core.Processes;
using EveKernel.Core.Source;

namespace EveKernel.Core.Loop;

/// <summary>An ordinary git work tree in which somebody edits a series, one commit a patch. Its repository is its own, so that no cache can take an edit along;
/// only what the pinned commit holds is read from the store.</summary>
/// <param name="git">git.</param>
/// <param name="folder">The work tree's top, absolute.</param>
public sealed class EditTree(GitCli git, string folder)
{
    /// <summary>The branch that a new edit tree is on.</summary>
    public const string Branch = "series";

    /// <summary>git.</summary>
    public GitCli Git => git;

    /// <summary>The work tree's top.</summary>
    public string Folder => folder;

    /// <summary>Its repository.</summary>
    public string Repository => Path.Combine(folder, ".git");

    /// <summary>What it was made of; null when there is no edit tree in the folder.</summary>
    public EditRecord? Record => JsonFile.TryRead<EditRecord>(RecordFile);

    /// <summary>What git was set to do and has not ended, or null.</summary>
    public EditCarry? Carry => JsonFile.TryRead<EditCarry>(CarryFile);

    /// <summary>What git is in the midst of: <c>am</c>, <c>rebase</c>, <c>merge</c>, <c>cherry-pick</c>, <c>revert</c>; or null.</summary>
    public string? Operation =>
        Path.Exists(Path.Combine(Repository, "rebase-apply", "applying")) ? "am"
        : Path.Exists(Path.Combine(Repository, "rebase-apply")) || Path.Exists(Path.Combine(Repository, "rebase-merge")) ? "rebase"
        : Path.Exists(Path.Combine(Repository, "MERGE_HEAD")) ? "merge"
        : Path.Exists(Path.Combine(Repository, "CHERRY_PICK_HEAD")) ? "cherry-pick"
        : Path.Exists(Path.Combine(Repository, "REVERT_HEAD")) ? "revert"
        : null;

    private string RecordFile => OwnFile("edit.json");

    private string CarryFile => OwnFile("carry.json");

    /// <summary>A file of the SDK's own in the repository.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>Its path.</returns>
    internal string OwnFile(string name) => Path.Combine(Repository, "evekernel", name);

    /// <summary>What it was made of.</summary>
    /// <returns>The record.</returns>
    /// <exception cref="KernelException">EVK2101: there is no edit tree.</exception>
    public EditRecord Require() => Record ?? throw new KernelException(
        ErrorCodes.EditMissing, $"There is no edit tree in '{folder}'. Make it: dotnet build -t:KernelEdit");

    /// <summary>Keeps out whoever else would change the tree or its series.</summary>
    /// <param name="sink">Is told for whom it waits.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The lock.</returns>
    /// <exception cref="KernelException">EVK2101: there is no edit tree.</exception>
    public Task<FileLock> HoldAsync(IDiagnosticSink sink, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(sink);
        Require();
        return HoldAsync(OwnFile("lock"), sink, cancellation);
    }

    /// <summary>Keeps out whoever else would make a tree in the folder.</summary>
    internal Task<FileLock> HoldNewAsync(IDiagnosticSink sink, CancellationToken cancellation) => HoldAsync(folder + ".new.lock", sink, cancellation);

    private Task<FileLock> HoldAsync(string file, IDiagnosticSink sink, CancellationToken cancellation) => FileLock.AcquireAsync(
        file, folder, holder => sink.Report(new Diagnostic(Severity.Message, null, $"Waiting for {holder}")), cancellation);

    internal void Write(EditRecord record) => JsonFile.Write(RecordFile, record);

    internal void Write(EditCarry carry) => JsonFile.Write(CarryFile, carry);

    internal void DropCarry() => File.Delete(CarryFile);

    internal Task<string> RunAsync(CancellationToken cancellation, params ImmutableArray<string> arguments) =>
        git.InTreeAsync(folder, arguments, cancellation);

    internal async Task<string> LineAsync(CancellationToken cancellation, params ImmutableArray<string> arguments) =>
        (await git.InTreeAsync(folder, arguments, cancellation).ConfigureAwait(false)).Trim();

    internal Task<CommandResult> TryAsync(CancellationToken cancellation, params ImmutableArray<string> arguments) =>
        git.TryInTreeAsync(folder, arguments, cancellation);

    /// <summary>Whether a commit leads to another.</summary>
    internal Task<bool> IsAncestorAsync(string commit, string head, CancellationToken cancellation) =>
        git.IsAncestorAsync(Repository, commit, head, cancellation);

    /// <summary>A commit's author: name, address and date.</summary>
    internal Task<string> AuthorAsync(string commit, CancellationToken cancellation) =>
        LineAsync(cancellation, "log", "-1", "--date=raw", $"--format={SeriesCommits.AuthorFormat}", commit);

    internal Task<string> HeadAsync(CancellationToken cancellation) => LineAsync(cancellation, "rev-parse", "--verify", "HEAD");

    /// <summary>The tracked files with edits that no commit has.</summary>
    internal async Task<ImmutableArray<string>> UncommittedAsync(CancellationToken cancellation) =>
        Names(await RunAsync(cancellation, "diff", "--name-only", "-z", "--no-ext-diff", "HEAD").ConfigureAwait(false));

    /// <summary>A commit of the edits that no commit has, in the form of git's stash; empty when there are none. Neither tree nor index is touched.
    /// (<c>git stash create</c> fails where a new file was only announced, by <c>git add -N</c>.)</summary>
    internal async Task<string> SnapshotAsync(string head, CancellationToken cancellation)
    {
        if ((await TryAsync(cancellation, "diff", "--quiet", "--no-ext-diff", "HEAD").ConfigureAwait(false)).Succeeded)
            return "";
        string index = OwnFile("edits.index");
        File.Copy(Path.Combine(Repository, "index"), index, overwrite: true);
        string staged = await WriteTreeAsync(index, cancellation).ConfigureAwait(false);
        await git.InTreeAsync(folder, ["add", "--update", "."], cancellation, index: index).ConfigureAwait(false);
        string all = await WriteTreeAsync(index, cancellation).ConfigureAwait(false);
        string second = await LineAsync(cancellation, "commit-tree", staged, "-p", head, "-m", "index").ConfigureAwait(false);
        return await LineAsync(cancellation, "commit-tree", all, "-p", head, "-p", second, "-m", "edits").ConfigureAwait(false);
    }

    private async Task<string> WriteTreeAsync(string index, CancellationToken cancellation) =>
        (await git.InTreeAsync(folder, ["write-tree"], cancellation, index: index).ConfigureAwait(false)).Trim();

    /// <summary>The files that git neither tracks nor ignores.</summary>
    internal async Task<ImmutableArray<string>> UntrackedAsync(CancellationToken cancellation) =>
        Names(await RunAsync(cancellation, "ls-files", "-z", "--others", "--exclude-standard").ConfigureAwait(false));

    internal static ImmutableArray<string> Names(string output) => [.. output.Split('\0', StringSplitOptions.RemoveEmptyEntries)];

    /// <summary>Refuses to work on a tree that git is in the midst of something in.</summary>
    internal void RequireCalm()
    {
        if (Operation is not { } operation)
            return;
        string way = operation is "am" or "rebase" ? "Finish it with -t:KernelPatchContinue" : $"Finish it with 'git {operation} --continue'";
        throw new KernelException(
            ErrorCodes.EditBusy, $"git is in the midst of '{operation}' in '{folder}'. {way}, or call it off with 'git {operation} --abort' there.");
    }

    /// <summary>The patches of series files as they stand on the disk.</summary>
    internal static ImmutableArray<EditPatch> ReadPatches(IEnumerable<string> seriesFiles) =>
    [
        .. seriesFiles.SelectMany(file => PatchSeries.Read(file).Entries)
            .Select(entry => new EditPatch(entry.Path, entry.Strip, Digest.OfFile(entry.Path), null, false)),
    ];

    internal static bool SamePatches(ImmutableArray<EditPatch> one, ImmutableArray<EditPatch> other) =>
        one.Select(patch => (patch.File, patch.Strip, patch.Sha256)).SequenceEqual(other.Select(patch => (patch.File, patch.Strip, patch.Sha256)));

    /// <summary>The failure of a git that stopped at a conflict: an error for each file, at the first line of its two sides.</summary>
    internal async Task<KernelException> ConflictAsync(string said, CancellationToken cancellation)
    {
        ImmutableArray<string> files = Names(await RunAsync(cancellation, "diff", "--name-only", "-z", "--diff-filter=U").ConfigureAwait(false));
        string subject = await StoppedAtAsync(cancellation).ConfigureAwait(false);
        const string Way = "Edit what stands there to what it is to be, and go on: dotnet build -t:KernelPatchContinue";
        IEnumerable<Diagnostic> errors = files.Select(file => Error(
            $"{subject} meets other lines in {file}: both sides stand there between <<<<<<< and >>>>>>>. {Way}", Path.Combine(folder, file),
                MarkerLine(Path.Combine(folder, file))));
        if (files.IsEmpty)
        {
            ImmutableArray<string> rejected = [.. (await UntrackedAsync(cancellation).ConfigureAwait(false)).Where(IsReject)];
            errors = rejected.Select(file => Error(
                $"{subject} does not fit, and the files that it was made for are not at hand to be merged. Its hunks that found no place stand in {file}. "
                    + $"Put them in by hand and delete it. {Way}", Path.Combine(folder, file), 1));
            if (rejected.IsEmpty)
                errors = [Error($"{subject} stopped git: {said.Trim()}", folder, 0)];
        }

        return new KernelException([.. errors]);

        static Diagnostic Error(string message, string file, int line) => new(Severity.Error, ErrorCodes.EditConflict, message, new SourceLocation(file, line));
    }

    internal static bool IsReject(string file) => file.EndsWith(".rej", StringComparison.Ordinal);

    /// <summary>The line of a file's first conflict marker, from 1; 0 when it has none.</summary>
    internal static int MarkerLine(string file)
    {
        if (!File.Exists(file))
            return 0;
        int number = 0;
        foreach (string line in File.ReadLines(file))
        {
            number++;
            if (line.StartsWith("<<<<<<< ", StringComparison.Ordinal))
                return number;
        }

        return 0;
    }

    private async Task<string> StoppedAtAsync(CancellationToken cancellation)
    {
        string message = Operation == "am" ? OperationFile("rebase-apply", "final-commit") : OperationFile("rebase-merge", "message");
        string subject = File.Exists(message) ? (await File.ReadAllLinesAsync(message, cancellation).ConfigureAwait(false)).FirstOrDefault() ?? "" : "";
        return subject.Length > 0 ? $"'{subject}'" : "A commit";
    }

    private string OperationFile(string folderName, string name) => Path.Combine(Repository, folderName, name);
}
