using System.Text.Json;
using EveKernel.Core.Processes;

namespace EveKernel.Tests;

/// <summary>Bisections of the kernel that compiles in seconds, by the packed SDK.</summary>
public sealed class BisectTests
{
    private const string Series = """<KernelPatchSeries Include="series" />""";

    // Says what it was asked for, so that a test sees what was tried.
    private const string Probe = "! grep -q 'value -' $EVK_TREE/bus/probe.c";

    private static readonly (string File, string Word, string New)[] Five =
    [
        ("lib/add.c", "left + right", "left - right"), ("bus/bus.c", "value + BUS", "value - BUS"), ("bus/probe.c", "value + BUS", "value - BUS"),
        ("drivers/driver/core.c", "value * 2", "value * 3"), ("drivers/driver/device.c", "value * 2", "value * 3"),
    ];

    [Fact]
    public async Task The_first_bad_patch_is_named_each_step_compiles_what_differs_and_a_second_run_builds_nothing()
    {
        using FakeProject project = await CreateAsync(Five);
        project.WatchPrograms("make");

        string said = await MustBisectAsync(project, $"-p:KernelBisectRun={Probe}");

        Assert.Contains("The first bad is 0003.patch, 3 of 5 patches", said, StringComparison.Ordinal);
        Assert.Equal(["base good", "0005.patch bad", "0002.patch good", "0003.patch bad"], Steps(project));
        Assert.Equal(["bus/probe.o"], Compiled(project).Where(file => !file.StartsWith("init/version", StringComparison.Ordinal)));
        // The project's own folders are as they were.
        Assert.False(Directory.Exists(project["bin"]));
        Assert.False(Directory.Exists(project["obj/x/out"]));
        Assert.False(File.Exists(project["kernel.lock.json"]));
        Assert.Contains("make", project.Started());

        // Other words for the same patches; and a file that was not there to read when it was asked.
        project.Write("0001.patch", (await File.ReadAllTextAsync(project["0001.patch"])).Replace("A message.", "Another message.", StringComparison.Ordinal));
        Assert.Contains("The first bad is 0003.patch", await MustBisectAsync(project, $"-p:KernelBisectRun={Probe}"), StringComparison.Ordinal);
        Assert.DoesNotContain("make", project.Started());

        // What is asked is another thing, and the kernels are built again: the objects of the last one stand.
        string better = await MustBisectAsync(project, "-p:KernelBisectRun=grep -q 'value \\* 3' $EVK_TREE/drivers/driver/core.c", "-p:KernelBisectBad=base");
        Assert.Contains("The first good is 0004.patch", better, StringComparison.Ordinal);
        await project.MustBuildAsync("-t:Clean");
        Assert.False(Directory.Exists(project["obj/x/bisect"]));
    }

    [Fact]
    public async Task What_does_not_compile_is_passed_over_and_what_cannot_be_decided_is_said()
    {
        (string, string, string)[] edits = [Five[0], ("drivers/driver/core.c", "return value", "retrun value"), Five[2], Five[4]];
        using FakeProject project = await CreateAsync(edits);
        // As when a patch breaks the build and another one mends it.
        project.Write("0004.patch", project.Patch("drivers/driver/core.c", "return value", "retrun value")
            .Replace("-\treturn value", "-\tSWAP value", StringComparison.Ordinal).Replace("+\tretrun value", "+\treturn value", StringComparison.Ordinal)
            .Replace("SWAP", "retrun", StringComparison.Ordinal));

        string said = FakeProject.MustFail("EVK2122", await BisectAsync(project, $"-p:KernelBisectRun={Probe}"));
        Assert.Contains("one of these 3:", said, StringComparison.Ordinal);
        foreach (string suspect in (string[])["0002.patch", "0003.patch", "0004.patch"])
            Assert.Contains($"{suspect}, ", said[said.IndexOf("one of these", StringComparison.Ordinal)..], StringComparison.Ordinal);
        Assert.Matches(@"0002\.patch, 2 of 4 patches: cannot be tried", said);

        // The same patches, asked whether they compile.
        Assert.Contains("The first bad is 0002.patch", await MustBisectAsync(project, "-p:KernelBisectCheck=build", "-p:KernelBisectBad=0003"), StringComparison.Ordinal);
        Assert.Contains("The first good is 0004.patch", await MustBisectAsync(project, "-p:KernelBisectCheck=build", "-p:KernelBisectBad=0002", "-p:KernelBisectGood=0004"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Commits_are_halved_by_git_and_the_series_lies_on_each()
    {
        using FakeProject project = await CreateAsync(Five[0]);
        string work = project["work"];
        await FakeKernel.GitAsync(project.Folder, "clone", "-q", project.Kernel.Repository, work);
        List<string> commits = [await FakeKernel.GitAsync(work, "rev-parse", "HEAD")];
        for (int i = 1; i <= 6; i++)
        {
            string file = Path.Combine(work, i == 5 ? "bus/probe.c" : "drivers/driver/core.c");
            string text = await File.ReadAllTextAsync(file);
            await File.WriteAllTextAsync(file, i == 5 ? text.Replace("value +", "value -", StringComparison.Ordinal) : text + $"/* {i} */\n");
            await FakeKernel.GitAsync(work, "commit", "-q", "-a", "-m", $"Change {i}");
            commits.Add(await FakeKernel.GitAsync(work, "rev-parse", "HEAD"));
        }

        project.WriteProject("x", project.GitSource(work, commits[^1]), Series);
        string said = await MustBisectAsync(project, $"-p:KernelBisectRun=grep -q 'left - right' $EVK_TREE/lib/add.c || exit 200; {Probe}", $"-p:KernelBisectGood={commits[0]}");

        Assert.Contains($"The first bad is {commits[5][..12]} Change 5", said, StringComparison.Ordinal);
        JsonElement first = Report(project).GetProperty("first");
        Assert.Equal(commits[5], first.GetProperty("id").GetString());
        Assert.InRange(Steps(project).Length, 4, 5);
        // A name of git's, and an end that is not what it is said to be.
        Assert.Contains("is said to be good, and is bad", FakeProject.MustFail("EVK2121", await BisectAsync(project, $"-p:KernelBisectRun={Probe}", $"-p:KernelBisectGood={commits[5]}~0")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stopped_bisection_goes_on_where_it_was()
    {
        using FakeProject project = await CreateAsync(Five);
        // The file that the command reads is not part of its words.
        string run = $"echo $EVK_RELEASE >> tried; case $(wc -l < tried) in 3) exit 130;; esac; {Probe}";
        string said = FakeProject.MustFail("EVK2123", await BisectAsync(project, $"-p:KernelBisectRun={run}"));
        Assert.Contains("0002.patch, 2 of 5 patches could not be tried", said, StringComparison.Ordinal);
        Assert.False(File.Exists(project["obj/x/bisect/bisect.json"]));
        Assert.Contains("The first bad is 0003.patch", await MustBisectAsync(project, $"-p:KernelBisectRun={run}"), StringComparison.Ordinal);
        // base, all, two that was stopped; then two again, and three.
        string[] tried = await File.ReadAllLinesAsync(project["tried"]);
        Assert.Equal(5, tried.Length);
        Assert.Equal(tried[2], tried[3]);
        Assert.Equal(4, tried.Distinct().Count());
    }

    [Theory]
    [InlineData("EVK2120", "names no KernelCheck")]
    [InlineData("EVK2120", "names neither a patch", "-p:KernelBisectCheck=build", "-p:KernelBisectGood=no-such")]
    [InlineData("EVK2120", "Both ends have the same patches", "-p:KernelBisectCheck=build", "-p:KernelBisectGood=0002", "-p:KernelBisectBad=0002.patch")]
    [InlineData("EVK2120", "An edit tree is not bisected", "-p:KernelBisectCheck=build", "-p:KernelEdited=true")]
    [InlineData("EVK2120", "in a repository on this machine", "-p:KernelBisectCheck=build", "-p:KernelBisectGood=HEAD~3", "-p:KernelRepository=https://example.org/kernel.git")]
    [InlineData("EVK2121", "Both ends are good", "-p:KernelBisectCheck=build")]
    [InlineData("EVK2121", "cannot be tried: 'exit 125' ended with 125", "-p:KernelBisectRun=exit 125")]
    [InlineData("EVK2123", "KernelFlavor", "-p:KernelBisectCheck=build", "-p:KernelFlavor=no flavor")]
    [InlineData("EVK6002", "no-such", "-p:KernelBisectCheck=no-such")]
    public async Task What_cannot_be_bisected_is_said_with_what_to_do(string code, string words, params string[] arguments)
    {
        using FakeProject project = await CreateAsync(Five[..2]);
        Assert.Contains(words, FakeProject.MustFail(code, await BisectAsync(project, arguments)), StringComparison.Ordinal);
    }

    private static async Task<FakeProject> CreateAsync(params (string File, string Word, string New)[] edits)
    {
        FakeProject project = await FakeProject.CreateAsync(items: Series);
        project.WriteSeries(edits);
        return project;
    }

    private static Task<CommandResult> BisectAsync(FakeProject project, params string[] arguments) =>
        project.DotnetAsync(["msbuild", "x.kernelproj", "-t:KernelBisect", "-nodeReuse:false", "-tl:off", .. arguments.Select(argument => argument.Replace(";", "%3B", StringComparison.Ordinal))]);

    private static async Task<string> MustBisectAsync(FakeProject project, params string[] arguments)
    {
        CommandResult result = await BisectAsync(project, arguments);
        Assert.True(result.Succeeded, result.StandardOutput + result.StandardError);
        return result.StandardOutput;
    }

    private static JsonElement Report(FakeProject project) => JsonDocument.Parse(File.ReadAllText(project["obj/x/bisect/bisect.json"])).RootElement;

    private static string[] Steps(FakeProject project) =>
    [
        .. Report(project).GetProperty("steps").EnumerateArray()
            .Select(step => $"{step.GetProperty("state").GetProperty("id").GetString()} {step.GetProperty("verdict").GetProperty("result").GetString()}"),
    ];

    private static IEnumerable<string> Compiled(FakeProject project) => File.ReadAllLines(project["obj/x/bisect/bin/make.log"])
        .Where(line => line.StartsWith("  CC ", StringComparison.Ordinal)).Select(line => line.Split(' ')[^1]);
}
