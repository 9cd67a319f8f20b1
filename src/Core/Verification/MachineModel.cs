using System.Collections.Immutable;
using System.Globalization;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Verification;

/// <summary>An architecture's test machine, as its data file describes it; arguments are separated by spaces.</summary>
/// <param name="Program">QEMU's program, or empty where there is no test machine.</param>
/// <param name="Common">The machine and its devices.</param>
/// <param name="TcgStep">Accelerator and CPUs of step mode under emulation.</param>
/// <param name="TcgRace">The same for race mode.</param>
/// <param name="KvmStep">Step mode with KVM, or empty where that cannot be used.</param>
/// <param name="KvmRace">Race mode with KVM.</param>
/// <param name="Append">The kernel's own parameters.</param>
public sealed record MachineModel(string Program, string Common, string TcgStep, string TcgRace, string KvmStep, string KvmRace, string Append)
{
    /// <summary>QEMU's call for a boot.</summary>
    /// <param name="boot">What to boot.</param>
    /// <param name="withKvm">Whether the host's KVM is used.</param>
    /// <param name="environment">The host's environment.</param>
    /// <returns>The command; the console is its standard output.</returns>
    public Command ToCommand(BootRequest boot, bool withKvm, ImmutableDictionary<string, string> environment)
    {
        ArgumentNullException.ThrowIfNull(boot);
        bool race = boot.Checks.Contains(KernelChecks.Race);
        string mode = (withKvm, race) switch { (true, true) => KvmRace, (true, false) => KvmStep, (false, true) => TcgRace, _ => TcgStep };
        string append = string.Create(
            CultureInfo.InvariantCulture,
            $"{Append} evk.checks={string.Join(',', boot.Checks)} evk.cycles={boot.Cycles} evk.race_cycles={boot.RaceCycles}");
        return new Command(
            Program,
            [.. Words(mode), .. Words(Common), "-serial", "stdio", "-kernel", boot.Kernel, "-initrd", boot.Initramfs, "-append", append])
        {
            Environment = environment,
        };
    }

    private static string[] Words(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>What a machine is to boot and to show.</summary>
/// <param name="Kernel">The image.</param>
/// <param name="Initramfs">The initramfs with the reproducer.</param>
/// <param name="Checks">The checks.</param>
/// <param name="Cycles">How often step mode toggles.</param>
/// <param name="RaceCycles">How often race mode toggles.</param>
public sealed record BootRequest(string Kernel, string Initramfs, ImmutableArray<string> Checks, int Cycles, int RaceCycles);
