using EveKernel.Core.Processes;
using EveKernel.Core.Rebuild;

namespace EveKernel.Tests;

/// <summary>The rebuild check on the real tree: the directories in the default tier, the whole kernel, which is compiled a second time, where everything is run.</summary>
public sealed partial class ObjectsSampleTests
{
    [Fact]
    public async Task The_objects_are_the_same_in_a_second_build_with_all_varied_that_can_be()
    {
        CommandResult check = await Dotnet.RunAsync(Folder, "build", Project, "-t:KernelRebuildCheck", "-p:KernelRebuildCheckRequire=possible");
        Assert.True(check.Succeeded, check.StandardOutput);
        RebuildReport report = RebuildReport.Read(Path.Combine(Folder, "bin", "objects-v6.12", RebuildReport.FileName));
        Assert.True(report.Same);
        Assert.Contains("objects/virt/kvm/kvm_main.o", report.Compared);
    }
}

public sealed partial class PassthroughSampleTests
{
    [Fact]
    [Trait("Tier", "all")]
    public async Task The_kernel_is_the_same_in_a_second_build_with_all_varied_that_can_be()
    {
        CommandResult check = await Dotnet.RunAsync(sample.Folder, "build", sample.Project, "-t:KernelRebuildCheck", "-p:KernelRebuildCheckRequire=possible");
        Assert.True(check.Succeeded, check.StandardOutput);
        RebuildReport report = RebuildReport.Read(Path.Combine(sample.Output, RebuildReport.FileName));
        Assert.True(report.Same);
        Assert.Equal(9, report.Compared.Length);
    }
}

/// <summary>What Debian's reprotest says.</summary>
public sealed class ReprotestTests
{
    [Fact]
    [Trait("Tier", "all")]
    public async Task An_outside_judge_with_variations_of_its_own_finds_the_same_bytes()
    {
        // The sample's pin and the SDK's package are there before any test of this project runs.
        Command judge = new("bash", RepositoryRoot.File("eng/reprotest.sh")) { Environment = Dotnet.Variables };
        CommandResult result = await ProcessRunner.RunAsync(judge, CancellationToken.None);
        Assert.True(result.Succeeded, result.StandardOutput + result.StandardError);
        Assert.Contains("Reproduction successful", result.StandardOutput, StringComparison.Ordinal);
    }
}
