using System.Globalization;
using EveKernel.Core.Diagnostics;

namespace EveKernel.Core.Verification;

/// <summary>Gives verdicts on what the reproducer reports. The reproducer only counts; here the counts are held against the cycles, so that nothing passes
/// without the guest having run.</summary>
public static class VerdictEngine
{
    /// <summary>Within how many cycles the base must fail. It fails in the first, every time.</summary>
    public const int BaseCycles = 10;

    private const int Efault = 14;

    /// <summary>Judges one check on one kernel.</summary>
    /// <param name="check">The check.</param>
    /// <param name="kernel">The kernel.</param>
    /// <param name="result">What the reproducer reports.</param>
    /// <param name="cycles">How many cycles were asked for.</param>
    /// <param name="onBase">For the patched kernel, what the base reports of the same check, or null where there is no report.</param>
    /// <returns>The verdict.</returns>
    public static Verdict Judge(string check, KernelRole kernel, ProtocolLine result, int cycles, ProtocolLine? onBase = null)
    {
        ArgumentNullException.ThrowIfNull(result);
        Findings findings = new(check, kernel, result);
        if (result.Text("outcome") == "setup-failed")
            return findings.Fail(ErrorCodes.CheckNotSetUp, $"could not be set up: {result.Text("detail")} (errno {Number(result.Count("errno"))})");
        return (check, kernel) switch
        {
            (KernelChecks.DisabledBar, KernelRole.Base) => JudgeBaseBar(findings),
            (KernelChecks.DisabledBar, _) => JudgePatchedBar(findings, cycles),
            (KernelChecks.RealFaults, _) => JudgeRealFaults(findings),
            (KernelChecks.BarClaimed, KernelRole.Base) => JudgeBaseClaim(findings),
            (KernelChecks.BarClaimed, _) => JudgePatchedClaim(findings, onBase),
            (KernelChecks.Race, _) => JudgeRace(findings, cycles),
            _ => throw new ArgumentException($"There is no check named '{check}'.", nameof(check)),
        };
    }

    private static Verdict JudgeBaseBar(Findings f) => f.Outcome switch
    {
        "kvm-run-failed" when f["errno"] == Efault && f["cycle"] is >= 1 and <= BaseCycles =>
            f.Pass($"KVM_RUN failed with EFAULT in cycle {Number(f["cycle"])}"),
        "kvm-run-failed" => f.Fail(ErrorCodes.BaseNotAsExpected, $"KVM_RUN failed with errno {Number(f["errno"])} in cycle {Number(f["cycle"])}; EFAULT within {BaseCycles} was expected"),
        "completed" => f.Fail(ErrorCodes.BaseNotAsExpected, $"it lived through {Number(f["cycles"])} cycles: the fault is not in it, or was not reached"),
        _ => f.Fail(ErrorCodes.BaseNotAsExpected, Unexpected(f)),
    };

    private static Verdict JudgePatchedBar(Findings f, int cycles)
    {
        if (f.Outcome != "completed")
            return f.Fail(ErrorCodes.CheckFailed, Unexpected(f));
        f.Require(f["cycles"] == cycles, $"{Number(f["cycles"])} cycles of {Number(cycles)}");
        f.AtLeast("disabledReads", cycles);
        f.AtLeast("disabledWrites", cycles);
        f.AtLeast("enabledReads", cycles);
        f.AtLeast("slotUpdates", cycles);
        // Each access while disabled is an exit, and each exit is answered from the VFIO region: an answer of the VMM's own would prove nothing.
        f.AtLeast("mmioExitsDisabled", f["disabledReads"] + f["disabledWrites"]);
        f.AtLeast("regionReads", f["disabledReads"]);
        f.AtLeast("regionWrites", f["disabledWrites"]);
        f.Require(
            f["regionReads"] + f["regionWrites"] >= f["mmioExitsDisabled"] + f["mmioExitsEnabled"],
            $"{Number(f["mmioExitsDisabled"] + f["mmioExitsEnabled"])} exits, and only {Number(f["regionReads"] + f["regionWrites"])} accesses to the region");
        if (f.Doubts is { } doubts)
            return f.Fail(ErrorCodes.CountsDisagree, doubts);

        f.Equal("disabledReadsAllOnes", "disabledReads");
        f.Equal("writesDropped", "disabledWrites");
        f.Equal("enabledReadsReal", "enabledReads");
        f.Require(f["mmioExitsEnabled"] == 0, $"{Number(f["mmioExitsEnabled"])} exits after decoding was enabled again and the slots updated");
        return f.Doubts is { } failures
            ? f.Fail(ErrorCodes.CheckFailed, failures)
            : f.Pass($"{Number(cycles)} cycles: {Number(f["disabledReads"])} reads all ones, {Number(f["disabledWrites"])} writes dropped, "
                + $"{Number(f["enabledReads"])} real values without an exit");
    }

    private static Verdict JudgeRealFaults(Findings f)
    {
        if (f.Outcome != "completed")
            return f.Fail(f.FailureCode, Unexpected(f));
        if (f["readsBefore"] < 1)
            return f.Fail(ErrorCodes.CountsDisagree, "the guest had not read the memory before it was taken away");
        f.Require(f["faultErrno"] == Efault, $"memory that is gone gave {Error(f["faultErrno"])}");
        f.Require(f["forbiddenErrno"] == Efault, $"a write that the VMM's mapping forbids gave {Error(f["forbiddenErrno"])}");
        f.Require(f["exits"] == 0, $"{Number(f["exits"])} accesses became exits to the VMM");
        return f.Doubts is { } failures
            ? f.Fail(f.FailureCode, $"KVM_RUN must fail with EFAULT: {failures}")
            : f.Pass($"KVM_RUN failed with EFAULT on memory that was gone, {Number(f["readsBefore"])} times, and on a forbidden write");

        static string Error(long errno) => errno == 0 ? "no error" : $"errno {Number(errno)}";
    }

    private static Verdict JudgeBaseClaim(Findings f) => (f.Outcome, f.Flag("claimedAtOpen"), f.Flag("claimedAfterUse")) switch
    {
        ("completed", false, true) => f.Pass("claimed on first use, not when opened"),
        ("completed", true, _) => f.Fail(ErrorCodes.BaseNotAsExpected, "the BAR is claimed when the device is opened: the tree does so already"),
        ("completed", _, _) => f.Fail(ErrorCodes.BaseNotAsExpected, "the BAR is not claimed after use"),
        _ => f.Fail(ErrorCodes.BaseNotAsExpected, Unexpected(f)),
    };

    private static Verdict JudgePatchedClaim(Findings f, ProtocolLine? onBase)
    {
        if (f.Outcome != "completed")
            return f.Fail(ErrorCodes.CheckFailed, Unexpected(f));
        f.Require(f.Flag("claimedAtOpen") == true, "the BAR is not claimed when the device is opened");
        f.Require(f.Flag("claimedAfterUse") == true, "the BAR is not claimed after use");
        string conflict = f.Text("conflictOutcome");
        f.Require(conflict is not ("" or "ok" or "failed-at-open"), $"with the BAR in other hands, it ends '{conflict}'");
        f.Require(
            onBase is null || (onBase.Text("conflictOutcome") == conflict && onBase.Count("conflictErrno") == f["conflictErrno"]),
            $"with the BAR in other hands, it ends '{conflict}' ({Number(f["conflictErrno"])}), "
                + $"and on the base '{onBase?.Text("conflictOutcome")}' ({Number(onBase?.Count("conflictErrno") ?? 0)})");
        return f.Doubts is { } failures
            ? f.Fail(ErrorCodes.CheckFailed, failures)
            : f.Pass($"claimed when opened; in other hands it {conflict.Replace('-', ' ')} as before");
    }

    private static Verdict JudgeRace(Findings f, int cycles)
    {
        if (f.Outcome != "completed")
            return f.Fail(ErrorCodes.CheckFailed, Unexpected(f));
        f.Require(f["cycles"] == cycles, $"{Number(f["cycles"])} cycles of {Number(cycles)}");
        f.AtLeast("reads", cycles);
        if (f.Doubts is { } doubts)
            return f.Fail(ErrorCodes.CountsDisagree, doubts);
        return f["wrongValues"] == 0
            ? f.Pass($"{Number(cycles)} cycles: {Number(f["reads"])} reads, {Number(f["exits"])} exits, no wrong value")
            : f.Fail(ErrorCodes.CheckFailed, $"{Number(f["wrongValues"])} of {Number(f["reads"])} reads gave a wrong value");
    }

    private static string Unexpected(Findings f) => f.Outcome switch
    {
        "kvm-run-failed" => $"KVM_RUN failed with errno {Number(f["errno"])} in cycle {Number(f["cycle"])}",
        "wrong-value" => $"in cycle {Number(f["cycle"])} {f.Text("where")} gave {f.Any("found")}, and {f.Any("expected")} was expected",
        _ => $"it ended '{f.Outcome}': {f.Text("detail")}",
    };

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>One result, and what speaks against it.</summary>
    private sealed class Findings(string check, KernelRole kernel, ProtocolLine result)
    {
        private readonly List<string> _doubts = [];

        public long this[string name] => result.Count(name);

        public string Outcome => result.Text("outcome");

        public string? Doubts => _doubts.Count == 0 ? null : string.Join("; ", _doubts);

        public ErrorCode FailureCode => kernel == KernelRole.Base ? ErrorCodes.BaseNotAsExpected : ErrorCodes.CheckFailed;

        public bool? Flag(string name) => result.Flag(name);

        public string Text(string name) => result.Text(name);

        public string Any(string name) => result.Values.TryGetValue(name, out System.Text.Json.JsonElement value) ? value.ToString() : "nothing";

        public void Require(bool holds, string otherwise)
        {
            if (!holds)
                _doubts.Add(otherwise);
        }

        public void AtLeast(string name, long least) => Require(this[name] >= least, $"{name} is {Number(this[name])}, and at least {Number(least)} were due");

        public void Equal(string part, string whole) => Require(this[part] == this[whole], $"{part} is {Number(this[part])} of {Number(this[whole])}");

        public Verdict Pass(string seen) => new(check, kernel, null, seen);

        public Verdict Fail(ErrorCode code, string seen) => new(check, kernel, code, seen);
    }
}

/// <summary>Which of the two kernels.</summary>
public enum KernelRole
{
    /// <summary>The source and configuration without the series.</summary>
    Base,

    /// <summary>The kernel that is packed.</summary>
    Patched,
}

/// <summary>A verdict.</summary>
/// <param name="Check">The check.</param>
/// <param name="Kernel">The kernel.</param>
/// <param name="Code">Why it failed, or null when all is as it should be.</param>
/// <param name="Seen">What was seen, in a line.</param>
public sealed record Verdict(string Check, KernelRole Kernel, ErrorCode? Code, string Seen)
{
    /// <summary>Whether all is as it should be.</summary>
    public bool Passed => Code is null;

    /// <summary>The kernel's name, as people read it.</summary>
    public string KernelName => Kernel == KernelRole.Base ? "base" : "patched";
}
