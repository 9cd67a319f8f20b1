using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Patches;
using EveKernel.Core.Patches.Status;
using EveKernel.Core.Processes;
using EveKernel.Core.Source;
using Xunit.Abstractions;

namespace EveKernel.Tests.Patches.Status;

/// <summary>Real trees: two point versions of a line, and other lines. <c>eng/fetch-trees.sh --older</c> brings them.</summary>
[Trait("Tier", "all")]
public sealed class PointVersionTests(ITestOutputHelper output) : IDiagnosticSink, IDisposable
{
    private static readonly string Store = RepositoryRoot.File("artifacts/linux-trees.git");
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    void IDiagnosticSink.Report(Diagnostic diagnostic) => output.WriteLine($"{diagnostic.Code} {diagnostic.Message}");

    [Fact]
    public void Every_file_that_differs_gives_a_patch_on_which_we_agree_with_git_on_all_trees()
    {
        Dictionary<string, string> trees = Trees();
        List<(string Path, byte[] Diff)> patches = Patches(trees["v6.12-older"], trees["v6.12"]);
        string[] paths = [.. patches.SelectMany(patch => Encoding.UTF8.GetString(patch.Diff).Split('\n'))
            .Where(line => line.StartsWith("diff --git a/", StringComparison.Ordinal)).SelectMany(line => line.Split(' ')[2..4]).Select(name => name[2..])
                .Distinct()];
        List<string> wrong = [];
        int cases = 0;
        foreach ((string name, string tree) in trees)
        {
            using GitOracle oracle = new(Store, _folder.Path) { Paths = paths };
            foreach ((string path, byte[] diff) in patches)
            {
                cases += 2;
                if (oracle.Disagreement(diff, tree) is { } disagreement)
                    wrong.Add($"{path} on {name}: {disagreement}");
            }

            output.WriteLine($"{name}: {patches.Count(patch => oracle.Applies(patch.Diff, tree))} of {patches.Count} apply");
            Assert.True(name != "v6.12-older" || patches.All(patch => oracle.Applies(patch.Diff, tree)));
        }

        output.WriteLine($"{cases} answers compared, {wrong.Count} disagree");
        Assert.True(wrong.Count == 0, string.Join('\n', wrong.Take(5)));
    }

    [Fact]
    public async Task A_thousand_verdicts_over_five_trees()
    {
        Dictionary<string, string> trees = Trees();
        List<(string Path, byte[] Diff)> all = Patches(trees["v6.12-older"], trees["v6.12"]);
        (string Path, byte[] Diff)[] patches = [.. all.Where((_, at) => at % Math.Max(all.Count / 200, 1) == 0).Take(200)];
        Assert.Equal(200, patches.DistinctBy(patch => patch.Path).Count());
        for (int at = 0; at < patches.Length; at++)
            File.WriteAllBytes(_folder[string.Create(CultureInfo.InvariantCulture, $"{at:000}.patch")], patches[at].Diff);
        string series = _folder.Write("series", string.Concat(Enumerable.Range(0, 200).Select(at => $"{at:000}.patch\n")));
        ImmutableArray<StatusTree> columns =
            [.. trees.Select(tree => new StatusTree(tree.Key, "amd64", "x86", "generic", Store, null, Store,
                GitOracle.Git(Store, "rev-parse", tree.Key).Trim(), tree.Value))];

        long before = Process.GetCurrentProcess().PeakWorkingSet64;
        TimeSpan cpu = Process.GetCurrentProcess().TotalProcessorTime;
        StatusMatrix matrix = await new StatusRun(new GitCli(StatusSetup.Environment), this).RunAsync(columns, [(PatchSeries.Read(series), [])], default);
        // On a machine that is busy otherwise, this is what can be compared.
        cpu = Process.GetCurrentProcess().TotalProcessorTime - cpu;
        long after = Process.GetCurrentProcess().PeakWorkingSet64;

        output.WriteLine($"{StatusReport.Text(matrix).Split('\n')[^1]}; {cpu.TotalSeconds:0.00} s of CPU without git's; peak memory {before >> 20} to " +
            $"{after >> 20} MiB");
        Assert.Equal(1000, matrix.Verdicts.Length);
        // Each patch was made of these two trees.
        Assert.All(matrix.Verdicts.Where(one => one.Tree == "v6.12"), one => Assert.Equal(PatchVerdict.Applied, one.Verdict));
        Assert.All(matrix.Verdicts.Where(one => one.Tree == "v6.12-older"), one => Assert.Contains(
            one.Verdict, new[] { PatchVerdict.Applies, PatchVerdict.NotRelevant, PatchVerdict.AppliesWithoutEffect }));
    }

    private static Dictionary<string, string> Trees()
    {
        Dictionary<string, string> trees = [];
        foreach (string name in (string[])["v6.1-older", "v6.1", "v6.12-older", "v6.12", "v7.2"])
        {
            string tag = GitOracle.Run(["rev-parse", "-q", "--verify", $"refs/tags/{name}^{{tree}}"], Store).StandardOutput.Trim();
            Assert.True(tag.Length > 0, $"There is no tree {name}; run eng/fetch-trees.sh --older first.");
            trees[name] = tag;
        }

        return trees;
    }

    private static List<(string Path, byte[] Diff)> Patches(string from, string to)
    {
        using MemoryStream bytes = new();
        Command command = new("git", [$"--git-dir={Store}", "diff-tree", "-r", "-p", "-M", "--binary", "--full-index", from, to]);
        ProcessRunner.RunAsync(command, default, null, (stream, token) => stream.CopyToAsync(bytes, token)).GetAwaiter().GetResult();
        string text = Encoding.Latin1.GetString(bytes.ToArray());
        return [.. text.Split("diff --git ", StringSplitOptions.RemoveEmptyEntries)
            .Select(one => (one.Split(' ')[0][2..], Encoding.Latin1.GetBytes("diff --git " + one)))];
    }
}
