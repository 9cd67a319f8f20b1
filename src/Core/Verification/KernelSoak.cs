using System.Collections.Immutable;
using System.Globalization;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Verification;

/// <summary>Runs many machines of the packed kernel side by side for a time, and stops them all at the first death.</summary>
/// <param name="request">What to run.</param>
/// <param name="environment">The host's environment.</param>
/// <param name="sink">Takes a line a machine.</param>
public sealed class KernelSoak(SoakRequest request, ImmutableDictionary<string, string> environment, IDiagnosticSink sink)
{
    /// <summary>Runs them.</summary>
    /// <param name="cancellation">Ends all.</param>
    /// <returns>What became of each machine.</returns>
    public async Task<SoakRecord> RunAsync(CancellationToken cancellation)
    {
        TestBench bench = await TestBench.PrepareAsync(request.Bench, environment, sink, cancellation).ConfigureAwait(false);
        using CancellationTokenSource death = new();
        using CancellationTokenSource linked = CancellationTokenSource.CreateLinkedTokenSource(cancellation, death.Token);
        SoakMachine[] machines = await Task.WhenAll(Enumerable.Range(1, request.Machines).Select(RunOneAsync)).ConfigureAwait(false);
        cancellation.ThrowIfCancellationRequested();
        return new SoakRecord { Kernel = bench.Manifest.KernelRelease, KernelSha256 = bench.KernelSha256, Check = request.Check, Machines = [.. machines] };

        async Task<SoakMachine> RunOneAsync(int number)
        {
            SoakMachine machine = await RunMachineAsync(number, bench, linked.Token).ConfigureAwait(false);
            string cycles = machine.Cycles.ToString("N0", CultureInfo.InvariantCulture);
            string line = string.Create(CultureInfo.InvariantCulture, $"machine {number}: {machine.Outcome}, {cycles} cycles in {machine.Milliseconds / 1000} s");
            sink.Report(new Diagnostic(Severity.Message, null, machine.Detail is null ? line : $"{line}; {machine.Detail}"));
            if (machine.Outcome == SoakMachine.Died)
                await death.CancelAsync().ConfigureAwait(false);
            return machine;
        }
    }

    private async Task<SoakMachine> RunMachineAsync(int number, TestBench bench, CancellationToken cancellation)
    {
        long cycles = 0;
        BootRequest boot = new(Path.Combine(request.Bench.Plan.OutputFolder, "kernel"), bench.Initramfs.Path, [request.Check], int.MaxValue, int.MaxValue);
        MachineRunner runner = new(new MachineLimits(request.Bench.Silence, request.Duration));
        string console = Path.Combine(request.Bench.Folder, string.Create(CultureInfo.InvariantCulture, $"console-soak-{number}.log"));
        long start = Environment.TickCount64;
        try
        {
            MachineRun run = await runner.RunAsync(
                request.Bench.Model.ToCommand(boot, bench.Kvm.Usable, environment), console, line => cycles = CyclesOf(line) ?? cycles, cancellation).ConfigureAwait(false);
            string? complaint = FindDeath(run, bench.Manifest.KernelRelease);
            return new SoakMachine(
                number, complaint is null ? SoakMachine.Alive : SoakMachine.Died, cycles, (long)run.Elapsed.TotalMilliseconds, complaint is null ? null : $"{complaint} Its console: {console}");
        }
        catch (OperationCanceledException)
        {
            return new SoakMachine(number, SoakMachine.Stopped, cycles, Environment.TickCount64 - start, null);
        }
    }

    // Alive is one that was still counting when its time was up.
    private string? FindDeath(MachineRun run, string release)
    {
        if (run.End == MachineEnd.Total && run.Log is { Panic: null, Results.IsEmpty: true, Begin: { } begin, Progress: { } progress }
            && begin.Text("kernel") == release && progress.Count("cycles") > 0)
        {
            return null;
        }

        if (run.Log.Results.TryGetValue(request.Check, out ProtocolLine? result))
            return $"{request.Check} ended '{result.Text("outcome")}' in cycle {result.Count("cycle")}: {result.Text("detail")}.";
        return BootJudge.FindProblem(run, release, [request.Check])?.Message ?? "it ended before its time.";
    }

    private static long? CyclesOf(string line) => BootLog.Parse([line]).Progress?.Count("cycles");
}

/// <summary>What to soak.</summary>
/// <param name="Bench">The packed kernel, and where it is tried.</param>
/// <param name="Check"><c>disabled-bar</c> or <c>race</c>.</param>
/// <param name="Machines">How many machines.</param>
/// <param name="Duration">How long.</param>
public sealed record SoakRequest(BenchRequest Bench, string Check, int Machines, TimeSpan Duration);

/// <summary>soak.json: what became of each machine.</summary>
public sealed record SoakRecord
{
    /// <summary>The form of this file; 1.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>The kernel's release.</summary>
    public required string Kernel { get; init; }

    /// <summary>The image's digest.</summary>
    public required string KernelSha256 { get; init; }

    /// <summary>The check that was run.</summary>
    public required string Check { get; init; }

    /// <summary>The machines.</summary>
    public required ImmutableArray<SoakMachine> Machines { get; init; }

    /// <summary>Writes it.</summary>
    /// <param name="path">The file.</param>
    public void Write(string path) => DurableFile.WriteAllText(path, JsonFile.ToText(this));
}

/// <summary>A machine of a soak.</summary>
/// <param name="Number">Its number, from 1.</param>
/// <param name="Outcome">alive, died, or stopped because another one died.</param>
/// <param name="Cycles">The last count that it gave.</param>
/// <param name="Milliseconds">How long it ran.</param>
/// <param name="Detail">How it died, or null.</param>
public sealed record SoakMachine(int Number, string Outcome, long Cycles, long Milliseconds, string? Detail)
{
    /// <summary>Still counting when its time was up.</summary>
    public const string Alive = "alive";

    /// <summary>Ended before its time.</summary>
    public const string Died = "died";

    /// <summary>Ended since another one died.</summary>
    public const string Stopped = "stopped";
}
