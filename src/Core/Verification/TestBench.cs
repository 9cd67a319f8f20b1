using System.Collections.Immutable;
using EveKernel.Core.Configuration;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Packaging;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Verification;

/// <summary>All that a test machine of the packed kernel needs: the very bytes that are packed, the reproducer, and an accelerator.</summary>
/// <param name="Manifest">The packed kernel's manifest, which its files match.</param>
/// <param name="KernelSha256">The image's digest.</param>
/// <param name="Initramfs">The reproducer.</param>
/// <param name="Kvm">Whether the host's KVM is used.</param>
/// <param name="QemuVersion">QEMU's own words for its version.</param>
public sealed record TestBench(Manifest Manifest, string KernelSha256, Initramfs Initramfs, HostKvm Kvm, string QemuVersion)
{
    /// <summary>Looks for what would end the proof, before anything is compiled for it.</summary>
    /// <param name="model">The architecture's machine.</param>
    /// <param name="arch">The architecture.</param>
    /// <param name="environment">The host's environment.</param>
    /// <exception cref="KernelException">EVK6004: there is no machine; EVK9001: QEMU is missing.</exception>
    public static void CheckMachine(MachineModel model, string arch, ImmutableDictionary<string, string> environment)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (model.Program.Length == 0)
            throw new KernelException(ErrorCodes.NoMachine, $"There is no test machine for {arch} yet: its data file has no QEMU line.");
        ExecutableSearch.Find(model.Program, environment);
    }

    /// <summary>Puts all together.</summary>
    /// <param name="request">What is wanted.</param>
    /// <param name="environment">The host's environment.</param>
    /// <param name="sink">Told which accelerator is used, and why.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The bench.</returns>
    /// <exception cref="KernelException">EVK6004, EVK6005, EVK6006, EVK9001: there is nothing to boot, or nothing to boot it in.</exception>
    public static async Task<TestBench> PrepareAsync(
        BenchRequest request, ImmutableDictionary<string, string> environment, IDiagnosticSink sink, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(sink);
        BuildPlan plan = request.Plan;
        CheckMachine(request.Model, plan.Arch, environment);
        Manifest manifest = ReadManifest(plan);
        Initramfs initramfs = await new Reproducer(request.ReproducerSources, environment)
            .MakeAsync(plan.CrossCompile + plan.Compiler, plan.Toolchain, request.Folder, cancellation).ConfigureAwait(false);
        HostKvm kvm = await FindKvmAsync(request, environment, cancellation).ConfigureAwait(false);
        sink.Report(new Diagnostic(Severity.Message, null, kvm.Usable ? "The test machines run with KVM." : $"The test machines run under emulation, without KVM: {kvm.Reason}."));
        Command version = new(request.Model.Program, "--version") { Environment = environment };
        string qemu = (await ProcessRunner.RunAsync(version, cancellation).ConfigureAwait(false)).StandardOutput.Split('\n')[0];
        return new TestBench(manifest, Digest.OfFile(Path.Combine(plan.OutputFolder, "kernel")), initramfs, kvm, qemu);
    }

    private static Manifest ReadManifest(BuildPlan plan)
    {
        Manifest manifest = Manifest.TryRead(Path.Combine(plan.OutputFolder, "manifest.json"))
            ?? throw new KernelException(ErrorCodes.PackedBytesDiffer, $"'{plan.OutputFolder}' has no manifest.json. Build the project first.");
        return manifest.Key == plan.Key && manifest.Matches(plan.OutputFolder) ? manifest : throw new KernelException(
            ErrorCodes.PackedBytesDiffer, $"A file in '{plan.OutputFolder}' is not what manifest.json lists, or not this project's. Build it again.");
    }

    private static async Task<HostKvm> FindKvmAsync(BenchRequest request, ImmutableDictionary<string, string> environment, CancellationToken cancellation)
    {
        if (request.Model.KvmStep.Length == 0)
            return new HostKvm(false, "the architecture's test machine has no line for it");
        if (!request.AllowKvm)
            return new HostKvm(false, "the project wants emulation");
        ConfigFile config = ConfigFile.Read(Path.Combine(request.Plan.OutputFolder, "config"));
        return await HostKvm.ProbeAsync(request.Model.Program, config.IsBuiltIn, environment, cancellation).ConfigureAwait(false);
    }
}

/// <summary>What a bench is made from.</summary>
/// <param name="Plan">The plan of the packed kernel.</param>
/// <param name="Model">The architecture's machine.</param>
/// <param name="Silence">How long a machine may say nothing.</param>
/// <param name="AllowKvm">Whether the host's KVM may be used where it works.</param>
/// <param name="ReproducerSources">The folder of the reproducer's C sources.</param>
public sealed record BenchRequest(BuildPlan Plan, MachineModel Model, TimeSpan Silence, bool AllowKvm, string ReproducerSources)
{
    /// <summary>Where initramfs and consoles are kept.</summary>
    public string Folder => Path.Combine(Plan.IntermediateFolder, ProofPackage.Folder);
}
