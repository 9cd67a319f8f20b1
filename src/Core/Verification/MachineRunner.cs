using System.Collections.Immutable;
using System.Diagnostics;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Verification;

/// <summary>Runs a test machine to its end, or until a limit ends it.</summary>
/// <param name="limits">The limits.</param>
public sealed class MachineRunner(MachineLimits limits)
{
    /// <summary>Runs one.</summary>
    /// <param name="qemu">QEMU's call, with the console as its standard output.</param>
    /// <param name="consoleFile">Takes the console as it comes.</param>
    /// <param name="onLine">Told each line, or null.</param>
    /// <param name="cancellation">Ends the machine.</param>
    /// <returns>How it ended.</returns>
    public async Task<MachineRun> RunAsync(Command qemu, string consoleFile, Action<string>? onLine, CancellationToken cancellation)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(consoleFile)!);
        using CancellationTokenSource silence = new(limits.Silence);
        using CancellationTokenSource total = new(limits.Total);
        using CancellationTokenSource linked = CancellationTokenSource.CreateLinkedTokenSource(cancellation, silence.Token, total.Token);
        ImmutableArray<string>.Builder lines = ImmutableArray.CreateBuilder<string>();
        Stopwatch watch = Stopwatch.StartNew();
        int? exitCode = null;
        MachineEnd end = MachineEnd.ByItself;
        StreamWriter console = new(consoleFile, append: false) { AutoFlush = true };
        await using (console.ConfigureAwait(false))
        {
            try
            {
                GroupResult result = await new ProcessGroup(withoutNetwork: false).RunAsync(qemu, Take, linked.Token).ConfigureAwait(false);
                exitCode = result.ExitCode;
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                end = silence.IsCancellationRequested ? MachineEnd.Silence : MachineEnd.Total;
            }
        }

        return new MachineRun(BootLog.Parse(lines), end, exitCode, watch.Elapsed, consoleFile);

        void Take(string line)
        {
            lines.Add(line);
            console.WriteLine(line);
            silence.CancelAfter(limits.Silence);
            onLine?.Invoke(line);
        }
    }
}

/// <summary>How long a machine may take. The limits only tell a hang; they are no measure of speed.</summary>
/// <param name="Silence">How long it may say nothing.</param>
/// <param name="Total">How long it may run.</param>
public sealed record MachineLimits(TimeSpan Silence, TimeSpan Total)
{
    /// <summary>Limits for a number of cycles.</summary>
    /// <param name="silence">How long it may say nothing.</param>
    /// <param name="cycles">How many cycles it has to run.</param>
    /// <returns>The limits: twenty times what a cycle takes on an idle machine.</returns>
    public static MachineLimits For(TimeSpan silence, int cycles) => new(silence, (2 * silence) + TimeSpan.FromMilliseconds(20.0 * cycles));
}

/// <summary>What ended a machine.</summary>
public enum MachineEnd
{
    /// <summary>It powered off, rebooted, or never started.</summary>
    ByItself,

    /// <summary>It said nothing for too long.</summary>
    Silence,

    /// <summary>It ran for too long.</summary>
    Total,
}

/// <summary>A machine's run.</summary>
/// <param name="Log">What its console says.</param>
/// <param name="End">What ended it.</param>
/// <param name="ExitCode">QEMU's exit code, or null when a limit ended it.</param>
/// <param name="Elapsed">How long it ran.</param>
/// <param name="ConsoleFile">Where its console is kept.</param>
public sealed record MachineRun(BootLog Log, MachineEnd End, int? ExitCode, TimeSpan Elapsed, string ConsoleFile);
