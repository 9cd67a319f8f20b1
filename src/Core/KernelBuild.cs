using System.Collections.Immutable;
using System.Text.Json;
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
public sealed class KernelBuild(BuildPlan plan, ImmutableDictionary<string, string> environment, IDiagnosticSink sink)
{
    private readonly GitCli _git = new(environment);

    private string PatchedFile => Path.Combine(plan.IntermediateFolder, "patched.json");

    private string ObjectsFile => Path.Combine(plan.IntermediateFolder, "objects.json");

    private string ConfigFile => Path.Combine(plan.ObjectTree, ".config");

    /// <summary>Brings the source's objects into the store.</summary>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>A task.</returns>
    public async Task FetchAsync(CancellationToken cancellation)
    {
        await new ToolchainFinder(plan.CacheFolder, plan.Store, environment, sink).RequireAsync(plan, cancellation).ConfigureAwait(false);
        if (plan.Source.Dirty)
            return;
        SourceFetcher fetcher = new(_git, plan.Store, sink);
        SourceRecord found = await fetcher.FetchAsync(plan.Pin, Path.Combine(plan.IntermediateFolder, "snapshot.index"), plan.ProjectFile, cancellation).ConfigureAwait(false);
        if (plan.LockFile.Length > 0)
            LockKeeper.RequireAgreement(plan.Source, found, plan.LockFile);
    }

    /// <summary>Applies the series, and moves the work tree to the result.</summary>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>A task.</returns>
    public async Task PatchAsync(CancellationToken cancellation)
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

        DurableFile.WriteAllText(PatchedFile, JsonSerializer.Serialize(patched));
    }

    /// <summary>Makes and checks the configuration.</summary>
    /// <param name="jobs">How many jobs at once.</param>
    /// <param name="withoutNetwork">Whether make is cut off from the network.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>A task.</returns>
    public async Task ConfigureAsync(int jobs, bool withoutNetwork, CancellationToken cancellation)
    {
        Directory.CreateDirectory(plan.ObjectTree);
        Configurator configurator = new(new ProcessGroup(withoutNetwork), sink);
        ConfigurationRequest request = new(
            plan.CreateMakeContext(environment), jobs, plan.Defconfig, plan.Fragments, plan.AllowLocalVersionAuto, plan.KconfigHelper, plan.LogFile)
        {
            InputsKey = $"{ReadPatched().Tree} {string.Join(' ', plan.Toolchain.Select(tool => tool.Sha256))}",
        };
        await configurator.ConfigureAsync(request, cancellation).ConfigureAwait(false);
    }

    /// <summary>Runs make, and proves the gates.</summary>
    /// <param name="jobs">How many jobs at once.</param>
    /// <param name="withoutNetwork">Whether make is cut off from the network.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>A task.</returns>
    public async Task MakeAsync(int jobs, bool withoutNetwork, CancellationToken cancellation)
    {
        MakeContext context = plan.CreateMakeContext(environment);
        GateCheck check = new(context);
        ImmutableArray<GateDirectory> gates = DirectoryTargets.Resolve(plan.WorkTree, plan.SourceArch, plan.Directories.Concat(plan.Gates).Distinct());
        await RunMakeAsync(ReleaseCheck.Targets).ConfigureAwait(false);
        new ReleaseCheck(context, plan.Release).Require();
        MakeResult result;
        if (plan.Kind == PackageKind.Kernel)
        {
            result = await RunMakeAsync([plan.ImageTarget, .. HasModules ? (string[])["modules"] : []]).ConfigureAwait(false);
            await check.ProveWholeBuildAsync(gates, cancellation).ConfigureAwait(false);
        }
        else
        {
            check.ForgetLists(gates);
            await RunMakeAsync(["prepare"]).ConfigureAwait(false);
            result = await RunMakeAsync([.. gates.Select(gate => $"{gate.Target.TrimEnd('/')}/").Distinct()]).ConfigureAwait(false);
            ImmutableSortedDictionary<string, ImmutableSortedSet<string>> proven = await check.ProveAsync(gates, cancellation).ConfigureAwait(false);
            DurableFile.WriteAllText(ObjectsFile, JsonSerializer.Serialize(proven.Values.SelectMany(objects => objects).Distinct()));
        }

        check.RequireClean(gates, result.Warnings);

        Task<MakeResult> RunMakeAsync(ImmutableArray<string> targets) =>
            new MakeRunner(sink).RunAsync(context, jobs, targets, plan.LogFile, withoutNetwork, cancellation);
    }

    /// <summary>Puts the results together aside, swaps them in with the manifest last, and writes what the package is made from.</summary>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>A task.</returns>
    public async Task StageAsync(CancellationToken cancellation)
    {
        Stager stager = new(plan, environment);
        if (plan.Kind == PackageKind.Kernel)
            await stager.CollectKernelAsync(HasModules, cancellation).ConfigureAwait(false);
        else
            stager.CollectObjects(JsonSerializer.Deserialize<ImmutableArray<string>>(await File.ReadAllTextAsync(ObjectsFile, cancellation).ConfigureAwait(false)));
        stager.Finish(ReadPatched());
    }

    /// <summary>Moves a packed package of the kernel's version to where it is wanted.</summary>
    /// <param name="from">Where it was packed, below the intermediate folder.</param>
    /// <param name="id">Its id.</param>
    /// <param name="packageFolder">The folder.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>A task.</returns>
    public Task FinishAsync(string from, string id, string packageFolder, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        string name = $"{id}.{plan.PackageVersion}.nupkg";
        string packed = Path.Combine(plan.IntermediateFolder, from, name);
        if (!File.Exists(packed))
            throw new KernelException(ErrorCodes.ResultMissing, $"'{packed}' was not packed. Build again with -bl and report it.");
        DurableFile.Write(Path.Combine(packageFolder, name), output =>
        {
            using FileStream input = File.OpenRead(packed);
            input.CopyTo(output);
        });
        File.Delete(packed);
        return Task.CompletedTask;
    }

    internal PatchedTree ReadPatched() => JsonSerializer.Deserialize<PatchedTree>(File.ReadAllText(PatchedFile))!;

    private bool HasModules => File.ReadLines(ConfigFile).Contains("CONFIG_MODULES=y");
}
