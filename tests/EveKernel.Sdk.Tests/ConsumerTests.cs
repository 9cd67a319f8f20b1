using EveKernel.Core.Packaging;
using EveKernel.Core.Processes;

namespace EveKernel.Tests;

public sealed partial class PassthroughSampleTests
{
    private const string Program = """
        System.Console.WriteLine(System.Reflection.CustomAttributeExtensions
            .GetCustomAttributes<System.Reflection.AssemblyMetadataAttribute>(System.Reflection.Assembly.GetExecutingAssembly())
            .Aggregate("", (text, item) => $"{text}{item.Key}={item.Value}\n"));
        """;

    [Fact]
    public async Task A_program_pins_the_package_exactly_and_sees_image_release_and_items()
    {
        using TemporaryFolder folder = new();
        string reference = $"<PackageReference Include=\"{sample.Manifest.PackageId}\" Version=\"[{sample.Manifest.PackageVersion}]\" />";
        CommandResult run = await RunConsumerAsync(folder, reference);
        string image = Line(run, "Image");
        Assert.Equal(sample.Manifest.KernelRelease, Line(run, "Release"));
        Assert.Equal(sample.Manifest.Files.Single(file => file.Path == "kernel").Sha256, Digest.OfFile(image));
        Assert.Equal("System.map config kernel kernel.tar sbom.spdx.json manifest.json provenance.json", Line(run, "Kinds"));
        // The lock file holds the exact version, and a locked restore agrees with it.
        Assert.Contains(sample.Manifest.PackageVersion, await File.ReadAllTextAsync(folder["packages.lock.json"]), StringComparison.Ordinal);
        CommandResult locked = await Dotnet.RunAsync(folder.Path, "build", "consumer.csproj", "-p:RestoreLockedMode=true", $"-p:RestorePackagesPath={folder["packages"]}");
        Assert.True(locked.Succeeded, locked.StandardOutput);
    }

    [Fact]
    public async Task A_program_that_refers_to_the_project_sees_the_same_items()
    {
        using TemporaryFolder folder = new();
        string reference = $"<ProjectReference Include=\"{sample.Project}\" ReferenceOutputAssembly=\"false\" OutputItemType=\"EveKernelFile\" SkipGetTargetFrameworkProperties=\"true\" />";
        string target = """
            <Target Name="Show" AfterTargets="ResolveProjectReferences">
              <Message Importance="high" Text="item %(EveKernelFile.Kind) %(EveKernelFile.KernelArch) %(EveKernelFile.PackageId)" />
            </Target>
            """;
        WriteConsumer(folder, reference, target);
        CommandResult build = await Dotnet.RunAsync(folder.Path, "build", "consumer.csproj", $"-p:RestorePackagesPath={folder["packages"]}");
        Assert.True(build.Succeeded, build.StandardOutput);
        Assert.Contains("item kernel amd64 EveKernel.Amd64.Generic", build.StandardOutput, StringComparison.Ordinal);
    }

    private static string Line(CommandResult run, string name) =>
        run.StandardOutput.Split('\n').Single(line => line.StartsWith(name + "=", StringComparison.Ordinal))[(name.Length + 1)..];

    private static async Task<CommandResult> RunConsumerAsync(TemporaryFolder folder, string reference)
    {
        WriteConsumer(folder, reference, """
            <Target Name="Tell" BeforeTargets="GetAssemblyAttributes">
              <ItemGroup>
                <AssemblyMetadata Include="Kinds" Value="@(EveKernelFile->'%(Kind)', ' ')" />
              </ItemGroup>
            </Target>
            """);
        CommandResult build = await Dotnet.RunAsync(folder.Path, "build", "consumer.csproj", $"-p:RestorePackagesPath={folder["packages"]}");
        Assert.True(build.Succeeded, build.StandardOutput);
        CommandResult run = await Dotnet.RunAsync(folder.Path, "exec", "bin/Debug/net10.0/consumer.dll");
        Assert.True(run.Succeeded, run.StandardError);
        return run;
    }

    private static void WriteConsumer(TemporaryFolder folder, string reference, string target)
    {
        folder.Write("global.json", File.ReadAllText(RepositoryRoot.File("samples/global.json")));
        folder.Write("Program.cs", Program);
        folder.Write("NuGet.config", $"""
            <configuration>
              <packageSources>
                <add key="sdk" value="{RepositoryRoot.File("artifacts/feed")}" />
                <add key="kernels" value="{RepositoryRoot.File("artifacts/packages")}" />
              </packageSources>
            </configuration>
            """);
        folder.Write("consumer.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <RestorePackagesWithLockFile>true</RestorePackagesWithLockFile>
              </PropertyGroup>
              <ItemGroup>
                {reference}
                <AssemblyMetadata Include="Release" Value="$(EveKernelRelease)" />
                <AssemblyMetadata Include="Image" Value="$(EveKernelImage)" />
              </ItemGroup>
              {target}
            </Project>
            """);
    }
}
