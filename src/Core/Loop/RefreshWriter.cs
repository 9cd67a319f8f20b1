using System.Collections.Immutable;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Packaging;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Loop;

/// <summary>
/// Brings patch files and an edit tree from one state to another, so that being killed at any moment loses nothing: all that is to be written is in git, below
/// one ref, before the first file is touched, and whoever comes next writes what is missing.
/// </summary>
/// <param name="tree">The tree, which the caller holds.</param>
/// <param name="sink">Takes what there is to tell.</param>
/// <param name="onStep">Called with each step's name before it is taken; a test ends the process there.</param>
public sealed class RefreshWriter(EditTree tree, IDiagnosticSink sink, Action<string>? onStep)
{
    private const string Pending = "refs/evekernel/pending";

    private readonly StateKeeper _keeper = new(tree);

    /// <summary>Writes a new state.</summary>
    /// <param name="change">The change.</param>
    /// <param name="contents">The new files' bytes, in the order of the change's files.</param>
    /// <param name="cancellation">Ends it; what is left is then done by the next command.</param>
    /// <returns>A task.</returns>
    public async Task WriteAsync(SeriesChange change, ImmutableArray<ReadOnlyMemory<byte>> contents, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(change);
        List<ChangedFile> files = [];
        foreach ((ChangedFile file, ReadOnlyMemory<byte> content) in change.Files.Zip(contents))
        {
            string blob = await _keeper.WriteBlobAsync(content, cancellation).ConfigureAwait(false);
            files.Add(file with { Blob = blob, NewSha256 = Digest.OfBytes(content.Span) });
        }

        change = change with { Files = [.. files] };
        string[] parents = [change.ToHead, .. change.TreeAfter.Length > 0 ? (string[])[change.TreeAfter] : []];
        string commit = await _keeper.CommitAsync(change, files.Select(file => file.Blob), [.. parents], "to be written", cancellation).ConfigureAwait(false);
        onStep?.Invoke("pending");
        await tree.RunAsync(cancellation, "update-ref", Pending, commit).ConfigureAwait(false);
        await WritePendingAsync(change, cancellation).ConfigureAwait(false);
    }

    /// <summary>Writes what a command that was killed has left to be written.</summary>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>A task.</returns>
    /// <exception cref="KernelException">EVK2109: somebody has changed a patch meanwhile.</exception>
    public async Task RedoAsync(CancellationToken cancellation)
    {
        if (await _keeper.TryReadAsync<SeriesChange>(Pending, cancellation).ConfigureAwait(false) is not { } change)
            return;
        sink.Report(new Diagnostic(Severity.Message, null, "An earlier command was ended before all was written; this one writes the rest."));
        await WritePendingAsync(change, cancellation).ConfigureAwait(false);
    }

    private async Task WritePendingAsync(SeriesChange change, CancellationToken cancellation)
    {
        RequireUntouched(change);
        foreach (ChangedFile file in change.Files.Where(file => DigestOf(file.File) != file.NewSha256))
        {
            byte[] content = await _keeper.ReadBlobAsync(file.Blob, cancellation).ConfigureAwait(false);
            onStep?.Invoke("file");
            DurableFile.Write(file.File, stream => stream.Write(content));
        }

        onStep?.Invoke("tree");
        // Whoever has committed since goes on from there: the next refresh finds the patches' commits by what they are.
        if ((change.ToHead != change.FromHead || change.TreeAfter.Length > 0) && await tree.HeadAsync(cancellation).ConfigureAwait(false) == change.FromHead)
            await MoveAsync(change, cancellation).ConfigureAwait(false);
        onStep?.Invoke("record");
        tree.Write(change.Record);
        onStep?.Invoke("done");
        await tree.RunAsync(cancellation, "update-ref", "-d", Pending).ConfigureAwait(false);
    }

    private async Task MoveAsync(SeriesChange change, CancellationToken cancellation)
    {
        bool withEdits = change.TreeAfter.Length > 0;
        if (withEdits && !(await tree.TryAsync(cancellation, "diff", "--quiet", "--no-ext-diff", change.TreeAfter).ConfigureAwait(false)).Succeeded)
        {
            CommandResult read = await tree.TryAsync(cancellation, "read-tree", "-m", "-u", change.FromHead, change.TreeAfter).ConfigureAwait(false);
            // git overwrites no edit; then the tree stays as it is.
            if (!read.Succeeded)
                sink.Report(new Diagnostic(Severity.Message, null,
                    $"The work tree has other edits, which stay. The kept ones: git stash apply {change.TreeAfter}"));
        }

        onStep?.Invoke("head");
        // Files keep their content and their times, so that make has nothing to do; a file that only the edits have stays one that git knows of.
        await tree.RunAsync(cancellation, ["reset", "-q", "--mixed", .. withEdits ? (ImmutableArray<string>)["-N"] : [], change.ToHead]).ConfigureAwait(false);
    }

    private static void RequireUntouched(SeriesChange change)
    {
        ImmutableArray<Diagnostic> errors =
        [
            .. change.Files.Where(file => DigestOf(file.File) is var digest && digest != file.OldSha256 && digest != file.NewSha256)
                .Select(file => new Diagnostic(
                    Severity.Error, ErrorCodes.RefreshOverrun,
                    $"'{file.File}' was changed by somebody else while it was to be rewritten; it stays as it is. What was to be written is in the edit "
                        + $"tree's git: 'git show {Pending}:{file.Blob}.patch'. Take what you want of the two, then drop it by "
                        + $"'git update-ref -d {Pending}' there, and run KernelEdit.",
                    new SourceLocation(file.File))),
        ];
        if (!errors.IsEmpty)
            throw new KernelException(errors);
    }

    /// <summary>A file's digest; empty where it is not there.</summary>
    internal static string DigestOf(string file) => File.Exists(file) ? Digest.OfFile(file) : "";
}

/// <summary>A change of a series and its edit tree.</summary>
/// <param name="Files">The patch files that change.</param>
/// <param name="FromHead">Where the tree stands before.</param>
/// <param name="ToHead">Where it stands after.</param>
/// <param name="TreeAfter">The commit whose files the work tree is to hold; empty where they stay as they are.</param>
/// <param name="Record">What the tree is made of after it.</param>
public sealed record SeriesChange(ImmutableArray<ChangedFile> Files, string FromHead, string ToHead, string TreeAfter, EditRecord Record);

/// <summary>A patch file that changes.</summary>
/// <param name="File">The file.</param>
/// <param name="OldSha256">The digest of what it holds; empty where it is not there.</param>
/// <param name="NewSha256">The digest of what it is to hold.</param>
/// <param name="Blob">The id of what it is to hold.</param>
public sealed record ChangedFile(string File, string OldSha256, string NewSha256 = "", string Blob = "");
