using System.Collections.Immutable;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Processes;
using EveKernel.Core.Verification;

namespace EveKernel.Tests.Verification;

public sealed class MachineTests : IDisposable
{
    private static readonly MachineModel Model = new(
        "qemu", "-machine q35  -m 256", "-accel tcg,thread=single -smp 1", "-accel tcg,thread=multi -smp 2", "-accel kvm", "-accel kvm -smp 2", "console=ttyS0 quiet");

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("disabled-bar", false, "qemu -accel tcg,thread=single -smp 1 -machine q35 -m 256 -serial stdio -kernel k -initrd i -append 'console=ttyS0 quiet evk.checks=disabled-bar evk.cycles=10 evk.race_cycles=5'")]
    [InlineData("race", false, "qemu -accel tcg,thread=multi -smp 2 -machine q35 -m 256 -serial stdio -kernel k -initrd i -append 'console=ttyS0 quiet evk.checks=race evk.cycles=10 evk.race_cycles=5'")]
    [InlineData("disabled-bar", true, "qemu -accel kvm -machine q35 -m 256 -serial stdio -kernel k -initrd i -append 'console=ttyS0 quiet evk.checks=disabled-bar evk.cycles=10 evk.race_cycles=5'")]
    [InlineData("race", true, "qemu -accel kvm -smp 2 -machine q35 -m 256 -serial stdio -kernel k -initrd i -append 'console=ttyS0 quiet evk.checks=race evk.cycles=10 evk.race_cycles=5'")]
    public void The_machine_follows_the_mode(string check, bool withKvm, string command) =>
        Assert.Equal(command, Model.ToCommand(new BootRequest("k", "i", [check], 10, 5), withKvm, ImmutableDictionary<string, string>.Empty).ToString());

    [Theory]
    [InlineData("echo a; echo b >&2; exit 3", MachineEnd.ByItself, 3)]
    [InlineData("echo a; echo b; exec sleep 3066", MachineEnd.Silence, null)]
    [InlineData("while :; do echo a; echo b; sleep 0.1; done", MachineEnd.Total, null)]
    public async Task A_machine_ends_by_itself_or_by_a_limit_and_leaves_its_console(string script, MachineEnd end, int? exitCode)
    {
        MachineRunner runner = new(new MachineLimits(TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(4)));
        MachineRun run = await runner.RunAsync(new Command("sh", "-c", script), _folder["run/console.log"], onLine: null, CancellationToken.None);
        Assert.Equal((end, exitCode), (run.End, run.ExitCode));
        Assert.Equal(["a", "b"], run.Log.Lines.Take(2));
        Assert.Equal(run.Log.Lines, File.ReadAllLines(run.ConsoleFile));
    }

    [Fact]
    public async Task A_cancelled_machine_is_no_silent_one()
    {
        using CancellationTokenSource source = new();
        MachineRunner runner = new(new MachineLimits(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1)));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            runner.RunAsync(new Command("sh", "-c", "echo a; exec sleep 3077"), _folder["console.log"], _ => source.Cancel(), source.Token));
    }

    [Theory]
    [InlineData("fpu svm npt", "1", "KVM_AMD", null)]
    [InlineData("fpu vmx", "Y\n", "KVM_INTEL", null)]
    [InlineData("fpu", "1", "KVM_AMD", "neither svm nor vmx")]
    [InlineData("fpu svm", "0", "KVM_AMD", "nested")]
    [InlineData("fpu svm", null, "KVM_AMD", "nested")]
    [InlineData("fpu vmx", "1", "KVM_AMD", "CONFIG_KVM_INTEL")]
    public void A_host_whose_KVM_cannot_carry_the_proof_is_told(string flags, string? nested, string symbol, string? obstacle)
    {
        string? found = HostKvm.FindObstacle([.. flags.Split(' ')], _ => nested, name => name == symbol);
        Assert.Contains(obstacle ?? "", found ?? "", StringComparison.Ordinal);
        Assert.Equal(obstacle is null, found is null);
    }

    [Fact]
    public void A_missing_QEMU_is_named_with_its_package()
    {
        ImmutableDictionary<string, string> nowhere = ImmutableDictionary<string, string>.Empty.Add("PATH", "/nowhere");
        KernelException missing = Assert.Throws<KernelException>(() => TestBench.CheckMachine(Model with { Program = "qemu-system-x86_64" }, "amd64", nowhere));
        Assert.Equal("EVK9001", missing.Code.Id);
        Assert.Contains("qemu-system-x86)", missing.Message, StringComparison.Ordinal);
        Assert.Equal("EVK6004", Assert.Throws<KernelException>(() => TestBench.CheckMachine(Model with { Program = "" }, "riscv64", nowhere)).Code.Id);
    }

    [Theory]
    [InlineData("", "EVK6001")]
    [InlineData("disabled-bar,disabled-barr", "EVK6002")]
    [InlineData("race,disabled-bar,race", null)]
    public void Checks_are_known_by_name(string names, string? code)
    {
        string[] given = names.Split(',', StringSplitOptions.RemoveEmptyEntries);
        if (code is null)
            Assert.Equal(["disabled-bar", "race"], KernelChecks.Parse(given).ToArray());
        else
            Assert.Equal(code, Assert.Throws<KernelException>(() => KernelChecks.Parse(given)).Code.Id);
    }

    [Fact]
    public async Task An_initramfs_is_what_cpio_reads_and_always_the_same()
    {
        byte[] Pack()
        {
            using MemoryStream stream = new();
            CpioArchive.WriteInitramfs(stream, "#!/bin/true\n."u8.ToArray(), ["dev", "proc"]);
            return stream.ToArray();
        }

        byte[] archive = Pack();
        Assert.Equal(archive, Pack());
        CommandResult list = await ProcessRunner.RunAsync(
            new Command("cpio", "-itv", "--quiet", "--numeric-uid-gid") { Environment = ImmutableDictionary<string, string>.Empty.Add("PATH", "/usr/bin:/bin").Add("TZ", "UTC") },
            CancellationToken.None,
            async (input, token) => await input.WriteAsync(archive, token));
        Assert.True(list.Succeeded, list.StandardError);
        string[] lines = list.StandardOutput.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["drwxr-xr-x dev", "drwxr-xr-x proc", "crw------- dev/console", "-rwxr-xr-x init"], lines.Select(line => $"{line.Split(' ')[0]} {line.Split(' ')[^1]}"));
        Assert.Matches(@" 5, +1 ", lines[2]);
        Assert.Matches(@" 13 Jan +1 +1970 ", lines[3]);
    }

    [Fact]
    public async Task The_reproducer_is_compiled_once_for_its_sources()
    {
        string sources = Path.GetDirectoryName(_folder.Write("verify/a.c", "int main(void) { return 0; }\n"))!;
        ImmutableDictionary<string, string> environment = ImmutableDictionary<string, string>.Empty.Add("PATH", Environment.GetEnvironmentVariable("PATH")!);
        Reproducer reproducer = new(sources, environment);
        Initramfs first = await reproducer.MakeAsync("gcc", [], _folder["out"], CancellationToken.None);
        DateTime time = File.GetLastWriteTimeUtc(first.Path);
        Assert.Equal(first, await reproducer.MakeAsync("gcc", [], _folder["out"], CancellationToken.None));
        Assert.Equal(time, File.GetLastWriteTimeUtc(first.Path));

        _folder.Write("verify/a.c", "int main(void) { return 1; }\n");
        Assert.NotEqual(first.Sha256, (await reproducer.MakeAsync("gcc", [], _folder["out"], CancellationToken.None)).Sha256);
        _folder.Write("verify/a.c", "int main(void) { return one; }\n");
        KernelException refused = await Assert.ThrowsAsync<KernelException>(() => reproducer.MakeAsync("gcc", [], _folder["out"], CancellationToken.None));
        Assert.Equal(ErrorCodes.ReproducerNotCompiled, refused.Code);
        Assert.Contains("a.c:1", refused.Message, StringComparison.Ordinal);
    }
}
