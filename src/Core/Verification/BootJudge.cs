using System.Globalization;
using EveKernel.Core.Diagnostics;

namespace EveKernel.Core.Verification;

/// <summary>Whether a machine's run can be judged at all: a panic, a hang, an end without a verdict and an infrastructure that failed are told apart.</summary>
public static class BootJudge
{
    private const int Protocol = 1;
    private const int ShownLines = 12;

    /// <summary>Looks at a run.</summary>
    /// <param name="run">The run.</param>
    /// <param name="release">What the kernel's <c>uname -r</c> must say: another kernel's results prove nothing.</param>
    /// <param name="checks">The checks that were asked for.</param>
    /// <returns>What is wrong with it, or null when there is a result for each check.</returns>
    public static BootProblem? FindProblem(MachineRun run, string release, IReadOnlyCollection<string> checks)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(checks);
        BootLog log = run.Log;
        if (log.Panic is { } panic)
            return new BootProblem(ErrorCodes.GuestPanicked, $"panic: {panic}. {Where(log)}");
        if (log.Begin is null)
            return FindEarlyProblem(run);
        if (log.Begin.Count("protocol") != Protocol)
            return new BootProblem(ErrorCodes.NoVerdict, $"the reproducer speaks protocol {log.Begin.Count("protocol")}, and this SDK protocol {Protocol}.");
        if (log.Begin.Text("kernel") != release)
            return new BootProblem(ErrorCodes.NoVerdict, $"the kernel that booted is '{log.Begin.Text("kernel")}', and not '{release}'.");
        if (run.End != MachineEnd.ByItself && log.End is null)
            return new BootProblem(ErrorCodes.GuestHung, $"{Limit(run)} {Where(log)}");
        if (log.End is null)
            return new BootProblem(ErrorCodes.NoVerdict, $"it ended after {Seconds(run)} s in the midst of the checks. {Where(log)} {Tail(log)}");
        string[] missing = [.. checks.Where(check => !log.Results.ContainsKey(check))];
        if (missing.Length > 0 || log.End.Count("results") != checks.Count)
        {
            return new BootProblem(ErrorCodes.NoVerdict, string.Create(
                CultureInfo.InvariantCulture,
                $"{log.Results.Count} of {checks.Count} results can be read{(missing.Length > 0 ? $", and none of {string.Join(", ", missing)}" : "")}; {log.Garbled.Length} lines are not whole."));
        }

        return null;
    }

    private static BootProblem FindEarlyProblem(MachineRun run)
    {
        if (run.End != MachineEnd.ByItself)
            return new BootProblem(ErrorCodes.MachineSilent, $"{Limit(run)} The reproducer had not begun. {Tail(run.Log)}");
        return run.ExitCode is 0
            ? new BootProblem(ErrorCodes.NoVerdict, $"it ended after {Seconds(run)} s, before the reproducer began. {Tail(run.Log)}")
            : new BootProblem(ErrorCodes.MachineFailed, string.Create(CultureInfo.InvariantCulture, $"QEMU ended with {run.ExitCode}. {Tail(run.Log)}"));
    }

    private static string Limit(MachineRun run) => run.End == MachineEnd.Silence
        ? $"nothing more came, and it was ended after {Seconds(run)} s."
        : $"it was not done after {Seconds(run)} s, and was ended.";

    private static string Where(BootLog log) => log switch
    {
        { Begin: null } => "The reproducer had not begun.",
        { Progress: { } progress } when !log.Results.ContainsKey(progress.Text("check")) =>
            string.Create(CultureInfo.InvariantCulture, $"It was in {progress.Text("check")}, after {progress.Count("cycles")} cycles."),
        { Results.IsEmpty: true } => "No check had a result.",
        _ => $"Results were there of {string.Join(", ", log.Results.Keys)}.",
    };

    private static string Tail(BootLog log) =>
        log.Lines.IsEmpty ? "The console is empty." : $"The console ends:\n{string.Join('\n', log.Lines.TakeLast(ShownLines))}";

    private static string Seconds(MachineRun run) => run.Elapsed.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture);
}

/// <summary>Why a run cannot be judged.</summary>
/// <param name="Code">The code.</param>
/// <param name="Message">What happened to the machine.</param>
public sealed record BootProblem(ErrorCode Code, string Message)
{
    /// <summary>Whether a second try can help.</summary>
    public bool IsInfrastructure => Code.Kind == ErrorKind.Infrastructure;
}
