using EveKernel.Core.Packaging;
using EveKernel.Core.Processes;

namespace EveKernel.Tests;

/// <summary>What a project can hang on to, shown by sentinels.</summary>
public sealed class HookTests
{
    private static readonly string[] Stages = ["Key", "Fetch", "Patch", "Configure", "Make", "Stage", "Sign", "Pack"];

    [Fact]
    [Trait("Tier", "fast")]
    public async Task Each_stage_has_a_target_before_and_after_it_that_runs_once_and_in_order()
    {
        using FakeProject project = await FakeProject.CreateAsync();
        IEnumerable<string> hooks = Stages.SelectMany(stage => (string[])[$"BeforeKernel{stage}", $"AfterKernel{stage}"]).Prepend("BeforeBuild").Append("AfterBuild");
        await ExtendAsync(project, string.Concat(hooks.Select(name => Sentinel(name))));
        Assert.Equal(hooks, Sentinels(await project.MustBuildAsync()));
        // When nothing has changed, the hooks run as well: what hangs on them may have something to do.
        Assert.Equal(hooks, Sentinels(await project.MustBuildAsync()));
    }

    [Fact]
    public async Task A_project_adds_to_the_chains()
    {
        using FakeProject project = await FakeProject.CreateAsync();
        string chains = string.Concat(Stages.Select(stage => $"<Kernel{stage}DependsOn>$(Kernel{stage}DependsOn);My{stage}</Kernel{stage}DependsOn>"));
        await ExtendAsync(project, $"""
            <PropertyGroup>
              {chains}
              <BuildDependsOn>MyFirst;$(BuildDependsOn);MyLast</BuildDependsOn>
            </PropertyGroup>
            {string.Concat(Stages.Append("First").Append("Last").Select(stage => Sentinel($"My{stage}")))}
            """);
        Assert.Equal([.. Stages.Prepend("First").Append("Last").Select(stage => $"My{stage}")], Sentinels(await project.MustBuildAsync()));
    }

    [Fact]
    public async Task Directory_Build_targets_has_the_last_word()
    {
        using FakeProject project = await FakeProject.CreateAsync();
        project.WriteSeries(("bus/probe.c", "value +", "value -"));
        Directory.CreateDirectory(project["below"]);
        foreach (string file in (string[])["global.json", "NuGet.config", "x.fragment", "x.kernelproj"])
            File.Move(project[file], project[$"below/{file}"]);
        project.Write("Directory.Build.targets", $"""
            <Project>
              <PropertyGroup><KernelRevision>7</KernelRevision></PropertyGroup>
              <ItemGroup><KernelPatchSeries Include="$(MSBuildThisFileDirectory)series" /></ItemGroup>
              {Sentinel("AfterKernelMake")}
            </Project>
            """);
        CommandResult build = await project.DotnetAsync("build", "below/x.kernelproj");
        Assert.True(build.Succeeded, build.StandardOutput);
        Assert.Equal(["AfterKernelMake"], Sentinels(build.StandardOutput));
        Manifest manifest = project.Manifest("below/bin/x");
        Assert.Single(manifest.PatchDiffs);
        Assert.Contains(".7.g", manifest.PackageVersion, StringComparison.Ordinal);

        CommandResult without = await project.DotnetAsync("build", "below/x.kernelproj", "-p:ImportDirectoryBuildTargets=false");
        Assert.True(without.Succeeded, without.StandardOutput);
        Assert.Empty(project.Manifest("below/bin/x").PatchDiffs);
    }

    [Fact]
    [Trait("Tier", "fast")]
    public void Chains_and_hooks_stand_before_the_projects_text_and_nowhere_else()
    {
        foreach (string file in Directory.EnumerateFiles(RepositoryRoot.File("sdk/build"), "*.targets"))
            Assert.DoesNotMatch("<Target Name=\"(Before|After)Kernel|<Kernel[A-Za-z]*DependsOn>", File.ReadAllText(file));
    }

    [Fact]
    [Trait("Tier", "fast")]
    public void Every_task_says_that_it_may_run_beside_others()
    {
        foreach (string text in Directory.EnumerateFiles(RepositoryRoot.File("src/Tasks"), "*.cs").Select(File.ReadAllText).Where(text => text.Contains("public sealed class", StringComparison.Ordinal)))
            Assert.Contains("[MSBuildMultiThreadableTask]\npublic sealed class", text, StringComparison.Ordinal);
    }

    private static string Sentinel(string name) => $"""<Target Name="{name}"><Message Importance="high" Text="sentinel {name}" /></Target>""";

    private static IEnumerable<string> Sentinels(string said) =>
        said.Split('\n').Select(line => line.Trim()).Where(line => line.StartsWith("sentinel ", StringComparison.Ordinal)).Select(line => line["sentinel ".Length..]);

    private static async Task ExtendAsync(FakeProject project, string text)
    {
        string file = project["x.kernelproj"];
        await File.WriteAllTextAsync(file, (await File.ReadAllTextAsync(file)).Replace("</Project>", text + "</Project>", StringComparison.Ordinal));
    }
}
