using EveKernel.Core.Packaging;
using EveKernel.Core.Processes;

namespace EveKernel.Tests;

/// <summary>Builds samples/objects-v6.12 once.</summary>
public sealed class ObjectsSample : IAsyncLifetime
{
    public static string Folder { get; } = RepositoryRoot.File("samples/objects-v6.12");

    public static string Project { get; } = Path.Combine(Folder, "objects-v6.12.kernelproj");

    public CommandResult Build { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Directory.CreateDirectory(RepositoryRoot.File("artifacts/packages"));
        Build = await Dotnet.RunAsync(Folder, "build", Project);
        Assert.True(Build.Succeeded, Build.StandardOutput);
    }

    public Task DisposeAsync() => Task.CompletedTask;
}

[Collection("kernel trees")]
public sealed partial class ObjectsSampleTests(ObjectsSample sample) : IClassFixture<ObjectsSample>
{
    private static string Folder => ObjectsSample.Folder;

    private static string Project => ObjectsSample.Project;

    [Fact]
    public void Three_directories_give_a_package_of_their_objects_virt_kvm_among_them()
    {
        Assert.True(sample.Build.Succeeded);
        Manifest manifest = Manifest.TryRead(Path.Combine(Folder, "bin", "objects-v6.12", "manifest.json"))!;
        Assert.Equal("objects", manifest.Kind);
        Assert.Equal("EveKernel.Amd64.Generic.Objects", manifest.PackageId);
        foreach (string expected in (string[])["objects/drivers/vfio/pci/vfio_pci_core.o", "objects/arch/x86/kvm/mmu/mmu.o", "objects/virt/kvm/kvm_main.o"])
            Assert.Contains(manifest.Files, file => file.Path == expected);
    }

    [Fact]
    public async Task A_directory_that_yields_no_object_is_an_error()
    {
        CommandResult build = await Dotnet.RunAsync(Folder, "build", Project, "-p:ExtraKernelDirectory=sound/pci", "-p:KernelOutputPath=bin/nothing/");
        Assert.False(build.Succeeded);
        Assert.Contains("EVK4013", build.StandardOutput, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(Folder, "bin", "nothing", "manifest.json")));
    }

    [Fact]
    public async Task Of_two_builds_at_once_one_waits_says_for_whom_and_both_succeed()
    {
        File.Delete(Path.Combine(Folder, "bin", "objects-v6.12", "manifest.json"));
        CommandResult[] builds = await Task.WhenAll(Dotnet.RunAsync(Folder, "build", "--no-restore", Project), Dotnet.RunAsync(Folder, "build", "--no-restore", Project));
        Assert.All(builds, build => Assert.True(build.Succeeded, build.StandardOutput));
        Assert.Single(builds, build => build.StandardOutput.Contains($"Waiting for another build of this project: {Project}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task By_hand_nothing_is_compiled_right_after_a_build()
    {
        CommandResult build = await Dotnet.RunAsync(Folder, "build", Project);
        Assert.True(build.Succeeded, build.StandardOutput);
        CommandResult commands = await Dotnet.RunAsync(Folder, "build", Project, "-t:KernelCommands");
        Assert.True(commands.Succeeded, commands.StandardOutput);
        string intermediate = Path.Combine(Folder, "obj", "objects-v6.12");
        CommandResult make = await ProcessRunner.RunAsync(
            new Command("sh", Path.Combine(intermediate, "build-by-hand.sh"), Path.Combine(intermediate, "tree"), Path.Combine(intermediate, "out")), CancellationToken.None);
        Assert.True(make.Succeeded, make.StandardError);
        Assert.DoesNotContain("\n  CC ", make.StandardOutput, StringComparison.Ordinal);
        Assert.DoesNotContain("\n  AS ", make.StandardOutput, StringComparison.Ordinal);
    }
}
