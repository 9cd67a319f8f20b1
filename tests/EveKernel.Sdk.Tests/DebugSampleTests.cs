using EveKernel.Core.Processes;
using EveKernel.Core.Rebuild;

namespace EveKernel.Tests;

/// <summary>The rebuild check of a whole kernel with debug information, types for BPF, its own configuration and headers, and gcc's plugins: where everything is run, since it is compiled
/// three times.</summary>
public sealed class DebugSampleTests
{
    private static readonly string Folder = RepositoryRoot.File("samples/debug-v6.12");
    private static readonly string Report = Path.Combine(Folder, "bin", "debug-v6.12", RebuildReport.FileName);

    [Fact]
    [Trait("Tier", "all")]
    public async Task All_that_such_a_kernel_has_is_the_same_in_a_second_build_and_upstream_s_parallel_pahole_is_found_and_named()
    {
        CommandResult check = await CheckAsync("-p:KernelRebuildCheckRequire=possible");
        Assert.True(check.Succeeded, check.StandardOutput);
        RebuildReport same = RebuildReport.Read(Report);
        Assert.True(same.Same);
        Assert.Superset(
            new HashSet<string> { "kernel", "kernel.tar", "config", "debug/kernel-debug.tar", "devel/kernel-dev.tar", "devel/kernel-headers.tar" }, same.Compared.ToHashSet());

        // As upstream calls it where KBUILD_BUILD_TIMESTAMP is set, past the filter.
        using TemporaryFolder folder = new();
        folder.Write("series", "parallel.patch\n");
        folder.Write("parallel.patch", "Call pahole with several threads\n\n--- a/scripts/link-vmlinux.sh\n+++ b/scripts/link-vmlinux.sh\n" + Hunk());
        CommandResult planted = await CheckAsync($"-p:ExtraKernelPatchSeries={folder["series"]}");
        Assert.False(planted.Succeeded, planted.StandardOutput);
        Assert.Contains(RebuildReport.Read(Report).Differences, difference => difference is { File: "kernel", Leak: Leak.Btf });
        Assert.Contains("error EVK6101: kernel is not the same in a second build: ", planted.StandardOutput, StringComparison.Ordinal);
    }

    // The distribution's kernels move, and the line and what stands around it with them.
    private static string Hunk()
    {
        const int Context = 3;
        string[] lines = File.ReadAllLines(Path.Combine(Folder, "obj", "debug-v6.12", "tree", "scripts", "link-vmlinux.sh"));
        int at = Array.FindIndex(lines, line => line.Contains("${PAHOLE} -J ${PAHOLE_FLAGS}", StringComparison.Ordinal));
        string range = $"{at - Context + 1},{(2 * Context) + 1}";
        return string.Concat(
            [
                $"@@ -{range} +{range} @@\n",
                .. lines[(at - Context)..at].Select(line => $" {line}\n"),
                $"-{lines[at]}\n",
                $"+{lines[at].Replace("${PAHOLE} -J", "pahole -J -j4", StringComparison.Ordinal)}\n",
                .. lines[(at + 1)..(at + 1 + Context)].Select(line => $" {line}\n"),
            ]);
    }

    private static Task<CommandResult> CheckAsync(string argument) =>
        Dotnet.RunAsync(Folder, "build", Path.Combine(Folder, "debug-v6.12.kernelproj"), "-t:KernelRebuildCheck", argument);
}
