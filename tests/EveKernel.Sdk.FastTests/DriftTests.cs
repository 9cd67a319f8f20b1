using System.Text.Json;
using EveKernel.Core.Processes;

namespace EveKernel.Tests;

/// <summary>Two flavors compared as a user does it, by the packed SDK: Kconfig runs on the few files that it reads.</summary>
public sealed class DriftTests
{
    [Fact]
    public async Task Two_flavors_of_one_commit_differ_in_their_options_and_two_pins_in_their_commits()
    {
        using FakeProject project = await FakeProject.CreateAsync();
        project.Write("rt.fragment", FakeProject.Fragment.Replace("CONFIG_DRIVER=m", "CONFIG_DRIVER=y", StringComparison.Ordinal));
        project.WriteProject("x", items: Tree(project, "generic", project.Kernel.Second, "") + Tree(project, "rt", project.Kernel.Second, """Fragments="rt.fragment" """));

        CommandResult result = await RunAsync(project);

        Assert.True(result.Succeeded, result.StandardOutput);
        Assert.Contains("commits since ", result.StandardOutput, StringComparison.Ordinal);
        Assert.Contains("0 only in generic, 0 only in rt", result.StandardOutput, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^\s*CONFIG_DRIVER +m +y$", result.StandardOutput);
        using JsonDocument json = JsonDocument.Parse(await File.ReadAllBytesAsync(project["bin/x/drift/drift.json"]));
        Assert.Contains("DRIVER", json.RootElement.GetProperty("configuration").GetProperty("options").EnumerateArray().Select(one => one.GetProperty("name").GetString()));
        Assert.True(File.Exists(project["bin/x/drift/drift.md"]));
        // No whole tree was checked out.
        Assert.False(File.Exists(project["obj/x/drift/rt/tree/bus/probe.c"]));
        Assert.True(File.Exists(project["obj/x/drift/rt/tree/Kconfig"]));
    }

    [Theory]
    [InlineData("EVK2200", "-p:KernelDriftFrom=one")]
    [InlineData("EVK2200", "-p:KernelDriftFrom=one;KernelDriftTo=four")]
    [InlineData("EVK2200", "-p:KernelDriftFrom=one;KernelDriftTo=one")]
    [InlineData("EVK2203", "-p:KernelDriftFrom=one;KernelDriftTo=three")]
    public async Task What_cannot_be_compared_has_a_code(string code, string names)
    {
        using FakeProject project = await FakeProject.CreateAsync();
        project.WriteProject("x", items: string.Concat(new[] { "one", "two" }.Select(name => Tree(project, name, project.Kernel.Second, "")))
            + Tree(project, "three", project.Kernel.Second, """Config="nothing" """));
        FakeProject.MustFail(code, await RunAsync(project, names));
    }

    private static string Tree(FakeProject project, string name, string commit, string more) =>
        $"""<KernelTree Include="{name}" Repository="{project.Kernel.Repository}" Branch="{FakeKernel.Branch}" Commit="{commit}" {more}/>""";

    private static Task<CommandResult> RunAsync(FakeProject project, params string[] arguments) =>
        project.DotnetAsync(["msbuild", "x.kernelproj", "-t:KernelDrift", "-nologo", "-tl:off", "-nodeReuse:false", .. arguments]);
}
