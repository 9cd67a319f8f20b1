using System.IO.Compression;

namespace EveKernel.Tests;

/// <summary>The configuration in a menu, and what else is done with it.</summary>
public sealed class MenuTests
{
    [Fact]
    [Trait("Tier", "fast")]
    public async Task A_symbol_that_is_set_in_menuconfig_becomes_a_line_of_the_fragment()
    {
        using FakeProject project = await FakeProject.CreateAsync();
        await project.MustBuildAsync();
        await using Terminal terminal = await Terminal.OpenAsync(project.Folder, project.Variables);
        await terminal.StartAsync("dotnet msbuild x.kernelproj -t:KernelMenuconfig");
        await terminal.WaitForAsync(@"\[ \] +More of the bus");
        await terminal.PressAsync("Down", "Down");
        await terminal.TypeAsync("y");
        await terminal.WaitForAsync(@"\[\*\] +More of the bus");
        await terminal.PressAsync("Escape", "Escape");
        await terminal.WaitForAsync("save your new configuration");
        await terminal.PressAsync("Enter");
        Assert.Equal(0, await terminal.EndAsync());
        Assert.Matches(@"x\.fragment:\n +CONFIG_EXTRA=y \(added\)", await terminal.ReadAsync());
        Assert.Equal(FakeProject.Fragment + "CONFIG_EXTRA=y\n", await File.ReadAllTextAsync(project["x.fragment"]));
        await project.MustBuildAsync();
        Assert.Contains("CONFIG_EXTRA=y\n", await File.ReadAllTextAsync(project["bin/x/config"]), StringComparison.Ordinal);

        // Not saved is nothing changed; the terminal logger does not paint over the menu.
        await terminal.ClearAsync();
        await terminal.StartAsync("dotnet build x.kernelproj -t:KernelMenuconfig");
        await terminal.WaitForAsync(@"\[\*\] +More of the bus");
        await terminal.PressAsync("Escape", "Escape");
        Assert.Equal(0, await terminal.EndAsync());
        Assert.Equal(FakeProject.Fragment + "CONFIG_EXTRA=y\n", await File.ReadAllTextAsync(project["x.fragment"]));
    }

    [Fact]
    public async Task What_stands_in_a_menus_way_is_told_with_a_code()
    {
        using FakeProject project = await FakeProject.CreateAsync();
        await project.MustFailAsync("EVK3020", "-t:KernelMenuconfig");
        await project.MustFailAsync("EVK3021", "-t:KernelMenuconfig", "-p:KernelMenuFragment=y.fragment");
        await project.MustFailAsync("EVK3022", "-t:KernelXconfig");
        await File.WriteAllTextAsync(project["x.kernelproj"], (await File.ReadAllTextAsync(project["x.kernelproj"])).Replace("allnoconfig", "small_defconfig", StringComparison.Ordinal)
            .Replace("<KernelConfigFragment Include=\"x.fragment\" />", "", StringComparison.Ordinal));
        Assert.Contains("x.fragment", await project.MustFailAsync("EVK3021", "-t:KernelMenuconfig", "-p:KernelAllowLocalVersionAuto=true"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_configuration_is_saved_in_its_shortest_form_and_compared_with_others()
    {
        using FakeProject project = await FakeProject.CreateAsync();
        await project.MustBuildAsync("-t:KernelSaveDefconfig", "-p:KernelSavedDefconfig=my_defconfig");
        Assert.Equal(
            ["# CONFIG_LOCALVERSION_AUTO is not set", "CONFIG_BUS=y", "CONFIG_CPU=y", "CONFIG_DRIVER=m", "CONFIG_MODULES=y"],
            (await File.ReadAllLinesAsync(project["my_defconfig"])).Order(StringComparer.Ordinal));
        Assert.False(Directory.Exists(project["bin/x/kernel"]));

        Assert.Equal(["+DRIVER m", " BUS n -> y", " CPU n -> y", " MODULES n -> y"], await DiffAsync(project));
        await project.MustBuildAsync();
        project.Write("other.config", "CONFIG_BUS=m\n" + (await File.ReadAllTextAsync(project["bin/x/config"])).Replace("CONFIG_BUS=y\n", "CONFIG_GONE=7\n", StringComparison.Ordinal));
        await using (GZipStream packed = new(File.Create(project["config.gz"]), CompressionMode.Compress))
            await packed.WriteAsync(await File.ReadAllBytesAsync(project["other.config"]));
        foreach (string other in (string[])["other.config", "config.gz"])
            Assert.Equal(["-GONE 7", " BUS m -> y"], await DiffAsync(project, $"-p:KernelConfigDiffWith={other}"));
        foreach (string same in (string[])["bin/x", Assert.Single(Directory.GetFiles(project["packages"], "*.nupkg"))])
            Assert.Empty(await DiffAsync(project, $"-p:KernelConfigDiffWith={same}"));

        // Another project need not have been built.
        project.Write("y.fragment", FakeProject.Fragment + "CONFIG_EXTRA=y\n");
        project.WriteProject("y", fragment: "y.fragment");
        await project.DotnetAsync("restore", "y.kernelproj");
        Assert.Equal([" EXTRA y -> n"], await DiffAsync(project, "-p:KernelConfigDiffWith=y.kernelproj"));
        await project.MustFailAsync("EVK3027", "-t:KernelConfigDiff", "-p:KernelConfigDiffWith=none");
        await project.MustFailAsync("EVK3027", "-t:KernelConfigDiff", "-p:KernelConfigDiffWith=x.kernelproj.x");
        await project.MustFailAsync("EVK3027", "-t:KernelConfigDiff", "-p:KernelConfigDiffWith=global.json");
        await project.MustFailAsync("EVK3027", "-t:KernelConfigDiff", "-p:KernelConfigDiffWith=packages");
    }

    private static async Task<string[]> DiffAsync(FakeProject project, params string[] arguments)
    {
        await project.MustBuildAsync(["-t:KernelConfigDiff", .. arguments]);
        return [.. (await File.ReadAllLinesAsync(project["obj/x/config.diff"])).Order(StringComparer.Ordinal).OrderByDescending(line => line[0] is '+' or '-')];
    }
}
