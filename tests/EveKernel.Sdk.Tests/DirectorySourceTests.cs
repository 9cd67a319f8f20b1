using EveKernel.Core.Packaging;
using EveKernel.Core.Processes;

namespace EveKernel.Tests;

public sealed partial class ObjectsSampleTests
{
    [Fact]
    public async Task A_tree_that_somebody_edits_is_built_but_never_written_to_and_no_repository_around_changes_the_release()
    {
        string tree = Path.Combine(Folder, "obj", "objects-v6.12", "tree");
        using TemporaryFolder folder = new();
        await MakeTaggedRepositoryAsync(folder.Path);
        folder.Write("global.json", File.ReadAllText(RepositoryRoot.File("samples/global.json")));
        folder.Write("NuGet.config", $"""<configuration><packageSources><add key="sdk" value="{RepositoryRoot.File("artifacts/feed")}" /></packageSources></configuration>""");
        string project = folder.Write("x.kernelproj", $"""
            <Project Sdk="EveKernel.Sdk">
              <PropertyGroup>
                <KernelSourceDirectory>{tree}</KernelSourceDirectory>
                <KernelDefconfig>allnoconfig</KernelDefconfig>
              </PropertyGroup>
              <ItemGroup>
                <KernelConfigFragment Include="{RepositoryRoot.File("samples/config/passthrough.fragment")};{RepositoryRoot.File("samples/config/vfio-group.fragment")}" />
                <KernelDirectory Include="drivers/vfio/pci" />
              </ItemGroup>
            </Project>
            """);
        DateTime before = DateTime.UtcNow;
        CommandResult build = await Dotnet.RunAsync(folder.Path, "build", project);
        Assert.True(build.Succeeded, build.StandardOutput);

        Manifest manifest = Manifest.TryRead(folder["bin/x/manifest.json"])!;
        Assert.True(manifest.Dirty);
        Assert.Equal($"{manifest.KernelVersion}-{manifest.SourceCommit[..12]}-k{manifest.Key[..12]}", manifest.KernelRelease);
        EnumerationOptions all = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(tree, "*", all), path => File.GetLastWriteTimeUtc(path) > before);
    }

    private static async Task MakeTaggedRepositoryAsync(string folder)
    {
        foreach (string[] arguments in (string[][])
            [["init", "-q"], ["-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-q", "--allow-empty", "-m", "x"], ["tag", "v9.9-not-ours"]])
        {
            CommandResult git = await ProcessRunner.RunAsync(new Command("git", arguments) { WorkingDirectory = folder }, CancellationToken.None);
            Assert.True(git.Succeeded, git.StandardError);
        }
    }
}
