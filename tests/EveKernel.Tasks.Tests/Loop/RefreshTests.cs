using EveKernel.Core.Diagnostics;
using EveKernel.Core.Loop;

namespace EveKernel.Tests.Loop;

/// <summary>Edits that go back into the patches they belong to, whichever way they were made.</summary>
public sealed class RefreshTests : IDisposable
{
    private readonly LoopSetup _setup = new();

    public void Dispose() => _setup.Dispose();

    [Fact]
    public async Task An_edit_tree_is_an_ordinary_work_tree_with_a_commit_for_each_patch_and_gives_the_same_bytes_back()
    {
        string[] before = _setup.Read();
        EditRecord record = await _setup.EditAsync();
        Assert.Equal(_setup.Apply().Commit, _setup.InTree("rev-parse", "HEAD"));
        Assert.Equal("series", _setup.InTree("branch", "--show-current"));
        Assert.Equal("", _setup.InTree("status", "--porcelain", "--ignored"));
        Assert.Equal(
            ["a: Change ten", "b: Change twenty, with a subject so long that git has to fold it in the mail's header", "a: Change forty"],
            _setup.InTree("log", "--reverse", "--format=%s", $"{_setup.Base}..").Split('\n'));
        Assert.Equal(3, record.Patches.Select(patch => patch.Commit).OfType<string>().Distinct().Count());

        Assert.Empty(await _setup.RefreshAsync());
        Assert.Equal(before, _setup.Read());
        // Another id of the same content, as a rebase makes it, is no edit.
        _setup.InTree("rebase", "-q", "--force-rebase", _setup.Base);
        Assert.NotEqual(record.Head, _setup.InTree("rev-parse", "HEAD"));
        Assert.Empty(await _setup.RefreshAsync());
        Assert.Equal(record.Head, _setup.InTree("rev-parse", "HEAD"));
        Assert.Equal(before, _setup.Read());
    }

    public static TheoryData<string, int> Ways() => new()
    {
        { "amend the last", 2 },
        { "amend the last by a new file, from a subfolder", 2 },
        { "fixup of the first by subject", 0 },
        { "fixup of the second by id", 1 },
        { "two fixups of the first", 0 },
        { "uncommitted, with the patch's name", 1 },
        { "uncommitted, partly staged", 1 },
        { "a new file", 1 },
        { "edited in a rebase", 0 },
        { "squash!, which only git's rebase folds", 0 },
        { "another subject and content", 2 },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task An_edit_goes_into_its_patch_and_leaves_the_others_as_they_are(string way, int patch)
    {
        string[] before = _setup.Read();
        await _setup.EditAsync();
        string name = Do(way);
        string tree = _setup.WorkTree();

        string[] written = await _setup.RefreshAsync(name);

        string[] after = _setup.Read();
        Assert.Equal([_setup.Files[patch]], written);
        for (int at = 0; at < before.Length; at++)
            Assert.Equal(at == patch, before[at] != after[at]);
        Assert.Equal(tree, _setup.PatchedTree());
        Assert.Equal(tree, _setup.WorkTree());
        Assert.Equal(_setup.Apply().Commit, _setup.InTree("rev-parse", "HEAD"));
        Assert.Equal("", _setup.InTree("status", "--porcelain"));
        Assert.Contains("edited", after[patch], StringComparison.Ordinal);
        // Before and behind the diff nothing but its summary, or the message that was changed, is another.
        if (way != "another subject and content" && !way.StartsWith("squash!", StringComparison.Ordinal))
            Assert.Equal(WithoutDiffs(before[patch]), WithoutDiffs(after[patch]));
        Assert.Empty(await _setup.RefreshAsync());
    }

    [Fact]
    public async Task A_later_patch_that_only_moved_keeps_its_bytes_and_a_summary_is_git_s_own()
    {
        string[] before = _setup.Read();
        await _setup.EditAsync();
        _setup.EditTreeFile("a.c", "ten\n", "ten\nedited\nmore\n");
        await _setup.RefreshAsync("0001");
        Assert.Equal(before[2], _setup.Read()[2]);
        string mail = _setup.InTree("format-patch", "-1", "--stdout", "--abbrev=7", "HEAD~2").Split("---\n", 2)[1].Split("\ndiff --git")[0];
        Assert.Contains("---\nv2: said why.\n\n" + mail, _setup.Read()[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_that_was_changed_comes_back_with_all_else_of_the_mail_as_it_was()
    {
        string[] before = _setup.Read();
        await _setup.EditAsync();
        _setup.InTree("commit", "-q", "--amend", "-m", "a: Change forty, for a good reason that takes more than a line of a mail's header\n\nBecause of Ä.\n");
        Assert.Equal([_setup.Files[2]], await _setup.RefreshAsync());
        string after = _setup.Read()[2];
        Assert.Contains("Subject: [PATCH 3/3] a: Change forty, for a good reason that takes more than a\n line of a mail's header\n", after,
            StringComparison.Ordinal);
        Assert.Contains("\n\nBecause of Ä.\n---\n", after, StringComparison.Ordinal);
        Assert.Equal(before[2][..before[2].IndexOf("Subject:", StringComparison.Ordinal)], after[..after.IndexOf("Subject:", StringComparison.Ordinal)]);
        Assert.Equal(before[2][before[2].IndexOf("---\n", StringComparison.Ordinal)..], after[after.IndexOf("---\n", StringComparison.Ordinal)..]);
        Assert.Equal(_setup.Apply().Commit, _setup.InTree("rev-parse", "HEAD"));
    }

    public static TheoryData<string, string> Refused() => new()
    {
        { "uncommitted", "EVK2105" },
        { "a commit of no patch", "EVK2106" },
        { "a fixup of nothing", "EVK2106" },
        { "a merge", "EVK2106" },
        { "a dropped commit", "EVK2107" },
        { "another order", "EVK2107" },
        { "an unknown name", "EVK2108" },
        { "a name of several", "EVK2108" },
        { "the patch changed meanwhile", "EVK2102" },
        { "another pin", "EVK2102" },
        { "a commit elsewhere", "EVK2102" },
        { "in the midst of a rebase", "EVK2103" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task What_is_in_doubt_is_refused_and_nothing_is_written(string way, string code)
    {
        await _setup.EditAsync();
        (string name, string pin) = Spoil(way);
        string[] before = _setup.Read();
        string head = _setup.InTree("rev-parse", "HEAD");
        string tree = _setup.WorkTree();
        KernelException failure = await Assert.ThrowsAsync<KernelException>(() => _setup.RefreshAsync(name, pin));
        Assert.Equal(code, failure.Code.Id);
        Assert.Equal(before, _setup.Read());
        Assert.Equal((head, tree), (_setup.InTree("rev-parse", "HEAD"), _setup.WorkTree()));
    }

    [Fact]
    public async Task Without_an_edit_tree_there_is_nothing_to_refresh() =>
        Assert.Equal("EVK2101", (await Assert.ThrowsAsync<KernelException>(() => _setup.RefreshAsync())).Code.Id);

    [Fact]
    public async Task A_fixup_that_a_later_patch_stands_in_the_way_of_is_merged_and_a_real_conflict_waits_for_somebody()
    {
        // The third patch changes the line beside the one that the fixup of the first adds.
        await _setup.EditAsync();
        _setup.EditTreeFile("a.c", "forty\n", "forty edited\n");
        string[] before = _setup.Read();
        KernelException conflict = await Assert.ThrowsAsync<KernelException>(() => _setup.RefreshAsync("0001"));
        Assert.Equal("EVK2104", conflict.Code.Id);
        Assert.Equal(before, _setup.Read());
        Assert.Equal(Path.Combine(_setup.Folder, "a.c"), conflict.Location!.File);
        Assert.Contains("forty edited\n>>>>>>>", File.ReadAllText(conflict.Location.File), StringComparison.Ordinal);
        Assert.StartsWith("<<<<<<<", File.ReadAllLines(conflict.Location.File)[conflict.Location.Line - 1], StringComparison.Ordinal);
        // Not resolved yet.
        EditSettler settler = new(_setup.Tree, _setup.Sink);
        Assert.Equal("EVK2104", (await Assert.ThrowsAsync<KernelException>(() => settler.ContinueAsync(default))).Code.Id);
        Assert.Equal("EVK2103", (await Assert.ThrowsAsync<KernelException>(() => _setup.RefreshAsync())).Code.Id);

        File.WriteAllText(conflict.Location.File, LoopSetup.Lines(60, (10, "ten"), (40, "l40 edited")));
        KernelException next = await Assert.ThrowsAsync<KernelException>(() => settler.ContinueAsync(default));
        Assert.Contains("'a: Change forty'", next.Message, StringComparison.Ordinal);
        File.WriteAllText(conflict.Location.File, LoopSetup.Lines(60, (10, "ten"), (40, "forty edited")));
        Assert.True(await settler.ContinueAsync(default));
        Assert.Equal([_setup.Files[0], _setup.Files[2]], await _setup.RefreshAsync());
        Assert.Equal(before[1], _setup.Read()[1]);
        Assert.Equal(_setup.WorkTree(), _setup.PatchedTree());
    }

    [Fact]
    public async Task What_a_refresh_changed_can_be_brought_back_and_so_can_what_that_changed()
    {
        string[] before = _setup.Read();
        await _setup.EditAsync();
        _setup.InTree("commit", "-q", "--allow-empty", "-m", "fixup! a: Change ten");
        _setup.EditTreeFile("b.c", "twenty\n", "twenty edited\n");
        File.WriteAllText(Path.Combine(_setup.Folder, "new.c"), "new\n");
        _setup.InTree("add", "-N", "new.c");
        string head = _setup.InTree("rev-parse", "HEAD");
        string tree = _setup.WorkTree();
        await _setup.RefreshAsync("0002");
        string[] after = _setup.Read();
        KeptState kept = Assert.Single(await new StateKeeper(_setup.Tree).ListAsync(default));
        Assert.Equal("before refresh", kept.Before);

        Assert.Equal(kept.Name, await _setup.Refresher.RestoreAsync("", default));
        Assert.Equal(before, _setup.Read());
        Assert.Equal((head, tree), (_setup.InTree("rev-parse", "HEAD"), _setup.WorkTree()));
        Assert.Equal(["b.c", "new.c"], _setup.InTree("diff", "--name-only").Split('\n'));
        Assert.Equal([_setup.Files[1]], await _setup.RefreshAsync("0002"));
        Assert.Equal(after, _setup.Read());

        Assert.Equal("EVK2110", (await Assert.ThrowsAsync<KernelException>(() => _setup.Refresher.RestoreAsync("never", default))).Code.Id);
        _setup.EditTreeFile("b.c", "twenty edited\n", "again\n");
        Assert.Equal("EVK2105", (await Assert.ThrowsAsync<KernelException>(() => _setup.Refresher.RestoreAsync("", default))).Code.Id);
        Assert.Equal("again", File.ReadAllLines(Path.Combine(_setup.Folder, "b.c"))[19]);
    }

    private string Do(string way)
    {
        switch (way)
        {
            case "amend the last":
                _setup.EditTreeFile("a.c", "forty\n", "forty edited\n");
                _setup.InTree("commit", "-q", "-a", "--amend", "--no-edit");
                return "";
            case "amend the last by a new file, from a subfolder":
                Directory.CreateDirectory(Path.Combine(_setup.Folder, "d"));
                File.WriteAllText(Path.Combine(_setup.Folder, "d/x.c"), "edited\n");
                LoopSetup.Run(Path.Combine(_setup.Folder, "d"), "add", ".");
                _setup.InTree("commit", "-q", "--amend", "--no-edit");
                return "";
            case "fixup of the first by subject":
                _setup.EditTreeFile("a.c", "ten\n", "ten edited\n");
                _setup.InTree("commit", "-q", "-a", "-m", "fixup! a: Change ten");
                return "";
            case "fixup of the second by id":
                _setup.EditTreeFile("b.c", "twenty\n", "twenty edited\n");
                _setup.InTree("commit", "-q", "-a", "-m", $"fixup! {_setup.InTree("rev-parse", "--short", "HEAD~1")}");
                return "";
            case "two fixups of the first":
                _setup.EditTreeFile("a.c", "ten\n", "ten edited\n");
                _setup.InTree("commit", "-q", "-a", "--fixup=HEAD~2");
                _setup.EditTreeFile("a.c", "edited\n", "edited twice\n");
                _setup.InTree("commit", "-q", "-a", "--fixup=HEAD");
                return "";
            case "uncommitted, with the patch's name":
                _setup.EditTreeFile("b.c", "twenty\n", "twenty edited\n");
                return Path.GetFileName(_setup.Files[1]);
            case "uncommitted, partly staged":
                _setup.EditTreeFile("b.c", "twenty\n", "twenty edited\n");
                _setup.InTree("add", "b.c");
                _setup.EditTreeFile("b.c", "edited\n", "edited twice\n");
                return "0002-";
            case "a new file":
                File.WriteAllText(Path.Combine(_setup.Folder, "new.c"), "edited\n");
                _setup.InTree("add", "-N", "new.c");
                return "0002";
            case "edited in a rebase":
                _setup.InTree("checkout", "-q", "HEAD~2");
                _setup.EditTreeFile("a.c", "ten\n", "ten edited\n");
                _setup.InTree("commit", "-q", "-a", "--amend", "--no-edit");
                _setup.InTree("rebase", "-q", "--onto", "HEAD", "series~2", "series");
                return "";
            case "squash!, which only git's rebase folds":
                _setup.EditTreeFile("a.c", "ten\n", "ten edited\n");
                _setup.InTree("commit", "-q", "-a", "-m", "squash! a: Change ten\n\nAnd more.");
                return "";
            default:
                _setup.EditTreeFile("a.c", "forty\n", "forty edited\n");
                _setup.InTree("commit", "-q", "-a", "--amend", "-m", "a: Change a line that nobody reads");
                return "";
        }
    }

    private (string Name, string Pin) Spoil(string way)
    {
        switch (way)
        {
            case "uncommitted":
                _setup.EditTreeFile("b.c", "twenty\n", "edited\n");
                return ("", "");
            case "a commit of no patch":
                _setup.EditTreeFile("b.c", "l50\n", "edited\n");
                _setup.InTree("commit", "-q", "-a", "-m", "Something new");
                return ("", "");
            case "a fixup of nothing":
                _setup.InTree("commit", "-q", "--allow-empty", "-m", "fixup! Something else");
                return ("", "");
            case "a merge":
                _setup.InTree("merge", "-q", "--no-ff", "-m", "Merge", _setup.InTree("commit-tree", "HEAD^{tree}", "-p", "HEAD~1", "-m", "side"));
                return ("", "");
            case "a dropped commit":
                _setup.InTree("reset", "-q", "--hard", "HEAD~1");
                return ("", "");
            case "another order":
                _setup.InTree("reset", "-q", "--hard", "HEAD~3");
                _setup.InTree("cherry-pick", "ORIG_HEAD~1", "ORIG_HEAD~2", "ORIG_HEAD");
                return ("", "");
            case "an unknown name":
                return ("0009", "");
            case "a name of several":
                return ("000", "");
            case "the patch changed meanwhile":
                File.AppendAllText(_setup.Files[1], "\n");
                return ("", "");
            case "another pin":
                return ("", new string('1', 40));
            case "a commit elsewhere":
                _setup.InTree("checkout", "-q", "--orphan", "other");
                _setup.InTree("commit", "-q", "-m", "Alone");
                return ("", "");
            default:
                Assert.False(LoopSetup.TryRun(_setup.Folder, "rebase", "-q", "--onto", _setup.Base, "HEAD~1", "--exec", "false").Succeeded);
                return ("", "");
        }
    }

    private static string WithoutDiffs(string mail)
    {
        string[] lines = mail.Split('\n');
        IEnumerable<string> head = lines.TakeWhile(line => !line.StartsWith("diff --git", StringComparison.Ordinal));
        return string.Join('\n', head.Where(line => !line.StartsWith(' '))) + lines[^3] + lines[^2];
    }
}
