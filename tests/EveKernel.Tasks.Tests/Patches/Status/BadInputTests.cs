using System.Text;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Patches;
using EveKernel.Core.Patches.Status;
using EveKernel.Core.Source;

namespace EveKernel.Tests.Patches.Status;

/// <summary>Odd patches, series, branches and archives: each has a verdict or a code.</summary>
public sealed class BadInputTests : IDisposable
{
    private static readonly string Before = StatusSetup.Lines(40);
    private static readonly string After = StatusSetup.Lines(40, (20, "\tdo_the_right_thing(now);"));

    private readonly StatusSetup _setup = new();
    private readonly string _base;
    private readonly string _fix;

    public BadInputTests()
    {
        _base = _setup.Commit("main", "Begin", ("mm/f.c", Before));
        _fix = _setup.Commit("main", "mm: Fix", ("mm/f.c", After));
        _setup.Branch("stable", _base);
    }

    public void Dispose() => _setup.Dispose();

    [Fact]
    public async Task A_series_that_names_a_patch_twice_and_patches_that_are_none_are_told_all_at_once()
    {
        string series = _setup.Series(_setup.Mail(_fix));
        File.WriteAllText(series, "0001.patch\n0001.patch\n");
        Assert.Equal("EVK2005", Assert.Throws<KernelException>(() => PatchSeries.Read(series)).Code.Id);

        KernelException error = await Assert.ThrowsAsync<KernelException>(() => _setup.JudgeAsync(
            "stable", _setup.Series("", "no diff\n", _setup.Mail(_fix), _setup.Mail(_fix, "mm: Fix\n\nApplied-when: nothing\n"))));
        Assert.Equal(["EVK2006", "EVK2006", "EVK2047"], error.Diagnostics.Select(one => one.Code!.Id));
    }

    [Fact]
    public async Task A_patch_that_touches_a_file_twice_warns_and_is_held_against_what_its_first_part_leaves()
    {
        string again = _setup.Commit("main", "mm: Again", ("mm/f.c", After.Replace("(now)", "(again)", StringComparison.Ordinal)));
        PatchStatus status = await _setup.JudgeAsync("stable", _setup.Series(_setup.Diff(_fix) + _setup.Diff(again)));
        Assert.Equal(PatchVerdict.Applies, status.Verdict);
        Diagnostic warning = Assert.Single(_setup.Reported);
        Assert.Equal((Severity.Warning, "EVK2045", 14), (warning.Severity, warning.Code!.Id, warning.Location!.Line));
        Assert.Equal(PatchVerdict.Applied, (await _setup.JudgeAsync("main", _setup.Series(_setup.Diff(_fix) + _setup.Diff(again)))).Verdict);
    }

    [Fact]
    public async Task Renames_and_binary_changes_have_verdicts()
    {
        string begin = _setup.Commit("r", "Begin", ("a.c", Before), ("b", "\0one"));
        string change = _setup.Commit("r", "Change", ("a.c", null), ("n/a.c", After), ("b", "\0two"));
        _setup.Branch("old", begin);
        _setup.Branch("third", begin);
        _setup.Commit("third", "Third", ("b", "\0three"));
        string series = _setup.Series(_setup.Mail(change));
        Assert.Equal(PatchVerdict.Applies, (await _setup.JudgeAsync("old", series)).Verdict);
        Assert.Equal(PatchVerdict.Applied, (await _setup.JudgeAsync("r", series)).Verdict);
        PatchStatus conflict = await _setup.JudgeAsync("third", series);
        Assert.Equal((PatchVerdict.Conflicts, "conflicts 1/2"), (conflict.Verdict, conflict.Summary));
        Assert.Contains("b: the binary change is one of ", Assert.Single(conflict.Evidence), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("100755", PatchVerdict.Applied)]
    [InlineData("100644", PatchVerdict.Applies)]
    public async Task A_mere_change_of_mode_is_held_by_the_mode(string mode, PatchVerdict verdict)
    {
        string blob = GitOracle.Git(_setup.Repository, "rev-parse", $"{_base}:mm/f.c").Trim();
        string index = _setup.Folder["mode.index"];
        Assert.True(GitOracle.Run(["update-index", "--add", "--cacheinfo", $"{mode},{blob},f"], _setup.Repository, index).Succeeded);
        string tree = GitOracle.Run(["write-tree"], _setup.Repository, index).StandardOutput.Trim();
        _setup.Branch("mode", GitOracle.Run(["commit-tree", "-m", "x", tree], _setup.Repository).StandardOutput.Trim());
        string series = _setup.Series("diff --git a/f b/f\nold mode 100644\nnew mode 100755\n");
        Assert.Equal(verdict, (await _setup.JudgeAsync("mode", series)).Verdict);
    }

    [Fact]
    public async Task Latin_1_and_carriage_returns_are_compared_as_bytes_and_a_patch_with_CRLF_of_its_own_is_refused()
    {
        string other = _setup.Commit("crlf", "Begin", ("f", Before.Replace("\n", "\r\n", StringComparison.Ordinal)));
        other = _setup.Commit("crlf", "Fix", ("f", After.Replace("\n", "\r\n", StringComparison.Ordinal)));
        string series = _setup.Series(_setup.Mail(other));
        Assert.Equal(PatchVerdict.Applied, (await _setup.JudgeAsync("crlf", series)).Verdict);
        _setup.Commit("lf", "Begin", ("f", Before));
        Assert.Equal(PatchVerdict.Conflicts, (await _setup.JudgeAsync("lf", series)).Verdict);

        string dos = _setup.Series(_setup.Mail(_fix).Replace("\n", "\r\n", StringComparison.Ordinal));
        Assert.Equal("EVK2007", (await Assert.ThrowsAsync<KernelException>(() => _setup.JudgeAsync("stable", dos))).Code.Id);

        string latin = _setup.Series("x");
        File.WriteAllBytes(Path.Combine(Path.GetDirectoryName(latin)!, "0001.patch"), Encoding.Latin1.GetBytes(_setup.Mail(_fix, "mm: Fix it f\u00fcr all")));
        Assert.Equal(PatchVerdict.Applies, (await _setup.JudgeAsync("stable", latin)).Verdict);
        Assert.Equal("EVK2053", _setup.Reported.Last().Code!.Id);
    }

    [Fact]
    public async Task A_patch_of_50_MB_is_told_and_has_its_verdict()
    {
        string line = new('x', 98);
        StringBuilder diff = new("diff --git a/big b/big\nnew file mode 100644\n--- /dev/null\n+++ b/big\n@@ -0,0 +1,525000 @@\n");
        for (int count = 0; count < 525_000; count++)
            diff.Append('+').Append(line).Append('\n');
        PatchStatus status = await _setup.JudgeAsync("stable", _setup.Series(diff.ToString()));
        Assert.Equal(PatchVerdict.Applies, status.Verdict);
        Assert.Equal("EVK2046", Assert.Single(_setup.Reported).Code!.Id);
    }

    [Fact]
    public async Task A_patch_of_50_MB_that_conflicts_is_told_where_and_in_seconds()
    {
        // Few different lines, as in tables of registers; the tree has one line less.
        const int Count = 500_000;
        string[] lines = [.. Enumerable.Range(0, Count).Select(number => $"{number % 3} {new string('x', 46)}")];
        lines[1000] = "the only one of its kind";
        _setup.Commit("tables", "Begin", ("big", string.Join('\n', lines) + "\n"));
        lines[250_000] = "was not there";
        StringBuilder diff = new($"diff --git a/big b/big\n--- a/big\n+++ b/big\n@@ -1,{Count} +1,{Count} @@\n");
        foreach (string line in lines)
            diff.Append('-').Append(line).Append('\n');
        foreach (string line in lines)
            diff.Append('+').Append(line).Append(" y\n");
        Assert.True(diff.Length > 50_000_000);
        System.Diagnostics.Stopwatch watch = System.Diagnostics.Stopwatch.StartNew();
        PatchStatus status = await _setup.JudgeAsync("tables", _setup.Series(diff.ToString()));
        Assert.Equal((PatchVerdict.Conflicts, "conflicts 1/1"), (status.Verdict, status.Summary));
        Assert.StartsWith(
            "big: hunk of line 4: 499999 of 500000 lines match at line 1; line 250001 was to be 'was not there' and is ", Assert.Single(status.Evidence),
            StringComparison.Ordinal);
        Assert.True(watch.Elapsed < TimeSpan.FromMinutes(1), $"It took {watch.Elapsed}.");
    }

    [Fact]
    public async Task A_pinned_commit_that_a_forced_push_took_away_is_told_and_the_other_trees_are_judged()
    {
        string lost = _setup.Commit("forced", "Old", ("mm/f.c", Before));
        _setup.Branch("forced", _base);
        GitOracle.Git(_setup.Repository, "reflog", "expire", "--expire=now", "--all");
        GitOracle.Git(_setup.Repository, "-c", "gc.pruneExpire=now", "gc", "-q");
        foreach (string repository in (string[])[_setup.Repository, $"file://{_setup.Repository}"])
        {
            _setup.Reported.Clear();
            TreeRequest request = _setup.Request("forced") with { Pin = new GitPin(repository, "forced", lost) };
            StatusMatrix matrix = await _setup.RunAsync(_setup.Series(_setup.Mail(_fix)), request, _setup.Request("stable"));
            Assert.Equal("stable", Assert.Single(matrix.Verdicts).Tree);
            Diagnostic error = Assert.Single(_setup.Reported, one => one.Severity == Severity.Error);
            Assert.Equal("EVK1006", error.Code!.Id);
            Assert.StartsWith("Tree 'forced': ", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_branch_that_has_nothing_in_common_with_the_patch_has_no_use_for_it()
    {
        _setup.Commit("elsewhere", "Begin", ("README", "Quite another project.\n"));
        PatchStatus status = await _setup.JudgeAsync("elsewhere", _setup.Series(_setup.Mail(_fix)));
        Assert.Equal((PatchVerdict.NotRelevant, "the tree has none of its files: mm/f.c"), (status.Verdict, Assert.Single(status.Evidence)));
    }

    [Fact]
    public async Task A_branch_that_is_gone_is_told_and_the_other_trees_are_judged()
    {
        StatusMatrix matrix = await _setup.RunAsync(_setup.Series(_setup.Mail(_fix)), _setup.Request("gone"), _setup.Request("stable"));
        Assert.Equal("stable", Assert.Single(matrix.Verdicts).Tree);
        Diagnostic error = Assert.Single(_setup.Reported);
        Assert.Equal((Severity.Error, "EVK1008"), (error.Severity, error.Code!.Id));
        Assert.StartsWith("Tree 'gone': ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pin_that_its_branch_does_not_hold_is_told()
    {
        string unrelated = _setup.Commit("unrelated", "Begin", ("mm/f.c", Before));
        TreeRequest request = _setup.Request("stable") with { Pin = new GitPin(_setup.Repository, "stable", unrelated) };
        Assert.Equal(PatchVerdict.Applies, (await _setup.RunAsync(_setup.Series(_setup.Mail(_fix)), request)).Verdicts.Single().Verdict);
        Assert.Equal("EVK2051", Assert.Single(_setup.Reported).Code!.Id);
    }

    [Fact]
    public async Task An_archive_has_a_tree_and_no_history()
    {
        string archive = _setup.Folder["linux.tar"];
        Assert.True(GitOracle.Run(["archive", "--prefix=linux/", "-o", archive, _base], _setup.Repository).Succeeded);
        string digest = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(archive)));
        TreeRequest request = _setup.Request("archive", carries: true) with { Pin = new ArchivePin(archive, digest) };
        StatusMatrix matrix = await _setup.RunAsync(_setup.Series(_setup.Mail(_fix)), request);
        Assert.Equal(PatchVerdict.Missing, matrix.Verdicts.Single().Verdict);
        Assert.Null(matrix.Trees.Single().HistoryTip);
    }

    [Fact]
    public async Task A_partial_clone_is_told_and_never_filled_behind_ones_back()
    {
        GitOracle.Git(_setup.Repository, "config", "uploadpack.allowFilter", "true");
        string partial = _setup.Folder["partial.git"];
        Assert.True(GitOracle.Run(["clone", "-q", "--bare", "--filter=blob:none", $"file://{_setup.Repository}", partial]).Succeeded);
        TreeRequest request = _setup.Request("stable") with { Pin = new GitPin(partial, "stable", null) };
        KernelException error = await Assert.ThrowsAsync<KernelException>(() => _setup.RunAsync(_setup.Series(_setup.Mail(_fix)), request));
        Assert.Equal("EVK2056", error.Code.Id);
    }

    [Fact]
    public async Task Without_trees_or_with_a_history_that_cannot_be_read_there_is_a_code()
    {
        string series = _setup.Series(_setup.Mail(_fix));
        Assert.Equal("EVK2044", (await Assert.ThrowsAsync<KernelException>(() => _setup.RunAsync(series))).Code.Id);
        TreeRequest request = _setup.Request("stable") with { HistorySince = "v0.0-none" };
        Assert.Equal("EVK2048", (await Assert.ThrowsAsync<KernelException>(() => _setup.RunAsync(series, request))).Code.Id);
    }
}
