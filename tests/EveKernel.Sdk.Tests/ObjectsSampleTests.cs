using EveKernel.Core.Packaging;
using EveKernel.Core.Processes;

namespace EveKernel.Tests;

[Collection("kernel trees")]
public sealed class ObjectsSampleTests
{
    private static readonly string Folder = RepositoryRoot.File("samples/objects-v6.12");
    private static readonly string Project = Path.Combine(Folder, "objects-v6.12.kernelproj");

    [Fact]
    public async Task Three_directories_give_a_package_of_their_objects_virt_kvm_among_them()
    {
        CommandResult build = await Dotnet.RunAsync(Folder, "build", Project);
        Assert.True(build.Succeeded, build.StandardOutput);
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
}
