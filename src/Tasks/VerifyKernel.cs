using System.Globalization;
using EveKernel.Core;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Verification;
using Microsoft.Build.Framework;
using Severity = EveKernel.Core.Diagnostics.Severity;

namespace EveKernel.Tasks;

/// <summary>Boots base and packed kernel, judges them, and leaves the results: a table on screen, verify.json, a TRX file, and what the proof's package is made from.</summary>
public sealed class VerifyKernel : KernelTask
{
    /// <summary>The plan that the key's task has written.</summary>
    [Required]
    public string PlanFile { get; set; } = "";

    /// <summary>Where packages go, absolute.</summary>
    [Required]
    public string PackageFolder { get; set; } = "";

    /// <summary>The KernelCheck items.</summary>
    public string[] Checks { get; set; } = [];

    /// <summary>KernelCheckCycles: a whole number from 1.</summary>
    [Required]
    public string Cycles { get; set; } = "";

    /// <summary>KernelCheckRaceCycles: a whole number from 1.</summary>
    [Required]
    public string RaceCycles { get; set; } = "";

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

    /// <summary>VSTestLogger: the loggers, each with its parameters.</summary>
    public string[] Loggers { get; set; } = [];

    /// <summary>Where a TRX file goes, absolute.</summary>
    [Required]
    public string ResultsFolder { get; set; } = "";

    /// <summary>The project's name.</summary>
    [Required]
    public string ProjectName { get; set; } = "";

    /// <summary>The id of the proof's package.</summary>
    [Output]
    public string ProofPackageId { get; set; } = "";

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken cancellation)
    {
        BuildPlan plan = BuildPlan.Read(PlanFile);
        await TakeLockAsync(plan, cancellation).ConfigureAwait(false);
        ProofPackageId = ProofPackage.IdOf(plan);
        string recordFile = Path.Combine(plan.OutputFolder, "verify.json");
        // A proof stands only for the last run.
        File.Delete(recordFile);
        File.Delete(Path.Combine(PackageFolder, $"{ProofPackageId}.{plan.PackageVersion}.nupkg"));

        ProofOutcome outcome = await new KernelProof(CreateRequest(plan), HostEnvironment, this).RunAsync(cancellation).ConfigureAwait(false);
        outcome.Record.Write(recordFile);
        if (TrxFile.FindPath(Loggers, ResultsFolder, ProjectName) is { } trx)
        {
            TrxFile.Write(trx, ProjectName, outcome, DateTimeOffset.UtcNow);
            Report(new Diagnostic(Severity.Message, null, $"Results File: {trx}"));
        }

        foreach (string line in outcome.ToTable())
            Report(new Diagnostic(Severity.Message, null, line));
        foreach (Diagnostic diagnostic in outcome.Diagnostics)
            Report(diagnostic);
        ProofPackage.WriteNuspec(plan, outcome.Record, recordFile);
    }

    private ProofRequest CreateRequest(BuildPlan plan) => new(
        plan,
        new MachineModel(Qemu, QemuMachine, QemuTcgStep, QemuTcgRace, QemuKvmStep, QemuKvmRace, QemuAppend),
        KernelChecks.Parse(Checks),
        Number(Cycles, "KernelCheckCycles"),
        Number(RaceCycles, "KernelCheckRaceCycles"),
        TimeSpan.FromSeconds(Number(Timeout, "KernelCheckTimeout")),
        Accelerator switch
        {
            "auto" => true,
            "tcg" => false,
            _ => throw new KernelException(ErrorCodes.PropertyInvalid, $"KernelCheckAccelerator is '{Accelerator}'. Use auto or tcg."),
        },
        ReproducerSources);

    private static int Number(string value, string name) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0
            ? number
            : throw new KernelException(ErrorCodes.PropertyInvalid, $"{name} is '{value}'. Use a whole number from 1.");
}
