using System.Collections.Immutable;
using System.Text;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Packaging;
using EveKernel.Core.Patches;
using EveKernel.Core.Processes;
using EveKernel.Core.Source;

namespace EveKernel.Core.Loop;

/// <summary>
/// Folds what was edited in an edit tree back into the patches that it belongs to. A patch whose bytes still give its commit stays as it is, byte for byte. The
/// state before is kept in git first.
/// </summary>
/// <param name="tree">The tree.</param>
/// <param name="sink">Takes what there is to tell.</param>
/// <param name="onStep">Called with each step's name before it is taken; a test ends the process there.</param>
public sealed class PatchRefresher(EditTree tree, IDiagnosticSink sink, Action<string>? onStep = null)
{
    private readonly GitCli _git = tree.Git;
    private readonly StateKeeper _keeper = new(tree);

    /// <summary>Refreshes the series.</summary>
    /// <param name="seriesFiles">The project's series files.</param>
    /// <param name="patchName">The patch that edits without a commit belong to, by its name in the series or the file's name; or empty.</param>
    /// <param name="pin">The commit that the project pins, or empty where it is not told.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The patch files that were rewritten.</returns>
    /// <exception cref="KernelException">EVK2101 to EVK2109.</exception>
    public async Task<ImmutableArray<string>> RefreshAsync(
        ImmutableArray<string> seriesFiles, string patchName, string pin, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(patchName);
        using FileLock held = await tree.HoldAsync(sink, cancellation).ConfigureAwait(false);
        await new EditSettler(tree, sink).SettleAsync(cancellation).ConfigureAwait(false);
        EditRecord record = tree.Require();
        RequireSame(record, seriesFiles, pin);
        int patch = patchName.Length == 0 ? -1 : Find(record, patchName);
        string head = await tree.HeadAsync(cancellation).ConfigureAwait(false);
        string edits = await tree.SnapshotAsync(head, cancellation).ConfigureAwait(false);
        await TellUntrackedAsync(cancellation).ConfigureAwait(false);
        if (edits.Length > 0 && patch < 0)
            throw await BelongsNowhereAsync(cancellation).ConfigureAwait(false);

        SeriesCommits commits = new(tree, record);
        ImmutableArray<TreeCommit> line = await commits.ReadAsync(head, cancellation).ConfigureAwait(false);
        if (edits.Length > 0)
            line = line.Add(await commits.FixupAsync(line, patch, head, edits, cancellation).ConfigureAwait(false));
        if (await commits.TryFoldAsync(line, cancellation).ConfigureAwait(false) is not { } folded)
        {
            await RebaseAsync(record, line, head, edits, cancellation).ConfigureAwait(false);
            (head, edits) = (await tree.HeadAsync(cancellation).ConfigureAwait(false), "");
            folded = await commits.ReadAsync(head, cancellation).ConfigureAwait(false);
        }

        ImmutableArray<TreeCommit?> paired = await commits.PairAsync(folded, cancellation).ConfigureAwait(false);
        return await WriteAsync(record, paired, head, edits, cancellation).ConfigureAwait(false);
    }

    /// <summary>Brings a kept state back: the patches, and the tree's commits and edits. The state before is kept too.</summary>
    /// <param name="name">The kept state; empty is the last one.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The state's name.</returns>
    /// <exception cref="KernelException">EVK2103, EVK2105, EVK2110.</exception>
    public async Task<string> RestoreAsync(string name, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(name);
        using FileLock held = await tree.HoldAsync(sink, cancellation).ConfigureAwait(false);
        await new EditSettler(tree, sink).SettleAsync(cancellation).ConfigureAwait(false);
        if (name.Length == 0)
            name = (await _keeper.ListAsync(cancellation).ConfigureAwait(false)).FirstOrDefault()?.Name ?? "";
        KeptContent kept = await _keeper.ReadAsync(name, cancellation).ConfigureAwait(false);
        ImmutableArray<string> uncommitted = await tree.UncommittedAsync(cancellation).ConfigureAwait(false);
        if (!uncommitted.IsEmpty)
        {
            throw new KernelException(
                ErrorCodes.EditUncommitted,
                $"'{tree.Folder}' has edits that no commit has ({string.Join(", ", uncommitted.Take(5))}), and they would be in the way. "
                    + "'git commit' or 'git stash' them there.",
                new SourceLocation(tree.Folder));
        }

        string head = await tree.HeadAsync(cancellation).ConfigureAwait(false);
        await _keeper.KeepAsync("restore", tree.Require(), head, "", cancellation).ConfigureAwait(false);
        List<ReadOnlyMemory<byte>> contents = [];
        foreach (KeptFile file in kept.Files)
            contents.Add(await _keeper.ReadBlobAsync(file.Blob, cancellation).ConfigureAwait(false));
        ImmutableArray<ChangedFile> files =
            [.. kept.Files.Select(file => new ChangedFile(file.File, RefreshWriter.DigestOf(file.File)))];
        SeriesChange change = new(files, head, kept.Head, kept.Edits.Length > 0 ? kept.Edits : kept.Head, kept.Record);
        await new RefreshWriter(tree, sink, onStep).WriteAsync(change, [.. contents], cancellation).ConfigureAwait(false);
        return name;
    }

    private void RequireSame(EditRecord record, ImmutableArray<string> seriesFiles, string pin)
    {
        bool otherPin = pin.Length > 0 && !string.Equals(pin, record.Base, StringComparison.OrdinalIgnoreCase);
        if (!otherPin && EditTree.SamePatches(record.Patches, EditTree.ReadPatches(seriesFiles)))
            return;
        string what = otherPin ? $"The project pins {pin} now, and the edit tree stands on {record.Base}"
            : "The patches are others than those that the edit tree was made of";
        throw new KernelException(
            ErrorCodes.EditStale,
            $"{what}. Nothing was written. Carry the tree over first: dotnet build -t:KernelEdit",
            new SourceLocation(tree.Folder));
    }

    // The whole name, or as much of its beginning as tells it from the others.
    private static int Find(EditRecord record, string name)
    {
        int[] named = [.. Enumerable.Range(0, record.Patches.Length).Where(at => record.Patches[at].File.EndsWith("/" + name, StringComparison.Ordinal))];
        if (named is [int whole])
            return whole;
        int[] found = [.. Enumerable.Range(0, record.Patches.Length)
            .Where(at => Path.GetFileName(record.Patches[at].File).StartsWith(name, StringComparison.Ordinal))];
        if (found is [int one])
            return one;
        string names = string.Join("\n  ", record.Patches.Select(patch => Path.GetFileName(patch.File)));
        throw new KernelException(
            ErrorCodes.EditPatchUnknown, $"KernelPatch '{name}' names {(found.Length == 0 ? "no patch" : "several patches")}. The series has:\n  {names}");
    }

    private async Task TellUntrackedAsync(CancellationToken cancellation)
    {
        ImmutableArray<string> untracked = await tree.UntrackedAsync(cancellation).ConfigureAwait(false);
        if (!untracked.IsEmpty)
        {
            string names = string.Join(", ", untracked.Take(10)) + (untracked.Length > 10 ? " …" : "");
            sink.Report(new Diagnostic(Severity.Message, null, $"Left as they are, since git does not track them ('git add' takes one along): {names}"));
        }
    }

    private async Task<KernelException> BelongsNowhereAsync(CancellationToken cancellation)
    {
        ImmutableArray<string> files = await tree.UncommittedAsync(cancellation).ConfigureAwait(false);
        return new KernelException(
            ErrorCodes.EditUncommitted,
            $"{string.Join(", ", files.Take(10))}: edits that no commit has, and nothing says which patch they belong to. Give -p:KernelPatch=NAME, "
                + "or commit them in the tree: 'git commit --amend', or 'git commit -a --fixup=COMMIT'.",
            new SourceLocation(Path.Combine(tree.Folder, files.FirstOrDefault() ?? "")));
    }

    // A fixup whose place later commits have changed: git merges, and asks where it cannot.
    private async Task RebaseAsync(EditRecord record, ImmutableArray<TreeCommit> line, string head, string edits, CancellationToken cancellation)
    {
        await _keeper.KeepAsync("refresh", record, head, edits, cancellation).ConfigureAwait(false);
        string start = head;
        if (edits.Length > 0)
        {
            // The edits become a commit where they are, then git moves it.
            start = line[^1].Id;
            await tree.RunAsync(cancellation, "reset", "-q", "--mixed", start).ConfigureAwait(false);
        }

        tree.Write(new EditCarry(ForRefresh: true, start, start, record, HeadIsSeries: false));
        CommandResult rebased = await tree.TryAsync(
            cancellation, "rebase", "-q", "-i", "--autosquash", "--empty=keep", "--no-gpg-sign", record.Base).ConfigureAwait(false);
        if (!rebased.Succeeded)
            throw await new EditSettler(tree, sink).StoppedAsync(rebased, cancellation).ConfigureAwait(false);
        tree.DropCarry();
    }

    private async Task<ImmutableArray<string>> WriteAsync(
        EditRecord record, ImmutableArray<TreeCommit?> paired, string head, string edits, CancellationToken cancellation)
    {
        ImmutableArray<RewrittenPatch> patches = await RewriteAsync(record, paired, cancellation).ConfigureAwait(false);
        ImmutableArray<NewCommit> commits =
            [.. patches.Where(patch => patch.Tree is not null).Select(patch => SeriesApplier.Commit(patch.Patch, patch.Tree!, record.BaseTime))];
        ImmutableArray<string> ids = await _git.WriteCommitsAsync(tree.Repository, record.Base, commits, cancellation).ConfigureAwait(false);
        string to = ids.IsEmpty ? record.Base : ids[^1];
        Queue<string> queue = new(ids);
        ImmutableArray<EditPatch> now =
        [
            .. record.Patches.Zip(patches, (patch, rewritten) =>
                patch with { Sha256 = Digest.OfBytes(rewritten.Content.Span), Commit = rewritten.Tree is null ? null : queue.Dequeue() }),
        ];
        ImmutableArray<int> changed = [.. Enumerable.Range(0, now.Length).Where(at => now[at].Sha256 != record.Patches[at].Sha256)];
        if (changed.IsEmpty && to == head && edits.Length == 0)
        {
            tree.Write(record with { Head = to, Patches = now });
            return [];
        }

        onStep?.Invoke("keep");
        await _keeper.KeepAsync("refresh", record, head, edits, cancellation).ConfigureAwait(false);
        SeriesChange change = new(
            [.. changed.Select(at => new ChangedFile(record.Patches[at].File, record.Patches[at].Sha256))], head, to, "",
            record with { Head = to, Patches = now });
        await new RefreshWriter(tree, sink, onStep).WriteAsync(change, [.. changed.Select(at => patches[at].Content)], cancellation).ConfigureAwait(false);
        return [.. changed.Select(at => record.Patches[at].File)];
    }

    /// <summary>Each patch's bytes: as they are, where they give the commit's tree and message, else with the new diff or message put in.</summary>
    private async Task<ImmutableArray<RewrittenPatch>> RewriteAsync(EditRecord record, ImmutableArray<TreeCommit?> paired, CancellationToken cancellation)
    {
        ImmutableArray<PatchRewriter> old =
            [.. record.Patches.Select(patch => new PatchRewriter(patch.File, File.ReadAllBytes(patch.File), patch.Strip))];
        ImmutableArray<RewrittenPatch>.Builder written = ImmutableArray.CreateBuilder<RewrittenPatch>(old.Length);
        string from = record.BaseTree;
        // Up to the first edit, each patch gives the tree of the commit that was made of it.
        while (written.Count < old.Length && (paired[written.Count] is not { } untouched || (untouched.TreeBefore is null && untouched.Id == record.Patches[written.Count].Commit)))
        {
            from = paired[written.Count]?.Tree ?? from;
            written.Add(await KeepDiffAsync(old[written.Count], paired[written.Count], record.Patches[written.Count], cancellation).ConfigureAwait(false));
        }

        // And the one that is edited gives another tree than it is to give.
        if (written.Count < old.Length && paired[written.Count] is { TreeBefore: { } before } edited && before != edited.Tree && edited.Id == record.Patches[written.Count].Commit)
        {
            written.Add(await ReplaceDiffAsync(old[written.Count], edited, record.Patches[written.Count], from, cancellation).ConfigureAwait(false));
            from = edited.Tree;
        }

        while (written.Count < old.Length)
        {
            // As many at once as still give their trees: a series of which one patch has changed is applied twice, not once a patch.
            int first = written.Count;
            int[] ahead = [.. Enumerable.Range(first, old.Length - first).Where(at => paired[at] is not null)];
            ImmutableArray<string> trees = await _git.ApplyAllAsync(
                tree.Repository, tree.OwnFile("refresh.index"), from, [.. ahead.Select(at => Diff(old[at].Patch, record.Patches[at].Strip))], cancellation)
                    .ConfigureAwait(false);
            int same = trees.Zip(ahead, (tree, at) => tree == paired[at]!.Tree).TakeWhile(equal => equal).Count();
            int stop = same < ahead.Length ? ahead[same] : old.Length;
            for (int at = first; at < stop; at++)
            {
                written.Add(await KeepDiffAsync(old[at], paired[at], record.Patches[at], cancellation).ConfigureAwait(false));
                from = paired[at]?.Tree ?? from;
            }

            if (stop == old.Length)
                break;
            written.Add(await ReplaceDiffAsync(old[stop], paired[stop]!, record.Patches[stop], from, cancellation).ConfigureAwait(false));
            from = paired[stop]!.Tree;
        }

        return written.DrainToImmutable();
    }

    private static TreeDiff Diff(PatchFile patch, int strip) => new(patch.Diff, strip, patch.Paths);

    private async Task<RewrittenPatch> KeepDiffAsync(PatchRewriter old, TreeCommit? commit, EditPatch patch, CancellationToken cancellation)
    {
        byte[] content = commit is null ? old.Content : await WithMessageAsync(old, commit, patch, cancellation).ConfigureAwait(false);
        return new RewrittenPatch(content, PatchFile.Parse(patch.File, content, patch.Strip), commit?.Tree);
    }

    private async Task<RewrittenPatch> ReplaceDiffAsync(PatchRewriter old, TreeCommit commit, EditPatch patch, string from, CancellationToken cancellation)
    {
        byte[] after = await DiffAsync(old.DiffOptions, from, commit.Tree, cancellation).ConfigureAwait(false);
        if (after.Length == 0)
        {
            throw new KernelException(
                ErrorCodes.EditCommitLost,
                $"'{patch.File}' would be empty: its commit changes nothing any more. Take it out of the series, and run KernelEdit.",
                    new SourceLocation(patch.File));
        }

        byte[] before = patch.Commit is null ? []
            : await DiffAsync(old.DiffOptions, $"{patch.Commit}^", patch.Commit, cancellation).ConfigureAwait(false);
        string stat = Encoding.Latin1.GetString(
            await _git.BytesInTreeAsync(tree.Folder, ["diff-tree", "-r", "--stat=72", "--summary", "-M", from, commit.Tree], cancellation)
                .ConfigureAwait(false));
        byte[] content = await WithMessageAsync(old, commit, patch, cancellation).ConfigureAwait(false);
        content = new PatchRewriter(patch.File, content, patch.Strip).WithDiff(before, after, stat);
        PatchFile rewritten = PatchFile.Parse(patch.File, content, patch.Strip);
        ImmutableArray<string> trees = await _git.ApplyAllAsync(
            tree.Repository, tree.OwnFile("refresh.index"), from, [Diff(rewritten, patch.Strip)], cancellation).ConfigureAwait(false);
        return trees is [{ } made] && made == commit.Tree ? new RewrittenPatch(content, rewritten, made) : throw new KernelException(
            ErrorCodes.Internal, $"'{patch.File}' would not give its commit's files again as it was to be rewritten. Nothing was written.",
                new SourceLocation(patch.File));
    }

    private Task<byte[]> DiffAsync(ImmutableArray<string> options, string from, string to, CancellationToken cancellation) =>
        _git.BytesInTreeAsync(tree.Folder, ["diff-tree", "-r", .. options, from, to], cancellation);

    private async Task<byte[]> WithMessageAsync(PatchRewriter old, TreeCommit commit, EditPatch patch, CancellationToken cancellation)
    {
        if (commit.Id == patch.Commit)
            return old.Content;
        bool otherAuthor = patch.Commit is not null && old.Patch.Author is not null && await tree.AuthorAsync(patch.Commit, cancellation)
            .ConfigureAwait(false) != commit.Author;
        if (!otherAuthor && !old.HasOtherMessage(commit.Message))
            return old.Content;
        byte[] mail = await _git.BytesInTreeAsync(
            tree.Folder, ["format-patch", "-1", "--stdout", "-N", $"--subject-prefix={old.SubjectPrefix}", commit.Id], cancellation).ConfigureAwait(false);
        return old.WithMessage(Encoding.Latin1.GetString(mail), otherAuthor);
    }

    private sealed record RewrittenPatch(ReadOnlyMemory<byte> Content, PatchFile Patch, string? Tree);
}
