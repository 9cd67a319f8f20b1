using EveKernel.Core.Diagnostics;
using EveKernel.Core.Patches.Status;
using EveKernel.Core.Source;

namespace EveKernel.Tests.Patches.Status;

/// <summary>Histories of repositories elsewhere: commits only, bounded, and only when asked for.</summary>
public sealed class HistoryFetchTests : IDisposable
{
    private const string Since = "2020-01-01";
    private static readonly string Before = StatusSetup.Lines(40);

    private readonly StatusSetup _setup = new();
    private readonly string _base;
    private readonly string _fix;

    public HistoryFetchTests()
    {
        _base = _setup.Commit("main", "Begin", ("mm/f.c", Before));
        _fix = _setup.Commit("main", "mm: Fix", ("mm/f.c", StatusSetup.Lines(40, (20, "\tdo_the_right_thing(now);"))));
        _setup.Branch("stable", _base);
        _setup.Commit("stable", "mm: Fix", ("mm/f.c", StatusSetup.Lines(40, (19, "\tother();"), (20, "\tdo_right();"))));
        GitOracle.Git(_setup.Repository, "config", "uploadpack.allowFilter", "true");
        GitOracle.Git(_setup.Repository, "tag", "v1", _base);
    }

    public void Dispose() => _setup.Dispose();

    private TreeRequest Remote => _setup.Request("stable") with { Pin = new GitPin("file://" + _setup.Repository, "stable", null), HistorySince = Since };

    [Fact]
    public async Task Evidence_by_history_is_there_once_it_is_fetched_and_not_before()
    {
        string series = _setup.Series(_setup.Mail(_fix));
        Assert.Equal(PatchVerdict.Conflicts, (await _setup.RunAsync(series, Remote)).Verdicts.Single().Verdict);
        Assert.False(Directory.Exists(_setup.HistoryStore));

        await _setup.Fetcher().FetchHistoriesAsync([Remote], default);
        Assert.Equal(PatchVerdict.Applied, (await _setup.RunAsync(series, Remote)).Verdicts.Single().Verdict);
        Assert.Matches(@"^stable: history of stable to [0-9a-f]{12}, \d+\.\d s$",
            Assert.Single(_setup.Reported, one => one.Message.StartsWith("stable: history", StringComparison.Ordinal)).Message);
    }

    [Fact]
    public async Task A_history_has_no_trees_and_ends_at_its_bound()
    {
        await _setup.Fetcher().FetchHistoriesAsync([Remote with { HistorySince = "v1" }], default);
        string objects = GitOracle.Git(_setup.HistoryStore, "cat-file", "--batch-all-objects", "--batch-check=%(objecttype)");
        Assert.Equal(["commit"], objects.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Without_a_bound_nothing_is_fetched()
    {
        KernelException error = await Assert.ThrowsAsync<KernelException>(
            () => _setup.Fetcher().FetchHistoriesAsync([Remote with { HistorySince = null }], default));
        Assert.Equal("EVK2049", error.Code.Id);
    }

    [Fact]
    public async Task A_server_that_does_not_filter_is_told()
    {
        GitOracle.Git(_setup.Repository, "config", "uploadpack.allowFilter", "false");
        await _setup.Fetcher().FetchHistoriesAsync([Remote], default);
        Assert.Contains(_setup.Reported, one => one.Code == ErrorCodes.HistoryNotFiltered && one.Severity == Severity.Warning);
    }

    [Fact]
    public async Task A_branch_that_was_force_pushed_is_told()
    {
        await _setup.Fetcher().FetchHistoriesAsync([Remote], default);
        _setup.Commit("stable", "More");
        await _setup.Fetcher().FetchHistoriesAsync([Remote], default);
        Assert.DoesNotContain(_setup.Reported, one => one.Code is not null);

        _setup.Branch("stable", _base);
        _setup.Commit("stable", "Another");
        await _setup.Fetcher().FetchHistoriesAsync([Remote], default);
        Assert.Contains(_setup.Reported, one => one.Code == ErrorCodes.BranchRewritten);
    }

    [Fact]
    public async Task A_branch_that_is_gone_has_its_code()
    {
        KernelException error = await Assert.ThrowsAsync<KernelException>(
            () => _setup.Fetcher().FetchHistoriesAsync([Remote with { Pin = new GitPin("file://" + _setup.Repository, "gone", null) }], default));
        Assert.Equal("EVK1008", error.Code.Id);
    }
}
