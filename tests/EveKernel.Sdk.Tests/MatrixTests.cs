using System.Collections.Immutable;
using System.Text.Json;
using EveKernel.Core.Processes;

namespace EveKernel.Tests;

/// <summary>The fix over the three lines, as README shows it, from the trees that eng/fetch-trees.sh brings.</summary>
[Trait("Tier", "default")]
public sealed class MatrixTests
{
    // Series (the line that it was written for), patch's number, tree: verdict. What is not here must not be in the matrix.
    private static readonly ImmutableArray<(string Series, string Patch, string Tree, string Verdict)> Expected =
    [
        ("v6.12", "0001-vfio", "v6.1", "conflicts"),
        ("v6.12", "0001-vfio", "v6.12", "applies"),
        ("v6.12", "0001-vfio", "v7.2", "applied"),
        ("v6.12", "0002-KVM", "v6.1", "conflicts"),
        ("v6.12", "0002-KVM", "v6.12", "applies"),
        ("v6.12", "0002-KVM", "v7.2", "conflicts"),
        ("v6.1", "0001-vfio", "v6.1", "applies"),
        ("v6.1", "0002-KVM", "v6.1", "applies"),
        ("v7.2", "0001-KVM", "v7.2", "applies"),
    ];

    [Fact]
    public async Task Each_line_takes_its_own_series_and_7_2_has_the_vfio_half_of_upstream()
    {
        using TemporaryFolder output = new();
        (string said, List<(string Series, string Patch, string Tree, string Verdict)> found) = await JudgeAsync(output, "amd64");
        Assert.Equal(Expected.Order(), found.Order());
        // Why it counts as applied must be told, from the tree itself.
        Assert.Matches(@"drivers/vfio/pci/vfio_pci_core\.c:\d+ has 'vfio_pci_core_map_bars\(vdev\);'", said);
    }

    // virt/kvm is built there too, and what takes its error up is not.
    [Theory]
    [InlineData("arm64")]
    [InlineData("riscv64")]
    public async Task On_another_architecture_the_KVM_half_has_no_effect_and_the_vfio_half_has_one(string arch)
    {
        using TemporaryFolder output = new();
        (string said, List<(string Series, string Patch, string Tree, string Verdict)> found) = await JudgeAsync(output, arch);
        Assert.Contains(("v6.12", "0002-KVM", "v6.12", "applies-without-effect"), found);
        Assert.Contains(("v6.1", "0002-KVM", "v6.1", "applies-without-effect"), found);
        Assert.Contains(("v7.2", "0001-KVM", "v7.2", "applies-without-effect"), found);
        Assert.Contains(("v6.12", "0001-vfio", "v6.12", "applies"), found);
        Assert.Contains("the patch says that arch/x86/kvm/ matters, and it is not built: arch/x86 is for other architectures", said, StringComparison.Ordinal);
    }

    private static async Task<(string Said, List<(string Series, string Patch, string Tree, string Verdict)> Found)> JudgeAsync(TemporaryFolder output, string arch)
    {
        string folder = RepositoryRoot.File("samples/patch-status");
        CommandResult result = await Dotnet.RunAsync(
            folder, "msbuild", "-t:KernelPatchStatus", "-nologo", "-tl:off", $"-p:KernelArch={arch}", $"-p:KernelPatchStatusOutput={output.Path}");
        Assert.True(result.Succeeded, result.StandardOutput);

        using JsonDocument matrix = JsonDocument.Parse(await File.ReadAllBytesAsync(output["patch-status.json"]));
        JsonElement patches = matrix.RootElement.GetProperty("patches");
        List<(string Series, string Patch, string Tree, string Verdict)> found = [];
        foreach (JsonElement one in matrix.RootElement.GetProperty("verdicts").EnumerateArray())
        {
            JsonElement patch = patches[one.GetProperty("patch").GetInt32()];
            string series = Path.GetFileName(Path.GetDirectoryName(patch.GetProperty("series").GetString()))!;
            string name = string.Join('-', patch.GetProperty("name").GetString()!.Split('-').Take(2));
            found.Add((series, name, one.GetProperty("tree").GetString()!, one.GetProperty("verdict").GetString()!));
        }

        return (result.StandardOutput, found);
    }
}
