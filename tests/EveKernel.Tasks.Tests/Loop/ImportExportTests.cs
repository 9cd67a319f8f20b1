using System.Collections.Immutable;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Loop;
using EveKernel.Core.Source;

namespace EveKernel.Tests.Loop;

/// <summary>Commits that become patches, and patches that become commits and mails.</summary>
public sealed class ImportExportTests : IDisposable
{
    private readonly LoopSetup _setup = new();

    private PatchImporter Importer => new(_setup.Tree, _setup.Sink);

    public void Dispose() => _setup.Dispose();

    [Fact]
    public async Task Commits_on_top_become_patches_at_the_series_end_and_keep_where_they_came_from()
    {
        string[] before = _setup.Read();
        string series = await File.ReadAllTextAsync(_setup.Series);
        await _setup.EditAsync();
        Commit("c.c", "c: Add c\n\n(cherry picked from commit 0123456789012345678901234567890123456789)");
        Commit("d.c", "d: Add d");
        string tree = _setup.WorkTree();
        ImmutableArray<string> made = await Importer.ImportAsync([_setup.Series], "", "", default);
        Assert.Equal(["0004-c-Add-c.patch", "0005-d-Add-d.patch"], made.Select(Path.GetFileName));
        Assert.Equal(series + "0004-c-Add-c.patch\n0005-d-Add-d.patch\n", await File.ReadAllTextAsync(_setup.Series));
        Assert.Contains("\n(cherry picked from commit 0123456789012345678901234567890123456789)\n---\n", await File.ReadAllTextAsync(made[0]),
            StringComparison.Ordinal);
        Assert.Equal(before, _setup.Read());
        Assert.Equal(tree, _setup.PatchedTree());
        Assert.Equal(_setup.Apply().Commit, _setup.InTree("rev-parse", "HEAD"));
        Assert.Empty(await _setup.RefreshAsync());
        Assert.Empty(await Importer.ImportAsync([_setup.Series], "", "", default));

        await _setup.Refresher.RestoreAsync("", default);
        Assert.Equal(series, await File.ReadAllTextAsync(_setup.Series));
        Assert.Equal("d: Add d", _setup.InTree("log", "-1", "--format=%s"));
    }

    [Fact]
    public async Task Commits_of_another_repository_s_branch_are_picked_and_say_so_and_a_conflict_waits()
    {
        await _setup.EditAsync();
        string from = _setup.Upstream(("e.c", "e\n"));
        string to = _setup.Upstream(("e.c", "e\nf\n"));
        ImmutableArray<string> made = await Importer.ImportAsync([_setup.Series], $"{from}~1..{from}", _setup["kernel"], default);
        Assert.Contains($"(cherry picked from commit {from})", await File.ReadAllTextAsync(made.Single()), StringComparison.Ordinal);
        Assert.Equal(_setup.WorkTree(), _setup.PatchedTree());

        string clash = _setup.Upstream(("b.c", LoopSetup.Lines(60, (20, "other"))));
        KernelException conflict = await Assert.ThrowsAsync<KernelException>(() => Importer.ImportAsync([_setup.Series], clash, _setup["kernel"], default));
        Assert.Equal(("EVK2104", Path.Combine(_setup.Folder, "b.c")), (conflict.Code.Id, conflict.Location!.File));
        File.WriteAllText(conflict.Location.File, LoopSetup.Lines(60, (20, "twenty other")));
        _setup.InTree("add", "b.c");
        _setup.InTree("cherry-pick", "--continue");
        Assert.Single(await Importer.ImportAsync([_setup.Series], "", "", default));
        Assert.Equal(_setup.WorkTree(), _setup.PatchedTree());
        Assert.Equal("EVK2113", await FailAsync("nothing"));
        Assert.NotEqual(from, to);
    }

    [Fact]
    public async Task What_is_no_new_commit_is_refused()
    {
        await _setup.EditAsync();
        _setup.EditTreeFile("a.c", "ten\n", "edited\n");
        Assert.Equal("EVK2105", await FailAsync());
        _setup.InTree("commit", "-q", "-a", "--fixup=HEAD~2");
        Assert.Equal("EVK2113", await FailAsync());
        _setup.InTree("commit", "-q", "--amend", "-m", "a: More");
        Commit("c.c", "c: Add c");
        File.WriteAllText(_setup["series/0005-c-Add-c.patch"], "mine");
        Assert.Equal("EVK2113", await FailAsync());
        Assert.Equal("mine", await File.ReadAllTextAsync(_setup["series/0005-c-Add-c.patch"]));
        File.Delete(_setup["series/0005-c-Add-c.patch"]);
        _setup.InTree("commit", "-q", "--allow-empty", "-m", "nothing");
        Assert.Equal("EVK2113", await FailAsync());
        _setup.InTree("reset", "-q", "--hard", "HEAD~1");
        Assert.Equal(2, (await Importer.ImportAsync([_setup.Series], "", "", default)).Length);
        File.AppendAllText(_setup.Files[0], "\n");
        Assert.Equal("EVK2102", await FailAsync());
    }

    [Fact]
    public async Task A_series_goes_to_a_branch_that_is_not_there_yet()
    {
        PatchExporter exporter = new(_setup.Git, LoopSetup.Environment, _setup.Source(), _setup.Sink);
        string head = await exporter.ToBranchAsync(_setup["kernel"], "topic", _setup["export.index"], default);
        Assert.Equal(_setup.Apply().Commit, head);
        Assert.Equal($"{head}\n3", LoopSetup.Run(_setup["kernel"], "rev-parse", "topic") + "\n" + LoopSetup.Run(_setup["kernel"], "rev-list", "--count",
            $"{_setup.Base}..topic"));
        LoopSetup.Run(_setup["kernel"], "fsck", "--connectivity-only");
        Assert.Equal(head, await exporter.ToBranchAsync(_setup["kernel"], "topic", _setup["export.index"], default));
        foreach ((string repository, string branch) in ((string, string)[])[("kernel", "main"), ("kernel", "a..b"), ("series", "topic")])
        {
            KernelException failure = await Assert.ThrowsAsync<KernelException>(() => exporter.ToBranchAsync(_setup[repository], branch,
                _setup["export.index"], default));
            Assert.Equal("EVK2114", failure.Code.Id);
        }

        LoopSetup.Run("/", "init", "-q", "--bare", _setup["other.git"]);
        KernelException lacking = await Assert.ThrowsAsync<KernelException>(() => exporter.ToBranchAsync(_setup["other.git"], "topic", _setup["export.index"],
            default));
        Assert.Contains($"does not hold the pinned commit {_setup.Base}", lacking.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_series_becomes_mails_of_whoever_sends_them_with_what_it_says_of_itself_as_cover_letter()
    {
        await File.WriteAllTextAsync(_setup.Series, "# The size of ten\n#\n# Why all of this.\n\n# not this\n" + await File.ReadAllTextAsync(_setup.Series));
        PatchExporter exporter = Sender(_setup.Source());
        ImmutableArray<string> mails = await exporter.ToMailsAsync(_setup["mails"], _setup["export.index"], true, default);
        Assert.Equal(4, mails.Length);
        string cover = await File.ReadAllTextAsync(mails[0]);
        Assert.Contains("From: Send Er <send@example.org>", cover, StringComparison.Ordinal);
        Assert.Contains("Subject: [PATCH 0/3] The size of ten\n", cover, StringComparison.Ordinal);
        Assert.Contains("\n\nWhy all of this.\n\n", cover, StringComparison.Ordinal);
        Assert.Contains($"base-commit: {_setup.Base}", cover, StringComparison.Ordinal);
        Assert.DoesNotContain("\nTo: ", cover, StringComparison.Ordinal);
        Assert.Contains(_setup.Sink.Seen, seen => seen.Message.Contains("the mails are to nobody yet", StringComparison.Ordinal));
        Assert.Equal("EVK2114", (await Assert.ThrowsAsync<KernelException>(() => exporter.ToMailsAsync(_setup["mails"], _setup["export.index"], true,
            default))).Code.Id);
        Assert.Empty(LoopSetup.Run(_setup.Source().Store, "for-each-ref", "refs/heads"));
        Assert.False(Directory.Exists(_setup["export.index.mails"]));
    }

    [Fact]
    public async Task The_mails_go_to_whom_the_pinned_tree_s_own_script_names_and_one_patch_needs_no_cover_letter()
    {
        // A script of the test's own that takes the arguments of the kernel's.
        string commit = _setup.Upstream(
            ("MAINTAINERS", "Main Tainer <main@example.org>\n"),
            ("scripts/get_maintainer.pl", """
                open(my $file, '<', 'MAINTAINERS') or die 'no MAINTAINERS';
                my %asked = map { $_ => 1 } @ARGV;
                die "not asked as in a folder without history" unless $asked{'--no-git'} && $asked{'--no-tree'};
                print <$file> if $asked{'--m'};
                print "Re Viewer <re\@example.org>\nlist\@example.org\nMain Tainer <main\@example.org>\n" if $asked{'--l'};
                """));
        await File.WriteAllTextAsync(_setup.Series, Path.GetFileName(_setup.Files[0]) + "\n");
        PatchExporter exporter = Sender(_setup.Source(commit));
        string mail = await File.ReadAllTextAsync(Assert.Single(await exporter.ToMailsAsync(_setup["mails"], _setup["export.index"], true, default)));
        Assert.Contains("\nTo: Main Tainer <main@example.org>\nCc: Re Viewer <re@example.org>,\n    list@example.org\n", mail, StringComparison.Ordinal);
        Assert.Contains("Subject: [PATCH] a: Change ten\n", mail, StringComparison.Ordinal);
        mail = await File.ReadAllTextAsync(Assert.Single(await exporter.ToMailsAsync(_setup["quiet"], _setup["export.index"], false, default)));
        Assert.DoesNotContain("\nTo: ", mail, StringComparison.Ordinal);

        exporter = Sender(_setup.Source(_setup.Upstream(("scripts/get_maintainer.pl", "die 'out of order';\n"))));
        KernelException failure = await Assert.ThrowsAsync<KernelException>(() => exporter.ToMailsAsync(_setup["none"], _setup["export.index"], true, default));
        Assert.Equal("EVK2114", failure.Code.Id);
        Assert.Contains("out of order", failure.Message, StringComparison.Ordinal);
    }

    private PatchExporter Sender(EditSource source)
    {
        ImmutableDictionary<string, string> environment = LoopSetup.Environment.Add("GIT_COMMITTER_NAME", "Send Er").Add("GIT_COMMITTER_EMAIL", "send@example.org");
        return new PatchExporter(new GitCli(environment), environment, source, _setup.Sink);
    }

    private void Commit(string file, string message)
    {
        File.WriteAllText(Path.Combine(_setup.Folder, file), file + "\n");
        _setup.InTree("add", file);
        _setup.InTree("commit", "-q", "-m", message);
    }

    private async Task<string> FailAsync(string range = "") =>
        (await Assert.ThrowsAsync<KernelException>(() => Importer.ImportAsync([_setup.Series], range, "", default))).Code.Id;
}
