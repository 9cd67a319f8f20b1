using EveKernel.Core.Diagnostics;
using EveKernel.Core.Loop;

namespace EveKernel.Tests.Loop;

/// <summary>The edit tree when the pin or the series moves below it.</summary>
public sealed class EditTests : IDisposable
{
    private readonly LoopSetup _setup = new();

    public void Dispose() => _setup.Dispose();

    [Fact]
    public async Task What_somebody_else_keeps_in_the_folder_stays()
    {
        Directory.CreateDirectory(_setup.Folder);
        File.WriteAllText(Path.Combine(_setup.Folder, "mine"), "mine\n");
        Assert.Equal("EVK2100", (await Assert.ThrowsAsync<KernelException>(() => _setup.EditAsync())).Code.Id);
        Assert.Equal(["mine"], Directory.EnumerateFileSystemEntries(_setup.Folder).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_second_time_changes_nothing_whatever_was_edited()
    {
        await _setup.EditAsync();
        _setup.EditTreeFile("a.c", "ten\n", "edited\n");
        File.WriteAllText(Path.Combine(_setup.Folder, "new.c"), "new\n");
        _setup.InTree("commit", "-q", "--allow-empty", "-m", "mine");
        string head = _setup.InTree("rev-parse", "HEAD");
        string tree = _setup.WorkTree();
        await _setup.EditAsync();
        Assert.Equal((head, tree), (_setup.InTree("rev-parse", "HEAD"), _setup.WorkTree()));
    }

    [Fact]
    public async Task Half_a_tree_that_a_killed_command_left_is_made_anew()
    {
        Directory.CreateDirectory(_setup.Folder + ".new/.git");
        File.WriteAllText(_setup.Folder + ".new/a.c", "half");
        await _setup.EditAsync();
        Assert.Equal(_setup.PatchedTree(), _setup.WorkTree());
        Assert.False(Directory.Exists(_setup.Folder + ".new"));
    }

    [Fact]
    public async Task Its_own_commits_are_in_its_own_repository()
    {
        EditRecord record = await _setup.EditAsync();
        File.Delete(Path.Combine(_setup.Folder, ".git/objects/info/alternates"));
        foreach (string commit in record.Patches.Select(patch => patch.Commit!))
            Assert.Equal("commit", _setup.InTree("cat-file", "-t", commit));
    }

    [Fact]
    public async Task A_series_that_was_changed_or_a_pin_that_moved_is_taken_over_where_it_fits()
    {
        await _setup.EditAsync();
        File.WriteAllText(_setup.Series, string.Concat(_setup.Files.Take(2).Select(file => Path.GetFileName(file) + "\n")));
        await _setup.EditAsync();
        Assert.Equal(_setup.Apply().Commit, _setup.InTree("rev-parse", "HEAD"));
        Assert.Equal(_setup.PatchedTree(), _setup.WorkTree());
        string moved = _setup.Upstream(("c.c", "new\n"));
        await _setup.EditAsync(moved);
        Assert.Equal(_setup.Apply(moved).Commit, _setup.InTree("rev-parse", "HEAD"));
        Assert.Equal(_setup.PatchedTree(moved), _setup.WorkTree());
        Assert.Empty(await _setup.RefreshAsync(pin: moved));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_series_that_no_longer_fits_is_merged_and_stops_at_the_real_conflict_only(bool treeThere)
    {
        // The first patch's context moved, which git merges; the second's own line was changed, which nobody but a person can merge.
        string moved = _setup.Upstream(("a.c", LoopSetup.Lines(60, (8, "eight"))), ("b.c", LoopSetup.Lines(60, (20, "other"))));
        if (treeThere)
            await _setup.EditAsync();
        string[] before = _setup.Read();
        KernelException conflict = await Assert.ThrowsAsync<KernelException>(() => _setup.EditAsync(moved));
        Assert.Equal(("EVK2104", Path.Combine(_setup.Folder, "b.c")), (conflict.Code.Id, conflict.Location!.File));
        Assert.StartsWith("'b: Change twenty", conflict.Message, StringComparison.Ordinal);
        string[] both = File.ReadAllLines(conflict.Location.File);
        Assert.StartsWith("<<<<<<<", both[conflict.Location.Line - 1], StringComparison.Ordinal);
        Assert.Contains("other", both);
        Assert.Contains("twenty", both);
        Assert.Contains("ten", File.ReadAllLines(Path.Combine(_setup.Folder, "a.c")));

        EditSettler settler = new(_setup.Tree, _setup.Sink);
        Assert.Equal("EVK2104", (await Assert.ThrowsAsync<KernelException>(() => settler.ContinueAsync(default))).Code.Id);
        Assert.Equal("EVK2103", (await Assert.ThrowsAsync<KernelException>(() => _setup.EditAsync(moved))).Code.Id);
        File.WriteAllText(conflict.Location.File, LoopSetup.Lines(60, (20, "other twenty")));
        Assert.False(await settler.ContinueAsync(default));
        Assert.Equal(before, _setup.Read());

        Assert.Equal([_setup.Files[0], _setup.Files[1]], await _setup.RefreshAsync(pin: moved));
        Assert.Equal(before[2], _setup.Read()[2]);
        Assert.Equal(_setup.WorkTree(), _setup.PatchedTree(moved));
        Assert.Equal(_setup.Apply(moved).Commit, _setup.InTree("rev-parse", "HEAD"));
        // The mail around the diff is as it was.
        Assert.Equal(before[0].Split("---\n")[0], _setup.Read()[0].Split("---\n")[0]);
        Assert.Equal("EVK2103", (await Assert.ThrowsAsync<KernelException>(() => settler.ContinueAsync(default))).Code.Id);
    }

    [Fact]
    public async Task Called_off_by_git_the_tree_is_where_it_was()
    {
        string moved = _setup.Upstream(("b.c", LoopSetup.Lines(60, (20, "other"))));
        await _setup.EditAsync();
        string head = _setup.InTree("rev-parse", "HEAD");
        await Assert.ThrowsAsync<KernelException>(() => _setup.EditAsync(moved));
        _setup.InTree("am", "--abort");
        Assert.Empty(await _setup.RefreshAsync());
        Assert.Equal(head, _setup.InTree("rev-parse", "HEAD"));
        Assert.Equal(_setup.PatchedTree(), _setup.WorkTree());
    }

    [Fact]
    public async Task Without_the_files_that_a_patch_was_made_for_its_hunks_lie_beside()
    {
        string moved = _setup.Upstream(("b.c", LoopSetup.Lines(60, (20, "other"))));
        // No repository has such files.
        LoopSetup.Edit(_setup.Files[1], "index ", "index 1234567..89abcde 100644\n#");
        string[] lines = File.ReadAllLines(_setup.Files[1]);
        File.WriteAllText(_setup.Files[1], string.Join('\n', lines.Where(line => !line.StartsWith('#'))) + "\n");
        KernelException conflict = await Assert.ThrowsAsync<KernelException>(() => _setup.EditAsync(moved));
        Assert.Equal(("EVK2104", Path.Combine(_setup.Folder, "b.c.rej")), (conflict.Code.Id, conflict.Location!.File));
        Assert.Contains("+twenty", File.ReadAllText(conflict.Location.File), StringComparison.Ordinal);
        EditSettler settler = new(_setup.Tree, _setup.Sink);
        Assert.Equal("EVK2104", (await Assert.ThrowsAsync<KernelException>(() => settler.ContinueAsync(default))).Code.Id);
        File.Delete(conflict.Location.File);
        _setup.EditTreeFile("b.c", "other\n", "other twenty\n");
        Assert.False(await settler.ContinueAsync(default));
        Assert.Equal([_setup.Files[1]], await _setup.RefreshAsync(pin: moved));
        Assert.Equal(_setup.WorkTree(), _setup.PatchedTree(moved));
    }

    [Fact]
    public async Task Commits_of_somebody_s_come_along_to_another_pin_and_edits_without_a_commit_do_not()
    {
        await _setup.EditAsync();
        _setup.EditTreeFile("a.c", "ten\n", "ten edited\n");
        string moved = _setup.Upstream(("c.c", "new\n"));
        Assert.Equal("EVK2105", (await Assert.ThrowsAsync<KernelException>(() => _setup.EditAsync(moved))).Code.Id);
        _setup.InTree("commit", "-q", "-a", "--fixup=HEAD~2");
        await _setup.EditAsync(moved);
        Assert.Equal("new", File.ReadAllText(Path.Combine(_setup.Folder, "c.c")).Trim());
        Assert.Equal([_setup.Files[0]], await _setup.RefreshAsync(pin: moved));
        Assert.Equal(_setup.WorkTree(), _setup.PatchedTree(moved));
    }

    [Fact]
    public async Task Commits_of_somebody_s_come_along_to_changed_patches_unless_both_changed_the_same()
    {
        await _setup.EditAsync();
        _setup.EditTreeFile("a.c", "ten\n", "ten edited\n");
        _setup.InTree("commit", "-q", "-a", "--fixup=HEAD~2");
        LoopSetup.Edit(_setup.Files[1], "+twenty\n", "+twenty, by hand\n");
        await _setup.EditAsync();
        Assert.Equal([_setup.Files[0]], await _setup.RefreshAsync());
        Assert.Contains("twenty, by hand", File.ReadAllLines(Path.Combine(_setup.Folder, "b.c")));
        Assert.Equal(_setup.WorkTree(), _setup.PatchedTree());

        _setup.InTree("commit", "-q", "--amend", "--allow-empty", "-m", "mine");
        LoopSetup.Edit(_setup.Files[1], "by hand", "by another hand");
        Assert.Equal("EVK2102", (await Assert.ThrowsAsync<KernelException>(() => _setup.EditAsync())).Code.Id);
        Assert.Equal("mine", _setup.InTree("log", "-1", "--format=%s"));
    }

    [Fact]
    public async Task A_cache_that_was_cleared_takes_no_edit_along()
    {
        await _setup.EditAsync();
        _setup.EditTreeFile("a.c", "ten\n", "ten edited\n");
        _setup.InTree("commit", "-q", "-a", "--fixup=HEAD~2");
        string store = _setup.Source().Store;
        Directory.Delete(store, recursive: true);
        ViewRequest request = new(_setup["x.kernelproj"], _setup["obj"], _setup["bin"], _setup["packages"], [_setup.Series], _setup["none"], "why");
        ProjectView view = await ProjectView.LookAsync(request, _setup.Tree, default);
        Assert.Equal((1, (string?)null), (view.Edit!.Commits, view.EditProblem));
        _setup.Upstream();
        await _setup.Git.FetchCommitAsync(store, _setup["kernel"], null, _setup.Base, default);
        Assert.Equal([_setup.Files[0]], await _setup.RefreshAsync());
        Assert.Equal(_setup.WorkTree(), _setup.PatchedTree());

        // What cannot be read at all is shown as well.
        await File.WriteAllTextAsync(Path.Combine(_setup.Folder, ".git/HEAD"), "damaged\n");
        Assert.Contains("edit tree " + _setup.Folder + ": EVK1002", (await ProjectView.LookAsync(request, _setup.Tree, default)).ToText(),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_tree_has_over_the_series_is_told()
    {
        await _setup.EditAsync();
        EditReport report = new(_setup.Tree);
        Assert.Equal("", await report.DiffAsync(default));
        _setup.EditTreeFile("a.c", "ten\n", "ten edited\n");
        _setup.InTree("commit", "-q", "-a", "--fixup=HEAD~2");
        _setup.EditTreeFile("b.c", "twenty\n", "twenty edited\n");
        File.WriteAllText(Path.Combine(_setup.Folder, "stray.c"), "x\n");
        string text = await report.DiffAsync(default);
        foreach (string part in (string[])["fixup! a: Change ten", "b.c | 2 +-", " stray.c", "-ten\n+ten edited\n", "-twenty\n+twenty edited\n"])
            Assert.Contains(part, text, StringComparison.Ordinal);
        EditSummary summary = (await report.SummarizeAsync(default))!;
        Assert.Equal((1, "b.c", (string?)null), (summary.Commits, summary.Uncommitted.Single(), summary.Operation));
        EditReport none = new(new EditTree(_setup.Git, _setup["none"]));
        Assert.Equal("EVK2101", (await Assert.ThrowsAsync<KernelException>(() => none.DiffAsync(default))).Code.Id);
    }
}
