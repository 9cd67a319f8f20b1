using EveKernel.Core.Processes;

namespace EveKernel.Tests;

/// <summary>The sample's series, bisected: three whole kernels, of which the second and third compile what a patch touches.</summary>
public sealed class BisectTests
{
    [Fact]
    [Trait("Tier", "all")]
    public async Task The_patch_of_KVM_is_the_first_with_which_the_guest_lives()
    {
        string folder = RepositoryRoot.File("samples/passthrough-v6.12");
        CommandResult result = await Dotnet.RunAsync(folder, "msbuild", "-t:KernelBisect", "-p:KernelBisectCheck=disabled-bar", "-nodeReuse:false");
        Assert.True(result.Succeeded, result.StandardOutput);
        Assert.Contains("base, without a patch: bad", result.StandardOutput, StringComparison.Ordinal);
        Assert.Contains("disabled-bar: KVM_RUN failed with errno 14 in cycle 1", result.StandardOutput, StringComparison.Ordinal);
        Assert.Contains("The first good is 0002-KVM-x86-mmu-", result.StandardOutput, StringComparison.Ordinal);
        string log = await File.ReadAllTextAsync(Path.Combine(folder, "obj/passthrough-v6.12/bisect/bin/make.log"));
        Assert.Contains("  CC      arch/x86/kvm/mmu/mmu.o", log, StringComparison.Ordinal);
        Assert.DoesNotContain("  CC      kernel/fork.o", log, StringComparison.Ordinal);
    }
}
