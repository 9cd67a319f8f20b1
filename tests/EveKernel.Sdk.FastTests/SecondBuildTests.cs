using System.Collections.Immutable;
using EveKernel.Core.Packaging;

namespace EveKernel.Tests;

/// <summary>What a build does after one that succeeded.</summary>
public sealed class SecondBuildTests
{
    private static readonly string[] Watched = ["make", "git", "gcc", "ld", "as", "ar", "objcopy", "strip", "perl", "sh", "xz", "gzip", "zstd"];

    [Fact]
    [Trait("Tier", "fast")]
    public async Task Nothing_is_started_when_nothing_changed_and_a_deleted_output_is_made_again_without_compiling()
    {
        using FakeProject project = await FakeProject.CreateAsync();
        project.WriteSeries(("bus/bus.c", "value + BUS_STEP", "value + 3"));
        project.WriteProject("x", items: """<KernelPatchSeries Include="series" />""");
        project.WatchPrograms(Watched);
        await project.MustBuildAsync();
        ImmutableSortedSet<string> first = project.Started();
        Assert.All(["make", "git", "gcc", "ld", "ar"], program => Assert.Contains(program, first));
        byte[] package = await File.ReadAllBytesAsync(Assert.Single(Directory.EnumerateFiles(project["packages"])));

        string again = await project.MustBuildAsync();
        Assert.Empty(project.Started());
        Assert.Contains("nothing changed", again, StringComparison.Ordinal);

        foreach (string deleted in (string[])["bin/x/System.map", "bin/x/manifest.json", "packages"])
        {
            if (Directory.Exists(project[deleted]))
                Directory.EnumerateFiles(project[deleted]).ToList().ForEach(File.Delete);
            else
                File.Delete(project[deleted]);
            await project.MustBuildAsync();
            Assert.Contains("make", project.Started());
            Assert.Empty(project.Compiled());
            Assert.Equal(package, await File.ReadAllBytesAsync(Assert.Single(Directory.EnumerateFiles(project["packages"]))));
        }
    }

    [Fact]
    [Trait("Tier", "fast")]
    public async Task One_changed_patch_recompiles_only_what_it_touches_though_its_time_was_kept()
    {
        using FakeProject project = await FakeProject.CreateAsync();
        project.WriteSeries(("bus/bus.c", "value + BUS_STEP", "value + 3"), ("init/main.c", "return 1", "return 2"));
        project.WriteProject("x", items: """<KernelPatchSeries Include="series" />""");
        await project.MustBuildAsync();
        Assert.Contains("bus/probe.o", project.Compiled());
        string first = project.Manifest().Key;

        project.EditKeepingTime("0002.patch", project.Patch("init/main.c", "return 1", "return 4"));
        await project.MustBuildAsync();
        Assert.NotEqual(first, project.Manifest().Key);
        // The release ends with the key, and version.c holds the release.
        Assert.Equal(["init/main.o", "init/version.o"], project.Compiled());
    }

    // Kconfig's questions to the compiler take seconds of each build.
    [Theory]
    [InlineData("init/main.c", "return 1", "return 2", false)]
    [InlineData("arch/x86/kernel/head.S", "SPDX", "A comment; SPDX", false)]
    [InlineData("Kconfig", "A bus", "The bus", true)]
    [InlineData("Makefile", "NAME = ", "NAME = Another ", true)]
    [InlineData("scripts/basic/fixdep.c", "Kai Germaschewski", "Someone", true)]
    [InlineData("bus/Makefile", "SPDX", "A comment; SPDX", true)]
    public async Task What_a_patch_changes_decides_whether_the_configuration_is_made_anew(string file, string word, string replacement, bool isMade)
    {
        using FakeProject project = await FakeProject.CreateAsync();
        project.WriteSeries(("bus/bus.c", "value + BUS_STEP", "value + 3"));
        project.WriteProject("x", items: """<KernelPatchSeries Include="series" />""");
        await project.MustBuildAsync();
        Assert.Null(Configure(project).Skipped);

        project.WriteSeries(("bus/bus.c", "value + BUS_STEP", "value + 3"), (file, word, replacement));
        await project.MustBuildAsync();
        Assert.Equal(isMade ? null : "nothing that decides .config has changed", Configure(project).Skipped);

        // Back again: of what was configured in between, nothing stays.
        project.WriteSeries(("bus/bus.c", "value + BUS_STEP", "value + 3"));
        await project.MustBuildAsync();
        Assert.Equal(isMade ? null : "nothing that decides .config has changed", Configure(project).Skipped);
    }

    [Fact]
    public async Task A_source_that_kconfig_reads_is_configured_with()
    {
        using FakeProject project = await FakeProject.CreateAsync();
        (string, string, string) asking = ("Kconfig", "default 16", "default $(shell,grep -c 'return 1' $(srctree)/init/main.c)");
        project.WriteSeries(asking);
        project.WriteProject("x", items: """<KernelPatchSeries Include="series" />""");
        await project.MustBuildAsync();
        Assert.Contains("CONFIG_FUNCTION_ALIGNMENT=1", await File.ReadAllLinesAsync(project["bin/x/config"]));

        project.WriteSeries(asking, ("init/main.c", "return 1", "return 2"));
        await project.MustBuildAsync();
        Assert.Contains("CONFIG_FUNCTION_ALIGNMENT=0", await File.ReadAllLinesAsync(project["bin/x/config"]));
    }

    private static StageRecord Configure(FakeProject project) =>
        BuildRecord.Read(project["bin/x/build.json"]).Stages.Single(stage => stage.Name == "configure");

    [Fact]
    public async Task A_changed_fragment_is_configured_and_make_decides()
    {
        using FakeProject project = await FakeProject.CreateAsync();
        await project.MustBuildAsync();
        project.EditKeepingTime("x.fragment", FakeProject.Fragment + "CONFIG_EXTRA=y\n");
        await project.MustBuildAsync();
        Assert.Contains("CONFIG_EXTRA=y", await File.ReadAllLinesAsync(project["bin/x/config"]));
        Assert.Equal(["bus/extra.o"], project.Compiled());
    }

    [Fact]
    public async Task A_replaced_compiler_of_the_same_time_and_size_compiles_everything_anew()
    {
        using FakeProject project = await FakeProject.CreateAsync();
        project.ReplaceProgram("gcc", "exec REAL -DEVK_A \"$@\" #1");
        string compiler = project["shims/gcc"];
        DateTime time = File.GetLastWriteTimeUtc(compiler);
        await project.MustBuildAsync();
        Manifest first = project.Manifest();
        int objects = project.Compiled().Count;

        project.ReplaceProgram("gcc", "exec REAL -DEVK_B \"$@\" #1");
        File.SetLastWriteTimeUtc(compiler, time);
        await project.MustBuildAsync();
        Assert.NotEqual(first.Key, project.Manifest().Key);
        Assert.Equal(objects, project.Compiled().Count);
    }
}
