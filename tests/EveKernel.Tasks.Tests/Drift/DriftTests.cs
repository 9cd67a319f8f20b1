using System.Collections.Immutable;
using System.IO.Compression;
using System.Text.Json;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Drift;
using EveKernel.Core.Patches;
using EveKernel.Core.Patches.Status;
using EveKernel.Tests.Patches.Status;

namespace EveKernel.Tests.Drift;

/// <summary>What one branch has and another has not, on small branches.</summary>
public sealed class DriftTests : IDisposable
{
    private static readonly ConfigurationSource NoConfiguration = new(null, null, [], "x86_64", "gcc", "");

    private readonly StatusSetup _setup = new();
    private readonly string _base;

    public DriftTests()
    {
        _base = _setup.Commit("main", "Begin", ("a.c", StatusSetup.Lines(30)), ("b.c", StatusSetup.Lines(30)));
        _setup.Branch("stable", _base);
    }

    public void Dispose() => _setup.Dispose();

    [Fact]
    public async Task A_commit_that_the_other_branch_has_by_any_name_is_no_drift()
    {
        string upstream = _setup.Commit("main", "mm: One", ("a.c", StatusSetup.Lines(30, (5, "\tone();"))));
        _setup.Commit("main", "mm: Two", ("a.c", StatusSetup.Lines(30, (5, "\tone();"), (25, "\ttwo();"))));
        _setup.Commit("main", "mm: Three", ("b.c", StatusSetup.Lines(30, (5, "\tthree();"))));
        _setup.Commit("main", "mm: Four", ("b.c", StatusSetup.Lines(30, (5, "\tthree();"), (25, "\tfour();"))));

        _setup.Commit("stable", $"mm: One, for old kernels\n\ncommit {upstream} upstream.\n", ("a.c", StatusSetup.Lines(30, (6, "\tfirst();"))));
        _setup.Commit("stable", "mm: The same text as two", ("a.c", StatusSetup.Lines(30, (6, "\tfirst();"), (25, "\ttwo();"))));
        _setup.Commit("stable", "mm: Three", ("b.c", StatusSetup.Lines(30, (6, "\tother_words();"))));
        _setup.Commit("stable", "mm: Five", ("b.c", StatusSetup.Lines(30, (6, "\tother_words();"), (15, "\tfive();"))));

        CommitDrift drift = (await CompareAsync()).Commits!;

        Assert.Equal((_base, new SameCommits(0, 1, 1, 1), true), (drift.Base, drift.Same, drift.PatchIds));
        Assert.Equal(["mm: Five"], drift.OnlyFrom.Select(one => one.Subject));
        Assert.Equal(["mm: Four"], drift.OnlyTo.Select(one => one.Subject));
    }

    [Fact]
    public async Task Two_commits_of_one_subject_that_name_different_commits_of_upstream_are_two_changes()
    {
        (string one, string other) = (new string('1', 40), new string('2', 40));
        _setup.Commit("main", $"drm: Fix\n\n[ Upstream commit {one} ]\n", ("a.c", StatusSetup.Lines(30, (5, "\tone();"))));
        _setup.Commit("stable", $"drm: Fix\n\n[ Upstream commit {other} ]\n", ("a.c", StatusSetup.Lines(30, (9, "\tother();"))));
        CommitDrift drift = (await CompareAsync()).Commits!;
        Assert.Equal([other], drift.OnlyFrom.Select(commit => commit.Upstream));
        Assert.Equal([one], drift.OnlyTo.Select(commit => commit.Upstream));
    }

    [Fact]
    public async Task What_was_taken_back_is_not_there_and_a_revert_of_the_revert_brings_it_back()
    {
        string[] texts = [StatusSetup.Lines(30, (5, "\tone();")), StatusSetup.Lines(30), StatusSetup.Lines(30, (5, "\tone();"))];
        string first = _setup.Commit("stable", "mm: One", ("a.c", texts[0]));
        string revert = _setup.Commit("stable", $"Revert \"mm: One\"\n\nThis reverts commit {first}.\n", ("a.c", texts[1]));
        Assert.Empty((await CompareAsync()).Commits!.OnlyFrom);

        _setup.Commit("stable", $"Revert \"Revert \"mm: One\"\"\n\nThis reverts commit {revert}.\n", ("a.c", texts[2]));
        Assert.Equal(["mm: One"], (await CompareAsync()).Commits!.OnlyFrom.Select(one => one.Subject));
    }

    [Fact]
    public async Task Unrelated_histories_are_compared_from_a_bound_on_and_not_without_one()
    {
        _setup.Commit("other", "Begin elsewhere", ("c.c", "text\n"));
        _setup.Commit("other", "mm: One", ("c.c", "other text\n"));
        string pinned = _setup.Commit("stable", "mm: One", ("a.c", StatusSetup.Lines(30, (5, "\tone();"))));

        KernelException error = await Assert.ThrowsAsync<KernelException>(() => CompareAsync("stable", "other"));
        Assert.Equal("EVK2201", error.Code.Id);
        CommitDrift drift = (await CompareAsync("stable", "other", since: "2020-01-01")).Commits!;
        Assert.Null(drift.Base);
        Assert.DoesNotContain(pinned, drift.OnlyFrom.Select(one => one.Id));
    }

    [Fact]
    public async Task A_commit_without_parents_has_no_history_and_the_rest_is_compared()
    {
        _setup.Commit("alone", "A tree", ("a.c", StatusSetup.Lines(30)));
        string fix = _setup.Commit("main", "mm: One", ("a.c", StatusSetup.Lines(30, (5, "\tone();"))));
        TreeDrift drift = await CompareAsync("main", "alone", series: _setup.Series(_setup.Mail(fix)));
        Assert.Null(drift.Commits);
        Assert.Equal("EVK2202", Assert.Single(_setup.Reported).Code?.Id);
        Assert.Equal(("0001.patch", "applied", "applies"), drift.Series.Select(one => (one.Name, one.From, one.To)).Single());
    }

    [Fact]
    public async Task Configurations_are_read_from_files_folders_and_packages()
    {
        string file = _setup.Folder.Write("one/.config", "CONFIG_KVM=m\nCONFIG_HZ=250\nCONFIG_SAME=y\n# CONFIG_OFF is not set\nCONFIG_BASE=0x10\nCONFIG_ONE=y\n");
        string package = _setup.Folder["k.nupkg"];
        using (ZipArchive zip = ZipFile.Open(package, ZipArchiveMode.Create))
        using (StreamWriter config = new(zip.CreateEntry("kernel/config").Open()))
            config.Write("CONFIG_KVM=y\nCONFIG_HZ=1000\nCONFIG_SAME=y\nCONFIG_BASE=0x010\n# CONFIG_ONE is not set\n");

        foreach (string place in (string[])[file, _setup.Folder["one"]])
        {
            TreeDrift drift = await CompareAsync(from: NoConfiguration with { Finished = place }, to: NoConfiguration with { Finished = package });
            Assert.Equal(
                [new OptionDrift("HZ", "250", "1000"), new OptionDrift("KVM", "m", "y"), new OptionDrift("ONE", "y", "n")],
                drift.Configuration!.Options.AsEnumerable());
            Assert.Contains("CONFIG_KVM  m       y", DriftReport.Text(drift), StringComparison.Ordinal);
        }

        foreach (string bad in (string[])[_setup.Folder["nothing"], Path.GetDirectoryName(package)!, _setup.Folder.Write("bad.nupkg", "no zip")])
        {
            KernelException error = await Assert.ThrowsAsync<KernelException>(
                () => CompareAsync(from: NoConfiguration with { Finished = bad }, to: NoConfiguration with { Finished = file }));
            Assert.Equal("EVK2203", error.Code.Id);
        }
    }

    [Fact]
    public async Task The_report_has_all_that_the_screen_cuts_and_takes_no_word_for_markup()
    {
        for (int number = 0; number < 30; number++)
            _setup.Commit("main", $"mm: |_{number}_| <b>", ("a.c", StatusSetup.Lines(30, (5, $"\tversion({number});"))));
        TreeDrift drift = await CompareAsync();
        DriftReport.Write(drift, _setup.Folder["out"]);

        Assert.Contains("    and 5 more", DriftReport.Text(drift), StringComparison.Ordinal);
        string markdown = await File.ReadAllTextAsync(_setup.Folder["out/drift.md"]);
        Assert.Equal(30, markdown.Split(@"mm: \|\_").Length - 1);
        Assert.DoesNotContain("<b>", markdown, StringComparison.Ordinal);
        using JsonDocument json = JsonDocument.Parse(await File.ReadAllBytesAsync(_setup.Folder["out/drift.json"]));
        Assert.Equal(30, json.RootElement.GetProperty("commits").GetProperty("onlyTo").GetArrayLength());
        Assert.False(json.RootElement.TryGetProperty("configuration", out _));
    }

    private async Task<TreeDrift> CompareAsync(
        string one = "stable", string other = "main", string? since = null, string? series = null, ConfigurationSource? from = null, ConfigurationSource? to = null)
    {
        ImmutableArray<StatusTree> trees = await _setup.Fetcher().FindAsync(
            [_setup.Request(one) with { HistorySince = since }, _setup.Request(other) with { HistorySince = since }], default);
        TreeConfiguration configurations = new(StatusSetup.Git, StatusSetup.Environment, _setup.Folder["made"], "/nowhere", _setup);
        return await new DriftRun(StatusSetup.Git, configurations, _setup).RunAsync(
            (trees[0], from ?? NoConfiguration), (trees[1], to ?? NoConfiguration), series is null ? [] : [PatchSeries.Read(series)], 2, false, default);
    }
}
