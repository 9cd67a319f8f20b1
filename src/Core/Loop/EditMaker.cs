using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Patches;
using EveKernel.Core.Processes;
using EveKernel.Core.Source;

namespace EveKernel.Core.Loop;

/// <summary>Makes an edit tree, or carries one over to another pin or series. What somebody did in it stays: an edit that git cannot carry stops it.</summary>
/// <param name="tree">The tree.</param>
/// <param name="sink">Takes what there is to tell.</param>
public sealed class EditMaker(EditTree tree, IDiagnosticSink sink)
{
    private readonly GitCli _git = tree.Git;

    /// <summary>Makes the tree hold the series on the pinned commit.</summary>
    /// <param name="source">The pinned source, whose objects the store has.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>What the tree is made of.</returns>
    /// <exception cref="KernelException">EVK2100: the folder holds something else; EVK2102 to EVK2105: it cannot be carried over as it is.</exception>
    public async Task<EditRecord> MakeAsync(EditSource source, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(source);
        EditRecord wanted = new(source.ProjectFile, source.Commit, source.Tree, source.CommitTime, "", EditTree.ReadPatches(source.Series));
        if (tree.Record is null)
            return await CreateAsync(source, wanted, cancellation).ConfigureAwait(false);

        using FileLock held = await tree.HoldAsync(sink, cancellation).ConfigureAwait(false);
        await new EditSettler(tree, sink).SettleAsync(cancellation).ConfigureAwait(false);
        EditRecord record = tree.Require();
        if (record.Base == wanted.Base && EditTree.SamePatches(record.Patches, wanted.Patches))
            return record;
        string head = await tree.HeadAsync(cancellation).ConfigureAwait(false);
        ImmutableArray<string> edits = await tree.UncommittedAsync(cancellation).ConfigureAwait(false);
        if (!edits.IsEmpty)
        {
            throw new KernelException(
                ErrorCodes.EditUncommitted,
                $"The series is to be carried over to another state, and {edits.Length} files in '{tree.Folder}' have edits that no commit has: "
                    + $"{string.Join(", ", edits.Take(5))}. Commit them there ('git commit -a --fixup=…'), or 'git stash' them.",
                new SourceLocation(tree.Folder));
        }

        await new StateKeeper(tree).KeepAsync("edit", record, head, "", cancellation).ConfigureAwait(false);
        return head == record.Head
            ? await PutOnAsync(source, wanted, head, cancellation).ConfigureAwait(false)
            : await RebaseAsync(source, record, wanted, head, cancellation).ConfigureAwait(false);
    }

    // Aside and then renamed: a tree that is there is whole.
    private async Task<EditRecord> CreateAsync(EditSource source, EditRecord wanted, CancellationToken cancellation)
    {
        if (Directory.Exists(tree.Folder) && Directory.EnumerateFileSystemEntries(tree.Folder).Any())
        {
            throw new KernelException(
                ErrorCodes.EditFolderTaken,
                $"'{tree.Folder}' holds something that KernelEdit has not made, and it stays as it is. Give another KernelEditDirectory, or move it away.",
                new SourceLocation(tree.Folder));
        }

        string aside = tree.Folder + ".new";
        using FileLock held = await tree.HoldNewAsync(sink, cancellation).ConfigureAwait(false);
        if (tree.Record is { } made)
            return made;
        Folders.Delete(aside);
        EditTree fresh = new(_git, aside);
        await _git.InitializeTreeAsync(source.Store, aside, EditTree.Branch, cancellation).ConfigureAwait(false);
        await fresh.RunAsync(cancellation, "update-ref", "refs/evekernel/base", source.Commit).ConfigureAwait(false);
        (EditRecord? record, KernelException? conflict) = await ApplyAsync(fresh, source, wanted, cancellation).ConfigureAwait(false);
        await KeepObjectsAsync(fresh, source.Commit, record?.Head ?? source.Commit, cancellation).ConfigureAwait(false);
        await fresh.RunAsync(cancellation, "reset", "-q", "--hard", record?.Head ?? source.Commit).ConfigureAwait(false);
        // Of no patch until git has merged them: called off, the next KernelEdit begins anew.
        fresh.Write(record ?? wanted with { Head = source.Commit, Patches = [] });
        if (conflict is not null)
            fresh.Write(new EditCarry(ForRefresh: false, "", source.Commit, wanted, HeadIsSeries: true));
        if (Directory.Exists(tree.Folder))
            Directory.Delete(tree.Folder);
        Directory.CreateDirectory(Path.GetDirectoryName(tree.Folder)!);
        Directory.Move(aside, tree.Folder);
        return record ?? await MergeAsync(source, conflict!, cancellation).ConfigureAwait(false);
    }

    private async Task<(EditRecord? Record, KernelException? Conflict)> ApplyAsync(
        EditTree where, EditSource source, EditRecord wanted, CancellationToken cancellation)
    {
        try
        {
            PatchedTree patched = await source.ApplyAsync(_git, where.Repository, where.OwnFile("series.index"), sink, cancellation).ConfigureAwait(false);
            string listed = await where.RunAsync(cancellation, "rev-list", "--reverse", $"{source.Commit}..{patched.Commit}").ConfigureAwait(false);
            Queue<string> commits = new(listed.Split('\n', StringSplitOptions.RemoveEmptyEntries));
            return (wanted with
            {
                Head = patched.Commit,
                Patches = [.. wanted.Patches.Zip(patched.Patches, (patch, applied) =>
                    patch with { Commit = applied.AlreadyApplied ? null : commits.Dequeue(), AlreadyApplied = applied.AlreadyApplied })],
            }, null);
        }
        catch (KernelException conflict) when (conflict.Code == ErrorCodes.PatchConflict)
        {
            return (null, conflict);
        }
    }

    // The series' own objects come into the tree's repository, so that its history is whole also when a cache was cleared and the pinned commit fetched again.
    private static async Task KeepObjectsAsync(EditTree where, string from, string to, CancellationToken cancellation)
    {
        if (from == to)
            return;
        Directory.CreateDirectory(Path.Combine(where.Repository, "objects", "pack"));
        await where.Git.InTreeAsync(
            where.Folder, ["pack-objects", "-q", "--revs", Path.Combine(where.Repository, "objects", "pack", "pack")], cancellation,
            Encoding.ASCII.GetBytes($"{to}\n^{from}\n")).ConfigureAwait(false);
    }

    // Nothing but the series is in the tree.
    private async Task<EditRecord> PutOnAsync(EditSource source, EditRecord wanted, string head, CancellationToken cancellation)
    {
        (EditRecord? record, KernelException? conflict) = await ApplyAsync(tree, source, wanted, cancellation).ConfigureAwait(false);
        await tree.RunAsync(cancellation, "update-ref", "refs/evekernel/base", source.Commit).ConfigureAwait(false);
        if (record is null)
            tree.Write(new EditCarry(ForRefresh: false, head, source.Commit, wanted, HeadIsSeries: true));
        await tree.RunAsync(cancellation, "reset", "-q", "--keep", record?.Head ?? source.Commit).ConfigureAwait(false);
        if (record is null)
            return await MergeAsync(source, conflict!, cancellation).ConfigureAwait(false);
        await KeepObjectsAsync(tree, source.Commit, record.Head, cancellation).ConfigureAwait(false);
        tree.Write(record);
        return record;
    }

    /// <summary>Lets git merge a series that does not fit, patch by patch, from the files that its patches were made for.</summary>
    private async Task<EditRecord> MergeAsync(EditSource source, KernelException conflict, CancellationToken cancellation)
    {
        ImmutableArray<SeriesEntry> entries = [.. source.Series.SelectMany(file => PatchSeries.Read(file).Entries)];
        if (entries.Any(entry => entry.Strip != 1))
        {
            tree.DropCarry();
            throw conflict;
        }

        string mails = tree.OwnFile("series.mbox");
        DurableFile.Write(mails, stream =>
        {
            foreach (SeriesEntry entry in entries)
                WriteMail(stream, PatchFile.Read(entry.Path), source.CommitTime);
        });
        sink.Report(new Diagnostic(Severity.Message, null, "The series does not fit the pinned tree as it is; git merges it, patch by patch."));
        CommandResult merged = await tree.TryAsync(
            cancellation, "am", "-q", "--3way", "--keep-cr", "--keep-non-patch", "--no-gpg-sign", "--committer-date-is-author-date", mails)
                .ConfigureAwait(false);
        EditSettler settler = new(tree, sink);
        if (!merged.Succeeded)
            throw await settler.StoppedAsync(merged, cancellation).ConfigureAwait(false);
        return await settler.FinishAsync(cancellation).ConfigureAwait(false);
    }

    private static void WriteMail(Stream stream, PatchFile patch, DateTimeOffset time)
    {
        Signature author = patch.Author ?? new Signature("EveKernel.Sdk", "evekernel-sdk@localhost", time);
        DateTimeOffset when = author.Time == default ? time : author.Time;
        string[] message = patch.Message.Split('\n', 2);
        string zone = when.ToString("zzz", CultureInfo.InvariantCulture).Replace(":", "", StringComparison.Ordinal);
        stream.Write(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"""
            From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001
            From: {author.Name} <{author.Email}>
            Date: {when:ddd, d MMM yyyy HH:mm:ss} {zone}
            Subject: [PATCH] {message[0]}
            MIME-Version: 1.0
            Content-Type: text/plain; charset=UTF-8
            Content-Transfer-Encoding: 8bit

            {message[^1].Trim('\n')}
            ---

            """)));
        stream.Write(patch.Diff.Span);
        stream.Write("-- \n\n"u8);
    }

    // Somebody's commits are in the tree: they are carried over as git carries commits.
    private async Task<EditRecord> RebaseAsync(EditSource source, EditRecord record, EditRecord wanted, string head, CancellationToken cancellation)
    {
        bool samePatches = EditTree.SamePatches(record.Patches, wanted.Patches);
        bool onTop = record.Head.Length > 0 && await tree.IsAncestorAsync(record.Head, head, cancellation).ConfigureAwait(false);
        string onto = source.Commit;
        string from = record.Base;
        EditRecord next = wanted;
        if (!samePatches)
        {
            if (!onTop)
            {
                throw new KernelException(
                    ErrorCodes.EditStale,
                    $"The patches were changed while '{tree.Folder}' holds changed commits of theirs, so that neither is the newer. Bring the patches "
                        + "back to what they were, and -t:KernelPatchRefresh; or move the folder away, -t:KernelEdit, and take your commits from it by "
                        + "'git fetch' and 'git cherry-pick'.",
                    new SourceLocation(tree.Folder));
            }

            (EditRecord? applied, KernelException? conflict) = await ApplyAsync(tree, source, wanted, cancellation).ConfigureAwait(false);
            next = applied ?? throw conflict!;
            (onto, from) = (applied.Head, record.Head);
        }

        await tree.RunAsync(cancellation, "update-ref", "refs/evekernel/base", source.Commit).ConfigureAwait(false);
        tree.Write(new EditCarry(ForRefresh: false, head, onto, next, HeadIsSeries: false));
        CommandResult rebased = await tree.TryAsync(cancellation, "rebase", "-q", "--empty=keep", "--no-gpg-sign", "--onto", onto, from).ConfigureAwait(false);
        EditSettler settler = new(tree, sink);
        if (!rebased.Succeeded)
            throw await settler.StoppedAsync(rebased, cancellation).ConfigureAwait(false);
        return await settler.FinishAsync(cancellation).ConfigureAwait(false);
    }
}

/// <summary>The source and series that an edit tree is made of.</summary>
/// <param name="ProjectFile">The project's file.</param>
/// <param name="Store">The store that has the pinned commit.</param>
/// <param name="Commit">That commit.</param>
/// <param name="Tree">Its tree.</param>
/// <param name="CommitTime">Its time.</param>
/// <param name="Series">The series files, in order.</param>
/// <param name="AlreadyAppliedIsError">Whether a patch that the tree holds already is an error.</param>
public sealed record EditSource(
    string ProjectFile, string Store, string Commit, string Tree, DateTimeOffset CommitTime, ImmutableArray<string> Series, bool AlreadyAppliedIsError)
{
    /// <summary>Brings the pinned source of a plan into the store.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="environment">The host's environment.</param>
    /// <param name="sink">Takes what there is to tell.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The source.</returns>
    public static async Task<EditSource> FetchAsync(
        BuildPlan plan, ImmutableDictionary<string, string> environment, IDiagnosticSink sink, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(plan);
        SourceFetcher fetcher = new(new GitCli(environment), plan.Store, sink, new ArchiveImporter(environment));
        string snapshot = Path.Combine(plan.IntermediateFolder, "snapshot.index");
        await fetcher.FetchAsync(plan.Pin, snapshot, plan.ProjectFile, cancellation).ConfigureAwait(false);
        return new EditSource(
            plan.ProjectFile, plan.Store, plan.Source.Commit, plan.Source.Tree, plan.Source.CommitTime, plan.Series, plan.AlreadyAppliedIsError);
    }

    /// <summary>Applies the series to the pinned commit.</summary>
    internal Task<PatchedTree> ApplyAsync(GitCli git, string repository, string index, IDiagnosticSink sink, CancellationToken cancellation) =>
        new SeriesApplier(git, repository, sink).ApplyAsync(
            Commit, Tree, CommitTime, [.. Series.Select(PatchSeries.Read)], AlreadyAppliedIsError ? AlreadyApplied.Error : AlreadyApplied.Skip, index,
            cancellation);
}
