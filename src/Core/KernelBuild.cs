using System.Collections.Immutable;
using System.Globalization;
using EveKernel.Core.Configuration;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Make;
using EveKernel.Core.Packaging;
using EveKernel.Core.Patches;
using EveKernel.Core.Processes;
using EveKernel.Core.Source;

namespace EveKernel.Core;

/// <summary>The stages of a build, each reading the record of the one before it.</summary>
/// <param name="plan">The plan.</param>
/// <param name="environment">The host's environment.</param>
/// <param name="sink">Takes what there is to tell.</param>
public sealed partial class KernelBuild(BuildPlan plan, ImmutableDictionary<string, string> environment, IDiagnosticSink sink)
{
    /// <summary>How often a make that lasts is told of.</summary>
    public TimeSpan ProgressInterval { get; init; } = MakeProgress.DefaultInterval;

    /// <summary>Takes what is told of a make, from any thread; null tells it as anything else.</summary>
    public Action<string>? TellProgress { get; init; }

    private readonly IGit _git = GitBackend.Open(plan.GitBackend, plan.CacheFolder, environment, sink);

    private string PatchedFile => Path.Combine(plan.IntermediateFolder, "patched.json");

    private string ConfiguredFile => Path.Combine(plan.IntermediateFolder, "configured.json");

    private string ObjectsFile => Path.Combine(plan.IntermediateFolder, "objects.json");

    private string ConfigFile => Path.Combine(plan.ObjectTree, ".config");

    private BuildJournal Journal => new(plan.IntermediateFolder);

    /// <summary>Brings the source's objects into the store.</summary>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>A task.</returns>
    public Task FetchAsync(CancellationToken cancellation) => Journal.RunAsync("fetch", async record =>
    {
        await new ToolchainFinder(plan.CacheFolder, plan.Store, environment, sink).RequireAsync(plan, cancellation).ConfigureAwait(false);
        if (plan.Source.Dirty)
            return record with { Skipped = "the source is a folder that somebody edits" };
        bool known = await _git.FindCommitAsync(plan.Store, plan.Source.Commit, cancellation).ConfigureAwait(false) is not null;
        SourceFetcher fetcher = new(_git, plan.Store, sink, new ArchiveImporter(environment));
        SourceRecord found = await fetcher.FetchAsync(plan.Pin, Path.Combine(plan.IntermediateFolder, "snapshot.index"), plan.ProjectFile, cancellation).ConfigureAwait(false);
        if (plan.LockFile.Length > 0)
            LockKeeper.RequireAgreement(plan.Source, found, plan.LockFile);
        return record with { Skipped = known ? "the store holds the commit" : null };
    });

    /// <summary>Applies the series, and moves the work tree to the result.</summary>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>A task.</returns>
    public Task PatchAsync(CancellationToken cancellation) => Journal.RunAsync("patch", async record =>
    {
        SeriesApplier applier = new(_git, plan.Store, sink);
        PatchedTree patched = await applier.ApplyAsync(
            plan.Source.Commit,
            plan.Source.Tree,
            plan.Source.CommitTime,
            [.. plan.Series.Select(PatchSeries.Read)],
            plan.AlreadyAppliedIsError ? AlreadyApplied.Error : AlreadyApplied.Skip,
            Path.Combine(plan.IntermediateFolder, "series.index"),
            cancellation).ConfigureAwait(false);
        if (plan.WorkTree != plan.Source.Directory)
        {
            string index = Path.Combine(plan.IntermediateFolder, "tree.index");
            await _git.CheckOutAsync(plan.Store, patched.Tree, plan.WorkTree, index, cancellation).ConfigureAwait(false);
        }

        JsonFile.Write(PatchedFile, patched);
        return record with { Skipped = patched.Patches.IsEmpty ? "the project has no patches" : null };
    });

    /// <summary>Makes and checks the configuration.</summary>
    /// <param name="jobs">How many jobs at once.</param>
    /// <param name="withoutNetwork">Whether make is cut off from the network.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>A task.</returns>
    public Task ConfigureAsync(int jobs, bool withoutNetwork, CancellationToken cancellation) => Journal.RunAsync("configure", async record =>
    {
        plan.Launcher.Require(plan.CreateMakeContext(environment).Environment);
        DropObjectsOfOtherTools();
        ForgetCacheUse();
        Directory.CreateDirectory(plan.ObjectTree);
        // One log a build: it would grow with each, and show what an earlier one has compiled.
        if (File.Exists(plan.LogFile))
            File.Delete(plan.LogFile);
        Configurator configurator = new(Processes(withoutNetwork), sink);
        ConfiguredTree tree = await FindConfiguredAsync(cancellation).ConfigureAwait(false);
        ConfigurationResult result = await configurator.ConfigureAsync(Request(tree, jobs), cancellation).ConfigureAwait(false);
        JsonFile.Write(ConfiguredFile, tree);
        return record with { Skipped = result.WasUpToDate ? "nothing that decides .config has changed" : null };
    });

    // Kconfig asks the compiler hundreds of questions, which takes seconds. What was configured stands for all trees that follow and differ in sources alone.
    private async Task<ConfiguredTree> FindConfiguredAsync(CancellationToken cancellation)
    {
        string tree = ReadPatched().Tree;
        ConfiguredTree? last = JsonFile.TryRead<ConfiguredTree>(ConfiguredFile);
        bool alike = last is not null && (last.Tree == tree
            || (_git is GitCli git && await git.ConfigureAlikeAsync(plan.Store, last.Tree, tree, cancellation).ConfigureAwait(false)));
        return new ConfiguredTree(tree, alike ? last!.Configured : tree);
    }

    /// <summary>Runs make, and proves the gates.</summary>
    /// <param name="jobs">How many jobs at once.</param>
    /// <param name="withoutNetwork">Whether make is cut off from the network.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>A task.</returns>
    public Task MakeAsync(int jobs, bool withoutNetwork, CancellationToken cancellation) => Journal.RunAsync("make", async record =>
    {
        MakeContext context = plan.CreateMakeContext(environment);
        await using MakeProgress progress = Progress(jobs);
        GateCheck check = new(context);
        ImmutableArray<GateDirectory> gates = ResolveGates();
        check.ForgetWarned(gates);
        ForgetVersionHeader();
        await RunMakeAsync(jobs, withoutNetwork, ReleaseCheck.Targets, cancellation, progress).ConfigureAwait(false);
        new ReleaseCheck(context, plan.Release).Require();
        MakeResult result;
        if (plan.Kind == PackageKind.Kernel)
        {
            result = await RunMakeAsync(jobs, withoutNetwork, plan.MakeTargets(gates, HasModules)[0], cancellation, progress).ConfigureAwait(false);
            await check.ProveWholeBuildAsync(gates, cancellation).ConfigureAwait(false);
        }
        else
        {
            check.ForgetLists(gates);
            ImmutableArray<ImmutableArray<string>> calls = plan.MakeTargets(gates, HasModules);
            result = await RunMakeAsync(jobs, withoutNetwork, calls[0], cancellation, progress).ConfigureAwait(false);
            result = result.Then(await RunMakeAsync(jobs, withoutNetwork, calls[1], cancellation, progress).ConfigureAwait(false));
            ImmutableSortedDictionary<string, ImmutableSortedSet<string>> proven = await check.ProveAsync(gates, cancellation).ConfigureAwait(false);
            JsonFile.Write(ObjectsFile, proven.Values.SelectMany(objects => objects).Distinct());
        }

        progress.Finish();
        check.RequireClean(gates, result.Warnings);
        return Describe(record, jobs, result) with { CompilerCache = TellCacheUse() };
    });

    /// <summary>Puts the results together aside, swaps them in with the manifest last, and writes what the package is made from.</summary>
    /// <param name="jobs">How many jobs at once.</param>
    /// <param name="withoutNetwork">Whether make is cut off from the network.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>A task.</returns>
    public Task StageAsync(int jobs, bool withoutNetwork, CancellationToken cancellation) => Journal.RunAsync("stage", async record =>
    {
        Stager stager = new(plan, plan.Kind == PackageKind.Kernel ? PackagePart.Kernel : PackagePart.Objects, environment);
        if (plan.Kind == PackageKind.Objects)
        {
            stager.CollectObjects(JsonFile.Read<ImmutableArray<string>>(ObjectsFile));
            stager.Finish(ReadPatched());
            return record;
        }

        stager.CollectKernel();
        if (HasModules)
        {
            ImmutableArray<string> install = [$"INSTALL_MOD_PATH={stager.CreateInstallFolder()}", "INSTALL_MOD_STRIP=1", "modules_install"];
            MakeResult result = await RunMakeAsync(jobs, withoutNetwork, install, cancellation).ConfigureAwait(false);
            new GateCheck(plan.CreateMakeContext(environment)).RequireClean(ResolveGates(), result.Warnings);
            record = Describe(record, jobs, result);
            stager.CollectModules();
        }

        // Before the kernel: its manifest, the last that is written, says that all is there.
        ExtraPackages extras = new(plan, environment, targets => RunMakeAsync(jobs, withoutNetwork, targets, cancellation));
        await extras.StageAsync(HasModules, jobs, ReadPatched(), cancellation).ConfigureAwait(false);
        stager.Finish(ReadPatched());
        return record;
    });

    /// <summary>Moves a packed package of the kernel's version to where it is wanted.</summary>
    /// <param name="from">Where it was packed, below the intermediate folder.</param>
    /// <param name="id">Its id.</param>
    /// <param name="packageFolder">The folder.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>A task.</returns>
    public async Task FinishAsync(string from, string id, string packageFolder, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        string packed = plan.PackageFile(Path.Combine(plan.IntermediateFolder, from), id);
        if (!File.Exists(packed))
            throw new KernelException(ErrorCodes.ResultMissing, $"'{packed}' was not packed. Build again with -bl and report it.");
        await DurableFile.CopyAsync(packed, plan.PackageFile(packageFolder, id), cancellation).ConfigureAwait(false);
        File.Delete(packed);
        if (id == plan.PackageId)
            WriteRecord();
    }

    // NuGet's task packed before, so packing began when staging ended.
    private void WriteRecord()
    {
        StageRecord last = Journal.Read()[^1];
        DateTime started = last.Started.AddSeconds(last.Seconds);
        Journal.Add(new StageRecord("pack", started, BuildJournal.Elapsed(started)));
        // A result of somebody else's that was only packed here has no patched tree.
        PatchedTree? patched = File.Exists(PatchedFile) ? ReadPatched() : null;
        BuildRecord.Create(plan, patched, Journal.Read()).WriteBeside(plan);
    }

    private ImmutableArray<GateDirectory> ResolveGates() =>
        DirectoryTargets.Resolve(plan.WorkTree, plan.SourceArch, plan.Directories.Concat(plan.Gates).Distinct());

    private Task<MakeResult> RunMakeAsync(int jobs, bool withoutNetwork, ImmutableArray<string> targets, CancellationToken cancellation, MakeProgress? progress = null) =>
        new MakeRunner(sink).RunAsync(plan.CreateMakeContext(environment), jobs, targets, plan.LogFile, withoutNetwork && !LauncherNeedsNetwork, cancellation, progress);

    // Similar is what has the same package and kernel line, as many jobs, and a compiler cache or none.
    private MakeProgress Progress(int jobs)
    {
        string line = string.Join('.', plan.Source.KernelVersion.Split('.', '-').Take(2));
        string record = string.Create(CultureInfo.InvariantCulture, $"{plan.PackageId}-{line}-j{jobs}{(plan.Launcher.IsCcache ? "-ccache" : "")}.json");
        return new MakeProgress(
            Path.Combine(plan.IntermediateFolder, "progress.json"),
            Path.Combine(plan.CacheFolder, "progress", record),
            // The first thing that is made after a configuration.
            whole: !File.Exists(Path.Combine(plan.ObjectTree, "include", "config", "kernel.release")),
            ProgressInterval,
            TellProgress ?? (text => sink.Report(new Diagnostic(Severity.Message, null, text))));
    }

    private bool LauncherNeedsNetwork => plan.Launcher.NeedsNetwork(plan.CompilerCache, environment);

    // From the first call of the compiler on, which is for the configuration.
    private void ForgetCacheUse()
    {
        if (File.Exists(plan.CompilerCache.StatisticsFile))
            File.Delete(plan.CompilerCache.StatisticsFile);
    }

    private CompilerCacheUse? TellCacheUse()
    {
        CompilerCacheUse? use = plan.Launcher.IsCcache ? CompilerCacheUse.TryRead(plan.CompilerCache.StatisticsFile) : null;
        if (use is { Hits: > 0 } or { Misses: > 0 })
            sink.Report(new Diagnostic(Severity.Message, null, $"{Path.GetFileNameWithoutExtension(plan.ProjectFile)}: {use}"));
        return use;
    }

    private static StageRecord Describe(StageRecord record, int jobs, MakeResult result) => record with
    {
        Jobs = jobs,
        WithoutNetwork = result.WithoutNetwork,
        ObjectsCompiled = result.ObjectsCompiled,
        Warnings = result.Warnings.Length,
    };

    // kbuild compares command lines and the compiler's first line of version; a tool that was replaced with the same ones would leave its objects in the result.
    private void DropObjectsOfOtherTools()
    {
        string tools = string.Concat(plan.Toolchain.Select(tool => $"{tool.Name} {tool.Sha256}\n"));
        if (File.Exists(plan.ToolsFile) && File.ReadAllText(plan.ToolsFile) == tools)
            return;
        // What is in it, not the folder itself: it may be a disk of its own.
        DirectoryInfo objects = Directory.CreateDirectory(plan.ObjectTree);
        foreach (FileInfo file in objects.EnumerateFiles())
            file.Delete();
        foreach (DirectoryInfo folder in objects.EnumerateDirectories())
            folder.Delete(recursive: folder.LinkTarget is null);
        DurableFile.WriteAllText(plan.ToolsFile, tools);
    }

    internal PatchedTree ReadPatched() => JsonFile.Read<PatchedTree>(PatchedFile);

    // gen_kheaders.sh, which packs all headers of O= (IKHEADERS), runs before make makes this one: only a build in an O= of an earlier one would pack it.
    private void ForgetVersionHeader()
    {
        if (File.ReadLines(ConfigFile).Any(line => line.StartsWith("CONFIG_IKHEADERS=", StringComparison.Ordinal)))
            File.Delete(Path.Combine(plan.ObjectTree, "include", "generated", "utsversion.h"));
    }

    // A tree, and the one that was configured and stands for it.
    private sealed record ConfiguredTree(string Tree, string Configured);

    private bool HasModules => File.ReadLines(ConfigFile).Contains("CONFIG_MODULES=y");
}
