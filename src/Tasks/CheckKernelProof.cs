using EveKernel.Core.Verification;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>Looks for what would end a proof, before a kernel is compiled for it: no or unknown checks, no machine, no QEMU.</summary>
[MSBuildMultiThreadableTask]
public sealed class CheckKernelProof : KernelTask
{
    /// <summary>The KernelCheck items.</summary>
    public string[] Checks { get; set; } = [];

    /// <summary>KernelArch.</summary>
    [Required]
    public string Arch { get; set; } = "";

    /// <summary>QEMU's program, or empty.</summary>
    public string Qemu { get; set; } = "";

    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken cancellation)
    {
        KernelChecks.Parse(Checks);
        TestBench.CheckMachine(new MachineModel(Qemu, "", "", "", "", "", ""), Arch, HostEnvironment);
        return Task.CompletedTask;
    }
}
