using EveKernel.Core.Patches.Status;

namespace EveKernel.Tests.Patches.Status;

/// <summary>What each verdict means, on small branches.</summary>
public sealed class VerdictTests : IDisposable
{
    private const string Upstream = "0123456789abcdef0123456789abcdef01234567";
    private const string Subject = "mm: Do the right thing";

    private static readonly string Before = StatusSetup.Lines(40);
    private static readonly string After = StatusSetup.Lines(40, (20, "\tdo_the_right_thing(now);"), (31, "\tand_another_right_thing();"));

    private readonly StatusSetup _setup = new();
    private readonly string _base;
    private readonly string _fix;

    public VerdictTests()
    {
        _base = _setup.Commit("main", "Begin", ("mm/f.c", Before), ("mm/Makefile", "obj-y += f.o\n"));
        _fix = _setup.Commit("main", Subject, ("mm/f.c", After));
        _setup.Branch("stable", _base);
    }

    public void Dispose() => _setup.Dispose();

    private string Series => _setup.Series(_setup.Mail(_fix));

    [Fact]
    public async Task A_tree_as_the_patch_knows_it_takes_it()
    {
        PatchStatus status = await _setup.JudgeAsync("stable", Series);
        Assert.Equal((PatchVerdict.Applies, "applies"), (status.Verdict, status.Summary));
        Assert.Equal([(true, 0), (true, 0)], status.Hunks.Select(hunk => (hunk.Applies, hunk.Offset)));
    }

    [Fact]
    public async Task An_offset_is_told()
    {
        _setup.Commit("stable", "More above", ("mm/f.c", "/* one */\n/* two */\n/* three */\n" + Before));
        PatchStatus status = await _setup.JudgeAsync("stable", Series);
        Assert.Equal((PatchVerdict.Applies, "applies +3"), (status.Verdict, status.Summary));
        Assert.Equal("it applies, offset 3 lines", status.Evidence[0]);
    }

    [Fact]
    public async Task The_same_text_is_applied()
    {
        _setup.Commit("stable", "Something else by name", ("mm/f.c", "/* one */\n" + After));
        PatchStatus status = await _setup.JudgeAsync("stable", Series);
        Assert.Equal(PatchVerdict.Applied, status.Verdict);
        Assert.Equal("the tree has its text, offset 1 line", status.Evidence[0]);
    }

    [Fact]
    public async Task A_patch_that_a_later_one_of_the_series_changes_again_is_applied_with_it()
    {
        string again = _setup.Commit("main", "mm: Do it better", ("mm/f.c", After.Replace("(now)", "(at_once)", StringComparison.Ordinal)));
        string series = _setup.Series(_setup.Mail(_fix), _setup.Mail(again));
        Assert.Equal(PatchVerdict.Applied, (await _setup.JudgeAsync("main", series)).Verdict);
        Assert.Equal(PatchVerdict.Applied, (await _setup.JudgeAsync("main", series, patch: 1)).Verdict);
        PatchStatus later = await _setup.JudgeAsync("stable", series, patch: 1);
        Assert.Equal((PatchVerdict.Depends, "it applies only after 0001.patch"), (later.Verdict, later.Evidence[0]));
    }

    [Fact]
    public async Task A_conflict_tells_its_hunks_and_what_they_meet_and_what_applies()
    {
        _setup.Commit("stable", "Context", ("mm/f.c", StatusSetup.Lines(40, (18, "\tother();"))));
        PatchStatus status = await _setup.JudgeAsync("stable", Series);
        Assert.Equal((PatchVerdict.Conflicts, "conflicts 1/2"), (status.Verdict, status.Summary));
        Assert.Equal([false, true], status.Hunks.Select(hunk => hunk.Applies));
        Assert.Equal(
            "mm/f.c: hunk of line 12: 6 of 7 lines match at line 17; line 18 was to be 'statement number 18;' and is 'other();'",
                Assert.Single(status.Evidence));
    }

    [Theory]
    [InlineData("commit 0123456789abcdef0123456789abcdef01234567 upstream.", "names upstream's 0123456789ab")]
    [InlineData("[ Upstream commit 0123456789abcdef0123456789abcdef01234567 ]", "names upstream's 0123456789ab")]
    [InlineData("(cherry picked from commit 0123456789ab)", "names upstream's 0123456789ab")]
    [InlineData("Some words of commit 0123456789abcdef0123456789abcdef01234567.", null)]
    [InlineData("commit 1123456789abcdef0123456789abcdef01234567 upstream.", null)]
    public async Task A_change_in_other_words_is_applied_when_a_commit_names_it_in_the_kernels_own_forms(string line, string? evidence)
    {
        _setup.Commit("stable", $"mm: A rework\n\n{line}\n", ("mm/f.c", StatusSetup.Lines(40, (19, "\tother();"), (20, "\tdo_right();"))));
        PatchStatus status = await _setup.JudgeAsync("stable", _setup.Series(_setup.Mail(_fix, $"{Subject}\n\nUpstream: commit {Upstream[..12]}\n")));
        Assert.Equal(evidence is null ? PatchVerdict.Conflicts : PatchVerdict.Applied, status.Verdict);
        if (evidence is not null)
            Assert.Contains(status.Evidence, one => one.Contains(evidence, StringComparison.Ordinal) && one.Contains("mm: A rework", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_commit_of_the_same_subject_is_evidence_and_its_revert_takes_it_away_and_the_reverts_revert_brings_it_back()
    {
        string reworked = StatusSetup.Lines(40, (19, "\tother();"), (20, "\tdo_right();"));
        string first = _setup.Commit("stable", Subject, ("mm/f.c", reworked));
        Assert.Equal(PatchVerdict.Applied, (await _setup.JudgeAsync("stable", Series)).Verdict);

        string second = _setup.Commit("stable", $"Revert \"{Subject}\"\n\nThis reverts commit {first}.\n", ("mm/f.c", Before));
        PatchStatus status = await _setup.JudgeAsync("stable", Series);
        Assert.Equal(PatchVerdict.Missing, status.Verdict);
        Assert.Contains(status.Evidence, one => one.Contains("takes it back", StringComparison.Ordinal)
            && one.Contains(second[..12], StringComparison.Ordinal));

        _setup.Commit("stable", $"Revert \"Revert \"{Subject}\"\"\n\nThis reverts commit {second}.\n", ("mm/f.c", reworked));
        Assert.Equal(PatchVerdict.Applied, (await _setup.JudgeAsync("stable", Series)).Verdict);
    }

    [Fact]
    public async Task A_revert_that_names_only_the_subject_counts_for_what_is_older_than_it()
    {
        string first = _setup.Commit("stable", Subject, ("mm/f.c", After));
        _setup.Commit("stable", $"Revert \"{Subject}\"", ("mm/f.c", Before));
        Assert.Equal(PatchVerdict.Missing, (await _setup.JudgeAsync("stable", Series)).Verdict);
        string second = _setup.Commit("stable", Subject, ("mm/f.c", StatusSetup.Lines(40, (19, "\tother();"), (20, "\tdo_right();"))));
        PatchStatus status = await _setup.JudgeAsync("stable", Series);
        Assert.Equal(PatchVerdict.Applied, status.Verdict);
        Assert.Equal($"{second[..12]} \"{Subject}\" has the patch's subject", status.Evidence[0]);
        Assert.Contains(first[..12], status.Evidence[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Words_do_not_stand_against_the_text()
    {
        // A merge that went wrong: the history names the change, and the tree is without it.
        _setup.Commit("stable", Subject);
        PatchStatus status = await _setup.JudgeAsync("stable", Series);
        Assert.Equal(PatchVerdict.Missing, status.Verdict);
        Assert.Contains(status.Evidence, one => one.EndsWith("yet the tree has not its text", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_reworded_commit_is_found_by_its_patch_id()
    {
        string taken = _setup.Commit("stable", "mm: Quite another name", ("mm/f.c", After));
        _setup.Commit("stable", "mm: And it moves on", ("mm/f.c", StatusSetup.Lines(40, (20, "\tdo_something_new();"))));
        PatchStatus status = await _setup.JudgeAsync("stable", Series);
        Assert.Equal(PatchVerdict.Applied, status.Verdict);
        Assert.StartsWith($"{taken[..12]} of the branch has the patch's patch-id ", status.Evidence[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Applied-when: mm/f.c: do_right", PatchVerdict.Applied)]
    [InlineData("Applied-when: mm/f.c: do_wrong", PatchVerdict.Conflicts)]
    [InlineData("Applied-when: mm/g.c: do_right", PatchVerdict.Conflicts)]
    [InlineData("Applied-when: mm/f.c: do_right\nApplied-when: mm/f.c: do_wrong", PatchVerdict.Conflicts)]
    public async Task The_patchs_own_header_tells_it(string header, PatchVerdict verdict)
    {
        _setup.Commit("stable", "A rework", ("mm/f.c", StatusSetup.Lines(40, (19, "\tother();"), (20, "\tdo_right();"))));
        PatchStatus status = await _setup.JudgeAsync("stable", _setup.Series(_setup.Mail(_fix, $"{Subject}\n\n{header}\n")));
        Assert.Equal(verdict, status.Verdict);
        if (verdict == PatchVerdict.Applied)
            Assert.Contains("mm/f.c:20 has 'do_right', by which the patch's Applied-when tells it", status.Evidence);
    }

    [Fact]
    public async Task The_lines_themselves_tell_it_where_only_context_differs()
    {
        _setup.Commit("stable", "A rework", ("mm/f.c", After.Replace("number 18;", "number eighteen;", StringComparison.Ordinal)));
        PatchStatus status = await _setup.JudgeAsync("stable", Series);
        Assert.Equal((PatchVerdict.Applied, "applied, in other words"), (status.Verdict, status.Summary));
        Assert.Equal("the lines that it adds stand at mm/f.c:20, mm/f.c:31, and those that it removes are gone", status.Evidence[0]);
    }

    [Fact]
    public async Task Lines_that_stand_elsewhere_are_no_evidence()
    {
        string elsewhere = "/* far away */\n\tdo_the_right_thing(now);\n\tand_another_right_thing();\n/* as well */\n";
        _setup.Commit("stable", "By chance", ("mm/f.c", elsewhere + StatusSetup.Lines(40, (20, "\tquite();"), (31, "\tother();"))));
        Assert.Equal(PatchVerdict.Conflicts, (await _setup.JudgeAsync("stable", Series)).Verdict);
    }

    [Fact]
    public async Task What_is_built_and_changes_something_by_itself_has_its_effect()
    {
        (string, string?)[] before = [("arch/x86/kvm/mmu.c", Before), ("include/linux/kvm_host.h", Before)];
        _setup.Commit("kvm", "Begin", before);
        _setup.Commit("kvm-fixed", "Begin", before);
        string fix = _setup.Commit(
            "kvm-fixed", "KVM: Fix", ("arch/x86/kvm/mmu.c", StatusSetup.Lines(40, (20, "\tis_gone_pfn(pfn);"))),
            ("include/linux/kvm_host.h", StatusSetup.Lines(40, (20, "static inline bool is_gone_pfn(kvm_pfn_t pfn)"))));
        PatchStatus status = await _setup.JudgeAsync("kvm", _setup.Series(_setup.Mail(fix)), arch: "arm64");
        Assert.Equal(PatchVerdict.Applies, status.Verdict);
        Assert.Contains("arch/x86/kvm/mmu.c is not built: arch/x86 is for other architectures", status.Evidence);
    }

    [Fact]
    public async Task Half_of_the_lines_are_no_evidence()
    {
        _setup.Commit("stable", "Half of it", ("mm/f.c", StatusSetup.Lines(40, (18, "\tother();"), (20, "\tdo_the_right_thing(now);"))));
        Assert.Equal(PatchVerdict.Conflicts, (await _setup.JudgeAsync("stable", Series)).Verdict);
    }

    [Fact]
    public async Task Files_that_are_not_there_make_it_not_relevant_and_moved_ones_do_not()
    {
        _setup.Branch("moved", _base);
        _setup.Commit("stable", "Without it", ("mm/f.c", null));
        _setup.Commit("moved", "Moved", ("mm/f.c", null), ("mm/deep/f.c", Before));
        PatchStatus gone = await _setup.JudgeAsync("stable", Series);
        PatchStatus moved = await _setup.JudgeAsync("moved", Series);
        Assert.Equal((PatchVerdict.NotRelevant, "the tree has none of its files: mm/f.c"), (gone.Verdict, gone.Evidence[0]));
        Assert.Equal(PatchVerdict.Conflicts, moved.Verdict);
        Assert.Contains("mm/f.c is not there; in mm/deep/f.c 2 of 2 hunks apply", moved.Evidence);
    }

    [Theory]
    [InlineData("amd64", "config D\n\tbool \"d\"\n\tdepends on ARM64\n", PatchVerdict.NotRelevant)]
    [InlineData("arm64", "config D\n\tbool \"d\"\n\tdepends on ARM64\n", PatchVerdict.Applies)]
    [InlineData("amd64", "config D\n\tbool \"d\"\n\tdepends on ARM64 || (X86 && PCI)\n", PatchVerdict.Applies)]
    [InlineData("amd64", "config D\n\tbool \"d\"\n\tdepends on !X86\n", PatchVerdict.NotRelevant)]
    [InlineData("amd64", "config D\n\tbool \"d\"\n\tdepends on OF && ARCH_QCOM\n", PatchVerdict.Applies)]
    [InlineData("amd64", "config E\n\tbool \"d\"\n\tdepends on ARM64\n", PatchVerdict.Applies)]
    [InlineData("riscv", "config D\n\tbool \"d\"\n\tdepends on ARM64 || COMPILE_TEST\n", PatchVerdict.NotRelevant)]
    public async Task A_driver_is_built_where_its_symbol_can_be_set(string arch, string kconfig, PatchVerdict verdict)
    {
        (string, string?)[] files = [("drivers/Makefile", "obj-y += d/\n"), ("drivers/d/Makefile", "obj-$(CONFIG_D) += d.o\nd-y := core.o \\\n\tmore.o\n"),
            ("drivers/d/Kconfig", kconfig)];
        _setup.Commit("drivers", "Begin", [.. files, ("drivers/d/more.c", Before)]);
        string fix = _setup.Commit("fixed", "Begin", [.. files, ("drivers/d/more.c", Before)]);
        fix = _setup.Commit("fixed", "drivers: Fix", ("drivers/d/more.c", After));
        PatchStatus status = await _setup.JudgeAsync("drivers", _setup.Series(_setup.Mail(fix)), arch: arch);
        Assert.Equal(verdict, status.Verdict);
        if (verdict == PatchVerdict.NotRelevant)
            Assert.Contains("which depends on ", status.Evidence[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("amd64", "", PatchVerdict.Applies)]
    [InlineData("arm64", "", PatchVerdict.AppliesWithoutEffect)]
    [InlineData("arm64", "Matters: virt/kvm/kvm_main.c\n", PatchVerdict.Applies)]
    [InlineData("arm64", "Matters: arch/x86/kvm/\n", PatchVerdict.AppliesWithoutEffect)]
    public async Task A_patch_whose_telling_hunks_are_another_architectures_is_without_effect(string arch, string trailer, PatchVerdict verdict)
    {
        (string, string?)[] before = [("arch/x86/kvm/mmu.c", Before), ("include/linux/kvm_host.h", Before), ("virt/kvm/kvm_main.c", Before)];
        (string, string?)[] after =
        [
            ("arch/x86/kvm/mmu.c", StatusSetup.Lines(40, (20, "\tstatement number 20;\n\tif (is_gone_pfn(pfn))\n\t\treturn EMULATE;"))),
            ("include/linux/kvm_host.h", StatusSetup.Lines(40, (20, "\tstatement number 20;\nstatic inline bool is_gone_pfn(kvm_pfn_t pfn)"))),
            ("virt/kvm/kvm_main.c", StatusSetup.Lines(40, (20, "\tstatement number 20;\n\t*pfn = GONE;"))),
        ];
        _setup.Commit("kvm", "Begin", before);
        _setup.Commit("kvm-fixed", "Begin", before);
        string fix = _setup.Commit("kvm-fixed", "KVM: x86: Fix", after);
        PatchStatus status = await _setup.JudgeAsync("kvm", _setup.Series(_setup.Mail(fix, $"KVM: x86: Fix\n\n{trailer}")), arch: arch);
        Assert.Equal(verdict, status.Verdict);
        Assert.Equal([arch == "amd64" ? null : false, true, true],
            status.Hunks.Select(hunk => hunk.Built is true or null && arch == "amd64" && hunk.File[0] == 'a' ? null : hunk.Built));
        if (arch == "arm64" && trailer.Length == 0)
            Assert.Contains("what is built only offers is_gone_pfn, and only what is not built takes it up", status.Evidence);
    }

    [Fact]
    public async Task Another_architectures_patch_is_not_relevant()
    {
        _setup.Commit("arm", "Begin", ("arch/arm64/mm/f.c", Before));
        _setup.Commit("arm-fixed", "Begin", ("arch/arm64/mm/f.c", Before));
        string series = _setup.Series(_setup.Mail(_setup.Commit("arm-fixed", "arm64: Fix", ("arch/arm64/mm/f.c", After))));
        PatchStatus status = await _setup.JudgeAsync("arm", series);
        Assert.Equal((PatchVerdict.NotRelevant, "it is never built for amd64: arch/arm64 is for other architectures"), (status.Verdict, status.Evidence[0]));
        Assert.Equal(PatchVerdict.Applies, (await _setup.JudgeAsync("arm", series, arch: "arm64")).Verdict);
        Assert.Contains("it is of no use there: arch/arm64 is for other architectures", (await _setup.JudgeAsync("arm-fixed", series)).Evidence);
    }

    [Fact]
    public async Task A_branch_that_is_to_carry_the_series_misses_what_it_lacks()
    {
        Assert.Equal(PatchVerdict.Missing, (await _setup.JudgeAsync("stable", Series, carries: true)).Verdict);
        Assert.Equal(PatchVerdict.Applied, (await _setup.JudgeAsync("main", Series, carries: true)).Verdict);
    }

    [Fact]
    public async Task What_the_branch_and_upstream_both_have_is_redundant()
    {
        _setup.Commit("stable", Subject, ("mm/f.c", After));
        _setup.Commit("stable", $"{Subject}\n\ncommit {Upstream} upstream.\n", ("mm/g.c", "g\n"));
        PatchStatus status = await _setup.JudgeAsync("stable", _setup.Series(_setup.Mail(_fix, $"{Subject}\n\ncommit {Upstream} upstream.\n")));
        Assert.Equal(PatchVerdict.Redundant, status.Verdict);
        Assert.Equal(2, status.Evidence.Count(one => one.Contains(Subject, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(Subject)]
    [InlineData("0001.patch")]
    [InlineData("0123456789ab (\"" + Subject + "\")")]
    public async Task A_patch_that_another_replaces_is_superseded(string name)
    {
        string better = StatusSetup.Lines(40, (20, "\tdo_it_well();"));
        _setup.Branch("better", _base);
        string other = _setup.Commit("better", "mm: Do it well", ("mm/f.c", better));
        string series = _setup.Series(_setup.Mail(_fix), _setup.Mail(other, $"mm: Do it well\n\nReplaces: {name}\n"));
        PatchStatus status = await _setup.JudgeAsync("better", series);
        Assert.Equal((PatchVerdict.Superseded, "0002.patch says that it replaces the patch, and is: applied"), (status.Verdict, status.Evidence[0]));

        _setup.Commit("stable", $"mm: Do it well\n\nReplaces: {name}\n", ("mm/f.c", better));
        Assert.Equal(name == "0123456789ab" ? PatchVerdict.Conflicts : PatchVerdict.Superseded, (await _setup.JudgeAsync("stable", Series)).Verdict);
    }

    [Fact]
    public async Task A_patch_that_would_apply_a_second_time_says_so()
    {
        string block = "\tbegin_of_block();\n\tend_of_block();\n";
        _setup.Commit("twice", "Begin", ("mm/f.c", Before + block + StatusSetup.Lines(9) + block));
        string fix = _setup.Commit("twice", "mm: In the first",
            ("mm/f.c", Before + block.Replace("\tend", "\tmiddle_of_block();\n\tend", StringComparison.Ordinal) + StatusSetup.Lines(9) + block));
        byte[] bare = System.Text.Encoding.UTF8.GetBytes(GitOracle.Git(_setup.Repository, "diff-tree", "-p", "-U1", fix + "^", fix));
        PatchStatus status = await _setup.JudgeAsync("twice", _setup.Series(System.Text.Encoding.UTF8.GetString(bare)));
        Assert.Equal(PatchVerdict.Applied, status.Verdict);
        Assert.Contains(status.Evidence, one => one.StartsWith("beware: it would apply a second time, offset", StringComparison.Ordinal));
    }
}
