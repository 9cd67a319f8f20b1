using System.Collections.Immutable;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Packaging;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Feeds;

/// <summary>Looks for a plan's result where others may have left it: in the machine's cache, then on the project's feeds. What is found is staged as if it had
/// been built; what is refused is said, and the next place is asked.</summary>
/// <param name="plan">The plan.</param>
/// <param name="environment">The host's environment.</param>
/// <param name="mode">KernelCacheMode.</param>
/// <param name="cache">The machine's cache.</param>
/// <param name="openFeeds">Reads NuGet's configuration; not called when the cache has the result.</param>
/// <param name="sink">Takes what there is to tell.</param>
public sealed class ResultLookUp(
    BuildPlan plan, ImmutableDictionary<string, string> environment, CacheMode mode, ResultCache cache, Func<NuGetFeeds> openFeeds, IDiagnosticSink sink)
{
    private const string CachePlace = "the machine's cache";

    private readonly List<AskedPlace> _asked = [];
    private readonly List<Diagnostic> _problems = [];

    private string DownloadFolder => Path.Combine(plan.IntermediateFolder, "feed");

    /// <summary>Looks, and stages what is found.</summary>
    /// <param name="packageFolder">Where the packages go.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>What was found, or null.</returns>
    /// <exception cref="KernelException">EVK5104 in mode <c>only</c>, with what each place said; EVK5105, EVK5106.</exception>
    public async Task<FoundResult?> FindAsync(string packageFolder, CancellationToken cancellation)
    {
        DateTime started = DateTime.UtcNow;
        BuildJournal journal = new(plan.IntermediateFolder);
        string? skipped = Skipped();
        FoundResult? found = skipped is not null ? null
            : await FindInCacheAsync(packageFolder, cancellation).ConfigureAwait(false)
                ?? await FindOnFeedsAsync(packageFolder, cancellation).ConfigureAwait(false);
        if (found is null && mode == CacheMode.Only)
            throw NotFound(skipped);
        _problems.ForEach(sink.Report);
        journal.Add(new StageRecord("look-up", started, BuildJournal.Elapsed(started))
        {
            Skipped = skipped,
            Found = found?.Place,
            Asked = skipped is null ? [.. _asked] : null,
        });
        if (found is not null)
            Finish(journal, found);
        return found;
    }

    private string? Skipped() => mode switch
    {
        CacheMode.Ignore => "KernelCacheMode is ignore",
        CacheMode.Refresh => "KernelCacheMode is refresh",
        _ => plan.Source.Dirty ? "the source is a folder that somebody edits" : null,
    };

    private async Task<FoundResult?> FindInCacheAsync(string packageFolder, CancellationToken cancellation)
    {
        List<CachedPackage> held = [];
        try
        {
            return await AskAsync(CachePlace, packageFolder, async id =>
            {
                if (await cache.OpenAsync(id, plan.PackageVersion, cancellation).ConfigureAwait(false) is not { } package)
                    return null;
                held.Add(package);
                return package.Path;
            }, cancellation).ConfigureAwait(false);
        }
        finally
        {
            held.ForEach(package => package.Dispose());
        }
    }

    // All are asked at once, and taken in their order.
    private async Task<FoundResult?> FindOnFeedsAsync(string packageFolder, CancellationToken cancellation)
    {
        NuGetFeeds feeds = openFeeds();
        using CancellationTokenSource rest = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        CancellationToken asking = rest.Token;
        (Feed Feed, Task<bool> Answer)[] asked =
        [
            .. from feed in feeds.List(plan.PackageId)
               select (feed, Task.Run(() => feeds.HasAsync(feed, plan.PackageId, plan.PackageVersion, asking), asking)),
        ];
        FoundResult? found = null;
        foreach ((Feed feed, Task<bool> answer) in asked)
        {
            found = await AskAsync(feed.ToString(), packageFolder, async id => !await answer.ConfigureAwait(false) ? null
                : await feeds.DownloadAsync(feed, id, plan.PackageVersion, Path.Combine(DownloadFolder, id), cancellation).ConfigureAwait(false),
                cancellation).ConfigureAwait(false);
            if (found is not null)
                break;
        }

        await rest.CancelAsync().ConfigureAwait(false);
        // Their answers are nobody's business any more.
        foreach ((_, Task<bool> answer) in asked)
            _ = answer.ContinueWith(ended => _ = ended.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        Folders.Delete(DownloadFolder);
        return found;
    }

    private async Task<FoundResult?> AskAsync(string place, string packageFolder, Func<string, Task<string?>> get, CancellationToken cancellation)
    {
        DateTime started = DateTime.UtcNow;
        (FoundResult? Result, string Answer) answer;
        try
        {
            answer = await TakeAsync(place, packageFolder, get, cancellation).ConfigureAwait(false);
        }
        catch (FeedException exception)
        {
            answer = (null, exception.Message.TrimEnd('.'));
            _problems.Add(Describe(place, exception.Code, answer.Answer));
        }

        _asked.Add(new AskedPlace(place, answer.Answer, BuildJournal.Elapsed(started)));
        return answer.Result;
    }

    private Diagnostic Describe(string place, ErrorCode code, string why)
    {
        string what = $"{plan.PackageId} {plan.PackageVersion}";
        string advice = mode == CacheMode.Only ? "" : code == ErrorCodes.PackageRefused
            ? " The build goes on without it. Somebody should find out who put it there."
            : " The build goes on without it. KernelFeeds leaves a feed out.";
        return new Diagnostic(
            mode == CacheMode.Only ? Severity.Error : Severity.Warning,
            code,
            code == ErrorCodes.PackageRefused ? $"{what} of {place} is refused: {why}.{advice}" : $"{place} could not be asked for {what}: {why}.{advice}",
            new SourceLocation(plan.ProjectFile));
    }

    // All packages of the build from one place, each checked to its last byte before the first of them is put where it belongs.
    private async Task<(FoundResult? Result, string Answer)> TakeAsync(
        string place, string packageFolder, Func<string, Task<string?>> get, CancellationToken cancellation)
    {
        List<TakenPart> taken = [];
        foreach (PackagePart part in plan.Parts)
        {
            string id = plan.IdOf(part);
            if (await get(id).ConfigureAwait(false) is not { } file)
                return (null, taken.Count == 0 ? "does not have it" : $"does not have its {id}");
            taken.Add(await CheckAsync(part, id, file, cancellation).ConfigureAwait(false));
        }

        if (taken.DistinctBy(part => (part.Manifest.PatchedTree, part.Manifest.ConfigSha256)).Count() > 1)
            throw new FeedException(ErrorCodes.PackageRefused, "its packages are of different builds");
        Stage(taken);
        bool asTheyAre = taken.All(part => part.HasOurBuildFiles) && await new SignatureCheck(plan, environment).AllStandAsync(cancellation).ConfigureAwait(false);
        foreach (TakenPart part in asTheyAre ? taken : [])
            await CopyAsync(part, packageFolder, keep: place != CachePlace && mode == CacheMode.Use, cancellation).ConfigureAwait(false);
        return (new FoundResult(place, !asTheyAre), "has it");
    }

    private async Task<TakenPart> CheckAsync(PackagePart part, string id, string file, CancellationToken cancellation)
    {
        using ResultPackage package = ResultPackage.Open(file, id, plan.PackageVersion);
        package.Require(plan, part, plan.CreateMakeContext(environment).PortableArguments);
        Stager stager = new(plan, part, environment);
        await package.ExtractAsync(stager.Folder, cancellation).ConfigureAwait(false);
        return new TakenPart(id, file, package.Manifest, stager, package.ReadBuildFiles());
    }

    // The one that boots last: its manifest says that all is there.
    private void Stage(IEnumerable<TakenPart> taken)
    {
        if (File.Exists(plan.LogFile))
            File.Delete(plan.LogFile);
        ExtraPackages.DropUnwanted(plan);
        foreach (TakenPart part in taken.Reverse())
            part.Stager.Finish(part.Manifest);
    }

    private async Task CopyAsync(TakenPart part, string packageFolder, bool keep, CancellationToken cancellation)
    {
        string package = plan.PackageFile(packageFolder, part.Id);
        await DurableFile.CopyAsync(part.File, package, cancellation).ConfigureAwait(false);
        if (keep)
            await cache.AddAsync(package, part.Manifest, cancellation).ConfigureAwait(false);
    }

    private void Finish(BuildJournal journal, FoundResult found)
    {
        // What an earlier build has left of another key.
        File.Delete(Path.Combine(plan.IntermediateFolder, "patched.json"));
        File.Delete(Path.Combine(plan.IntermediateFolder, "objects.json"));
        string why = $"the result came from {found.Place}";
        ImmutableArray<string> stages = ["fetch", "patch", "configure", "make", "stage", .. found.NeedsPacking ? (string[])[] : ["pack"]];
        foreach (string stage in stages)
            journal.Add(new StageRecord(stage, DateTime.UtcNow, 0) { Skipped = why });
        if (!found.NeedsPacking)
            BuildRecord.Create(plan, null, journal.Read()).WriteBeside(plan);
    }

    private KernelException NotFound(string? skipped)
    {
        string asked = skipped ?? string.Join("; ", _asked.Select(place => $"{place.Place}: {place.Answer}"));
        Diagnostic error = new(
            Severity.Error,
            ErrorCodes.ResultNotFound,
            $"KernelCacheMode is only, and nobody has {plan.PackageId} {plan.PackageVersion}: {asked}. "
            + "Build it where that is allowed and push it (-t:KernelPush), or use another mode.",
            new SourceLocation(plan.ProjectFile));
        return new KernelException([error, .. _problems]);
    }

    private sealed record TakenPart(string Id, string File, Manifest Manifest, Stager Stager, ImmutableDictionary<string, string> BuildFiles)
    {
        // What a package gives to its consumers is the SDK's, not the key's.
        public bool HasOurBuildFiles => BuildFiles.All(file => System.IO.File.ReadAllText(Path.Combine(Stager.PackageFolder, file.Key)) == file.Value);
    }
}

/// <summary>A result that was staged.</summary>
/// <param name="Place">Where it came from.</param>
/// <param name="NeedsPacking">Whether it is to be packed anew, since another version of this SDK has packed what the projects see that use it.</param>
public sealed record FoundResult(string Place, bool NeedsPacking);
