using EveKernel.Core.Processes;

namespace EveKernel.Tests;

/// <summary>The matrix as a user runs it, by the packed SDK.</summary>
public sealed class PatchStatusTests
{
    private const string Series = """<KernelPatchSeries Include="series" />""";

    [Fact]
    public async Task It_prints_a_table_and_leaves_its_files_and_the_policy_decides()
    {
        using FakeProject project = await FakeProject.CreateAsync();
        project.WriteProject("x", items: Series + Tree(project, "first", $"""Commit="{project.Kernel.First}" """) + Tree(project, "head", """Arch="arm64" """));
        project.WriteSeries(("bus/probe.c", "value +", "value -"));

        CommandResult report = await RunAsync(project);
        Assert.True(report.Succeeded, report.StandardOutput);
        Assert.Matches(@"(?m)^\s*patch +first +head$", report.StandardOutput);
        Assert.Matches(@"(?m)^\s*0001\.patch +applies +applies$", report.StandardOutput);
        foreach (string file in (string[])["json", "md", "html"])
            Assert.True(File.Exists(project[$"bin/x/patch-status/patch-status.{file}"]));
        Assert.False(Directory.Exists(project["obj/x/tree"]));

        CommandResult strict = await RunAsync(project, "-p:KernelPatchPolicy=all-applied", $"-p:KernelPatchStatusOutput={project["elsewhere"]}");
        Assert.False(strict.Succeeded);
        Assert.Matches(@"0001\.patch\(\d+(,\d+)?\): error EVK2042: ", strict.StandardOutput);
        Assert.True(File.Exists(project["elsewhere/patch-status.json"]));
        Assert.True((await RunAsync(project, "-p:KernelPatchPolicy=no-conflicts")).Succeeded);
    }

    [Theory]
    [InlineData("EVK2043", "", "-p:KernelPatchPolicy=perhaps")]
    [InlineData("EVK2040", """<KernelTree Include="bare" />""")]
    [InlineData("EVK2040", """<KernelTree Include="both" Repository="/x" Branch="b" Archive="/y" />""")]
    [InlineData("EVK2040", """<KernelTree Include="floating" Repository="/x" />""")]
    [InlineData("EVK2040", """<KernelTree Include="fake" Archive="/x" Sha256="0" />""")]
    [InlineData("EVK9005", """<KernelTree Include="vax" Repository="/x" Branch="b" Arch="vax" />""")]
    [InlineData("EVK1008", """<KernelTree Include="gone" Repository="REPOSITORY" Branch="gone" />""")]
    [InlineData("EVK1010", """<KernelTree Include="secret" Repository="https://me:word@example.org/x" Branch="b" />""")]
    [InlineData("EVK2049", """<KernelTree Include="far" Repository="file://REPOSITORY" Branch="b" />""", "-t:KernelHistoryFetch")]
    public async Task What_cannot_be_compared_has_a_code(string code, string tree, string argument = "-p:Nothing=")
    {
        using FakeProject project = await FakeProject.CreateAsync(ownCache: true);
        project.WriteProject("x", items: Series + Tree(project, "fake", "") + tree.Replace("REPOSITORY", project.Kernel.Repository, StringComparison.Ordinal));
        project.WriteSeries(("bus/probe.c", "value +", "value -"));

        CommandResult result = await RunAsync(project, argument);

        Assert.False(result.Succeeded, result.StandardOutput);
        Assert.Contains($"error {code}: ", result.StandardOutput, StringComparison.Ordinal);
        Assert.DoesNotContain("word@", result.StandardOutput, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.StandardOutput, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gap_becomes_a_branch_a_series_and_a_text_and_what_does_not_fit_a_warning()
    {
        using FakeProject project = await FakeProject.CreateAsync();
        project.WriteProject("x", items: Series + Tree(project, "first", $"""Commit="{project.Kernel.First}" """));
        project.WriteSeries(("bus/probe.c", "value +", "value -"), ("bus/bus.c", "value", "other"));
        string second = await File.ReadAllTextAsync(project["0002.patch"]);
        project.Write("0002.patch", second.Replace("\n {", "\n  {", StringComparison.Ordinal));
        CommandResult backport = await RunAsync(project, "-t:KernelBackport");
        Assert.True(backport.Succeeded, backport.StandardOutput);
        Assert.Matches(@"backport/first/\S+ is at [0-9a-f]{12}: 1 of 2 patches; a person must decide about 0002\.patch", backport.StandardOutput);
        Assert.Matches(@"0002\.patch\(\d+(,\d+)?\): warning EVK2204: ", backport.StandardOutput);
        string text = Assert.Single(Directory.EnumerateFiles(project["bin/x/backport"], "pull-request.md", SearchOption.AllDirectories));
        Assert.Equal(["0001-Change-bus-probe.c.patch"], (await File.ReadAllLinesAsync(Path.Combine(Path.GetDirectoryName(text)!, "series"))).Where(line => !line.StartsWith('#')));
        Assert.Contains("To be decided", await File.ReadAllTextAsync(text), StringComparison.Ordinal);
    }

    private static string Tree(FakeProject project, string name, string more) =>
        $"""<KernelTree Include="{name}" Repository="{project.Kernel.Repository}" Branch="{FakeKernel.Branch}" {more}/>""";

    private static Task<CommandResult> RunAsync(FakeProject project, params string[] arguments)
    {
        string target = arguments.FirstOrDefault(one => one.StartsWith("-t:", StringComparison.Ordinal)) ?? "-t:KernelPatchStatus";
        string[] rest = [.. arguments.Where(one => !one.StartsWith("-t:", StringComparison.Ordinal))];
        return Dotnet.RunAsync(project.Folder, ["msbuild", project["x.kernelproj"], target, "-nologo", "-tl:off", "-nodeReuse:false", .. rest]);
    }
}
