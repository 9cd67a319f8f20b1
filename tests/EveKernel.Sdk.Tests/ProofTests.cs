using System.IO.Compression;
using System.Xml.Linq;
using EveKernel.Core.Packaging;
using EveKernel.Core.Processes;
using EveKernel.Core.Verification;

namespace EveKernel.Tests;

public sealed partial class PassthroughSampleTests
{
    private string Base => Path.Combine(sample.Folder, "obj", "passthrough-v6.12", "base");

    [Fact]
    public async Task The_base_dies_the_packed_kernel_lives_and_the_record_is_packed()
    {
        // Another test may have left the objects at a series of its own, and the result that stands does not show it.
        File.Delete(Path.Combine(sample.Output, "System.map"));
        Assert.True((await Dotnet.RunAsync(sample.Folder, "build", sample.Project)).Succeeded);

        using TemporaryFolder results = new();
        CommandResult test = await ProveAsync(sample.Folder, sample.Project, "--logger", "trx;LogFileName=proof.trx", "--results-directory", results.Path);
        Assert.True(test.Succeeded, test.StandardOutput);
        Assert.Contains("disabled-bar  base     as expected  KVM_RUN failed with EFAULT in cycle 1", test.StandardOutput, StringComparison.Ordinal);
        Assert.Contains("disabled-bar  patched  as expected  2000 cycles: 2000 reads all ones, 2000 writes dropped, 2000 real values", test.StandardOutput, StringComparison.Ordinal);

        ProofRecord record = ProofRecord.Read(Path.Combine(sample.Output, "verify.json"));
        Assert.True(record.Passed);
        Assert.Equal(sample.Manifest.Files.Single(file => file.Path == "kernel").Sha256, record.Patched.Sha256);
        Assert.Equal(sample.Manifest.KernelRelease, record.Patched.Release);
        Assert.Equal(Digest.OfFile(Path.Combine(Base, "kernel")), record.Base.Sha256);
        Assert.NotEqual(record.Base.Release, record.Patched.Release);
        Assert.Equal(6, record.Checks.Length);

        using ZipArchive package = ZipFile.OpenRead(sample.Package.Replace("EveKernel.Amd64.Generic.", "EveKernel.Amd64.Generic.Proof.", StringComparison.Ordinal));
        Assert.Contains("kernel/verify.json", package.Entries.Select(entry => entry.FullName));
        XElement counters = XDocument.Load(results["proof.trx"]).Descendants().Single(element => element.Name.LocalName == "Counters");
        Assert.Equal(("6", "6"), (counters.Attribute("total")!.Value, counters.Attribute("passed")!.Value));

        // The base stands; and the patched kernel's objects are as fresh as before its tree was moved to the base and back.
        DateTime made = File.GetLastWriteTimeUtc(Path.Combine(Base, "make.log"));
        Assert.True((await ProveAsync(sample.Folder, sample.Project)).Succeeded);
        Assert.Equal(made, File.GetLastWriteTimeUtc(Path.Combine(Base, "make.log")));
        File.Delete(Path.Combine(sample.Output, "System.map"));
        File.Delete(Path.Combine(sample.Output, "make.log"));
        Assert.True((await Dotnet.RunAsync(sample.Folder, "build", sample.Project)).Succeeded);
        Assert.DoesNotContain("  CC ", await File.ReadAllTextAsync(Path.Combine(sample.Output, "make.log")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_first_patch_alone_is_reported_as_failing()
    {
        using TemporaryFolder folder = new();
        string first = Patches()[0];
        folder.Write(first, await ReadPatchAsync(first));
        folder.Write("series", first + "\n");
        CommandResult test = await ProveSeriesAsync(folder);
        Assert.False(test.Succeeded);
        Assert.Contains("error EVK6014: disabled-bar, patched kernel: KVM_RUN failed with errno 14 in cycle 1", test.StandardOutput, StringComparison.Ordinal);
        Assert.Matches(@"bar-claimed +patched +as expected", test.StandardOutput);
        Assert.False(ProofRecord.Read(folder["bin/x/verify.json"]).Passed);
        Assert.Single(Directory.EnumerateFiles(folder["packages"], "*.nupkg"));
        Assert.Empty(Directory.EnumerateFiles(folder["packages"], "*.Proof.*"));
    }

    [Fact]
    public async Task A_fix_that_emulates_whatever_fails_a_panic_and_a_hang_are_told_apart()
    {
        using TemporaryFolder folder = new();
        foreach (string patch in Patches())
            folder.Write(patch, BreakFix(await ReadPatchAsync(patch)));
        folder.Write("series", string.Concat(Patches().Select(patch => patch + "\n")));
        CommandResult emulates = await ProveSeriesAsync(folder);
        Assert.Contains("error EVK6014: real-faults, patched kernel: KVM_RUN must fail with EFAULT: memory that is gone gave no error", emulates.StandardOutput, StringComparison.Ordinal);
        Assert.Matches("disabled-bar +patched +as expected", emulates.StandardOutput);

        // The same kernel, told to do worse.
        CommandResult panics = await ProveSeriesAsync(folder, "--no-build", Append("evk.broken=oops"));
        Assert.Matches("error EVK6009: .*panic: Fatal exception", panics.StandardOutput);
        Assert.Matches(@"kvm_faultin_pfn\+0x", panics.StandardOutput);
        CommandResult hangs = await ProveSeriesAsync(folder, "--no-build", Append("evk.broken=hang"), "-p:KernelCheckTimeout=15");
        Assert.Contains("error EVK6010: ", hangs.StandardOutput, StringComparison.Ordinal);
        Assert.All([emulates, panics, hangs], test => Assert.False(test.Succeeded));
        Assert.False(ProofRecord.Read(folder["bin/x/verify.json"]).Passed);

        static string Append(string parameter) => $"-p:_KernelQemuAppend=console=ttyS0 quiet panic=-1 oops=panic nokaslr no_timer_check {parameter}";
    }

    [Fact]
    public async Task A_VMM_that_does_not_ask_the_device_is_caught()
    {
        using TemporaryFolder reproducer = new();
        foreach (string file in Directory.EnumerateFiles(RepositoryRoot.File("sdk/verify")))
            File.Copy(file, reproducer[Path.GetFileName(file)]);
        string honest = await File.ReadAllTextAsync(reproducer["vmm.c"]);
        string lying = honest.Replace("\t\tvmm->exits.reads++;\n\t\tif (pread(vmm->bar->device->device, run->mmio.data, length, offset) != length) {", "\t\t{", StringComparison.Ordinal);
        Assert.NotEqual(honest, lying);
        await File.WriteAllTextAsync(reproducer["vmm.c"], lying);
        CommandResult test = await ProveAsync(sample.Folder, sample.Project, $"-p:_KernelReproducerSources={reproducer.Path}/");
        Assert.False(test.Succeeded);
        Assert.Contains("error EVK6015: disabled-bar, patched kernel: regionReads is 0, and at least 2000 were due", test.StandardOutput, StringComparison.Ordinal);
    }

    private static string[] Patches() => [.. File.ReadLines(RepositoryRoot.File("patches/v6.12/series")).Where(line => line.Length > 0 && line[0] != '#')];

    private static Task<string> ReadPatchAsync(string name) => File.ReadAllTextAsync(RepositoryRoot.File($"patches/v6.12/{name}"));

    // All error pfns are emulated; and in place of the comment stands what the kernel's command line may ask for. The hunk keeps its number of lines.
    private static string BreakFix(string patch)
    {
        int comment = patch.IndexOf("+\t/*\n+\t * Emulate the access", StringComparison.Ordinal);
        if (comment < 0)
            return patch;
        const string Routed = "+\tif (unlikely(is_pfnmap_error_pfn(fault->pfn))) {\n";
        int routed = patch.IndexOf(Routed, comment, StringComparison.Ordinal);
        Assert.True(routed > 0);
        return patch[..comment] + """
            +	while (is_error_pfn(fault->pfn) && strstr(saved_command_line, "evk.broken=hang"))
            +		cpu_relax();
            +	if (is_error_pfn(fault->pfn) && strstr(saved_command_line, "evk.broken=oops"))
            +		WRITE_ONCE(*(int *)8, 0);
            +
            +	if (unlikely(is_error_pfn(fault->pfn))) {

            """ + patch[(routed + Routed.Length)..];
    }

    // The sample with another series, in the sample's own objects, so that little is compiled.
    private async Task<CommandResult> ProveSeriesAsync(TemporaryFolder folder, params string[] arguments)
    {
        foreach (string name in (string[])["global.json", "NuGet.config", "Directory.Packages.props"])
            folder.Write(name, (await File.ReadAllTextAsync(RepositoryRoot.File($"samples/{name}"))).Replace("../artifacts", RepositoryRoot.File("artifacts"), StringComparison.Ordinal));
        string project = folder.Write("x.kernelproj", (await File.ReadAllTextAsync(sample.Project))
            .Replace("../../patches/v6.12/series", "series", StringComparison.Ordinal)
            .Replace("Include=\"../", $"Include=\"{RepositoryRoot.File("samples/")}", StringComparison.Ordinal)
            .Replace("Project=\"../", $"Project=\"{RepositoryRoot.File("samples/")}", StringComparison.Ordinal));
        string objects = $"-p:BaseIntermediateOutputPath={Path.Combine(sample.Folder, "obj", "passthrough-v6.12")}/";
        return await ProveAsync(folder.Path, project, [objects, $"-p:PackageOutputPath={folder["packages"]}/", .. arguments]);
    }

    private static Task<CommandResult> ProveAsync(string folder, string project, params string[] arguments) =>
        Dotnet.RunAsync(folder, ["test", project, "-p:KernelCheckCycles=2000", .. arguments]);
}
