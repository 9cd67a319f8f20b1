using System.Text.Json;
using System.Text.RegularExpressions;
using EveKernel.Core.Processes;

namespace EveKernel.Tests;

/// <summary>The gates over the repository's own series, on the real tree. The two that compile share their objects, and the base's are compiled once.</summary>
public sealed partial class ObjectsSampleTests
{
    private static string Intermediate => Path.Combine(Folder, "obj", "objects-v6.12");

    [Fact]
    public async Task The_series_passes_checkpatch_and_a_patch_with_a_long_line_of_spaces_does_not()
    {
        CommandResult clean = await Gate("KernelCheckpatch");
        Assert.True(clean.Succeeded, clean.StandardOutput);
        Assert.Matches(@"checkpatch --strict: \d+ patches, 0 errors, 0 warnings, 0 checks", clean.StandardOutput);
        Assert.Contains("UNKNOWN_COMMIT_ID is ignored", clean.StandardOutput, StringComparison.Ordinal);

        using TemporaryFolder folder = new();
        string bad = await SeriesOfOneEdit(folder, "virt/kvm/kvm_main.c", text => text + "        int badly_indented;\n");
        CommandResult dirty = await Gate("KernelCheckpatch", bad);
        Assert.False(dirty.Succeeded);
        int line = Array.IndexOf(await File.ReadAllLinesAsync(folder["0001.patch"]), "+        int badly_indented;") + 1;
        Assert.Contains($"{folder["0001.patch"]}({line}): error EVK2020: checkpatch: ERROR:CODE_INDENT:", dirty.StandardOutput, StringComparison.Ordinal);
        Assert.Contains("EVK2020: checkpatch: ERROR:MISSING_SIGN_OFF:", dirty.StandardOutput, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_series_brings_no_warning_and_changes_the_functions_that_it_means_to()
    {
        CommandResult warnings = await Gate("KernelWarnings");
        Assert.True(warnings.Succeeded, warnings.StandardOutput);
        Match counts = Regex.Match(warnings.StandardOutput, @"no new warning in (\d+) objects \((\d+) without the series, (\d+) with it\)");
        Assert.True(counts.Success, warnings.StandardOutput);
        // The base has dozens at these levels: a gate that sees none would not see a new one either.
        Assert.True(int.Parse(counts.Groups[2].ValueSpan, System.Globalization.CultureInfo.InvariantCulture) > 50, counts.Value);
        // The fragment's own: Intel's half, its graphics, and a driver on top of vfio-pci's core.
        foreach (string compiled in (string[])["arch/x86/kvm/vmx/vmx.o", "arch/x86/kvm/svm/svm.o", "drivers/vfio/pci/vfio_pci_igd.o", "drivers/vfio/pci/virtio/main.o"])
            Assert.True(File.Exists(Path.Combine(Intermediate, "gates", "patched-out", compiled)), compiled);

        DateTime made = File.GetLastWriteTimeUtc(Path.Combine(Intermediate, "gates", "patched.make.log"));
        CommandResult symbols = await Gate("KernelSymbolDiff");
        Assert.True(symbols.Succeeded, symbols.StandardOutput);
        Assert.Equal(made, File.GetLastWriteTimeUtc(Path.Combine(Intermediate, "gates", "patched.make.log")));
        using JsonDocument document = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Intermediate, "symbol-diff.json")));
        string[] changed =
        [
            .. document.RootElement.GetProperty("changes").EnumerateArray()
                .Select(change => $"{change.GetProperty("file")} {change.GetProperty("symbol")} {change.GetProperty("change")}"),
        ];
        Assert.Contains("virt/kvm/kvm_main.o hva_to_pfn changed", changed);
        Assert.Contains("arch/x86/kvm/mmu/mmu.o kvm_faultin_pfn changed", changed);
        // A change of lines in files of thousands of functions would show as hundreds.
        Assert.InRange(changed.Length, 2, 25);
        Assert.All(changed, change => Assert.Matches("^(virt/kvm/kvm_main|arch/x86/kvm/mmu/mmu|drivers/vfio/pci/)", change));
    }

    [Fact]
    public async Task An_error_pointer_without_its_address_space_is_a_new_warning_at_its_line()
    {
        using TemporaryFolder folder = new();
        const string file = "drivers/vfio/pci/vfio_pci_core.c";
        string series = await SeriesOfOneEdit(folder, file, text =>
        {
            Assert.Contains("IOMEM_ERR_PTR(", text, StringComparison.Ordinal);
            return text.Replace("IOMEM_ERR_PTR(", "ERR_PTR(", StringComparison.Ordinal);
        });
        CommandResult warnings = await Gate("KernelWarnings", series);
        Assert.False(warnings.Succeeded);
        string[] lines = await File.ReadAllLinesAsync(Path.Combine(Intermediate, "tree", file));
        int place = Array.FindIndex(lines, line => Regex.IsMatch(line, @"(?<!IOMEM_)(?<!IS_)\bERR_PTR\(") && line.Contains("barmap", StringComparison.Ordinal)) + 1;
        string source = Regex.Escape(Path.Combine(Intermediate, "tree", file));
        Assert.Matches(
            $@"{source}\({place},\d+\): error EVK4030: incorrect type in \w+ \(different address spaces\) expected void \[noderef\] __iomem",
            warnings.StandardOutput);
    }

    private static Task<CommandResult> Gate(string target, string? moreSeries = null) => Dotnet.RunAsync(
        Folder, ["build", "--no-restore", Project, $"-t:{target}", .. moreSeries is null ? (string[])[] : [$"-p:ExtraKernelPatchSeries={moreSeries}"]]);

    /// <summary>A series, to be applied after the repository's own, that edits one file.</summary>
    private static async Task<string> SeriesOfOneEdit(TemporaryFolder folder, string file, Func<string, string> edit)
    {
        // The tree as the series leaves it.
        CommandResult patched = await Dotnet.RunAsync(Folder, "build", "--no-restore", Project, "-t:KernelPatch", "-p:KernelOutputPath=bin/none/");
        Assert.True(patched.Succeeded, patched.StandardOutput);
        string text = await File.ReadAllTextAsync(Path.Combine(Intermediate, "tree", file));
        folder.Write($"a/{file}", text);
        folder.Write($"b/{file}", edit(text));
        CommandResult diff = await ProcessRunner.RunAsync(
            new Command("git", "diff", "--no-index", "--no-prefix", "a", "b") { WorkingDirectory = folder.Path }, CancellationToken.None);
        folder.Write("0001.patch", $"From: Ada Lovelace <ada@example.org>\nSubject: [PATCH] Edit a file\n\nA test does this.\n---\n{diff.StandardOutput}");
        return folder.Write("series", "0001.patch\n");
    }
}
