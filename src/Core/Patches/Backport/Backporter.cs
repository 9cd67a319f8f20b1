using System.Collections.Immutable;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Patches.Status;
using EveKernel.Core.Processes;
using EveKernel.Core.Source;

namespace EveKernel.Core.Patches.Backport;

/// <summary>Prepares a branch for each series and tree of a matrix that lacks some of it: with what fits as it is, up to the first patch that a person must decide about.
/// A patch is put on without fuzz and never merged here. Nothing is pushed.</summary>
/// <param name="git">git.</param>
/// <param name="repository">The repository for the branches: a folder that is not there yet, or a repository on this machine.</param>
/// <param name="work">A folder of its own.</param>
/// <param name="sink">Takes what there is to tell.</param>
public sealed class Backporter(GitCli git, string repository, string work, IDiagnosticSink sink)
{
    private const string Branches = "refs/heads/";
    private const string OursBefore = "refs/evekernel/backport/";

    // Objects are made here, beside those of all trees; a repository of somebody's gets finished branches only.
    private string Store => Path.Combine(work, "store.git");

    /// <summary>Prepares the branches.</summary>
    /// <param name="matrix">The matrix.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>A backport for each series and tree with a gap, in the order of the matrix.</returns>
    /// <exception cref="KernelException">EVK2205: a branch has commits of somebody's; EVK2206: the repository cannot take the branches.</exception>
    public async Task<ImmutableArray<SeriesBackport>> PrepareAsync(StatusMatrix matrix, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        using FileLock held = await FileLock.AcquireAsync(work + ".lock", "a backport", other => Say($"Waiting for {other}"), cancellation).ConfigureAwait(false);
        await OpenStoreAsync(matrix.Trees, cancellation).ConfigureAwait(false);
        string target = await OpenRepositoryAsync(cancellation).ConfigureAwait(false);
        ImmutableArray<SeriesBackport>.Builder prepared = ImmutableArray.CreateBuilder<SeriesBackport>();
        foreach (StatusTree tree in matrix.Trees)
        {
            foreach (IGrouping<string, PatchStatus> series in matrix.Verdicts.Where(one => one.Tree == tree.Name).GroupBy(one => matrix.Patches[one.Patch].Series))
            {
                if (series.Any(one => SeriesBackport.IsGap(one.Verdict)))
                    prepared.Add(await PrepareAsync(matrix, tree, series.Key, [.. series], cancellation).ConfigureAwait(false));
            }
        }

        RequireOwnNames(prepared);
        // All are tried before the first is put there: an error leaves the repository as it was.
        foreach (SeriesBackport backport in prepared)
            await RequireOursAsync(target, backport, cancellation).ConfigureAwait(false);
        foreach (SeriesBackport backport in prepared)
            await PutAsync(target, backport, cancellation).ConfigureAwait(false);
        return prepared.DrainToImmutable();
    }

    /// <summary>Writes the commits of a backport as a series for its tree.</summary>
    /// <param name="backport">The backport.</param>
    /// <param name="folder">The folder, which is emptied.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The patch files' names; none where nothing fits.</returns>
    public async Task<ImmutableArray<string>> WriteSeriesAsync(SeriesBackport backport, string folder, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(backport);
        Folders.Empty(folder);
        if (backport.Head == backport.Tree.Commit)
            return [];
        CommandResult written = await git.GitAsync(
            Store, ["format-patch", "-q", "--no-signature", "--zero-commit", "-o", folder, $"{backport.Tree.Commit}..{backport.Head}"], cancellation).ConfigureAwait(false);
        _ = written;
        ImmutableArray<string> names = [.. Directory.EnumerateFiles(folder, "*.patch").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
        DurableFile.WriteAllText(
            Path.Combine(folder, "series"), $"# {Path.GetRelativePath(folder, backport.Series)} for {backport.Tree.Name}, commit {backport.Tree.Commit}.\n{string.Concat(names.Select(name => name + "\n"))}");
        return names;
    }

    /// <summary>What a branch is called.</summary>
    /// <param name="tree">The tree's name.</param>
    /// <param name="series">The series file.</param>
    /// <returns><c>backport/</c>, the tree, and the series' folder or, if it is not called <c>series</c>, its own name.</returns>
    public static string NameBranch(string tree, string series)
    {
        string name = Path.GetFileName(series) == "series" ? Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(series)))! : Path.GetFileNameWithoutExtension(series);
        return $"backport/{Clean(tree)}/{Clean(name)}";
    }

    // git-check-ref-format(1) has more rules; what is left after this breaks none of them.
    private static string Clean(string name)
    {
        string clean = new([.. name.Select(one => char.IsAsciiLetterOrDigit(one) || one is '.' or '-' or '_' ? one : '-')]);
        clean = clean.Replace("..", "-", StringComparison.Ordinal).Trim('.', '-');
        return clean.Length == 0 ? "x" : clean.EndsWith(".lock", StringComparison.Ordinal) ? clean + "-" : clean;
    }

    private async Task OpenStoreAsync(ImmutableArray<StatusTree> trees, CancellationToken cancellation)
    {
        await git.InitializeStoreAsync(Store, cancellation).ConfigureAwait(false);
        string[] stores = [.. trees.Select(tree => tree.Store).Distinct(StringComparer.Ordinal)];
        DurableFile.WriteAllText(Path.Combine(Store, "objects", "info", "alternates"), string.Concat(stores.Select(store => Path.Combine(store, "objects") + "\n")));
        // Single commits of long histories.
        IEnumerable<string> shallow = stores.Select(store => Path.Combine(store, "shallow")).Where(File.Exists).SelectMany(File.ReadLines).Distinct(StringComparer.Ordinal);
        string cut = string.Concat(shallow.Select(commit => commit + "\n"));
        if (cut.Length > 0)
            DurableFile.WriteAllText(Path.Combine(Store, "shallow"), cut);
        else
            File.Delete(Path.Combine(Store, "shallow"));
    }

    // Whoever names no repository gets the store itself, where git works on all trees.
    private async Task<string> OpenRepositoryAsync(CancellationToken cancellation)
    {
        if (repository.Length == 0)
            return Store;
        string inside = Path.Combine(repository, ".git");
        string folder = Path.Exists(inside) ? inside : repository;
        if (!Directory.Exists(repository) || !(await git.QueryAsync(folder, ["rev-parse", "--git-dir"], null, cancellation).ConfigureAwait(false)).Succeeded)
            throw Impossible($"KernelBackportRepository is '{repository}', which is no git repository on this machine. Clone the kernel there, or leave the property empty.");
        return folder;
    }

    private async Task<SeriesBackport> PrepareAsync(StatusMatrix matrix, StatusTree tree, string series, ImmutableArray<PatchStatus> verdicts, CancellationToken cancellation)
    {
        PatchSeries read = PatchSeries.Read(series);
        CommitInfo pin = await git.FindCommitAsync(Store, tree.Commit, cancellation).ConfigureAwait(false)
            ?? throw Impossible($"The commit {tree.Commit} of tree '{tree.Name}' is not in '{tree.Store}' any more.");
        string index = Path.Combine(work, "index");
        string now = tree.Id;
        bool stopped = false;
        List<NewCommit> commits = [];
        List<BackportPatch> patches = [];
        foreach (PatchStatus status in verdicts)
        {
            StatusPatch row = matrix.Patches[status.Patch];
            BackportStep step = !SeriesBackport.IsGap(status.Verdict) ? BackportStep.Skipped : stopped ? BackportStep.Waiting : BackportStep.Stopped;
            if (step == BackportStep.Stopped)
            {
                SeriesEntry entry = read.Entries.First(one => one.Path == row.File);
                PatchFile patch = PatchFile.Read(entry.Path, entry.Strip);
                ApplyResult applied = await git.ApplyAsync(Store, index, now, patch.Diff, entry.Strip, ApplyMode.Apply, cancellation).ConfigureAwait(false);
                stopped = applied.Tree is null;
                if (applied.Tree is { } patched)
                {
                    step = BackportStep.Committed;
                    now = patched;
                    commits.Add(SeriesApplier.Commit(patch, patched, pin.CommitTime));
                }
            }

            patches.Add(new BackportPatch(row, status, step, null));
        }

        ImmutableArray<string> ids = commits.Count == 0 ? [] : await git.WriteCommitsAsync(Store, tree.Commit, [.. commits], cancellation).ConfigureAwait(false);
        int next = 0;
        return new SeriesBackport(
            tree, series, NameBranch(tree.Name, series), ids.IsEmpty ? tree.Commit : ids[^1],
            [.. patches.Select(patch => patch.Step == BackportStep.Committed ? patch with { Commit = ids[next++] } : patch)]);
    }

    private async Task RequireOursAsync(string target, SeriesBackport backport, CancellationToken cancellation)
    {
        if (target != Store && !(await git.QueryAsync(target, ["cat-file", "-e", backport.Tree.Commit], null, cancellation).ConfigureAwait(false)).Succeeded)
            throw Impossible($"'{repository}' does not hold the commit {backport.Tree.Commit} of tree '{backport.Tree.Name}'. Fetch it there first.");
        string? there = await git.ResolveAsync(target, Branches + backport.Branch, cancellation).ConfigureAwait(false);
        string? ours = await git.ResolveAsync(target, OursBefore + backport.Branch, cancellation).ConfigureAwait(false);
        if (there is null || there == backport.Head)
            return;
        if (there == ours)
        {
            // A branch that moves below a work tree turns what stands there into a change that takes the move back.
            if (await FindWorkTreeAsync(target, backport.Branch, cancellation).ConfigureAwait(false) is not { } folder)
                return;
            throw new KernelException(
                ErrorCodes.BackportBranchTaken,
                $"The branch '{backport.Branch}' of '{target}' would move to {backport.Head[..12]}, and it is checked out in '{folder}', where somebody may be at work: it "
                    + "stays as it is. Go on with it by hand, or take the work tree away ('git worktree remove').");
        }

        throw new KernelException(
            ErrorCodes.BackportBranchTaken,
            $"The branch '{backport.Branch}' of '{target}' is at {there[..12]}, where KernelBackport has not put it: it holds somebody's work, and stays as it is. "
                + "Go on with it by hand, or rename it ('git branch -m').");
    }

    /// <summary>The work tree that has a branch checked out, or null.</summary>
    private async Task<string?> FindWorkTreeAsync(string target, string branch, CancellationToken cancellation)
    {
        CommandResult listed = await git.GitAsync(target, ["worktree", "list", "--porcelain"], cancellation).ConfigureAwait(false);
        string folder = "";
        foreach (string line in listed.StandardOutput.Split('\n'))
        {
            if (line.StartsWith("worktree ", StringComparison.Ordinal))
                folder = line["worktree ".Length..];
            else if (line == "branch " + Branches + branch)
                return folder;
        }

        return null;
    }

    // Folders of the same name, or trees whose names differ only in what no branch may have: one would take the other's branch.
    private static void RequireOwnNames(IEnumerable<SeriesBackport> backports)
    {
        foreach (SeriesBackport[] same in backports.GroupBy(one => one.Branch, StringComparer.Ordinal).Select(one => one.ToArray()).Where(one => one.Length > 1))
        {
            throw Impossible(
                $"'{same[0].Series}' for tree '{same[0].Tree.Name}' and '{same[1].Series}' for tree '{same[1].Tree.Name}' would both be on the branch "
                    + $"'{same[0].Branch}'. Give one of the series' folders, or one of the trees, another name.");
        }
    }

    private async Task PutAsync(string target, SeriesBackport backport, CancellationToken cancellation)
    {
        if (target != Store && backport.Head != backport.Tree.Commit)
        {
            using MemoryStream pack = new();
            await git.GitAsync(
                Store, ["pack-objects", "-q", "--revs", "--thin", "--stdout"], cancellation,
                writeInput: GitCli.Writer(System.Text.Encoding.ASCII.GetBytes($"{backport.Head}\n^{backport.Tree.Commit}\n")),
                readOutput: (stream, token) => stream.CopyToAsync(pack, token)).ConfigureAwait(false);
            await git.GitAsync(target, ["index-pack", "--fix-thin", "--stdin"], cancellation, writeInput: GitCli.Writer(pack.ToArray())).ConfigureAwait(false);
        }

        // First the note that it is ours: killed between the two, the next run may still move it.
        await git.UpdateRefAsync(target, OursBefore + backport.Branch, backport.Head, cancellation).ConfigureAwait(false);
        await git.UpdateRefAsync(target, Branches + backport.Branch, backport.Head, cancellation).ConfigureAwait(false);
    }

    private void Say(string message) => sink.Report(new Diagnostic(Severity.Message, null, message));

    private static KernelException Impossible(string message) => new(ErrorCodes.BackportImpossible, message);
}
