using System.Collections.Immutable;
using System.Text.Json.Nodes;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Patches.Backport;
using EveKernel.Core.Patches.Status;
using EveKernel.Tests.Patches.Status;

namespace EveKernel.Tests.Patches;

/// <summary>Branches for the gaps of a matrix, on small repositories.</summary>
public sealed class BackporterTests : IDisposable
{
    private static readonly string Before = StatusSetup.Lines(40);

    private readonly StatusSetup _setup = new();
    private readonly string _series;
    private readonly string _base;

    public BackporterTests()
    {
        _base = _setup.Commit("main", "Begin", ("mm/f.c", Before), ("mm/g.c", Before), ("mm/Makefile", "obj-y += f.o g.o\n"));
        _setup.Branch("stable", _base);
        _setup.Branch("old", _base);
        string first = _setup.Commit("main", "mm: First", ("mm/f.c", StatusSetup.Lines(40, (20, "\tfirst();"))));
        string second = _setup.Commit("main", "mm: Second", ("mm/g.c", StatusSetup.Lines(40, (20, "\tsecond();"))));
        string third = _setup.Commit("main", "mm: Third", ("mm/f.c", StatusSetup.Lines(40, (20, "\tfirst();"), (30, "\tthird();"))));
        _setup.Commit("stable", "Three more above", ("mm/f.c", "/* 1 */\n/* 2 */\n/* 3 */\n" + Before));
        _setup.Commit("old", "Other words where the second goes", ("mm/g.c", StatusSetup.Lines(40, (20, "\told_words();"))));
        _series = _setup.Series(_setup.Mail(first, "mm: First\nWhy.\n\n(cherry picked from commit 0123456789012345678901234567890123456789)"), _setup.Mail(second), _setup.Mail(third));
    }

    private Backporter Backporter => new(StatusSetup.Git, "", _setup.Folder["work"], _setup);

    private string Store => _setup.Folder["work/store.git"];

    public void Dispose() => _setup.Dispose();

    [Fact]
    public async Task What_fits_is_on_a_branch_and_a_series_of_it_fits_that_tree_without_offset()
    {
        SeriesBackport backport = Assert.Single(await PrepareAsync("stable"));
        Assert.Null(backport.Stopped);
        Assert.Equal(["mm: First", "mm: Second", "mm: Third"], Log(backport.Branch, "%s"));
        Assert.Equal(["A <a@a>"], Log(backport.Branch, "%an <%ae>").Distinct());
        Assert.Contains("(cherry picked from commit 0123456789012345678901234567890123456789)", GitOracle.Git(Store, "log", "--format=%b", backport.Branch), StringComparison.Ordinal);
        Assert.Equal("/* 1 */\n/* 2 */\n/* 3 */\n" + StatusSetup.Lines(40, (20, "\tfirst();"), (30, "\tthird();")), GitOracle.Git(Store, "show", $"{backport.Branch}:mm/f.c"));

        ImmutableArray<string> names = await Backporter.WriteSeriesAsync(backport, _setup.Folder["out"], default);
        Assert.Equal(["0001-mm-First.patch", "0002-mm-Second.patch", "0003-mm-Third.patch"], names.AsEnumerable());
        StatusMatrix again = await _setup.RunAsync(_setup.Folder["out/series"], _setup.Request("stable"));
        Assert.All(again.Verdicts, status => Assert.All(status.Hunks, hunk => Assert.Equal((true, 0), (hunk.Applies, hunk.Offset))));
    }

    [Fact]
    public async Task It_stops_where_a_person_must_decide_and_the_commands_that_it_names_go_on_from_there()
    {
        SeriesBackport backport = Assert.Single(await PrepareAsync("old"));
        Assert.Equal(
            [BackportStep.Committed, BackportStep.Stopped, BackportStep.Waiting], backport.Patches.Select(patch => patch.Step));
        Assert.Equal(["mm: First"], Log(backport.Branch, "%s"));
        Diagnostic warning = Assert.Single(BackportReport.Diagnose([backport], _ => "the text"));
        Assert.Equal((ErrorCodes.BackportStopped, backport.Patches[1].Patch.File), (warning.Code, warning.Location!.File));
        string text = BackportReport.PullRequest(backport, Store);
        Assert.StartsWith("[old] ", text, StringComparison.Ordinal);
        Assert.Contains("| mm: Second | conflicts 1/1 | **to be decided** |", text, StringComparison.Ordinal);
        JsonNode json = JsonNode.Parse(BackportReport.Json(backport))!;
        Assert.Equal(["committed", "stopped", "waiting"], json["patches"]!.AsArray().Select(patch => (string)patch!["step"]!));
        Assert.False((bool)json["complete"]!);

        string[] commands = [.. text.Split('\n').Where(line => line.StartsWith("    ", StringComparison.Ordinal)).Select(line => line.Trim())];
        Assert.Equal(3, commands.Length);
        Core.Processes.CommandResult shell = await Core.Processes.ProcessRunner.RunAsync(
            new Core.Processes.Command("sh", "-c", string.Join("\n", [$"cd {_setup.Folder.Path}", .. commands, "git diff"]))
            {
                Environment = StatusSetup.Environment.Add("GIT_COMMITTER_NAME", "Dev").Add("GIT_COMMITTER_EMAIL", "d@d").Add("GIT_CONFIG_GLOBAL", "/dev/null"),
            }, default);
        Assert.Contains("old_words();", shell.StandardOutput, StringComparison.Ordinal);
        Assert.Contains("++<<<<<<<", shell.StandardOutput, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Trees_that_need_nothing_get_no_branch_and_say_why()
    {
        StatusMatrix matrix = await _setup.RunAsync(_series, _setup.Request("main"), _setup.Request("stable"));
        ImmutableArray<SeriesBackport> backports = await Backporter.PrepareAsync(matrix, default);
        Assert.Equal(["stable"], backports.Select(backport => backport.Tree.Name));
        Assert.Contains("main needs nothing of 0001.patch: applied", BackportReport.Text(matrix, backports), StringComparison.Ordinal);
        Assert.Single(GitOracle.Git(Store, "for-each-ref", "refs/heads").Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Again_it_is_the_same_and_a_branch_with_somebody_s_work_stays()
    {
        SeriesBackport first = Assert.Single(await PrepareAsync("stable"));
        Assert.Equal(first.Head, Assert.Single(await PrepareAsync("stable")).Head);
        // Its own work it takes back; the tree has moved on.
        _setup.Commit("stable", "More", ("mm/h.c", "h\n"));
        SeriesBackport moved = Assert.Single(await PrepareAsync("stable"));
        Assert.NotEqual(first.Head, moved.Head);
        Assert.Equal(moved.Head, GitOracle.Git(Store, "rev-parse", moved.Branch).Trim());

        string mine = GitOracle.Run(["commit-tree", "-p", moved.Head, "-m", "mine", $"{moved.Head}^{{tree}}"], Store).StandardOutput.Trim();
        GitOracle.Git(Store, "update-ref", $"refs/heads/{moved.Branch}", mine);
        _setup.Commit("stable", "Still more", ("mm/i.c", "i\n"));
        KernelException taken = await Assert.ThrowsAsync<KernelException>(() => PrepareAsync("stable"));
        Assert.Equal("EVK2205", taken.Code.Id);
        Assert.Equal(mine, GitOracle.Git(Store, "rev-parse", moved.Branch).Trim());
    }

    [Fact]
    public async Task A_repository_of_somebody_s_gets_the_branches_and_must_hold_the_trees()
    {
        StatusMatrix matrix = await _setup.RunAsync(_series, _setup.Request("stable"));
        Backporter into = new(StatusSetup.Git, _setup.Repository, _setup.Folder["work"], _setup);
        SeriesBackport backport = Assert.Single(await into.PrepareAsync(matrix, default));
        Assert.Equal(backport.Head, GitOracle.Git(_setup.Repository, "rev-parse", backport.Branch).Trim());
        GitOracle.Git(_setup.Repository, "fsck", "--connectivity-only");

        GitOracle.Run(["init", "-q", "--bare", _setup.Folder["other.git"]]);
        foreach (string wrong in (string[])["other.git", "nowhere"])
        {
            Backporter lost = new(StatusSetup.Git, _setup.Folder[wrong], _setup.Folder["work"], _setup);
            Assert.Equal("EVK2206", (await Assert.ThrowsAsync<KernelException>(() => lost.PrepareAsync(matrix, default))).Code.Id);
        }
    }

    [Fact]
    public async Task A_branch_that_somebody_has_checked_out_is_not_moved_below_them()
    {
        SeriesBackport first = Assert.Single(await PrepareAsync("stable"));
        string folder = _setup.Folder["mine"];
        GitOracle.Git(Store, "worktree", "add", "-q", folder, first.Branch);
        // Nothing moves, so nothing is in the way.
        await PrepareAsync("stable");

        _setup.Commit("stable", "More", ("mm/h.c", "h\n"));
        KernelException taken = await Assert.ThrowsAsync<KernelException>(() => PrepareAsync("stable"));
        Assert.Equal("EVK2205", taken.Code.Id);
        Assert.Contains($"'{folder}'", taken.Message, StringComparison.Ordinal);
        Assert.Equal(first.Head, GitOracle.Git(Store, "rev-parse", first.Branch).Trim());

        GitOracle.Git(Store, "worktree", "remove", folder);
        Assert.NotEqual(first.Head, Assert.Single(await PrepareAsync("stable")).Head);
    }

    [Fact]
    public async Task Two_series_whose_folders_have_one_name_are_told_before_one_takes_the_others_branch()
    {
        string twin = _setup.Folder.Write($"twin/{Path.GetFileName(Path.GetDirectoryName(_series))}/series", "0002.patch\n");
        File.Copy(Path.Combine(Path.GetDirectoryName(_series)!, "0002.patch"), Path.Combine(Path.GetDirectoryName(twin)!, "0002.patch"));
        StatusMatrix matrix = await new StatusRun(StatusSetup.Git, _setup).RunAsync(
            await _setup.Fetcher().FindAsync([_setup.Request("stable")], default),
            [(Core.Patches.PatchSeries.Read(_series), []), (Core.Patches.PatchSeries.Read(twin), [])], default);
        KernelException error = await Assert.ThrowsAsync<KernelException>(() => Backporter.PrepareAsync(matrix, default));
        Assert.Equal("EVK2206", error.Code.Id);
        Assert.Contains(_series, error.Message, StringComparison.Ordinal);
        Assert.Contains(twin, error.Message, StringComparison.Ordinal);
        Assert.Empty(GitOracle.Git(Store, "for-each-ref", "refs/heads"));
    }

    [Fact]
    public async Task Odd_patches_come_over_whole_and_so_does_the_series_that_is_made_of_them()
    {
        string dos = Before.Replace("\n", "\r\n", StringComparison.Ordinal);
        string from = _setup.Commit("odd", "Begin", ("a.c", Before), ("b", "\0one"), ("dos", dos), ("with space \u00fc.c", Before), ("gone", "gone\n"), ("tail", "no end"));
        string to = _setup.Commit(
            "odd", "Odd", ("a.c", null), ("n/a.c", StatusSetup.Lines(40, (20, "\tmoved();"))), ("b", "\0two"), ("dos", dos.Replace("20;", "20 \u00e9;", StringComparison.Ordinal)),
            ("with space \u00fc.c", StatusSetup.Lines(40, (3, "\tspace();"))), ("gone", null), ("empty", ""), ("tail", "no end still"));
        string executable = WithMode(to, "n/a.c");
        GitOracle.Git(_setup.Repository, "update-ref", "refs/heads/odd", executable);
        string again = _setup.Commit("odd", "Again", ("tail", "an end\n"));
        _setup.Branch("target", from);

        // The last file is touched twice by one patch.
        string diff = GitOracle.Git(_setup.Repository, "diff-tree", "-p", "-r", "-M", "--binary", "--full-index", from, executable);
        Assert.Contains("rename to n/a.c", diff, StringComparison.Ordinal);
        Assert.Contains("new mode 100755", diff, StringComparison.Ordinal);
        string series = _setup.Series(_setup.Mail(again).Replace(_setup.Diff(again), diff + _setup.Diff(again), StringComparison.Ordinal));
        string wanted = GitOracle.Git(_setup.Repository, "rev-parse", again + "^{tree}").Trim();

        SeriesBackport backport = Assert.Single(await Backporter.PrepareAsync(await _setup.RunAsync(series, _setup.Request("target")), default));
        Assert.Equal(wanted, GitOracle.Git(Store, "rev-parse", backport.Head + "^{tree}").Trim());
        await Backporter.WriteSeriesAsync(backport, _setup.Folder["out"], default);
        SeriesBackport second = Assert.Single(await Backporter.PrepareAsync(await _setup.RunAsync(_setup.Folder["out/series"], _setup.Request("target")), default));
        Assert.Equal(wanted, GitOracle.Git(Store, "rev-parse", second.Head + "^{tree}").Trim());
    }

    [Fact]
    public async Task A_tree_of_an_archive_gets_its_branch_without_any_history()
    {
        string archive = _setup.Folder["linux.tar"];
        Assert.True(GitOracle.Run(["archive", "--prefix=linux/", "-o", archive, _base], _setup.Repository).Succeeded);
        string digest = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(archive)));
        TreeRequest request = _setup.Request("archive") with { Pin = new Core.Source.ArchivePin(archive, digest) };
        SeriesBackport backport = Assert.Single(await Backporter.PrepareAsync(await _setup.RunAsync(_series, request), default));
        Assert.Null(backport.Stopped);
        Assert.Equal("3", GitOracle.Git(Store, "rev-list", "--count", $"{backport.Tree.Commit}..{backport.Branch}").Trim());
        Assert.Equal(GitOracle.Git(_setup.Repository, "rev-parse", "main:mm").Trim(), GitOracle.Git(Store, "rev-parse", $"{backport.Branch}:mm").Trim());
    }

    private string WithMode(string commit, string path)
    {
        string index = _setup.Folder["mode.index"];
        Assert.True(GitOracle.Run(["read-tree", commit], _setup.Repository, index).Succeeded);
        string blob = GitOracle.Git(_setup.Repository, "rev-parse", $"{commit}:{path}").Trim();
        Assert.True(GitOracle.Run(["update-index", "--cacheinfo", $"100755,{blob},{path}"], _setup.Repository, index).Succeeded);
        string tree = GitOracle.Run(["write-tree"], _setup.Repository, index).StandardOutput.Trim();
        return GitOracle.Run(["commit-tree", "-p", commit, "-m", "Mode", tree], _setup.Repository).StandardOutput.Trim();
    }

    [Theory]
    [InlineData("v6.12", "/p/patches/v6.1/series", "backport/v6.12/v6.1")]
    [InlineData("a b~c", "/p/x.series", "backport/a-b-c/x")]
    [InlineData("..", "/p/y.lock/series", "backport/x/y.lock-")]
    public void A_branch_has_a_name_that_git_takes(string tree, string series, string name)
    {
        Assert.Equal(name, Core.Patches.Backport.Backporter.NameBranch(tree, series));
        GitOracle.Git("/", "check-ref-format", "--branch", name);
    }

    private async Task<ImmutableArray<SeriesBackport>> PrepareAsync(string branch) =>
        await Backporter.PrepareAsync(await _setup.RunAsync(_series, _setup.Request(branch)), default);

    private string[] Log(string branch, string format) =>
        GitOracle.Git(Store, "log", "--reverse", $"--format={format}", branch).Split('\n', StringSplitOptions.RemoveEmptyEntries) is var all && branch.Contains("old", StringComparison.Ordinal)
            ? all[^1..] : all[^3..];
}
