using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using EveKernel.Core.Bisect;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Patches;
using EveKernel.Core.Processes;
using EveKernel.Core.Verification;
using EveKernel.Tests.Patches.Status;

namespace EveKernel.Tests.Bisect;

/// <summary>The search over patches, held against looking at each; and over commits, held against git bisect.</summary>
public sealed class BisectSearchTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Whatever_is_skipped_the_answer_is_the_one_or_all_that_it_can_be()
    {
        int seed = Environment.TickCount;
        Random random = new(seed);
        for (int round = 0; round < 200; round++)
        {
            int count = random.Next(1, 40);
            int first = random.Next(1, count + 1);
            bool mends = random.Next(2) == 0;
            ImmutableHashSet<int> skipped = [.. Enumerable.Range(1, count - 1).Where(_ => random.Next(4) == 0)];
            BisectRange range = Series(count);
            List<string> tried = [];
            List<int> left = [];
            int Number(BisectState state) => state.Id == BisectState.Base ? 0 : int.Parse(state.Id, CultureInfo.InvariantCulture);
            BisectSearch search = new(range, (state, _) =>
            {
                tried.Add(state.Id);
                BisectResult result = skipped.Contains(Number(state)) ? BisectResult.Skip : Number(state) >= first != mends ? BisectResult.Bad : BisectResult.Good;
                return Task.FromResult(new BisectVerdict(result, "so it is"));
            }, (_, more) => left.Add(more));
            // What lies between the last one tried before it and the first one after is all that can be said.
            int before = Enumerable.Range(0, first).Last(at => !skipped.Contains(at));
            int after = Enumerable.Range(first, count - first + 1).First(at => !skipped.Contains(at));
            string context = $"seed {seed}, round {round}: first {first} of {count}, skipped {string.Join(' ', skipped)}; tried {string.Join(' ', tried)}";
            if (after == before + 1)
            {
                BisectFinding found = await search.RunAsync(ImmutableDictionary<string, BisectResult>.Empty, default);
                Assert.True(Number(found.First) == first && found.Result == (mends ? BisectResult.Good : BisectResult.Bad), context);
            }
            else
            {
                KernelException undecided = await Assert.ThrowsAsync<KernelException>(() => search.RunAsync(ImmutableDictionary<string, BisectResult>.Empty, default));
                Assert.Equal(ErrorCodes.BisectUndecided, undecided.Diagnostics[0].Code);
                string[] named = [.. undecided.Message.Split('\n')[1..].Select(line => line.Trim().Split(',')[0])];
                Assert.True(named.SequenceEqual(Enumerable.Range(before + 1, after - before).Select(at => at.ToString(CultureInfo.InvariantCulture))), context + undecided.Message);
            }

            Assert.Equal(tried.Count, tried.Distinct().Count());
            if (!skipped.IsEmpty)
                continue;
            Assert.True(tried.Count - 2 <= Math.Ceiling(Math.Log2(count)), context);
            // What is told to be left is never less, and at most one more than comes.
            for (int at = 2; at < left.Count; at++)
                Assert.InRange(left[at] - (left.Count - 1 - at), 0, 1);
        }
    }

    [Fact]
    public async Task Git_bisect_finds_the_same_commit_in_branching_histories()
    {
        int seed = Environment.TickCount;
        Random random = new(seed);
        for (int round = 0; round < 12; round++)
        {
            string repository = _folder[$"r{round}.git"];
            GitOracle.Run(["init", "-q", "--bare", repository]);
            (string[] commits, ImmutableHashSet<string> bad, string culprit) = MakeHistory(repository, random);
            string context = $"seed {seed}, round {round}";

            CommitRange range = await CommitRange.CreateAsync(StatusSetup.Git, repository, commits[^1], commits[0], default);
            Assert.Equal((commits[0], commits[^1]), (range.Older.Id, range.Newer.Id));
            List<string> tried = [];
            BisectSearch search = new(range, (state, _) =>
            {
                tried.Add(state.Id);
                return Task.FromResult(new BisectVerdict(bad.Contains(state.Id) ? BisectResult.Bad : BisectResult.Good, ""));
            });
            BisectFinding found = await search.RunAsync(ImmutableDictionary<string, BisectResult>.Empty, default);

            Assert.True(found.First.Id == culprit, $"{context}: {found.First.Id} is not {culprit}");
            Assert.Equal(found.First.Id, GitBisect(repository, commits, bad));
            Assert.True(tried.Count - 2 <= (2 * Math.Log2(commits.Length)) + 2, $"{context}: {tried.Count} of {commits.Length}");
        }
    }

    [Fact]
    public async Task Commits_that_are_in_no_line_are_refused()
    {
        using StatusSetup setup = new();
        string root = setup.Commit("one", "Begin", ("a", "1"));
        setup.Branch("two", root);
        string one = setup.Commit("one", "One", ("a", "2"));
        string two = setup.Commit("two", "Two", ("a", "3"));
        KernelException apart = await Assert.ThrowsAsync<KernelException>(() => CommitRange.CreateAsync(StatusSetup.Git, setup.Repository, one, two, default));
        Assert.Equal(ErrorCodes.BisectUnclear, apart.Diagnostics[0].Code);
        Assert.Contains("git merge-base", apart.Message, StringComparison.Ordinal);
        // A folder in a work tree of something else is no repository.
        Directory.CreateDirectory(_folder["work/below"]);
        GitOracle.Run(["init", "-q", _folder["work"]]);
        await Assert.ThrowsAsync<KernelException>(() => CommitRange.CreateAsync(StatusSetup.Git, _folder["work/below"], "HEAD", "HEAD~1", default));
    }

    [Theory]
    [InlineData("good", "passes")]
    [InlineData("bad", "passes", "EVK6014")]
    [InlineData("bad", "EVK6012", "EVK6009")]
    [InlineData("skip", "passes", "EVK6012")]
    [InlineData("skip", "EVK6008")]
    [InlineData("EVK6007", "passes", "EVK6007")]
    public void A_kernel_is_as_bad_as_its_worst_check_and_QEMUs_own_failure_is_nobodys_verdict(string expected, params string[] codes)
    {
        ImmutableArray<Verdict> verdicts = [.. codes.Select(id => new Verdict(KernelChecks.DisabledBar, KernelRole.Patched, ErrorCodes.All().FirstOrDefault(code => code.Id == id), $"saw {id}"))];
        string judged;
        try
        {
            BisectVerdict verdict = StepJudge.Judge(verdicts);
            judged = verdict.Result.ToString().ToLowerInvariant();
            Assert.Contains("disabled-bar: saw ", verdict.Why, StringComparison.Ordinal);
        }
        catch (KernelException exception)
        {
            judged = exception.Diagnostics[0].Code!.Id;
        }

        Assert.Equal(expected, judged);
    }

    [Fact]
    public void What_is_asked_is_another_thing_when_a_file_of_the_command_is()
    {
        _folder.Write("try.sh", "exit 0");
        string before = StepJudge.DigestQuestion("sh try.sh 3", _folder.Path, ["a"]);
        Assert.Equal(before, StepJudge.DigestQuestion("sh try.sh 3", _folder.Path, ["a"]));
        _folder.Write("try.sh", "exit 1");
        string after = StepJudge.DigestQuestion("sh try.sh 3", _folder.Path, ["a"]);
        Assert.Equal(4, new[] { before, after, StepJudge.DigestQuestion("sh try.sh 4", _folder.Path, ["a"]), StepJudge.DigestQuestion("sh try.sh 3", _folder.Path, ["b"]) }.Distinct().Count());
    }

    private SeriesRange Series(int count)
    {
        ImmutableArray<SeriesEntry> entries =
        [
            .. Enumerable.Range(1, count).Select(at => at.ToString(CultureInfo.InvariantCulture)).Select((name, at) => new SeriesEntry(name, _folder.Write($"patches/{name}", name), 1, at + 1)),
        ];
        return SeriesRange.Create(entries, _folder["series"], 0, count);
    }

    // A history that parts and meets again, in which all that has the culprit in its past is bad.
    private static (string[] Commits, ImmutableHashSet<string> Bad, string Culprit) MakeHistory(string repository, Random random)
    {
        int count = random.Next(4, 60);
        StringBuilder import = new();
        for (int at = 1; at <= count; at++)
        {
            import.Append(CultureInfo.InvariantCulture, $"commit refs/heads/c{at}\nmark :{at}\ncommitter A <a@a> {1_700_000_000 + at} +0000\ndata 1\nx\n");
            if (at > 1)
                import.Append(CultureInfo.InvariantCulture, $"from :{(at == count ? at - 1 : Math.Max(1, at - random.Next(1, 5)))}\n");
            if (at > 4 && random.Next(4) == 0)
                import.Append(CultureInfo.InvariantCulture, $"merge :{random.Next(1, at - 1)}\n");
            import.Append(CultureInfo.InvariantCulture, $"M 100644 inline f\ndata {at.ToString(CultureInfo.InvariantCulture).Length}\n{at}\n\n");
        }

        CommandResult made = GitOracle.Run(["fast-import", "--quiet", "--force"], repository, null, Encoding.ASCII.GetBytes(import.ToString()));
        Assert.True(made.Succeeded, made.StandardError);
        string[] reached = GitOracle.Git(repository, "rev-list", "--topo-order", "--reverse", $"c{count}").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string culprit = reached[random.Next(1, reached.Length)];
        ImmutableHashSet<string> bad = [.. reached.Where(commit => GitOracle.Run(["merge-base", "--is-ancestor", culprit, commit], repository).Succeeded)];
        return (reached, bad, culprit);
    }

    private string GitBisect(string repository, string[] commits, ImmutableHashSet<string> bad)
    {
        string list = _folder.Write("bad", string.Join('\n', bad) + "\n");
        GitOracle.Git(repository, "update-ref", "--no-deref", "HEAD", commits[^1]);
        GitOracle.Git(repository, "bisect", "start", "--no-checkout", commits[^1], commits[0]);
        GitOracle.Git(repository, "bisect", "run", "sh", "-c", $"! grep -q $(git rev-parse BISECT_HEAD) {list}");
        return GitOracle.Git(repository, "rev-parse", "refs/bisect/bad").Trim();
    }
}
