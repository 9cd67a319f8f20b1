using EveKernel.Core;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Verification;
using Microsoft.Build.Framework;
using Severity = EveKernel.Core.Diagnostics.Severity;

namespace EveKernel.Tasks;

/// <summary>Runs many machines of the packed kernel side by side for a time, and fails at the first death.</summary>
[MSBuildMultiThreadableTask]
public sealed class SoakKernel : KernelMachineTask
{
    /// <summary>KernelSoakCheck: <c>disabled-bar</c> or <c>race</c>.</summary>
    [Required]
    public string Check { get; set; } = "";

    /// <summary>KernelSoakMachines: a whole number from 1.</summary>
    [Required]
    public string Machines { get; set; } = "";

    /// <summary>KernelSoakMinutes: a whole number from 1.</summary>
    [Required]
    public string Minutes { get; set; } = "";

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken cancellation)
    {
        BuildPlan plan = BuildPlan.Read(PlanFile);
        await TakeLockAsync(plan, cancellation).ConfigureAwait(false);
        if (Check is not (KernelChecks.DisabledBar or KernelChecks.Race))
            throw new KernelException(ErrorCodes.PropertyInvalid, $"KernelSoakCheck is '{Check}'. Use {KernelChecks.DisabledBar} or {KernelChecks.Race}.");
        SoakRequest request = new(
            CreateBench(plan), Check, Number(Machines, "KernelSoakMachines"), TimeSpan.FromMinutes(Number(Minutes, "KernelSoakMinutes")));
        SoakRecord record = await new KernelSoak(request, HostEnvironment, this).RunAsync(cancellation).ConfigureAwait(false);
        record.Write(Path.Combine(plan.OutputFolder, "soak.json"));
        foreach (SoakMachine died in record.Machines.Where(machine => machine.Outcome == SoakMachine.Died))
            Report(new Diagnostic(Severity.Error, ErrorCodes.SoakDied, $"Machine {died.Number} died after {died.Cycles} cycles: {died.Detail}"));
    }
}
