using EveKernel.Core;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Verification;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>Boots base and packed kernel, judges them, and leaves the results: a table on screen, verify.json, a TRX file, and what the proof's package is made from.</summary>
[MSBuildMultiThreadableTask]
public sealed class VerifyKernel : KernelMachineTask
{
    /// <summary>The plan whose base kernel is booted beside: the same, or of an edit tree its pin's.</summary>
    [Required]
    public string BasePlanFile { get; set; } = "";

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
        string packed = plan.PackageFile(PackageFolder, ProofPackageId);
        // An edit tree's is never packed, so that its folder need not be there.
        if (File.Exists(packed))
            File.Delete(packed);

        ProofOutcome outcome = await new KernelProof(CreateRequest(plan), HostEnvironment, this).RunAsync(cancellation).ConfigureAwait(false);
        outcome.Record.Write(recordFile);
        if (TrxFile.FindPath(Loggers, ResultsFolder, ProjectName) is { } trx)
        {
            TrxFile.Write(trx, ProjectName, outcome, DateTimeOffset.UtcNow);
            Say($"Results File: {trx}");
        }

        foreach (string line in outcome.ToTable())
            Say(line);
        foreach (Diagnostic diagnostic in outcome.Diagnostics)
            Report(diagnostic);
        ProofPackage.WriteNuspec(plan, outcome.Record, recordFile);
    }

    private ProofRequest CreateRequest(BuildPlan plan) => new(
        CreateBench(plan), KernelChecks.Parse(Checks), Number(Cycles, "KernelCheckCycles"), Number(RaceCycles, "KernelCheckRaceCycles"))
    {
        BasePlan = BasePlanFile == PlanFile ? plan : BuildPlan.Read(BasePlanFile),
    };
}
