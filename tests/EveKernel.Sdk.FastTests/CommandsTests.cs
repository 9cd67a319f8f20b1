using EveKernel.Core.Processes;

namespace EveKernel.Tests;

/// <summary>The script that repeats a build by hand is run, by a shell in an environment of its own.</summary>
public sealed class CommandsTests
{
    [Fact]
    public async Task In_the_builds_own_folders_it_compiles_nothing()
    {
        using FakeProject project = await FakeProject.CreateAsync(items: """<KernelPatchSeries Include="series" />""");
        project.WriteSeries(("bus/probe.c", "value +", "value -"));
        await project.MustBuildAsync();
        string script = await ScriptAsync(project);
        Assert.DoesNotContain("evekernel.sdk", script, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("dotnet", script, StringComparison.OrdinalIgnoreCase);
        Assert.Empty(Compiled(await ShAsync(project, project.Folder, project["obj/x/tree"], project["obj/x/out"])));

        // It is no wonder that would happen anyway: kbuild compares command lines.
        project.Write("obj/x/build-by-hand.sh", script.Replace("KCFLAGS=", "KCFLAGS=-DODD ", StringComparison.Ordinal));
        Assert.NotEmpty(Compiled(await ShAsync(project, project.Folder, project["obj/x/tree"], project["obj/x/out"])));
    }

    [Theory]
    [InlineData("allnoconfig")]
    [InlineData("small_defconfig")]
    public async Task From_nothing_it_comes_to_the_same_image_and_configuration(string defconfig)
    {
        using FakeProject project = await FakeProject.CreateAsync(items: """<KernelPatchSeries Include="series" />""");
        string file = await File.ReadAllTextAsync(project["x.kernelproj"]);
        project.Write("x.kernelproj", file.Replace("allnoconfig", defconfig, StringComparison.Ordinal));
        project.WriteSeries(("bus/probe.c", "value +", "value -"), ("bus/bus.c", "value +", "value *"));
        await project.MustBuildAsync();
        await ScriptAsync(project);
        // Inside a repository, which neither git nor the kernel's release may see.
        await FakeKernel.GitAsync(project.Folder, "init", "-q");
        string elsewhere = Directory.CreateDirectory(project["elsewhere"]).FullName;
        Assert.NotEmpty(Compiled(await ShAsync(project, elsewhere)));
        string made = Directory.EnumerateDirectories(elsewhere).Single();
        Assert.Equal(await File.ReadAllTextAsync(project["bin/x/config"]), await File.ReadAllTextAsync(Path.Combine(made, "out/.config")));
        Assert.Equal(await File.ReadAllBytesAsync(project["bin/x/kernel"]), await File.ReadAllBytesAsync(Path.Combine(made, "out/arch/x86/boot/bzImage")));
    }

    [Fact]
    public async Task Directories_are_made_by_the_targets_that_build_them()
    {
        using FakeProject project = await FakeProject.CreateAsync(items: """<KernelDirectory Include="bus;shared" />""");
        await project.MustBuildAsync();
        string script = await ScriptAsync(project);
        Assert.Matches(@"(?m)^kernel_make prepare\nkernel_make bus/ arch/x86/cpu/$", script);
        Assert.Empty(Compiled(await ShAsync(project, project.Folder, project["obj/x/tree"], project["obj/x/out"])));
    }

    private static string[] Compiled(string log) =>
        [.. log.Split('\n').Where(line => line.StartsWith("  CC ", StringComparison.Ordinal) || line.StartsWith("  AS ", StringComparison.Ordinal) || line.StartsWith("  LD ", StringComparison.Ordinal))];

    private static async Task<string> ScriptAsync(FakeProject project)
    {
        CommandResult result = await project.BuildAsync("-t:KernelCommands");
        Assert.True(result.Succeeded, result.StandardOutput);
        Assert.Contains("kernel_make", result.StandardOutput, StringComparison.Ordinal);
        return await File.ReadAllTextAsync(project["obj/x/build-by-hand.sh"]);
    }

    private static async Task<string> ShAsync(FakeProject project, string folder, params string[] arguments)
    {
        Command command = new("sh", [project["obj/x/build-by-hand.sh"], .. arguments]) { WorkingDirectory = folder };
        CommandResult result = await ProcessRunner.RunAsync(command, CancellationToken.None);
        Assert.True(result.Succeeded, result.StandardOutput + result.StandardError);
        return result.StandardOutput;
    }
}
