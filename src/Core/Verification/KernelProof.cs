using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Packaging;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Verification;

/// <summary>Boots the base and the packed kernel, and judges what the reproducer reports of each.</summary>
/// <param name="request">What is to be proven.</param>
/// <param name="environment">The host's environment.</param>
/// <param name="sink">Takes messages as the proof goes on.</param>
public sealed class KernelProof(ProofRequest request, ImmutableDictionary<string, string> environment, IDiagnosticSink sink)
{
    private const int Attempts = 2;

    private BuildPlan Plan => request.Bench.Plan;

    /// <summary>Proves.</summary>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The outcome, failed or not.</returns>
    /// <exception cref="KernelException">EVK6005, EVK6006: there is nothing to boot.</exception>
    public async Task<ProofOutcome> RunAsync(CancellationToken cancellation)
    {
        BaseKernelRecord built = BaseKernel.TryRead(request.BasePlan)
            ?? throw new KernelException(ErrorCodes.PackedBytesDiffer, $"'{BaseKernel.FolderOf(request.BasePlan)}' does not hold the base kernel. Run dotnet test without --no-build.");
        ProvenKernel plain = new(built.Key, built.Release, built.Sha256);
        TestBench bench = await TestBench.PrepareAsync(request.Bench, environment, sink, cancellation).ConfigureAwait(false);
        (Manifest manifest, Initramfs initramfs, HostKvm kvm) = (bench.Manifest, bench.Initramfs, bench.Kvm);
        ProvenKernel patched = new(manifest.Key, manifest.KernelRelease, bench.KernelSha256);

        List<BootResult> boots = [];
        ImmutableArray<string> step = request.Checks.Remove(KernelChecks.Race);
        if (!step.IsEmpty)
            boots.Add(await BootAsync(bench, KernelRole.Base, plain.Release, step, Math.Min(VerdictEngine.BaseCycles, request.Cycles), cancellation).ConfigureAwait(false));
        boots.AddRange(await BootPatchedAsync(bench, cancellation).ConfigureAwait(false));
        ImmutableArray<Verdict> verdicts = Judge(boots);
        ProofRecord record = new()
        {
            Passed = verdicts.All(verdict => verdict.Passed || verdict.Code == ErrorCodes.RaceUnanswered),
            PackageId = manifest.PackageId,
            PackageVersion = manifest.PackageVersion,
            PatchDiffs = manifest.PatchDiffs,
            Base = plain,
            Patched = patched,
            ReproducerSha256 = initramfs.SourcesSha256,
            InitramfsSha256 = initramfs.Sha256,
            Qemu = bench.QemuVersion,
            Accelerator = kvm.Usable ? "kvm" : "tcg",
            AcceleratorReason = kvm.Reason,
            Cycles = request.Cycles,
            Boots = [.. boots.Select(boot => boot.ToRecord())],
            Checks = [.. verdicts.Select(verdict => Describe(verdict, boots))],
        };
        return new ProofOutcome(record, verdicts, [.. boots], Explain(verdicts, boots));
    }

    /// <summary>Boots the packed kernel alone, and judges it as a patched one.</summary>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The verdicts, check by check.</returns>
    /// <exception cref="KernelException">EVK6004, EVK6005, EVK6006: there is nothing to boot.</exception>
    public async Task<ImmutableArray<Verdict>> JudgeAloneAsync(CancellationToken cancellation)
    {
        TestBench bench = await TestBench.PrepareAsync(request.Bench, environment, sink, cancellation).ConfigureAwait(false);
        return Judge(await BootPatchedAsync(bench, cancellation).ConfigureAwait(false));
    }

    private async Task<IReadOnlyList<BootResult>> BootPatchedAsync(TestBench bench, CancellationToken cancellation)
    {
        List<BootResult> boots = [];
        string release = bench.Manifest.KernelRelease;
        ImmutableArray<string> step = request.Checks.Remove(KernelChecks.Race);
        if (!step.IsEmpty)
            boots.Add(await BootAsync(bench, KernelRole.Patched, release, step, request.Cycles, cancellation).ConfigureAwait(false));
        if (request.Checks.Contains(KernelChecks.Race))
            boots.Add(await BootAsync(bench, KernelRole.Patched, release, [KernelChecks.Race], request.RaceCycles, cancellation).ConfigureAwait(false));
        return boots;
    }

    private async Task<BootResult> BootAsync(TestBench bench, KernelRole kernel, string release, ImmutableArray<string> checks, int cycles, CancellationToken cancellation)
    {
        string image = Path.Combine(kernel == KernelRole.Base ? BaseKernel.FolderOf(request.BasePlan) : Plan.OutputFolder, "kernel");
        BootRequest boot = new(image, bench.Initramfs.Path, checks, cycles, cycles);
        return await RunAsync(kernel, boot, release, bench.Kvm.Usable, cancellation).ConfigureAwait(false);
    }

    private async Task<BootResult> RunAsync(KernelRole kernel, BootRequest boot, string release, bool withKvm, CancellationToken cancellation)
    {
        bool race = boot.Checks.Contains(KernelChecks.Race);
        string name = kernel == KernelRole.Base ? "base" : race ? "patched-race" : "patched";
        Command command = request.Bench.Model.ToCommand(boot, withKvm, environment);
        MachineRunner runner = new(MachineLimits.For(request.Bench.Silence, boot.Cycles));
        for (int attempt = 1; ; attempt++)
        {
            string console = Path.Combine(request.Bench.Folder, $"console-{name}.log");
            MachineRun run = await runner.RunAsync(command, console, onLine: null, cancellation).ConfigureAwait(false);
            BootProblem? problem = BootJudge.FindProblem(run, release, boot.Checks);
            // Race mode is no measure of instructions: the emulator itself may hang or let the boot's own timing checks fail.
            bool again = problem is { IsInfrastructure: true } || (race && problem is not null && (problem.Code == ErrorCodes.GuestHung || run.Log.Begin is null));
            if (!again || attempt == Attempts)
                return new BootResult(kernel, boot, run, attempt, await CompleteAsync(problem, kernel, run, race, cancellation).ConfigureAwait(false), Portable(command, boot));
            sink.Report(new Diagnostic(Severity.Message, null, $"The {name} machine is started again: {problem!.Message.Split('\n')[0]}"));
        }
    }

    private async Task<BootProblem?> CompleteAsync(BootProblem? problem, KernelRole kernel, MachineRun run, bool race, CancellationToken cancellation)
    {
        if (problem?.Code == ErrorCodes.GuestPanicked)
        {
            ImmutableArray<string> stack = await DecodeAsync(kernel, run, cancellation).ConfigureAwait(false);
            return problem with { Message = $"{problem.Message}{string.Concat(stack.Select(frame => $"\n    {frame}"))}" };
        }

        return race && problem is { } unanswered && (unanswered.IsInfrastructure || unanswered.Code == ErrorCodes.GuestHung)
            ? new BootProblem(ErrorCodes.RaceUnanswered, unanswered.Message)
            : problem;
    }

    private async Task<ImmutableArray<string>> DecodeAsync(KernelRole kernel, MachineRun run, CancellationToken cancellation)
    {
        string map = Path.Combine(kernel == KernelRole.Base ? BaseKernel.FolderOf(request.BasePlan) : Plan.OutputFolder, "System.map");
        string objects = kernel == KernelRole.Base ? BaseKernel.FolderOf(request.BasePlan) : Plan.ObjectTree;
        // The objects may be another build's by now.
        bool same = File.Exists(Path.Combine(objects, "System.map")) && Digest.OfFile(Path.Combine(objects, "System.map")) == Digest.OfFile(map);
        StackDecoder decoder = StackDecoder.FromSystemMap(await File.ReadAllLinesAsync(map, cancellation).ConfigureAwait(false));
        return await StackDecoder.DescribeAsync(decoder.FindFrames(run.Log.Lines), same ? Path.Combine(objects, "vmlinux") : "", cancellation).ConfigureAwait(false);
    }

    private ImmutableArray<Verdict> Judge(IReadOnlyList<BootResult> boots)
    {
        ImmutableArray<Verdict>.Builder verdicts = ImmutableArray.CreateBuilder<Verdict>();
        foreach (string check in request.Checks)
        {
            ProtocolLine? onBase = null;
            foreach (BootResult boot in boots.Where(boot => boot.Request.Checks.Contains(check)))
            {
                ProtocolLine? result = boot.Run.Log.Results.GetValueOrDefault(check);
                // A machine that cannot be judged as a whole gives no verdict of a part: what came before a panic may be what caused it.
                verdicts.Add(boot.Problem is { } problem
                    ? new Verdict(check, boot.Kernel, problem.Code, problem.Message.Split('\n')[0])
                    : VerdictEngine.Judge(check, boot.Kernel, result!, boot.Request.Cycles, onBase));
                if (boot.Kernel == KernelRole.Base)
                    onBase = result;
            }
        }

        return verdicts.ToImmutable();
    }

    private static ProvenCheck Describe(Verdict verdict, IEnumerable<BootResult> boots)
    {
        ProtocolLine? result = boots.First(boot => boot.Kernel == verdict.Kernel && boot.Request.Checks.Contains(verdict.Check)).Run.Log.Results.GetValueOrDefault(verdict.Check);
        string word = verdict.Passed ? "as-expected" : verdict.Code!.Kind == ErrorKind.Infrastructure ? "none" : "failed";
        return new ProvenCheck(
            verdict.Check,
            verdict.KernelName,
            word,
            verdict.Code?.Id,
            verdict.Seen,
            result?.Values.Remove("event").Remove("check") ?? ImmutableSortedDictionary<string, JsonElement>.Empty);
    }

    private static ImmutableArray<Diagnostic> Explain(ImmutableArray<Verdict> verdicts, IReadOnlyList<BootResult> boots)
    {
        IEnumerable<Diagnostic> machines = boots.Where(boot => boot.Problem is not null).Select(boot => new Diagnostic(
            boot.Problem!.Code == ErrorCodes.RaceUnanswered ? Severity.Warning : Severity.Error,
            boot.Problem.Code,
            $"The {boot.Name} kernel's machine gives no verdict: {boot.Problem.Message}\nThe whole console: {boot.Run.ConsoleFile}"));
        IEnumerable<Diagnostic> failures = verdicts
            .Where(verdict => !verdict.Passed && boots.All(boot => boot.Problem is null || boot.Kernel != verdict.Kernel || !boot.Request.Checks.Contains(verdict.Check)))
            .Select(verdict => new Diagnostic(
                Severity.Error,
                verdict.Code,
                $"{verdict.Check}, {verdict.KernelName} kernel: {verdict.Seen}. The whole console: "
                + boots.First(boot => boot.Kernel == verdict.Kernel && boot.Request.Checks.Contains(verdict.Check)).Run.ConsoleFile));
        return [.. machines, .. failures];
    }

    private static string Portable(Command command, BootRequest boot) => (command with { Executable = Path.GetFileName(command.Executable) }).ToString()
        .Replace(boot.Kernel, "kernel", StringComparison.Ordinal)
        .Replace(boot.Initramfs, "initramfs", StringComparison.Ordinal);
}

/// <summary>What is to be proven.</summary>
/// <param name="Bench">The packed kernel, and where it is tried.</param>
/// <param name="Checks">The checks, in the order in which they run.</param>
/// <param name="Cycles">How often step mode toggles on the patched kernel.</param>
/// <param name="RaceCycles">How often race mode toggles.</param>
public sealed record ProofRequest(BenchRequest Bench, ImmutableArray<string> Checks, int Cycles, int RaceCycles)
{
    /// <summary>The plan whose base kernel is booted beside. An edit tree is held against its pin's.</summary>
    public BuildPlan BasePlan { get; init; } = Bench.Plan;
}

/// <summary>A machine that was run.</summary>
/// <param name="Kernel">Which kernel.</param>
/// <param name="Request">What was asked of it.</param>
/// <param name="Run">How the last attempt went.</param>
/// <param name="Attempts">How many there were.</param>
/// <param name="Problem">Why it cannot be judged, or null.</param>
/// <param name="CommandLine">QEMU's call without the machine's paths.</param>
public sealed record BootResult(KernelRole Kernel, BootRequest Request, MachineRun Run, int Attempts, BootProblem? Problem, string CommandLine)
{
    /// <summary>The kernel's name, as people read it.</summary>
    public string Name => Kernel == KernelRole.Base ? "base" : "patched";

    /// <summary>The machine as verify.json has it.</summary>
    /// <returns>The record.</returns>
    public ProvenBoot ToRecord() => new(
        Name, Request.Checks.Contains(KernelChecks.Race) ? "race" : "step", CommandLine, Attempts, (long)Run.Elapsed.TotalMilliseconds, Problem?.Code.Id);
}

/// <summary>A proof's outcome.</summary>
/// <param name="Record">What verify.json holds.</param>
/// <param name="Verdicts">The verdicts, check by check.</param>
/// <param name="Boots">The machines.</param>
/// <param name="Diagnostics">Errors and warnings; no error when all is as it should be.</param>
public sealed record ProofOutcome(ProofRecord Record, ImmutableArray<Verdict> Verdicts, ImmutableArray<BootResult> Boots, ImmutableArray<Diagnostic> Diagnostics)
{
    /// <summary>The verdicts as a table.</summary>
    /// <returns>Its lines.</returns>
    public ImmutableArray<string> ToTable()
    {
        string[][] rows =
        [
            ["check", "kernel", "verdict", "seen"],
            .. Record.Checks.Select(check => (string[])[check.Check, check.Kernel, check.Verdict.Replace('-', ' '), check.Seen]),
        ];
        int[] widths = [.. Enumerable.Range(0, 3).Select(column => rows.Max(row => row[column].Length))];
        return [.. rows.Select(row => string.Create(
            CultureInfo.InvariantCulture, $"  {row[0].PadRight(widths[0])}  {row[1].PadRight(widths[1])}  {row[2].PadRight(widths[2])}  {row[3]}"))];
    }
}
