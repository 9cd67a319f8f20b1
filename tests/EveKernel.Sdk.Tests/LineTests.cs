using EveKernel.Core.Processes;

namespace EveKernel.Tests;

/// <summary>The fix on the other kernel lines. Each builds two whole kernels; eng/fetch-trees.sh brings the trees.</summary>
public sealed class LineTests
{
    [Fact]
    public Task The_series_for_6_1_passes_checkpatch_and_the_proof() => ProveAsync("v6.1", 2);

    [Fact]
    [Trait("Tier", "all")]
    public Task The_series_for_7_2_passes_checkpatch_and_the_proof() => ProveAsync("v7.2", 1);

    private static async Task ProveAsync(string line, int patches)
    {
        string folder = RepositoryRoot.File($"samples/passthrough-{line}");
        CommandResult checkpatch = await Dotnet.RunAsync(folder, "build", "-t:KernelCheckpatch");
        Assert.Contains($"checkpatch --strict: {patches} patch", checkpatch.StandardOutput, StringComparison.Ordinal);
        Assert.Contains(", 0 errors, 0 warnings, 0 checks", checkpatch.StandardOutput, StringComparison.Ordinal);

        CommandResult test = await Dotnet.RunAsync(folder, "test", "-p:KernelCheckCycles=2000");
        Assert.True(test.Succeeded, test.StandardOutput);
        Assert.Contains("disabled-bar  base     as expected  KVM_RUN failed with EFAULT in cycle 1", test.StandardOutput, StringComparison.Ordinal);
        Assert.Contains("disabled-bar  patched  as expected  2000 cycles: 2000 reads all ones, 2000 writes dropped, 2000 real values", test.StandardOutput, StringComparison.Ordinal);
    }
}
