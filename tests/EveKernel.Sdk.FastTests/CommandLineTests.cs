using System.Collections.Immutable;
using System.Text.Json;
using EveKernel.Core.Packaging;
using EveKernel.Core.Processes;

namespace EveKernel.Tests;

/// <summary>What people type: options, verbs, solutions.</summary>
public sealed class CommandLineTests
{
    [Theory]
    [InlineData("-p:A=",
        "KernelArch=amd64", "KernelFlavor=generic", "KernelConfigFlavor=", "KernelCompiler=gcc", "KernelCompilerLauncher=", "KernelWarnings=", "KernelRevision=0",
        "KernelAllowFloating=false", "KernelAllowLocalVersionAuto=false", "KernelPatchAlreadyApplied=skip", "KernelNetwork=false",
        "KernelDevelPackage=false", "KernelDebugPackage=false",
        "KernelOutputPath={folder}/bin/x/", "OutputPath={folder}/bin/x/", "IntermediateOutputPath={folder}/obj/x/", "PackageOutputPath={folder}/bin/package/",
        "KernelCacheDirectory={folder}/xdg/evekernel/", "KernelKey=", "KernelRelease=", "KernelPackageId=", "KernelPackageVersion=",
        "DefaultProjectTypeGuid={13b669be-bb05-4ddf-9536-439f39a36129}")]
    [InlineData("-p:KernelCacheDirectory=c", "KernelCacheDirectory={folder}/c/")]
    [InlineData("-p:KernelOutputPath=o", "KernelOutputPath={folder}/o/", "OutputPath={folder}/o/", "PackageOutputPath={folder}/package/")]
    [InlineData("-p:OutputPath=o/", "KernelOutputPath={folder}/o/")]
    [InlineData("-p:PackageOutputPath=p", "PackageOutputPath={folder}/p/", "KernelOutputPath={folder}/bin/x/")]
    [InlineData("-p:ArtifactsPath=a", "KernelOutputPath={folder}/a/bin/x/", "IntermediateOutputPath={folder}/a/obj/x/", "PackageOutputPath={folder}/a/package/")]
    [InlineData("-p:Configuration=Release", "KernelOutputPath={folder}/bin/x/", "IntermediateOutputPath={folder}/obj/x/")]
    public async Task A_property_has_its_default_or_what_the_user_says(string argument, params string[] expected)
    {
        using FakeProject project = await FakeProject.CreateAsync();
        project.Write("x.kernelproj", """<Project Sdk="EveKernel.Sdk" />""");
        project.Variables = project.Variables.SetItem("XDG_CACHE_HOME", project["xdg"]);
        ImmutableArray<(string Name, string Value)> table = [.. expected.Select(line => line.Split('=', 2)).Select(parts => (parts[0], parts[1]))];
        // MSBuild prints the plain value for one property, and JSON for several.
        string names = string.Join(',', table.Select(row => row.Name).Append("MSBuildProjectName"));
        CommandResult result = await project.DotnetAsync("msbuild", "x.kernelproj", argument, $"-getProperty:{names}");
        using JsonDocument answer = JsonDocument.Parse(result.StandardOutput);
        Assert.All(table, row => Assert.Equal(
            $"{row.Name}={row.Value.Replace("{folder}", project.Folder, StringComparison.Ordinal)}",
            $"{row.Name}={answer.RootElement.GetProperty("Properties").GetProperty(row.Name).GetString()}"));
    }

    [Theory]
    [InlineData("KernelOutputPath", "KernelOutputPath")]
    [InlineData("OutputPath", "KernelOutputPath")]
    [InlineData("PackageOutputPath", "PackageOutputPath")]
    [InlineData("KernelCacheDirectory", "KernelCacheDirectory")]
    public async Task What_the_command_line_says_no_file_of_the_project_changes_and_the_environment_any(string given, string seen)
    {
        using FakeProject project = await FakeProject.CreateAsync();
        project.Write("Directory.Build.props", $"<Project><PropertyGroup><{given}>file/</{given}><{seen}>file/</{seen}></PropertyGroup></Project>");
        project.Write("x.kernelproj", """<Project Sdk="EveKernel.Sdk" />""");
        CommandResult line = await project.DotnetAsync("msbuild", "x.kernelproj", $"-p:{given}=line", $"-getProperty:{seen}");
        Assert.Equal(project["line/"], line.StandardOutput.Trim());
        project.Variables = project.Variables.SetItem(given, "environment");
        CommandResult file = await project.DotnetAsync("msbuild", "x.kernelproj", $"-getProperty:{seen}");
        Assert.Equal(project["file/"], file.StandardOutput.Trim());
    }

    [Theory]
    [InlineData("-o", "out", "out", "packages")]
    [InlineData("--artifacts-path", "art", "art/bin/x", "art/package")]
    [InlineData("-p:PackageOutputPath=p", null, "bin/x", "p")]
    public async Task Results_stand_where_the_command_line_says(string option, string? value, string output, string packages)
    {
        using FakeProject project = await FakeProject.CreateAsync();
        string before = FolderState.Of(project.Folder, "kernel.lock.json", output.Split('/')[0], packages.Split('/')[0], "obj");
        await project.MustBuildAsync(value is null ? [option] : [option, value]);
        Manifest manifest = project.Manifest(output);
        Assert.True(manifest.Matches(project[output]));
        Assert.True(File.Exists(project[$"{packages}/{manifest.PackageId}.{manifest.PackageVersion}.nupkg"]));
        Assert.Equal(before, FolderState.Of(project.Folder, "kernel.lock.json", output.Split('/')[0], packages.Split('/')[0], "obj"));
    }

    [Fact]
    public async Task Two_projects_in_one_folder_do_not_meet_and_the_configuration_changes_no_byte()
    {
        using FakeProject project = await FakeProject.CreateAsync();
        project.Write("y.fragment", FakeProject.Fragment + "CONFIG_EXTRA=y\n");
        project.WriteProject("y", fragment: "y.fragment");
        foreach (string name in (string[])["x", "y", "x", "y"])
            Assert.True((await project.DotnetAsync("build", $"{name}.kernelproj")).Succeeded);
        Assert.NotEqual(project.Manifest("bin/x").Key, project.Manifest("bin/y").Key);
        Assert.Contains("nothing changed", await project.MustBuildAsync("-c", "Release"), StringComparison.Ordinal);
        CommandResult other = await project.DotnetAsync("build", "y.kernelproj", "-c", "Whatever");
        Assert.Contains("nothing changed", other.StandardOutput, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Clean_rebuild_pack_publish_and_restore_do_what_their_names_say()
    {
        using FakeProject project = await FakeProject.CreateAsync();
        Assert.True((await project.DotnetAsync("restore", "x.kernelproj")).Succeeded);
        Assert.False(Directory.Exists(project["bin"]));
        CommandResult pack = await project.DotnetAsync("pack", "x.kernelproj");
        Assert.True(pack.Succeeded, pack.StandardOutput);
        string package = Assert.Single(Directory.EnumerateFiles(project["packages"]));
        byte[] packed = await File.ReadAllBytesAsync(package);

        CommandResult publish = await project.DotnetAsync("publish", "x.kernelproj", "-p:PublishDir=out/");
        Assert.True(publish.Succeeded, publish.StandardOutput);
        Assert.Equal(project.Manifest().Files.Select(file => file.Path).Append("manifest.json").Append("provenance.json").Order(StringComparer.Ordinal),
            Directory.EnumerateFiles(project["out"]).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));

        // As a build of all packages leaves them, which takes a real tree.
        foreach (string folder in (string[])["stage-devel", "package-devel", "stage-debug", "package-debug", "installed"])
            project.Write($"obj/x/{folder}/left", "");
        Assert.True((await project.DotnetAsync("clean", "x.kernelproj")).Succeeded);
        Assert.False(File.Exists(project["bin/x/manifest.json"]));
        Assert.False(Directory.Exists(project["obj/x/out"]));
        Assert.Empty(Directory.EnumerateDirectories(project["obj/x"]));
        Assert.True(Directory.Exists(project.Kernel.Repository));

        await project.MustBuildAsync();
        string rebuilt = await project.MustBuildAsync("-t:Rebuild");
        Assert.DoesNotContain("nothing changed", rebuilt, StringComparison.Ordinal);
        Assert.NotEmpty(project.Compiled());
        Assert.Equal(packed, await File.ReadAllBytesAsync(package));
    }

    [Fact]
    public async Task A_solution_builds_its_kernels_also_as_a_graph_in_isolation_and_with_many_threads()
    {
        using FakeProject project = await FakeProject.CreateAsync();
        project.WriteProject("y", items: """<KernelDirectory Include="bus" />""");
        project.Write("s.slnx", "<Solution />");
        CommandResult add = await project.DotnetAsync("sln", "s.slnx", "add", "x.kernelproj", "y.kernelproj");
        Assert.True(add.Succeeded, add.StandardOutput + add.StandardError);
        Assert.Contains("13b669be-bb05-4ddf-9536-439f39a36129", await File.ReadAllTextAsync(project["s.slnx"]), StringComparison.OrdinalIgnoreCase);
        CommandResult build = await project.DotnetAsync("build", "s.slnx", "-mt", "-m:2");
        Assert.True(build.Succeeded, build.StandardOutput);
        Assert.True(project.Manifest("bin/x").Matches(project["bin/x"]));
        Assert.Equal("objects", project.Manifest("bin/y").Kind);

        Directory.Delete(project["bin"], recursive: true);
        CommandResult graph = await project.DotnetAsync("build", "s.slnx", "--no-restore", "-graph", "-isolate");
        Assert.True(graph.Succeeded, graph.StandardOutput);
        Assert.True(project.Manifest("bin/x").Matches(project["bin/x"]));
    }

    [Fact]
    public async Task With_many_threads_the_tasks_run_in_the_build_itself()
    {
        using FakeProject project = await FakeProject.CreateAsync();
        string detailed = await project.MustBuildAsync("-mt", "-v:diag");
        Assert.Contains("ComputeKernelKey", detailed, StringComparison.Ordinal);
        // MSBuild sends a task without the attribute to a process of its own, and says so.
        Assert.DoesNotContain("task host", string.Join('\n', detailed.Split('\n').Where(line => line.Contains("EveKernel.Tasks", StringComparison.Ordinal))), StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("EVK9010", "test", "--project", "x.kernelproj")]
    [InlineData("EVK6001", "msbuild", "x.kernelproj", "-t:VSTest")]
    public async Task A_verb_that_a_kernel_does_not_know_has_a_code(string code, params string[] arguments)
    {
        using FakeProject project = await FakeProject.CreateAsync();
        if (code == "EVK9010")
            project.Write("global.json", (await File.ReadAllTextAsync(project["global.json"])).TrimEnd().TrimEnd('}') + """, "test": { "runner": "Microsoft.Testing.Platform" } }""");
        FakeProject.MustFail(code, await project.DotnetAsync(arguments));
    }
}
