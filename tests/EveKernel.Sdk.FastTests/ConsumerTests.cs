using System.IO.Compression;
using EveKernel.Core.Packaging;
using EveKernel.Core.Processes;

namespace EveKernel.Tests;

/// <summary>C# projects that use a kernel.</summary>
public sealed class ConsumerTests
{
    private const string Show = """
        <Target Name="Show" AfterTargets="Build">
          <Message Importance="high" Text="item %(EveKernelFile.Kind) %(EveKernelFile.KernelArch) %(EveKernelFile.KernelFlavor) %(EveKernelFile.PackageId)" />
          <Message Importance="high" Text="image $(EveKernelImage)" />
          <Message Importance="high" Text="release $(EveKernelRelease)" />
        </Target>
        """;

    [Fact]
    [Trait("Tier", "fast")]
    public async Task A_package_has_the_golden_list_of_entries_and_is_consumed_with_a_lock_file()
    {
        using FakeProject project = await FakeProject.CreateAsync();
        await project.MustBuildAsync();
        Manifest kernel = project.Manifest();
        using (ZipArchive package = ZipFile.OpenRead(Assert.Single(Directory.EnumerateFiles(project["packages"]))))
        {
            Assert.Equal(
                [
                    "EveKernel.Amd64.Generic.nuspec", "[Content_Types].xml", "_rels/.rels", "build/EveKernel.Amd64.Generic.props",
                    "build/EveKernel.Amd64.Generic.targets", "kernel/System.map", "kernel/config", "kernel/kernel", "kernel/kernel.tar", "kernel/manifest.json",
                    "kernel/provenance.json", "kernel/sbom.spdx.json",
                ],
                package.Entries.Select(entry => entry.FullName).Where(name => !name.EndsWith(".psmdcp", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        }

        WriteConsumer(project, PackageReference(kernel), "<RestorePackagesWithLockFile>true</RestorePackagesWithLockFile>", Show);
        string said = await ConsumeAsync(project);
        foreach (string kind in (string[])["System.map", "config", "kernel", "kernel.tar", "manifest.json", "provenance.json", "sbom.spdx.json"])
            Assert.Contains($"item {kind} amd64 generic EveKernel.Amd64.Generic", said, StringComparison.Ordinal);
        Assert.Contains($"image {project["restored/evekernel.amd64.generic/"]}{kernel.PackageVersion}/kernel/kernel", said, StringComparison.Ordinal);
        Assert.Contains($"release {kernel.KernelRelease}", said, StringComparison.Ordinal);

        Assert.Contains(kernel.PackageVersion, await File.ReadAllTextAsync(project["c/packages.lock.json"]), StringComparison.Ordinal);
        await ConsumeAsync(project, "-p:RestoreLockedMode=true");
    }

    [Fact]
    public async Task A_reference_to_the_project_gives_the_same_also_as_a_graph_in_isolation()
    {
        using FakeProject project = await FakeProject.CreateAsync();
        WriteConsumer(project, """<ProjectReference Include="../x.kernelproj" />""" + SdkReference(), "<RestorePackagesWithLockFile>true</RestorePackagesWithLockFile>", Show);
        string said = await ConsumeAsync(project);
        Manifest kernel = project.Manifest();
        Assert.Contains("item kernel amd64 generic EveKernel.Amd64.Generic", said, StringComparison.Ordinal);
        Assert.Contains($"image {project["bin/x/kernel"]}", said, StringComparison.Ordinal);
        Assert.Contains($"release {kernel.KernelRelease}", said, StringComparison.Ordinal);

        await ConsumeAsync(project, "-p:RestoreLockedMode=true");
        CommandResult graph = await project.DotnetAsync("build", "c/c.csproj", "--no-restore", "-graph", "-isolate", $"-p:RestorePackagesPath={project["restored"]}");
        Assert.True(graph.Succeeded, graph.StandardOutput);
        Assert.Contains($"release {kernel.KernelRelease}", graph.StandardOutput, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_several_kernels_the_one_is_an_error_and_the_items_are_not()
    {
        using FakeProject project = await FakeProject.CreateAsync();
        await project.MustBuildAsync();
        Manifest generic = project.Manifest();
        await project.MustBuildAsync("-p:KernelFlavor=rt");
        Manifest rt = project.Manifest();
        Assert.Equal("EveKernel.Amd64.Rt", rt.PackageId);

        WriteConsumer(project, PackageReference(generic) + PackageReference(rt), "<Image>$(EveKernelImage)</Image>", "");
        CommandResult build = await project.DotnetAsync("build", "c/c.csproj", $"-p:RestorePackagesPath={project["restored"]}");
        FakeProject.MustFail("EVK5010", build);
        Assert.Contains("c.csproj", build.StandardOutput.Split('\n').First(line => line.Contains("EVK5010", StringComparison.Ordinal)), StringComparison.Ordinal);

        WriteConsumer(project, PackageReference(generic) + PackageReference(rt), "", """
            <!-- $(EveKernelImage) would be an error. -->
            <Target Name="Show" AfterTargets="Build">
              <Message Importance="high" Text="rt @(EveKernelFile->WithMetadataValue('PackageId', 'EveKernel.Amd64.Rt')->WithMetadataValue('Kind', 'kernel'))" />
            </Target>
            """);
        Assert.Contains($"rt {project["restored/evekernel.amd64.rt/"]}{rt.PackageVersion}/kernel/kernel", await ConsumeAsync(project), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_repacked_SDK_is_never_a_stale_copy()
    {
        using FakeProject project = await FakeProject.CreateAsync();
        foreach (string name in (string[])["eng", "sdk", "src", "EveKernel.Sdk.nuspec", "Directory.Build.props", "Directory.Packages.props", "global.json", ".editorconfig"])
            await ShellAsync($"mkdir -p repo/samples && cp -a '{RepositoryRoot.File(name)}' repo/");
        foreach (string word in (string[])["one", "two"])
        {
            string file = project["repo/sdk/build/EveKernel.Build.targets"];
            string text = await File.ReadAllTextAsync(RepositoryRoot.File("sdk/build/EveKernel.Build.targets"));
            await File.WriteAllTextAsync(file, text.Replace("</Project>", $"""<Target Name="Say"><Message Importance="high" Text="said {word}" /></Target></Project>""", StringComparison.Ordinal));
            await ShellAsync("cd repo && bash -c '. eng/lib.sh; pack_sdk'");
            await ShellAsync("cp repo/samples/global.json . && sed -i 's#<clear />#<clear /><add key=\"repo\" value=\"repo/artifacts/feed\" />#' NuGet.config");
            Assert.Contains($"said {word}", (await project.DotnetAsync("msbuild", "x.kernelproj", "-t:Say")).StandardOutput, StringComparison.Ordinal);
        }

        async Task ShellAsync(string script)
        {
            CommandResult result = await ProcessRunner.RunAsync(new Command("sh", "-ec", script) { WorkingDirectory = project.Folder }, CancellationToken.None);
            Assert.True(result.Succeeded, result.StandardOutput + result.StandardError);
        }
    }

    private static string PackageReference(Manifest kernel) => $"""<PackageReference Include="{kernel.PackageId}" Version="[{kernel.PackageVersion}]" />""";

    private static string SdkReference() =>
        $"""<PackageReference Include="EveKernel.Sdk" Version="[{File.ReadAllText(RepositoryRoot.File("artifacts/sdk-version")).Trim()}]" PrivateAssets="all" />""";

    private static async Task<string> ConsumeAsync(FakeProject project, params string[] arguments)
    {
        CommandResult build = await project.DotnetAsync(["build", "c/c.csproj", $"-p:RestorePackagesPath={project["restored"]}", .. arguments]);
        Assert.True(build.Succeeded, build.StandardOutput);
        return build.StandardOutput;
    }

    private static void WriteConsumer(FakeProject project, string references, string properties, string target)
    {
        project.Write("c/c.cs", "public static class C;\n");
        project.Write("c/c.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                {properties}
              </PropertyGroup>
              <ItemGroup>
                {references}
              </ItemGroup>
              {target}
            </Project>
            """);
    }
}
