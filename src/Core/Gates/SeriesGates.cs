using System.Collections.Immutable;
using System.Globalization;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Patches;
using EveKernel.Core.Processes;
using EveKernel.Core.Source;

namespace EveKernel.Core.Gates;

/// <summary>What a series is held against before it is sent or merged: checkpatch, warnings and changed functions.</summary>
/// <param name="plan">The plan of the build that has the series.</param>
/// <param name="environment">The host's environment.</param>
/// <param name="sink">Takes what there is to tell.</param>
public sealed class SeriesGates(BuildPlan plan, ImmutableDictionary<string, string> environment, IDiagnosticSink sink)
{
    // Whatever is only compared has one release on both sides, or each object that holds it would differ.
    private const string NeutralVersion = "-neutral";

    private readonly GitCli _git = new(environment);

    private string Folder => Path.Combine(plan.IntermediateFolder, "gates");

    /// <summary>The result of <see cref="CompareSymbolsAsync"/>.</summary>
    public string SymbolDiffFile => Path.Combine(plan.IntermediateFolder, "symbol-diff.json");

    /// <summary>Runs the tree's checkpatch.pl over the series.</summary>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>A task.</returns>
    /// <exception cref="KernelException">EVK2020, one a finding.</exception>
    public async Task CheckPatchesAsync(CancellationToken cancellation)
    {
        ImmutableArray<PatchSeries> series = ReadSeries();
        await new KernelBuild(plan, environment, sink).FetchAsync(cancellation).ConfigureAwait(false);
        string? repository = plan.Source.Directory is not { } edited ? plan.Store
            : Path.Exists(Path.Combine(edited, ".git")) ? Path.Combine(edited, ".git")
            : null;
        CheckpatchTree tree = new(plan.Store, plan.Source.Tree, plan.Source.Dirty ? "HEAD" : plan.Source.Commit, repository);
        int count = await new Checkpatch(_git, environment, sink).CheckAsync(tree, series, Folder, cancellation).ConfigureAwait(false);
        Say(string.Create(CultureInfo.InvariantCulture, $"checkpatch --strict: {count} {(count == 1 ? "patch" : "patches")}, 0 errors, 0 warnings, 0 checks"));
    }

    /// <summary>Compiles the directories with warnings on, without the series and with it, and takes no new warning.</summary>
    /// <param name="fragments">Fragments to lay over the project's own, so that more is compiled.</param>
    /// <param name="jobs">How many jobs at once.</param>
    /// <param name="withoutNetwork">Whether make is cut off from the network.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>A task.</returns>
    /// <exception cref="KernelException">EVK4030, one a warning; EVK9001 without sparse, or with one that the tree leaves out.</exception>
    public async Task CompareWarningsAsync(ImmutableArray<string> fragments, int jobs, bool withoutNetwork, CancellationToken cancellation)
    {
        ExecutableSearch.Find("sparse", environment);
        (GateSideResult before, GateSideResult after) = await BuildAsync(fragments, jobs, withoutNetwork, cancellation).ConfigureAwait(false);
        if (before.SparseLeftOut || after.SparseLeftOut)
        {
            throw new KernelException(
                ErrorCodes.ToolMissing,
                $"The tree takes no sparse as old as the host's ({await SparseVersionAsync(cancellation).ConfigureAwait(false)}), and make went on without it. "
                + $"Install a newer sparse. The logs are in {Folder}.",
                new SourceLocation(plan.ProjectFile));
        }

        ImmutableArray<GateWarning> added = GateWarning.FindNew(before.Warnings, after.Warnings);
        if (!added.IsEmpty)
            throw new KernelException([.. added.Select(Describe)]);
        int without = before.Warnings.Distinct().Count();
        int with = after.Warnings.Distinct().Count();
        Say(string.Create(
            CultureInfo.InvariantCulture,
            $"W=1 and sparse: no new warning in {after.Objects.Length} objects ({without} without the series, {with} with it)"));
    }

    /// <summary>Compares the directories' functions, without the series and with it, prints a table and writes <see cref="SymbolDiffFile"/>.</summary>
    /// <param name="fragments">Fragments to lay over the project's own, so that more is compiled.</param>
    /// <param name="jobs">How many jobs at once.</param>
    /// <param name="withoutNetwork">Whether make is cut off from the network.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>What differs.</returns>
    public async Task<SymbolDiff> CompareSymbolsAsync(ImmutableArray<string> fragments, int jobs, bool withoutNetwork, CancellationToken cancellation)
    {
        (GateSideResult before, GateSideResult after) = await BuildAsync(fragments, jobs, withoutNetwork, cancellation).ConfigureAwait(false);
        ObjectReader reader = new(plan.Compiler == "clang" ? "llvm-" : plan.CrossCompile, environment);
        SymbolDiff difference = await SymbolDiff.CompareAsync(
            reader, before.OutputTree, before.Objects, after.OutputTree, after.Objects, jobs, cancellation).ConfigureAwait(false);
        DurableFile.WriteAllText(SymbolDiffFile, difference.ToJson(before.Tree, after.Tree));
        foreach (string line in difference.ToTable())
            Say(line);
        Say($"The same as a file: {SymbolDiffFile}");
        return difference;
    }

    private async Task<(GateSideResult Before, GateSideResult After)> BuildAsync(
        ImmutableArray<string> fragments, int jobs, bool withoutNetwork, CancellationToken cancellation)
    {
        ImmutableArray<PatchSeries> series = ReadSeries();
        ImmutableArray<string> directories = [.. plan.Directories.Concat(plan.Gates).Distinct()];
        if (directories.IsEmpty)
        {
            throw new KernelException(
                ErrorCodes.GateWithoutDirectories,
                "The project names no directory to compare. Add <KernelGate Include=\"drivers/…\" />.",
                new SourceLocation(plan.ProjectFile));
        }

        if (fragments.FirstOrDefault(fragment => !File.Exists(fragment)) is { } missing)
            throw new KernelException(ErrorCodes.InputMissing, $"'{missing}' is not there. The project names it.", new SourceLocation(plan.ProjectFile));
        DiskSpace.Require(plan.IntermediateFolder);
        await new KernelBuild(plan, environment, sink).FetchAsync(cancellation).ConfigureAwait(false);
        PatchedTree patched = await new SeriesApplier(_git, plan.Store, new Silent()).ApplyAsync(
            plan.Source.Commit, plan.Source.Tree, plan.Source.CommitTime, series, AlreadyApplied.Skip, Path.Combine(Folder, "series.index"), cancellation)
            .ConfigureAwait(false);
        string? sparse = await SparseVersionAsync(cancellation).ConfigureAwait(false);

        // The patched tree is that of the build. The base tree stands beside it and never moves, so that of the base nothing is compiled a second time.
        GateSide before = Side("base", "without the series", plan.Source.Tree, Path.Combine(Folder, "base"), Path.Combine(Folder, "base.index"));
        GateSide after = Side("patched", "with the series", patched.Tree, plan.WorkTree, Path.Combine(plan.IntermediateFolder, "tree.index"));
        return (await before.BuildAsync(jobs, withoutNetwork, cancellation).ConfigureAwait(false),
            await after.BuildAsync(jobs, withoutNetwork, cancellation).ConfigureAwait(false));

        GateSide Side(string name, string what, string tree, string folder, string index) => new(
            new GateSideRequest(
                what,
                plan.Store,
                tree,
                index,
                plan.CreateMakeContext(environment) with
                {
                    SourceTree = folder,
                    OutputTree = Path.Combine(Folder, $"{name}-out"),
                    LocalVersion = NeutralVersion,
                    Warnings = "1",
                },
                plan.Toolchain,
                sparse,
                plan.SourceArch,
                directories,
                plan.Defconfig,
                [.. plan.Fragments, .. fragments],
                plan.KconfigHelper,
                Path.Combine(Folder, $"{name}.log")),
            _git,
            sink);
    }

    private ImmutableArray<PatchSeries> ReadSeries() => plan.Series.IsEmpty
        ? throw new KernelException(
            ErrorCodes.GateWithoutSeries,
            "The project has no KernelPatchSeries, so there is nothing that this gate could examine.",
            new SourceLocation(plan.ProjectFile))
        : [.. plan.Series.Select(PatchSeries.Read)];

    // Where sparse is there, it runs for the comparison of functions too: both gates then share their objects.
    private async Task<string?> SparseVersionAsync(CancellationToken cancellation)
    {
        if (ExecutableSearch.TryFind("sparse", environment) is not { } sparse)
            return null;
        Command command = new(sparse, "--version") { Environment = environment };
        CommandResult result = await ProcessRunner.RunAsync(command, cancellation).ConfigureAwait(false);
        return (result.StandardOutput + result.StandardError).Trim();
    }

    private Diagnostic Describe(GateWarning warning) => new(
        Severity.Error,
        ErrorCodes.NewWarning,
        $"{warning.Message}{(warning.Function.Length == 0 ? "" : $" (in {warning.Function})")}: the series brings this warning",
        new SourceLocation(Locate(warning.File), warning.Line, warning.Column));

    private string Locate(string file) =>
        Path.Combine(plan.WorkTree, file) is var inTree && File.Exists(inTree) ? inTree : Path.Combine(Folder, "patched-out", file);

    private void Say(string text) => sink.Report(new Diagnostic(Severity.Message, null, text));

    // That a patch is in the tree already is told by the build itself.
    private sealed class Silent : IDiagnosticSink
    {
        public void Report(Diagnostic diagnostic)
        {
        }
    }
}
