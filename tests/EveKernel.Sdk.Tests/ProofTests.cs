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
        // In the sample's own objects, so that little is compiled.
        using TemporaryFolder folder = new();
        string first = File.ReadLines(RepositoryRoot.File("patches/v6.12/series")).First(line => line.Length > 0 && line[0] != '#');
        folder.Write(first, await File.ReadAllTextAsync(RepositoryRoot.File($"patches/v6.12/{first}")));
        folder.Write("series", first + "\n");
        foreach (string name in (string[])["global.json", "NuGet.config", "Directory.Build.props", "Directory.Packages.props"])
            folder.Write(name, (await File.ReadAllTextAsync(RepositoryRoot.File($"samples/{name}"))).Replace("../artifacts", RepositoryRoot.File("artifacts"), StringComparison.Ordinal));
        string project = folder.Write("first-patch.kernelproj", (await File.ReadAllTextAsync(sample.Project))
            .Replace("../../patches/v6.12/series", "series", StringComparison.Ordinal)
            .Replace("Include=\"../", $"Include=\"{RepositoryRoot.File("samples/")}", StringComparison.Ordinal)
            .Replace("Project=\"../", $"Project=\"{RepositoryRoot.File("samples/")}", StringComparison.Ordinal));
        Directory.CreateDirectory(folder["packages"]);
        string objects = $"-p:BaseIntermediateOutputPath={Path.Combine(sample.Folder, "obj", "passthrough-v6.12")}/";
        CommandResult test = await ProveAsync(folder.Path, project, objects, $"-p:PackageOutputPath={folder["packages"]}/");
        Assert.False(test.Succeeded);
        Assert.Contains("error EVK6014: disabled-bar, patched kernel: KVM_RUN failed with errno 14 in cycle 1", test.StandardOutput, StringComparison.Ordinal);
        Assert.Matches(@"bar-claimed +patched +as expected", test.StandardOutput);
        Assert.False(ProofRecord.Read(folder["bin/first-patch/verify.json"]).Passed);
        Assert.Empty(Directory.EnumerateFiles(folder["packages"], "*.Proof.*"));
    }

    private static Task<CommandResult> ProveAsync(string folder, string project, params string[] arguments) =>
        Dotnet.RunAsync(folder, ["test", project, "-p:KernelCheckCycles=2000", .. arguments]);
}
