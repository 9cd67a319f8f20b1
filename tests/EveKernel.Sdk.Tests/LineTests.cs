using EveKernel.Core.Processes;

namespace EveKernel.Tests;

/// <summary>The fix on the other kernel lines. Each builds two whole kernels; eng/fetch-trees.sh brings the trees.</summary>
[Trait("Tier", "all")]
public sealed class LineTests
{
    [Theory]
    [InlineData("v6.1", 2)]
    [InlineData("v7.2", 1)]
    public async Task The_series_of_the_line_passes_checkpatch_and_the_proof(string line, int patches)
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
