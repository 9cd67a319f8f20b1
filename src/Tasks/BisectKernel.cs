using System.Collections.Immutable;
using EveKernel.Core.Bisect;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Packaging;
using EveKernel.Core.Verification;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>Finds the first patch or commit with which the kernel is good, or bad. Each step is a build of the project in a process of its own.</summary>
[MSBuildMultiThreadableTask]
public sealed class BisectKernel : KernelTask
{
    // What a step is given anew, and what is of the build that asks.
    private static readonly ImmutableHashSet<string> NotForSteps = ImmutableHashSet.Create(
        StringComparer.OrdinalIgnoreCase, "KernelBisectGood", "KernelBisectBad", "MSBuildRestoreSessionId", "MSBuildIsRestoring", "ExcludeRestorePackageImports", "KernelLockFile", "OutputPath",
        "ArtifactsPath", "IntermediateOutputPath");

    /// <summary>The project.</summary>
    [Required]
    public string ProjectFile { get; set; } = "";

    /// <summary>The project's intermediate folder; the bisection has one of its own in it.</summary>
    [Required]
    public string IntermediateFolder { get; set; } = "";

    /// <summary>KernelBisectGood: a patch, <c>base</c> or a commit; or empty.</summary>
    public string Good { get; set; } = "";

    /// <summary>KernelBisectBad: the same.</summary>
    public string Bad { get; set; } = "";

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

    /// <summary>KernelCheckAccelerator.</summary>
    [Required]
    public string Accelerator { get; set; } = "";

    /// <summary>KernelArch.</summary>
    [Required]
    public string Arch { get; set; } = "";

    /// <summary>QEMU's program, or empty.</summary>
    public string Qemu { get; set; } = "";

    /// <summary>The folder of the reproducer's C sources.</summary>
    [Required]
    public string ReproducerSources { get; set; } = "";

    /// <summary>The project's series files, absolute.</summary>
    public string[] Series { get; set; } = [];

    /// <summary>KernelRepository.</summary>
    public string Repository { get; set; } = "";

    /// <summary>KernelCommit.</summary>
    public string Commit { get; set; } = "";

    /// <summary>KernelEdited.</summary>
    public bool Edited { get; set; }

    /// <summary>Whether the project builds only some directories.</summary>
    public bool ObjectsOnly { get; set; }

    /// <summary>The dotnet program; empty is this process's.</summary>
    public string Dotnet { get; set; } = "";

    /// <summary>Where NuGet's restore has left its files.</summary>
    [Required]
    public string RestoreFolder { get; set; } = "";

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken cancellation)
    {
        RequireQuestion();
        string folder = Path.Combine(IntermediateFolder, "bisect");
        Directory.CreateDirectory(folder);
        await TakeLockAsync(ProjectFile, folder, cancellation).ConfigureAwait(false);
        string projectFolder = Path.GetDirectoryName(ProjectFile)!;
        ImmutableDictionary<string, string> properties = BuildEngine6.GetGlobalProperties().Where(property => !NotForSteps.Contains(property.Key))
            .ToImmutableDictionary(StringComparer.OrdinalIgnoreCase).SetItem("KernelCheckCycles", Cycles);
        IEnumerable<string> sources = Directory.EnumerateFiles(ReproducerSources, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(Digest.OfFile);
        string question = StepJudge.DigestQuestion(Run, projectFolder, [.. Checks.Order(StringComparer.Ordinal), Cycles, RaceCycles, Accelerator, .. sources]);
        BisectRequest request = new(ProjectFile, folder, Dotnet.Length > 0 ? Dotnet : System.Environment.ProcessPath!, RestoreFolder, properties, question, Run.Length == 0 && Checks is [StepJudge.BuildCheck]);
        BisectEnds ends = new(Good, Bad, [.. Series], Repository.Length > 0 ? Locate(Repository, projectFolder) : "", Commit);
        await WithCoresAsync(_ => new Bisection(request, HostEnvironment, this).RunAsync(ends, cancellation)).ConfigureAwait(false);
    }

    // Before anything is compiled.
    private void RequireQuestion()
    {
        if (Edited)
            throw new KernelException(ErrorCodes.BisectUnclear, "An edit tree is not bisected: fold it back into the series (KernelPatchRefresh), and leave KernelEdited out.");
        if (Run.Length > 0 || Checks is [StepJudge.BuildCheck])
            return;
        if (ObjectsOnly || Checks.Length == 0)
        {
            throw new KernelException(
                ErrorCodes.BisectUnclear,
                $"{(ObjectsOnly ? "The project builds only directories, which cannot be booted" : "The project names no KernelCheck")}, so that nothing tells good from bad. "
                    + "Give -p:KernelBisectRun=COMMAND, or -p:KernelBisectCheck=build if what compiles is good.");
        }

        KernelChecks.Parse(Checks);
        TestBench.CheckMachine(new MachineModel(Qemu, "", "", "", "", "", ""), Arch, HostEnvironment);
    }
}
