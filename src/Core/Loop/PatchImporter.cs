using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Packaging;
using EveKernel.Core.Patches;
using EveKernel.Core.Processes;
using EveKernel.Core.Source;

namespace EveKernel.Core.Loop;

/// <summary>Takes commits into a series, as patches at its end. Their messages stay as they are, with all that says where they were picked from.</summary>
/// <param name="tree">The edit tree.</param>
/// <param name="sink">Takes what there is to tell.</param>
public sealed partial class PatchImporter(EditTree tree, IDiagnosticSink sink)
{
    /// <summary>Takes the commits on top of the series.</summary>
    /// <param name="seriesFiles">The project's series files; the last gets the patches.</param>
    /// <param name="range">Commits to pick on top first, as <c>git rev-list</c> takes them, one or <c>from..to</c>; or empty.</param>
    /// <param name="repository">The repository that has them; empty is the edit tree.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The new patch files.</returns>
    /// <exception cref="KernelException">EVK2101 to EVK2105, EVK2113.</exception>
    public async Task<ImmutableArray<string>> ImportAsync(ImmutableArray<string> seriesFiles, string range, string repository, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(range);
        using FileLock held = await tree.HoldAsync(sink, cancellation).ConfigureAwait(false);
        await new EditSettler(tree, sink).SettleAsync(cancellation).ConfigureAwait(false);
        EditRecord record = tree.Require();
        if (!EditTree.SamePatches(record.Patches, EditTree.ReadPatches(seriesFiles)))
            throw new KernelException(ErrorCodes.EditStale, "The patches are others than those that the edit tree was made of. Run KernelEdit first.",
                new(tree.Folder));
        if (await tree.UncommittedAsync(cancellation).ConfigureAwait(false) is { IsEmpty: false } files)
        {
            throw new KernelException(
                ErrorCodes.EditUncommitted, $"{string.Join(", ", files.Take(5))}: edits that no commit has. Commit, refresh or stash them first.",
                    new(tree.Folder));
        }

        SeriesCommits commits = new(tree, record);
        string head = await tree.HeadAsync(cancellation).ConfigureAwait(false);
        await commits.OnTopAsync(head, cancellation).ConfigureAwait(false);
        if (range.Length > 0)
        {
            await PickAsync(range, repository, cancellation).ConfigureAwait(false);
            head = await tree.HeadAsync(cancellation).ConfigureAwait(false);
        }

        ImmutableArray<TreeCommit> onTop = await commits.OnTopAsync(head, cancellation).ConfigureAwait(false);
        return onTop.IsEmpty ? [] : await WriteAsync(record, onTop, seriesFiles[^1], head, cancellation).ConfigureAwait(false);
    }

    // A merge or an empty commit in the range is refused later, when all have been picked: git stops at either by itself.
    private async Task PickAsync(string range, string repository, CancellationToken cancellation)
    {
        string[] ends = range.Split("..", 2);
        string to = repository.Length == 0 ? ends[^1] : "FETCH_HEAD";
        if (repository.Length > 0)
        {
            CommandResult fetched = await tree.TryAsync(cancellation, "fetch", "-q", "--no-tags", "--", repository, ends[^1]).ConfigureAwait(false);
            if (!fetched.Succeeded)
                throw Impossible($"'{ends[^1]}' could not be fetched from '{repository}': {fetched.StandardError.Trim()}");
        }

        string from = ends.Length > 1 ? ends[0] : "";
        string what = from.Length > 0 ? $"{from}..{to}" : to;
        if (!(await tree.TryAsync(cancellation, "rev-list", "--max-count=1", what, "--").ConfigureAwait(false)).Succeeded)
            throw Impossible($"'{range}' names no commits. Give full ids for what only the other repository has.");
        CommandResult picked = await tree.TryAsync(cancellation, "cherry-pick", "-x", "--no-gpg-sign", what).ConfigureAwait(false);
        if (!picked.Succeeded && tree.Operation is not null)
        {
            sink.Report(new Diagnostic(Severity.Message, null,
                "When it is resolved: 'git cherry-pick --continue' in the edit tree, then KernelPatchImport without KernelImport."));
            throw await tree.ConflictAsync(picked.StandardError, cancellation).ConfigureAwait(false);
        }

        if (!picked.Succeeded)
            throw Impossible($"git could not pick '{range}': {picked.StandardError.Trim()}");
    }

    private async Task<ImmutableArray<string>> WriteAsync(
        EditRecord record, ImmutableArray<TreeCommit> onTop, string series, string head, CancellationToken cancellation)
    {
        string folder = Path.GetDirectoryName(series)!;
        int number = record.Patches.Select(patch => Number().Match(Path.GetFileName(patch.File))).Where(match => match.Success)
            .Select(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)).DefaultIfEmpty().Max();
        List<(string File, byte[] Content, PatchFile Patch)> made = [];
        foreach (TreeCommit commit in onTop)
        {
            number++;
            string name = await NameAsync(commit, cancellation).ConfigureAwait(false);
            string file = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{number:0000}-{name}.patch"));
            if (Path.Exists(file))
                throw Impossible($"'{file}' is there already, and is in no series. Move it away.");
            byte[] mail = await tree.Git.BytesInTreeAsync(
                tree.Folder, ["format-patch", "-1", "--stdout", "-N", "--binary", "--no-renames", commit.Id], cancellation).ConfigureAwait(false);
            made.Add((file, mail, PatchFile.Parse(file, mail)));
        }

        await RequireSameTreesAsync(record, onTop, [.. made.Select(one => one.Patch)], cancellation).ConfigureAwait(false);
        ImmutableArray<NewCommit> commits = [.. made.Zip(onTop, (one, commit) => SeriesApplier.Commit(one.Patch, commit.Tree, record.BaseTime))];
        string below = record.Patches.Select(patch => patch.Commit).OfType<string>().LastOrDefault() ?? record.Base;
        ImmutableArray<string> ids = await tree.Git.WriteCommitsAsync(tree.Repository, below, commits, cancellation).ConfigureAwait(false);

        byte[] old = await File.ReadAllBytesAsync(series, cancellation).ConfigureAwait(false);
        string names = string.Concat(made.Select(one => Path.GetFileName(one.File) + "\n"));
        byte[] now = [.. old, .. System.Text.Encoding.UTF8.GetBytes((old.Length > 0 && old[^1] != '\n' ? "\n" : "") + names)];
        EditRecord next = record with
        {
            Head = ids[^1],
            Patches = [.. record.Patches, .. made.Zip(ids, (one, id) => new EditPatch(one.File, 1, Digest.OfBytes(one.Content), id, false))],
        };
        await new StateKeeper(tree).KeepAsync("import", record, head, "", cancellation, series).ConfigureAwait(false);
        // The series last: until then nobody looks at the new files.
        ImmutableArray<ChangedFile> files = [.. made.Select(one => new ChangedFile(one.File, "")), new ChangedFile(series, Digest.OfBytes(old))];
        ImmutableArray<ReadOnlyMemory<byte>> contents = [.. made.Select(one => (ReadOnlyMemory<byte>)one.Content), now];
        await new RefreshWriter(tree, sink, null).WriteAsync(new SeriesChange(files, head, ids[^1], "", next), contents, cancellation).ConfigureAwait(false);
        return [.. made.Select(one => one.File)];
    }

    private async Task RequireSameTreesAsync(EditRecord record, ImmutableArray<TreeCommit> onTop, ImmutableArray<PatchFile> patches,
        CancellationToken cancellation)
    {
        string from = await tree.LineAsync(cancellation, "rev-parse", $"{onTop[0].Parent}^{{tree}}").ConfigureAwait(false);
        ImmutableArray<string> trees = await tree.Git.ApplyAllAsync(
            tree.Repository, tree.OwnFile("import.index"), from, [.. patches.Select(patch => new TreeDiff(patch.Diff, 1, patch.Paths))], cancellation)
            .ConfigureAwait(false);
        if (!trees.SequenceEqual(onTop.Select(commit => commit.Tree)))
            throw new KernelException(ErrorCodes.Internal, $"The new patches would not give their commits' files again on {record.Base}. Nothing was written.");
    }

    /// <summary>The name that git gives a patch, without its number.</summary>
    private async Task<string> NameAsync(TreeCommit commit, CancellationToken cancellation)
    {
        string name = await tree.LineAsync(cancellation, "log", "-1", "--format=%f", commit.Id).ConfigureAwait(false);
        return name[..Math.Min(name.Length, 52)].TrimEnd('-');
    }

    private KernelException Impossible(string message) => new(ErrorCodes.ImportImpossible, message, new SourceLocation(tree.Folder));

    [GeneratedRegex(@"^(\d{1,6})-", RegexOptions.CultureInvariant)]
    private static partial Regex Number();
}
