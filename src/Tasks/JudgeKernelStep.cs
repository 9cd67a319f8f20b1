using EveKernel.Core;
using EveKernel.Core.Bisect;
using EveKernel.Core.Verification;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>Judges the kernel that a step of a bisection has built, and leaves the verdict for the bisection.</summary>
[MSBuildMultiThreadableTask]
public sealed class JudgeKernelStep : KernelMachineTask
{
    /// <summary>KernelBisectRun: a command that judges, or empty.</summary>
    public string Run { get; set; } = "";

    /// <summary>KernelBisectCheck, or the project's KernelCheck items.</summary>
    public string[] Checks { get; set; } = [];

    /// <summary>How often step mode toggles.</summary>
    [Required]
    public string Cycles { get; set; } = "";

    /// <summary>KernelCheckRaceCycles.</summary>
    [Required]
    public string RaceCycles { get; set; } = "";

    /// <summary>Where the verdict goes.</summary>
    [Required]
    public string StepFile { get; set; } = "";

    /// <summary>Where it is found again, for the same kernel and the same question.</summary>
    [Required]
    public string KeptFile { get; set; } = "";

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken cancellation)
    {
        BuildPlan plan = BuildPlan.Read(PlanFile);
        await TakeLockAsync(plan, cancellation).ConfigureAwait(false);
        BisectVerdict verdict = await JudgeAsync(plan, cancellation).ConfigureAwait(false);
        verdict.Write(StepFile);
        // What could not be tried may be tried again, on a machine that has what was missing.
        if (verdict.Result != BisectResult.Skip)
            verdict.Write(KeptFile);
    }

    private async Task<BisectVerdict> JudgeAsync(BuildPlan plan, CancellationToken cancellation)
    {
        if (Run.Length > 0)
            return await StepJudge.RunAsync(Run, plan, HostEnvironment, Say, cancellation).ConfigureAwait(false);
        if (Checks is [StepJudge.BuildCheck])
            return new BisectVerdict(BisectResult.Good, "it was built");
        ProofRequest request = new(CreateBench(plan), KernelChecks.Parse(Checks), Number(Cycles, "KernelCheckCycles"), Number(RaceCycles, "KernelCheckRaceCycles"));
        return StepJudge.Judge(await new KernelProof(request, HostEnvironment, this).JudgeAloneAsync(cancellation).ConfigureAwait(false));
    }
}
