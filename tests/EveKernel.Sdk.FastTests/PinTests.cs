using System.IO.Compression;
using System.Text;
using EveKernel.Core.Packaging;
using EveKernel.Core.Processes;

namespace EveKernel.Tests;

/// <summary>Pins of C# projects that follow the kernels on the feeds.</summary>
public sealed class PinTests
{
    [Fact]
    public async Task A_newer_kernel_is_told_and_pinned_in_all_files_at_once_and_nothing_else_changes()
    {
        using FakeProject project = await FakeProject.CreateAsync();
        await project.MustBuildAsync();
        Manifest old = project.Manifest();
        project.Write("x.fragment", FakeProject.Fragment.Replace("CONFIG_DRIVER=m", "CONFIG_DRIVER=y", StringComparison.Ordinal));
        await project.MustBuildAsync();
        Manifest other = project.Manifest();
        await project.MustBuildAsync("-p:KernelRevision=1");
        Manifest newer = project.Manifest();
        Fake(project, newer, Path.Combine(project["packages"], $"{newer.PackageId}.{newer.PackageVersion.Replace(newer.KernelVersion + "-", "6.12.999-", StringComparison.Ordinal)}.nupkg"));

        WriteConsumer(project, $"""<PackageVersion Include="{old.PackageId}" Version="[{old.PackageVersion}]" />""", $"""<PackageReference Include="{old.PackageId}" />""");
        await MustAsync(project, "build", "c/c.csproj");
        string outdated = await MustAsync(project, "msbuild", "c/c.csproj", "-t:KernelOutdated", "-tl:off");
        Assert.Contains($"{old.PackageId} {old.PackageVersion} → {newer.PackageVersion}", outdated, StringComparison.Ordinal);
        Assert.Contains($"another build of the same commit and revision, not newer: {other.PackageVersion}", outdated, StringComparison.Ordinal);
        Assert.Contains("CONFIG_DRIVER m → y", outdated, StringComparison.Ordinal);
        // A package that says more of itself than its manifest does.
        Assert.Contains("warning EVK5101", outdated, StringComparison.Ordinal);
        Assert.DoesNotContain("→ 6.12.999", outdated, StringComparison.Ordinal);

        string[] names = ["c/c.csproj", "c/Directory.Packages.props", "c/packages.lock.json"];
        Dictionary<string, string> before = names.ToDictionary(name => name, name => Latin(project[name]));
        string said = await MustAsync(project, "msbuild", "c/c.csproj", "-t:KernelPinUpdate", "-tl:off");
        Assert.Contains("changed Directory.Packages.props", said, StringComparison.Ordinal);
        Assert.Contains("changed packages.lock.json", said, StringComparison.Ordinal);
        Assert.Equal(before["c/c.csproj"], Latin(project["c/c.csproj"]));
        Assert.Equal(before[names[1]].Replace($"[{old.PackageVersion}]", $"[{newer.PackageVersion}]", StringComparison.Ordinal), Latin(project[names[1]]));
        string built = await MustAsync(project, "build", "c/c.csproj", "-p:RestoreLockedMode=true");
        Assert.Contains($"release {newer.KernelRelease}", built, StringComparison.Ordinal);

        Assert.Contains("nothing newer in ", await MustAsync(project, "msbuild", "c/c.csproj", "-t:KernelPinUpdate", "-tl:off"), StringComparison.Ordinal);
        // Back again, which must be asked for.
        await MustAsync(project, "msbuild", "c/c.csproj", "-t:KernelPinUpdate", "-tl:off", $"-p:KernelPinVersion={old.PackageVersion}");
        foreach (string name in names)
            Assert.Equal(before[name], Latin(project[name]));
    }

    [Fact]
    public async Task One_kernel_is_bumped_alone_and_of_equally_new_ones_somebody_has_to_choose()
    {
        using FakeProject project = await FakeProject.CreateAsync();
        await project.MustBuildAsync();
        Manifest generic = project.Manifest();
        await project.MustBuildAsync("-p:KernelFlavor=rt");
        Manifest rt = project.Manifest();
        await project.MustBuildAsync("-p:KernelRevision=1");
        Manifest newGeneric = project.Manifest();
        await project.MustBuildAsync("-p:KernelFlavor=rt", "-p:KernelRevision=1");
        Manifest newRt = project.Manifest();
        project.Write("x.fragment", FakeProject.Fragment.Replace("CONFIG_DRIVER=m", "CONFIG_DRIVER=y", StringComparison.Ordinal));
        await project.MustBuildAsync("-p:KernelRevision=1");
        Manifest alike = project.Manifest();

        using FeedServer feed = new(project["packages"]);
        WriteConsumer(project, "", Reference(generic) + "\r\n" + Reference(rt), $"<KernelFeeds>{feed.Index}</KernelFeeds>");
        project.Write("NuGet.config", (await File.ReadAllTextAsync(project["NuGet.config"])).Replace(
            "</packageSources>", $"""<add key="server" value="{feed.Index}" allowInsecureConnections="true" /></packageSources>""", StringComparison.Ordinal));
        await MustAsync(project, "build", "c/c.csproj");
        string before = Latin(project["c/c.csproj"]);
        string ambiguous = FakeProject.MustFail("EVK5141", await project.DotnetAsync("msbuild", "c/c.csproj", "-t:KernelPinUpdate", "-tl:off", Restored(project)));
        Assert.Contains(newGeneric.PackageVersion, ambiguous, StringComparison.Ordinal);
        Assert.Contains(alike.PackageVersion, ambiguous, StringComparison.Ordinal);
        Assert.Contains("configSha256", ambiguous, StringComparison.Ordinal);
        Assert.Equal(before, Latin(project["c/c.csproj"]));

        await MustAsync(project, "msbuild", "c/c.csproj", "-t:KernelPinUpdate", "-tl:off", "-p:KernelPinPackage=EveKernel.Amd64.Rt");
        Assert.Equal(before.Replace(rt.PackageVersion, newRt.PackageVersion, StringComparison.Ordinal), Latin(project["c/c.csproj"]));
        await MustAsync(
            project, "msbuild", "c/c.csproj", "-t:KernelPinUpdate", "-tl:off", "-p:KernelPinPackage=EveKernel.Amd64.Generic", $"-p:KernelPinVersion={alike.PackageVersion}");
        Assert.Equal(
            before.Replace(rt.PackageVersion, newRt.PackageVersion, StringComparison.Ordinal).Replace(generic.PackageVersion, alike.PackageVersion, StringComparison.Ordinal),
            Latin(project["c/c.csproj"]));
        await MustAsync(project, "build", "c/c.csproj", "-p:RestoreLockedMode=true");
        Assert.Contains("/flat/evekernel.amd64.rt/index.json", feed.Asked);

        string after = Latin(project["c/c.csproj"]);
        string unknown = alike.PackageVersion[..^1] + (alike.PackageVersion[^1] == '0' ? '1' : '0');
        FakeProject.MustFail("EVK5143", await UpdateAsync("-p:KernelPinPackage=EveKernel.Amd64.Generic", $"-p:KernelPinVersion={unknown}"));
        string unreachable = FakeProject.MustFail("EVK5143", await UpdateAsync("-p:KernelFeeds=http://127.0.0.1:1/v3/index.json"));
        Assert.Contains("warning EVK5102", unreachable, StringComparison.Ordinal);
        FakeProject.MustFail("EVK5140", await UpdateAsync("-p:KernelPinPackage=EveKernel.Arm64.Generic"));
        Assert.Equal(after, Latin(project["c/c.csproj"]));
        await File.WriteAllTextAsync(project["c/c.csproj"], after.Replace($"[{alike.PackageVersion}]", alike.PackageVersion, StringComparison.Ordinal));
        Assert.Contains("c.csproj(", Assert.Single((await UpdateAsync()).StandardOutput.Split('\n'), line => line.Contains("warning EVK5144", StringComparison.Ordinal)), StringComparison.Ordinal);

        Task<CommandResult> UpdateAsync(params string[] arguments) => project.DotnetAsync(["msbuild", "c/c.csproj", "-t:KernelPinUpdate", "-tl:off", Restored(project), .. arguments]);
    }

    private static string Reference(Manifest kernel) => $"""<PackageReference Include="{kernel.PackageId}" Version="[{kernel.PackageVersion}]" />""";

    private static string Restored(FakeProject project) => $"-p:RestorePackagesPath={project["restored"]}";

    private static string Latin(string path) => Encoding.Latin1.GetString(File.ReadAllBytes(path));

    private static async Task<string> MustAsync(FakeProject project, params string[] arguments)
    {
        CommandResult result = await project.DotnetAsync([.. arguments, Restored(project)]);
        Assert.True(result.Succeeded, result.StandardOutput + result.StandardError);
        return result.StandardOutput;
    }

    // With a byte order mark, Windows' ends of lines, and a comment that looks like a pin.
    private static void WriteConsumer(FakeProject project, string central, string references, string properties = "")
    {
        string version = File.ReadAllText(RepositoryRoot.File("artifacts/sdk-version")).Trim();
        bool isCentral = central.Length > 0;
        project.Write("c/c.cs", "public static class C;\n");
        project.Write("c/Directory.Packages.props", "\ufeff" + $"""
            <Project>
              <!-- für später: <PackageVersion Include="EveKernel.Amd64.Generic" Version="[1.0.0]" /> -->
              <PropertyGroup><ManagePackageVersionsCentrally>{(isCentral ? "true" : "false")}</ManagePackageVersionsCentrally></PropertyGroup>
              <ItemGroup>{(isCentral ? $"""<PackageVersion Include="EveKernel.Sdk" Version="[{version}]" />{central}""" : "")}</ItemGroup>
            </Project>
            """.ReplaceLineEndings("\r\n"));
        project.Write("c/c.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <RestorePackagesWithLockFile>true</RestorePackagesWithLockFile>
                {properties}
              </PropertyGroup>
              <Target Name="Show" AfterTargets="Build"><Message Importance="high" Text="release @(EveKernelFile->WithMetadataValue('Kind', 'kernel')->'%(KernelRelease)')" /></Target>


              <ItemGroup>
                <PackageReference Include="EveKernel.Sdk" {(isCentral ? "" : $"""Version="[{version}]" """)}PrivateAssets="all" />
              </ItemGroup>
              <ItemGroup>
                {references}
              </ItemGroup>
            </Project>
            """);
    }

    private static void Fake(FakeProject project, Manifest kernel, string to)
    {
        string version = Path.GetFileNameWithoutExtension(to)[(kernel.PackageId.Length + 1)..];
        using ZipArchive from = ZipFile.OpenRead(Path.Combine(project["packages"], $"{kernel.PackageId}.{kernel.PackageVersion}.nupkg"));
        using ZipArchive fake = ZipFile.Open(to, ZipArchiveMode.Create);
        foreach (ZipArchiveEntry entry in from.Entries)
        {
            using Stream read = entry.Open();
            using Stream write = fake.CreateEntry(entry.FullName).Open();
            if (!entry.FullName.EndsWith(".nuspec", StringComparison.Ordinal) && !entry.FullName.EndsWith("manifest.json", StringComparison.Ordinal))
            {
                read.CopyTo(write);
                continue;
            }

            using StreamReader text = new(read);
            write.Write(Encoding.UTF8.GetBytes(text.ReadToEnd().Replace(kernel.PackageVersion, version, StringComparison.Ordinal)));
        }
    }
}
