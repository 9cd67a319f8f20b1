using EveKernel.Core.Packaging;
using EveKernel.Core.Processes;
using EveKernel.Core.Verification;

namespace EveKernel.Tests;

public sealed partial class PassthroughSampleTests
{
    [Fact]
    [Trait("Tier", "all")]
    public async Task An_edited_line_gets_a_verdict_and_only_its_object_is_compiled()
    {
        string edited = Path.Combine(sample.Output, "edited");
        string source = Path.Combine(sample.Folder, "obj", "passthrough-v6.12", "edit", "arch", "x86", "kvm", "mmu", "mmu.c");
        Assert.True((await Dotnet.RunAsync(sample.Folder, "msbuild", sample.Project, "-restore", "-t:KernelEdit")).Succeeded);
        // The first makes all objects, of the edit tree and of the base.
        Assert.True((await EditedProofAsync()).Succeeded);
        string text = await File.ReadAllTextAsync(source);
        try
        {
            await File.WriteAllTextAsync(source, text + $"/* {Guid.NewGuid():N} */\n");
            CommandResult test = await EditedProofAsync();
            Assert.True(test.Succeeded, test.StandardOutput);
            Assert.Contains("disabled-bar  patched  as expected  200 cycles: 200 reads all ones", test.StandardOutput, StringComparison.Ordinal);
        }
        finally
        {
            await File.WriteAllTextAsync(source, text);
        }

        string[] compiled = [.. File.ReadLines(Path.Combine(edited, "make.log")).Where(line => line.StartsWith("  CC ", StringComparison.Ordinal)).Select(line => line.Split(' ')[^1])];
        Assert.Equal(["arch/x86/boot/compressed/misc.o", "arch/x86/kvm/mmu/mmu.o"], compiled.Order(StringComparer.Ordinal));
        ProofRecord record = ProofRecord.Read(Path.Combine(edited, "verify.json"));
        Assert.EndsWith("-edit", record.Patched.Release, StringComparison.Ordinal);
        Assert.Equal(Digest.OfFile(Path.Combine(Base, "kernel")), record.Base.Sha256);
        // Nobody will be given it.
        Assert.False(Directory.Exists(Path.Combine(edited, "package")));

        Task<CommandResult> EditedProofAsync() => Dotnet.RunAsync(sample.Folder, "test", sample.Project, "-p:KernelEdited=true");
    }
}
