using System.Globalization;
using EveKernel.Core.Patches.Status;
using Xunit.Abstractions;

namespace EveKernel.Tests.Patches.Status;

/// <summary>Histories made by rules: taken as it is, reworded or in other words, taken back, the taking back taken back, reworked later. Whether the text fits is asked of git; whether the
/// change stands is told by what was done.</summary>
public sealed class GeneratedHistoriesTests(ITestOutputHelper output) : IDisposable
{
    private const int Steps = 8;
    private static readonly bool All = Environment.GetEnvironmentVariable("EVEKERNEL_TEST_TIER") == "all";

    private readonly StatusSetup _setup = new();

    public void Dispose() => _setup.Dispose();

    [Fact]
    public async Task Verdicts_follow_what_was_done_and_what_git_says_of_the_text()
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("EVEKERNEL_TEST_SEED"), CultureInfo.InvariantCulture, out int given) ? given : Environment.TickCount;
        output.WriteLine($"seed {seed}");
        GeneratedHistory[] cases = [.. Enumerable.Range(0, All ? 2000 : 200).Select(number => new GeneratedHistory(new Random(seed + number), number))];
        _setup.Commit("fixed", "Begin", [.. cases.Select(one => (one.Path, (string?)one.Text))]);
        string begin = _setup.Commit("stable", "Begin", [.. cases.Select(one => (one.Path, (string?)one.Text))]);
        // One step of each at a time: a commit that takes another back names it.
        for (int step = 0; step < Steps; step++)
        {
            GeneratedHistory[] moving = [.. cases.Where(one => one.Next())];
            string[] ids = _setup.Commits("stable", [.. moving.Select(one => (one.Message, (one.Path, one.Text)))]);
            for (int at = 0; at < moving.Length; at++)
                moving[at].Committed(ids[at]);
        }

        string fix = _setup.Commit("fixed", "All of them", [.. cases.Select(one => (one.Path, (string?)one.Fixed))]);
        Dictionary<string, string> diffs = GitOracle.Git(_setup.Repository, "diff-tree", "-p", "-r", "--full-index", fix + "^", fix)
            .Split("diff --git ", StringSplitOptions.RemoveEmptyEntries).Where(part => part.Contains("@@", StringComparison.Ordinal))
            .ToDictionary(part => part.Split(' ')[0][2..], part => "diff --git " + part);
        string series = _setup.Series([.. cases.Select(one => one.Mail(diffs[one.Path]))]);
        StatusMatrix matrix = await _setup.RunAsync(series, _setup.Request("stable"));

        using GitOracle oracle = new(_setup.Repository, _setup.Folder.Path);
        string tree = GitOracle.Git(_setup.Repository, "rev-parse", "refs/heads/stable^{tree}").Trim();
        List<string> wrong = [];
        foreach (GeneratedHistory one in cases)
        {
            PatchStatus status = matrix.Verdicts.Single(verdict => verdict.Patch == one.Number);
            byte[] diff = System.Text.Encoding.UTF8.GetBytes(diffs[one.Path]);
            if (one.Disagreement(status, oracle.Applies(diff, tree), oracle.Applies(diff, tree, reverse: true)) is { } disagreement)
                wrong.Add($"seed {seed + one.Number}, {one.Path}: {disagreement}\n  {string.Join("\n  ", one.Steps)}\n  we say {status.Summary}: {string.Join("\n    ", status.Evidence)}");
        }

        ILookup<PatchVerdict, PatchStatus> kinds = matrix.Verdicts.ToLookup(verdict => verdict.Verdict);
        output.WriteLine($"{cases.Length} histories, {cases.Sum(one => one.Steps.Count)} commits: {string.Join(", ", kinds.Select(kind => $"{kind.Count()} {kind.Key}"))}");
        Assert.True(wrong.Count == 0, $"{wrong.Count} disagreements, the first:\n{wrong.FirstOrDefault()}");
        // A generator that makes only one kind would prove nothing.
        PatchVerdict[] rare = [PatchVerdict.Applies, PatchVerdict.Redundant];
        foreach (PatchVerdict kind in (PatchVerdict[])[PatchVerdict.Applied, PatchVerdict.Conflicts, PatchVerdict.Missing, .. All ? rare : []])
            Assert.True(kinds[kind].Any(), $"no history gave {kind}");
    }
}
