using EveKernel.Core.Loop;
using EveKernel.Core.Verification;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>Prepares what <c>dotnet run</c> starts.</summary>
[MSBuildMultiThreadableTask]
public sealed class PrepareKernelMachine : KernelTask
{
    /// <summary>The project file, absolute.</summary>
    [Required]
    public string ProjectFile { get; set; } = "";

    /// <summary>The project's intermediate folder, absolute.</summary>
    [Required]
    public string IntermediateFolder { get; set; } = "";

    /// <summary>Where the results stand, absolute.</summary>
    [Required]
    public string OutputFolder { get; set; } = "";

    /// <summary>KernelArch.</summary>
    [Required]
    public string Arch { get; set; } = "";

    /// <summary>KernelCheckAccelerator: <c>auto</c> or <c>tcg</c>.</summary>
    [Required]
    public string Accelerator { get; set; } = "";

    /// <summary>QEMU's program, or empty.</summary>
    public string Qemu { get; set; } = "";

    /// <summary>The machine and its devices.</summary>
    public string QemuDevices { get; set; } = "";

    /// <summary>Accelerator and CPUs under emulation.</summary>
    public string QemuTcg { get; set; } = "";

    /// <summary>The same with KVM, or empty.</summary>
    public string QemuKvm { get; set; } = "";

    /// <summary>The kernel's own parameters.</summary>
    public string QemuAppend { get; set; } = "";

    /// <summary>The folder of the machine's scripts.</summary>
    [Required]
    public string Scripts { get; set; } = "";

    /// <summary>The script that boots.</summary>
    [Output]
    public string Script { get; set; } = "";

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken cancellation)
    {
        // Nobody swaps the results meanwhile.
        await TakeLockAsync(ProjectFile, IntermediateFolder, cancellation).ConfigureAwait(false);
        MachineModel model = new(Qemu, QemuDevices, QemuTcg, QemuTcg, QemuKvm, QemuKvm, QemuAppend);
        InteractiveRequest request = new(IntermediateFolder, OutputFolder, Arch, model, KernelMachineTask.MayUseKvm(Accelerator), Scripts);
        Script = await new InteractiveMachine(request, HostEnvironment).PrepareAsync(cancellation).ConfigureAwait(false);
    }
}
