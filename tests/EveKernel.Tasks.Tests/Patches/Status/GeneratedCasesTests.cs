using System.Globalization;
using System.Text;
using EveKernel.Core.Processes;
using Xunit.Abstractions;

namespace EveKernel.Tests.Patches.Status;

/// <summary>Hunks are matched in memory; git is the oracle. Cases are made from a seed, which is printed and can be given again.</summary>
public sealed class GeneratedCasesTests(ITestOutputHelper output) : IDisposable
{
    private static readonly string[] Styles = ["plain", "plain", "plain", "no line end", "CRLF", "Latin-1"];
    private static readonly bool All = Environment.GetEnvironmentVariable("EVEKERNEL_TEST_TIER") == "all";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void We_answer_as_git_apply_does_and_leave_the_same_bytes()
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("EVEKERNEL_TEST_SEED"), CultureInfo.InvariantCulture, out int given) ? given
            : Environment.TickCount;
        output.WriteLine($"seed {seed}");
        Random random = new(seed);
        List<string> wrong = [];
        Dictionary<string, int> rules = [];
        int count = 0;
        int fitting = 0;
        for (int round = 0; round < (All ? 20 : 2); round++)
        {
            string store = _folder[$"store{round}"];
            Assert.True(GitOracle.Run(["init", "-q", "--bare", store]).Succeeded);
            List<Case> cases = [.. Enumerable.Range(0, 150).Select(number => Make(random, number))];
            string from = Tree(store, cases, one => one.Old);
            string to = Tree(store, cases, one => one.New);
            string target = Tree(store, cases, one => one.Target);
            using GitOracle oracle = new(store, _folder.Path);
            foreach (Case one in cases)
            {
                byte[] diff = Diff(store, random, from, to, one.Folder);
                if (diff.Length == 0)
                    continue;
                fitting += oracle.Applies(diff, target) ? 1 : 0;
                foreach (string rule in one.Rule.Split(", "))
                    rules[rule] = rules.GetValueOrDefault(rule) + 1;
                count++;
                if (oracle.Disagreement(diff, target) is { } disagreement)
                    wrong.Add($"seed {seed}, round {round}, {one.Folder}, {one.Rule}: {disagreement}\n{Encoding.Latin1.GetString(diff)}");
            }
        }

        output.WriteLine($"{count} cases, {fitting} apply: {string.Join(", ", rules.Select(rule => $"{rule.Value} {rule.Key}"))}");
        Assert.True(wrong.Count == 0, $"{wrong.Count} disagreements, the first:\n{wrong.FirstOrDefault()}");
        // A generator that makes only one kind would prove nothing.
        Assert.InRange(fitting, count / 10, count * 9 / 10);
    }

    /// <summary>What generated cases have shown, kept.</summary>
    [Theory]
    [InlineData("", null, "1\n")]
    [InlineData("1\n2\n3\n4\n5", "1\n2\n3\nx\n5", "1\n2\n3\n4\n5\n6\n")]
    [InlineData("1\n2\n3\n4\n5", "x\n2\n3\n4\n5", "1\n2\n3\n4 \n5\n")]
    [InlineData("1\n2\n3\n", "", "1\n2\n3\n4\n")]
    public void Odd_cases_that_were_found_stay_as_git_has_them(string old, string? edited, string target)
    {
        string store = _folder["odd"];
        Assert.True(GitOracle.Run(["init", "-q", "--bare", store]).Succeeded);
        Node other = new("100644", "o\n"u8.ToArray());
        Dictionary<string, Node> Files(string? content) => content is null
            ? new() { ["o"] = other }
            : new() { ["o"] = other, ["f"] = new("100644", Encoding.UTF8.GetBytes(content)) };
        List<Case> cases = [new("c", "odd", Files(old), Files(edited), Files(target))];
        using GitOracle oracle = new(store, _folder.Path);
        string from = Tree(store, cases, one => one.Old);
        string to = Tree(store, cases, one => one.New);
        string at = Tree(store, cases, one => one.Target);
        foreach (string context in (string[])["-U0", "-U1", "-U3"])
        {
            byte[] diff = Encoding.UTF8.GetBytes(GitOracle.Git(store, "diff-tree", "-r", "-p", "--full-index", context, from, to));
            Assert.Null(oracle.Disagreement(diff, at));
        }
    }

    private static Case Make(Random random, int number)
    {
        GeneratedTree maker = new(random);
        string folder = string.Create(CultureInfo.InvariantCulture, $"c{number}");
        string style = Styles[random.Next(Styles.Length)];
        List<string> old = maker.File(random.Next(1, 60), odd: random.Next(4) == 0);
        List<string> edited = maker.Edit(old);
        (string rule, List<string> drifted) = maker.Drift(random.Next(2) == 0 ? old : edited);
        Dictionary<string, Node> from = new() { ["f"] = new("100644", GeneratedTree.Bytes(old, style)) };
        Dictionary<string, Node> to = new() { ["f"] = new("100644", GeneratedTree.Bytes(edited, style)) };
        Dictionary<string, Node> target = new() { ["f"] = new("100644", GeneratedTree.Bytes(drifted, style)) };
        switch (random.Next(14))
        {
            case 0:
                rule += ", file renamed by the patch";
                (to["g"], _) = (to["f"], to.Remove("f"));
                break;
            case 1:
                rule += ", file renamed in the tree";
                (target["h"], _) = (target["f"], target.Remove("f"));
                break;
            case 2:
                rule += ", new file";
                from.Remove("f");
                if (random.Next(2) == 0)
                    target.Remove("f");
                break;
            case 3:
                rule += ", deleted file";
                to.Remove("f");
                break;
            case 4:
                rule += ", mode";
                to["f"] = to["f"] with { Mode = "100755" };
                target["f"] = target["f"] with { Mode = random.Next(2) == 0 ? "100755" : "100644" };
                break;
            case 5:
                rule += ", binary";
                from["b"] = new("100644", [0, 1, 2]);
                to["b"] = new("100644", [0, 1, 3]);
                target["b"] = new("100644", [0, 1, (byte)random.Next(2, 5)]);
                break;
            case 6:
                rule += ", link";
                from["l"] = new("120000", "f"u8.ToArray());
                to["l"] = new("120000", "g"u8.ToArray());
                target["l"] = random.Next(2) == 0 ? from["l"] : target["f"];
                break;
            case 7:
                rule += ", file and link change places";
                to["f"] = new("120000", "g"u8.ToArray());
                break;
            case 8:
                rule += ", copy";
                to["copy"] = from["f"];
                break;
            case 9:
                rule += ", below a link";
                to["d/n"] = new("100644", "n\n"u8.ToArray());
                target["d"] = new("120000", "e"u8.ToArray());
                break;
            case 10:
                rule += ", two files";
                from["s"] = new("100644", GeneratedTree.Bytes(old, "plain"));
                to["s"] = new("100644", GeneratedTree.Bytes(edited, "plain"));
                target["s"] = new("100644", GeneratedTree.Bytes(maker.Drift(old).File, "plain"));
                break;
        }

        return new Case(folder, rule, from, to, target);
    }

    private static string Tree(string store, List<Case> cases, Func<Case, Dictionary<string, Node>> select)
    {
        string index = Path.Combine(store, "make.index");
        File.Delete(index);
        using MemoryStream import = new();
        StringBuilder entries = new();
        int mark = 0;
        foreach (Case one in cases)
        {
            foreach ((string path, Node node) in select(one))
            {
                mark++;
                import.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob\nmark :{mark}\ndata {node.Bytes.Length}\n")));
                import.Write(node.Bytes);
                import.Write("\n"u8);
                entries.Append(CultureInfo.InvariantCulture, $"M {node.Mode} :{mark} {one.Folder}/{path}\n");
            }
        }

        string head = "commit refs/heads/made\ncommitter A <a@a> 0 +0000\ndata 0\ndeleteall\n";
        import.Write(Encoding.ASCII.GetBytes(head + entries + "\ndone\n"));
        CommandResult result = GitOracle.Run(["fast-import", "--quiet", "--done", "--force"], store, null, import.ToArray());
        Assert.True(result.Succeeded, result.StandardError);
        return GitOracle.Git(store, "rev-parse", "refs/heads/made^{tree}").Trim();
    }

    private static byte[] Diff(string store, Random random, string from, string to, string folder)
    {
        string context = random.Next(6) switch { 0 => "-U0", 1 => "-U1", 2 => "-U7", _ => "-U3" };
        string[] detect = random.Next(3) == 0 ? ["-C", "--find-copies-harder"] : ["-M"];
        using MemoryStream bytes = new();
        Command command = new("git", [$"--git-dir={store}", "diff-tree", "-r", "-p", "--binary", "--full-index", context, .. detect, from, to, "--", folder
            + "/"]);
        ProcessRunner.RunAsync(command, default, null, (stream, token) => stream.CopyToAsync(bytes, token)).GetAwaiter().GetResult();
        byte[] diff = bytes.ToArray();
        // A second part for the same file, which begins where the first leaves it.
        if (random.Next(12) == 0)
            diff = [.. diff, .. Encoding.Latin1.GetBytes(
                GitOracle.Run(["diff-tree", "-r", "-p", "--binary", "--full-index", "-R", from, to, "--", $"{folder}/f"], store).StandardOutput)];
        string text = Encoding.Latin1.GetString(diff);
        // Plain diffs, as other tools make them, say less of files.
        return random.Next(6) == 0 && !text.Contains("mode ", StringComparison.Ordinal) && !text.Contains("rename ", StringComparison.Ordinal) &&
            !text.Contains("copy ", StringComparison.Ordinal) && !text.Contains("GIT binary", StringComparison.Ordinal)
            ? Encoding.Latin1.GetBytes(string.Concat(
                text.Split('\n').Where(line => !line.StartsWith("diff --git", StringComparison.Ordinal) && !line.StartsWith("index ", StringComparison.Ordinal))
                .Select(line => line + "\n"))[..^1])
            : diff;
    }

    private sealed record Node(string Mode, byte[] Bytes);

    private sealed record Case(string Folder, string Rule, Dictionary<string, Node> Old, Dictionary<string, Node> New, Dictionary<string, Node> Target);
}
