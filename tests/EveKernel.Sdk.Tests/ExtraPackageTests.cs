using System.Formats.Tar;
using System.IO.Compression;
using EveKernel.Core.Packaging;
using EveKernel.Core.Processes;

namespace EveKernel.Tests;

public sealed partial class PassthroughSampleTests
{
    [Fact]
    public async Task A_module_is_compiled_with_the_development_package_and_the_debug_package_has_the_symbols()
    {
        string kernel = await File.ReadAllTextAsync(Path.Combine(sample.Output, "manifest.json"));
        CommandResult build = await Dotnet.RunAsync(sample.Folder, "build", sample.Project, "-p:KernelDevelPackage=true", "-p:KernelDebugPackage=true");
        Assert.True(build.Succeeded, build.StandardOutput);
        // What boots is the same with them and without.
        Assert.Equal(kernel, await File.ReadAllTextAsync(Path.Combine(sample.Output, "manifest.json")));

        using TemporaryFolder folder = new();
        Unpack("devel", "Devel", folder);
        Unpack("debug", "Debug", folder);
        Assert.True(File.Exists(folder["usr/include/linux/kvm.h"]));
        string headers = folder[$"usr/src/linux-headers-{sample.Manifest.KernelRelease}"];
        folder.Write("module/Kbuild", "obj-m := hello.o\n");
        folder.Write("module/hello.c", """
            #include <linux/module.h>

            static int __init hello_init(void)
            {
            	pr_info("hello\n");
            	return 0;
            }
            module_init(hello_init);
            MODULE_LICENSE("GPL");

            """);
        await RunAsync("make", "-C", headers, $"M={folder["module"]}", "ARCH=x86_64", "modules");
        Assert.Contains($"vermagic={sample.Manifest.KernelRelease} ", await RunAsync("strings", folder["module/hello.ko"]), StringComparison.Ordinal);

        string debug = folder[$"usr/lib/debug/lib/modules/{sample.Manifest.KernelRelease}"];
        Assert.Contains(" kvm_vcpu_ioctl", await RunAsync("nm", Path.Combine(debug, "vmlinux")), StringComparison.Ordinal);
        Assert.Contains(" tun_init", await RunAsync("nm", Path.Combine(debug, "kernel/drivers/net/tun.ko")), StringComparison.Ordinal);

        // The kernel's own tarball points to where they are unpacked.
        using FileStream stream = File.OpenRead(Path.Combine(sample.Output, "kernel.tar"));
        using TarReader reader = new(stream);
        TarEntry? entry;
        while ((entry = await reader.GetNextEntryAsync()) is not null && !entry.Name.EndsWith("/build", StringComparison.Ordinal))
        {
        }

        Assert.Equal($"/usr/src/linux-headers-{sample.Manifest.KernelRelease}", entry?.LinkName);

        CommandResult second = await Dotnet.RunAsync(sample.Folder, "build", sample.Project, "-p:KernelDevelPackage=true", "-p:KernelDebugPackage=true");
        Assert.Contains("nothing changed", second.StandardOutput, StringComparison.Ordinal);
    }

    private void Unpack(string part, string suffix, TemporaryFolder folder)
    {
        string output = Path.Combine(sample.Output, part);
        Manifest manifest = Manifest.TryRead(Path.Combine(output, "manifest.json"))!;
        Assert.Equal((sample.Manifest.PackageId + "." + suffix, part, sample.Manifest.Key), (manifest.PackageId, manifest.Kind, manifest.Key));
        Assert.True(manifest.Matches(output));
        using ZipArchive package = ZipFile.OpenRead(RepositoryRoot.File($"artifacts/packages/{manifest.PackageId}.{manifest.PackageVersion}.nupkg"));
        foreach (ManifestFile file in manifest.Files)
        {
            using Stream tar = package.GetEntry($"kernel/{file.Path}")!.Open();
            TarFile.ExtractToDirectory(tar, folder.Path, overwriteFiles: true);
        }
    }

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        CommandResult result = await ProcessRunner.RunAsync(new Command(program, [.. arguments]), CancellationToken.None);
        Assert.True(result.Succeeded, result.StandardOutput + result.StandardError);
        return result.StandardOutput;
    }
}
