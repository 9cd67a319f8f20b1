using EveKernel.Core.Processes;

namespace EveKernel.Tests;

/// <summary>A host without a git executable.</summary>
public sealed class GitBackendTests
{
    [Fact]
    [Trait("Tier", "fast")]
    public async Task Without_git_libgit2_fetches_patches_and_checks_out_and_the_result_is_the_same()
    {
        using FakeProject project = await FakeProject.CreateAsync(items: """<KernelPatchSeries Include="series" />""", ownCache: true);
        project.WriteSeries(("init/main.c", "return 1", "return 2"), ("bus/bus.c", "value +", "value *"));
        await project.MustBuildAsync();
        string manifest = await File.ReadAllTextAsync(project["bin/x/manifest.json"]);

        foreach (string left in (string[])["bin", "obj", "cache/objects.git", "cache/facts"])
            Directory.Delete(project[left], recursive: true);
        project.HidePrograms("git");
        await project.MustFailAsync("EVK9001");
        string said = await project.MustBuildAsync("-p:KernelGitBackend=libgit2");
        Assert.Contains("Fetching the whole history", said, StringComparison.Ordinal);
        Assert.Equal(manifest, await File.ReadAllTextAsync(project["bin/x/manifest.json"]));

        // Another series moves the tree by what it changes, and make compiles just that.
        project.WriteSeries(("init/main.c", "return 1", "return 3"), ("bus/bus.c", "value +", "value *"));
        await project.MustBuildAsync("-p:KernelGitBackend=libgit2");
        Assert.Contains("init/main.o", project.Compiled());
        Assert.DoesNotContain("bus/bus.o", project.Compiled());

        project.WriteSeries(("init/main.c", "return 1", "return 3"), ("bus/bus.c", "value +", "value *"));
        string patch = await File.ReadAllTextAsync(project["0002.patch"]);
        project.Write("0002.patch", patch.Replace("\n {", "\n  {", StringComparison.Ordinal));
        Assert.Contains("0002.patch", await project.MustFailAsync("EVK2009", "-p:KernelGitBackend=libgit2"), StringComparison.Ordinal);
        await project.MustFailAsync("EVK5002", "-p:KernelGitBackend=jgit");
        project.WriteProject("x", $"<KernelSourceDirectory>{project.Kernel.Tree}</KernelSourceDirectory>");
        await project.MustFailAsync("EVK9042", "-p:KernelGitBackend=libgit2");
    }

    [Theory]
    [InlineData("git", false)]
    [InlineData("libgit2", true)]
    public async Task Nothing_native_is_loaded_unless_it_is_chosen(string backend, bool loaded)
    {
        using FakeProject project = await FakeProject.CreateAsync(ownCache: true);
        Directory.CreateDirectory(project["ld"]);
        // The dynamic linker writes down what each process opens.
        project.Variables = project.Variables.SetItem("LD_DEBUG", "files").SetItem("LD_DEBUG_OUTPUT", project["ld/log"]);
        CommandResult fetch = await project.DotnetAsync("msbuild", "x.kernelproj", "-restore", "-t:KernelPatch", "-nodeReuse:false", $"-p:KernelGitBackend={backend}");
        Assert.True(fetch.Succeeded, fetch.StandardOutput);
        Assert.Equal(loaded, Directory.EnumerateFiles(project["ld"]).Any(file => File.ReadAllText(file).Contains("git2", StringComparison.Ordinal)));
    }
}
