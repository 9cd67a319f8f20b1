using System.Globalization;
using EveKernel.Core;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Verification;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>What the tasks that boot kernels share: the architecture's machine, and how long it may be silent.</summary>
public abstract class KernelMachineTask : KernelTask
{
    /// <summary>The plan that the key's task has written.</summary>
    [Required]
    public string PlanFile { get; set; } = "";

    /// <summary>KernelCheckTimeout: the seconds for which a machine may say nothing.</summary>
    [Required]
    public string Timeout { get; set; } = "";

    /// <summary>KernelCheckAccelerator: <c>auto</c> or <c>tcg</c>.</summary>
    [Required]
    public string Accelerator { get; set; } = "";

    /// <summary>QEMU's program, or empty.</summary>
    public string Qemu { get; set; } = "";

    /// <summary>The machine and its devices.</summary>
    public string QemuMachine { get; set; } = "";

    /// <summary>Accelerator and CPUs of step mode under emulation.</summary>
    public string QemuTcgStep { get; set; } = "";

    /// <summary>The same of race mode.</summary>
    public string QemuTcgRace { get; set; } = "";

    /// <summary>Step mode with KVM, or empty.</summary>
    public string QemuKvmStep { get; set; } = "";

    /// <summary>Race mode with KVM.</summary>
    public string QemuKvmRace { get; set; } = "";

    /// <summary>The kernel's own parameters.</summary>
    public string QemuAppend { get; set; } = "";

    /// <summary>The folder of the reproducer's C sources.</summary>
    [Required]
    public string ReproducerSources { get; set; } = "";

    /// <summary>Takes the properties.</summary>
    /// <param name="plan">The plan.</param>
    /// <returns>What a bench is made from.</returns>
    protected BenchRequest CreateBench(BuildPlan plan) => new(
        plan,
        new MachineModel(Qemu, QemuMachine, QemuTcgStep, QemuTcgRace, QemuKvmStep, QemuKvmRace, QemuAppend),
        TimeSpan.FromSeconds(Number(Timeout, "KernelCheckTimeout")),
        MayUseKvm(Accelerator),
        ReproducerSources);

    /// <summary>Reads KernelCheckAccelerator.</summary>
    /// <param name="accelerator">The word.</param>
    /// <returns>Whether the host's KVM may be used.</returns>
    internal static bool MayUseKvm(string accelerator) => accelerator switch
    {
        "auto" => true,
        "tcg" => false,
        _ => throw new KernelException(ErrorCodes.PropertyInvalid, $"KernelCheckAccelerator is '{accelerator}'. Use auto or tcg."),
    };

    /// <summary>Reads a whole number from 1.</summary>
    /// <param name="value">The digits.</param>
    /// <param name="name">The property, for the message.</param>
    /// <returns>The number.</returns>
    protected static int Number(string value, string name) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0
            ? number
            : throw new KernelException(ErrorCodes.PropertyInvalid, $"{name} is '{value}'. Use a whole number from 1.");
}
