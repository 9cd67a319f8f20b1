using System.IO.Compression;
using EveKernel.Core.Processes;

namespace EveKernel.Tests;

/// <summary>The main job, on the real tree with the real package of the SDK: one kernel is compiled, and every test looks at it.</summary>
[Collection("kernel trees")]
public sealed partial class PassthroughSampleTests(PassthroughSample sample) : IClassFixture<PassthroughSample>
{
    [Fact]
    public void The_build_ends_with_the_pin_to_copy() =>
        Assert.Contains($"<PackageReference Include=\"EveKernel.Amd64.Generic\" Version=\"[{sample.Manifest.PackageVersion}]\" />", sample.FirstBuild.StandardOutput, StringComparison.Ordinal);

    [Fact]
    public void The_manifest_lists_what_stands_there()
    {
        Assert.Equal(["System.map", "config", "kernel", "kernel.tar", "sbom.spdx.json"], sample.Manifest.Files.Select(file => file.Path));
        Assert.True(sample.Manifest.Matches(sample.Output));
        Assert.Equal(["drivers/vfio/pci", "arch/x86/kvm", "virt/kvm"], sample.Manifest.Proven.ToArray());
        Assert.NotEmpty(sample.Manifest.PatchDiffs);
    }

    [Fact]
    public async Task The_release_is_the_predicted_one_and_ends_as_EVE_ends_its_own()
    {
        Assert.Equal(await Dotnet.PropertyAsync(sample.Project, "KernelRelease"), sample.Manifest.KernelRelease);
        Assert.EndsWith($"-{sample.Manifest.SourceCommit[..12]}-k{sample.Manifest.Key[..12]}", sample.Manifest.KernelRelease, StringComparison.Ordinal);
        // bzImage says its release in its header.
        CommandResult file = await ProcessRunner.RunAsync(new Command("grep", "-c", "-a", sample.Manifest.KernelRelease, Path.Combine(sample.Output, "kernel")), default);
        Assert.True(file.Succeeded);
    }

    [Fact]
    public void The_package_has_the_golden_list_of_entries()
    {
        using ZipArchive package = ZipFile.OpenRead(sample.Package);
        Assert.Equal(
            [
                "EveKernel.Amd64.Generic.nuspec",
                "[Content_Types].xml",
                "_rels/.rels",
                "build/EveKernel.Amd64.Generic.props",
                "build/EveKernel.Amd64.Generic.targets",
                "kernel/System.map",
                "kernel/config",
                "kernel/kernel",
                "kernel/kernel.tar",
                "kernel/manifest.json",
                "kernel/provenance.json",
                "kernel/sbom.spdx.json",
            ],
            package.Entries.Select(entry => entry.FullName).Where(name => !name.EndsWith(".psmdcp", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_second_build_starts_no_make_no_git_and_no_compiler_and_says_so()
    {
        DateTime before = File.GetLastWriteTimeUtc(Path.Combine(sample.Output, "make.log"));
        CommandResult again = await Dotnet.RunAsync(sample.Folder, "build", sample.Project);
        Assert.True(again.Succeeded, again.StandardOutput);
        Assert.Contains("nothing changed", again.StandardOutput, StringComparison.Ordinal);
        Assert.Equal(before, File.GetLastWriteTimeUtc(Path.Combine(sample.Output, "make.log")));
    }

    [Fact]
    public async Task A_deleted_output_is_made_again_with_the_same_bytes()
    {
        byte[] package = await File.ReadAllBytesAsync(sample.Package);
        File.Delete(Path.Combine(sample.Output, "System.map"));
        CommandResult again = await Dotnet.RunAsync(sample.Folder, "build", sample.Project);
        Assert.True(again.Succeeded, again.StandardOutput);
        Assert.True(sample.Manifest.Matches(sample.Output));
        Assert.Equal(package, await File.ReadAllBytesAsync(sample.Package));
    }
}
