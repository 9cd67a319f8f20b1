using System.Text.Json;
using System.Text.RegularExpressions;
using EveKernel.Core.Processes;

namespace EveKernel.Tests;

/// <summary>The maintainer's loop as it is typed: look, edit, build what was edited, fold back.</summary>
public sealed class LoopTests
{
    [Fact]
    public async Task Before_anything_was_fetched_or_built_it_shows_what_it_can_and_starts_no_git()
    {
        using FakeProject project = await FakeProject.CreateAsync(items: """<KernelPatchSeries Include="series" />""", ownCache: true);
        project.WriteSeries(("bus/probe.c", "value +", "value -"));
        project.WatchPrograms(["git", "make"]);
        string text = await ShowAsync(project);
        Assert.Contains("not known yet: EVK2111", text, StringComparison.Ordinal);
        Assert.Matches(@"not built +0001\.patch", text);
        Assert.Contains($"O=        {project["obj/x/out"]}\n", text, StringComparison.Ordinal);
        Assert.Empty(project.Started());
        Assert.False(Path.Exists(project["cache/objects.git"]));
        FakeProject.MustFail("EVK5002", await project.DotnetAsync("msbuild", "x.kernelproj", "-t:KernelShow", "-p:KernelShowFormat=xml"));
    }

    [Fact]
    [Trait("Tier", "default")]
    public async Task An_edit_is_built_alone_and_goes_back_into_its_patch()
    {
        using FakeProject project = await FakeProject.CreateAsync(items: """<KernelPatchSeries Include="series" />""");
        project.WriteSeries(("bus/probe.c", "value +", "value -"), ("bus/bus.c", "value +", "value *"));
        string[] before = Read(project);
        await project.MustBuildAsync();
        string release = project.Manifest().KernelRelease;

        string said = await project.MustBuildAsync("-t:KernelEdit");
        Assert.Contains($"{project["obj/x/edit"]} holds 2 patches on {project.Kernel.First[..12]}", said, StringComparison.Ordinal);
        await project.MustBuildAsync("-p:KernelEdited=true");
        string edited = project.Manifest("bin/x/edited").KernelRelease;
        Assert.EndsWith("-edit", edited, StringComparison.Ordinal);
        string tree = project.Manifest().PatchedTree;
        Assert.Equal(tree, project.Manifest("bin/x/edited").PatchedTree);
        string file = project["obj/x/edit/bus/probe.c"];
        await File.WriteAllTextAsync(file, (await File.ReadAllTextAsync(file)).Replace("value -", "value ^", StringComparison.Ordinal));
        await project.MustBuildAsync("-p:KernelEdited=true");
        string log = await File.ReadAllTextAsync(project["bin/x/edited/make.log"]);
        Assert.Equal(["bus/probe.o"], log.Split('\n').Where(line => line.StartsWith("  CC ", StringComparison.Ordinal)).Select(line => line.Split(' ')[^1]));
        Assert.DoesNotContain("configuration written to", log, StringComparison.Ordinal);
        // What Kconfig reads is another matter.
        string kconfig = await File.ReadAllTextAsync(project["obj/x/edit/Kconfig"]);
        await File.WriteAllTextAsync(project["obj/x/edit/Kconfig"], kconfig + "\nconfig ANOTHER\n\tdef_bool y\n");
        await project.MustBuildAsync("-p:KernelEdited=true");
        Assert.Contains("configuration written to", await File.ReadAllTextAsync(project["bin/x/edited/make.log"]), StringComparison.Ordinal);
        Assert.Contains("CONFIG_ANOTHER=y", await File.ReadAllTextAsync(project["bin/x/edited/config"]), StringComparison.Ordinal);
        await File.WriteAllTextAsync(project["obj/x/edit/Kconfig"], kconfig);
        await project.MustBuildAsync("-p:KernelEdited=true");
        Assert.Equal(edited, project.Manifest("bin/x/edited").KernelRelease);
        string editedTree = project.Manifest("bin/x/edited").PatchedTree;

        Assert.Contains("value ^", await project.MustBuildAsync("-t:KernelDiff"), StringComparison.Ordinal);
        await project.MustFailAsync("EVK2105", "-t:KernelPatchRefresh");
        JsonElement view = await JsonAsync(project);
        Assert.Equal(release, view.GetProperty("release").GetString());
        Assert.Equal(project.Manifest().Key, view.GetProperty("key").GetString());
        Assert.True(view.GetProperty("built").GetBoolean());
        Assert.Equal("bus/probe.c", view.GetProperty("edit").GetProperty("uncommitted")[0].GetString());
        Assert.Equal(["built", "built"], view.GetProperty("series").EnumerateArray().Select(patch => patch.GetProperty("status").GetString()));

        // A tidy-up takes no edit along.
        await project.MustBuildAsync("-t:Clean");
        Assert.False(Path.Exists(project["obj/x/edited/out"]));
        Assert.Contains("Rewrote " + project["0001.patch"], await project.MustBuildAsync("-t:KernelPatchRefresh", "-p:KernelPatch=0001"),
            StringComparison.Ordinal);
        string[] after = Read(project);
        Assert.Equal(Steady(before[0].Replace("value -", "value ^", StringComparison.Ordinal)), Steady(after[0]));
        Assert.Equal(before[1], after[1]);
        await project.MustBuildAsync();
        Assert.NotEqual(tree, project.Manifest().PatchedTree);
        Assert.Equal(editedTree, project.Manifest().PatchedTree);
        string shown = await ShowAsync(project);
        Assert.Matches(@"edit tree .*, as the series\n +kept +\S+ before refresh", shown);

        await project.MustBuildAsync("-t:KernelPatchRestore");
        Assert.Equal(before, Read(project));
        Assert.Contains("value ^", await File.ReadAllTextAsync(file), StringComparison.Ordinal);
        await project.MustFailAsync("EVK2103", "-t:KernelPatchContinue");
    }

    /// <summary>The disk of the patches, or that of the edit tree, is full when a refresh begins; then there is room again.</summary>
    [Theory]
    [InlineData("p")]
    [InlineData("e")]
    public async Task On_a_full_disk_a_refresh_says_so_and_loses_nothing(string full)
    {
        using FakeProject project = await FakeProject.CreateAsync(items: """<KernelPatchSeries Include="p/series" />""");
        project.WriteSeries(("bus/probe.c", "value +", "value -"));
        Directory.CreateDirectory(project["p"]);
        foreach (string name in (string[])["series", "0001.patch"])
            File.Move(project[name], project[$"p/{name}"]);
        await project.MustBuildAsync("-t:KernelEdit", "-p:KernelEditDirectory=e");
        string script = $"""
            set -eu
            refresh() {'{'} dotnet msbuild x.kernelproj -t:KernelPatchRefresh -p:KernelPatch=0001 -p:KernelEditDirectory=e -tl:off -nodeReuse:false; {'}'}
            sed -i 's/value -/value ^/' e/bus/probe.c
            cp p/0001.patch before.patch
            cp -a {full} kept
            mount -t tmpfs -o size=8m tmpfs {full}
            cp -a kept/. {full}/
            dd if=/dev/zero of={full}/fill bs=1k status=none || true
            while printf x >>{full}/fill; do :; done 2>/dev/null
            if refresh; then exit 9; fi
            cmp before.patch p/0001.patch
            grep 'value ^' e/bus/probe.c
            rm {full}/fill
            refresh
            grep '^+.*value ^' p/0001.patch
            git -C e diff --quiet HEAD
            echo all is there
            """;
        Command command = new("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script) { WorkingDirectory = project.Folder, Environment = Dotnet.Variables };
        CommandResult result = await ProcessRunner.RunAsync(command, CancellationToken.None);
        string said = result.StandardOutput + result.StandardError;
        Assert.True(result.Succeeded, said);
        Assert.Matches(full == "p" ? "error EVK9007: " : "error (EVK9007|EVK1002): .*No space left on device", said);
        Assert.DoesNotContain("   at ", said, StringComparison.Ordinal);
        Assert.EndsWith("all is there\n", result.StandardOutput, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_file_compiles_by_the_command_that_clangd_is_given()
    {
        using FakeProject project = await FakeProject.CreateAsync();
        await project.MustBuildAsync("-t:Build;KernelCompileCommands");
        JsonElement[] commands = [.. JsonDocument.Parse(await File.ReadAllTextAsync(project["obj/x/compile_commands.json"])).RootElement.EnumerateArray()];
        Assert.Contains(project["obj/x/tree/bus/probe.c"], commands.Select(command => command.GetProperty("file").GetString()));
        foreach (JsonElement entry in commands)
        {
            string text = entry.GetProperty("command").GetString() + " -fsyntax-only";
            Command command = new("sh", "-c", text) { WorkingDirectory = entry.GetProperty("directory").GetString() };
            CommandResult compiled = await ProcessRunner.RunAsync(command, CancellationToken.None);
            Assert.True(compiled.Succeeded, compiled.StandardError);
        }

        Directory.Delete(project["obj/x/out"], recursive: true);
        await project.MustFailAsync("EVK2112", "-t:KernelCompileCommands");
    }

    // git names the function in a hunk's header, which the patch of the test does not.
    private static string Steady(string patch) => Regex.Replace(patch, "(?m)^(@@ .* @@).*$", "$1");

    private static string[] Read(FakeProject project) => [.. ((string[])["0001.patch", "0002.patch"]).Select(name => File.ReadAllText(project[name]))];

    private static Task<string> ShowAsync(FakeProject project) => MustAsync(project, "msbuild", "x.kernelproj", "-t:KernelShow", "-tl:off");

    private static async Task<JsonElement> JsonAsync(FakeProject project) =>
        JsonDocument.Parse(await MustAsync(project, "msbuild", "x.kernelproj", "-t:KernelShow", "-getProperty:KernelShowJson")).RootElement;

    private static async Task<string> MustAsync(FakeProject project, params string[] arguments)
    {
        CommandResult result = await project.DotnetAsync(arguments);
        Assert.True(result.Succeeded, result.StandardOutput + result.StandardError);
        return result.StandardOutput;
    }
}
