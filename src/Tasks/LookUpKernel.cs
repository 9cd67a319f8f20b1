using EveKernel.Core;
using EveKernel.Core.Feeds;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>Looks for the result in the machine's cache and on the feeds, and stages it as if it had been built.</summary>
[MSBuildMultiThreadableTask]
public sealed class LookUpKernel : KernelFeedTask
{
    /// <summary>The plan that the key's task has written.</summary>
    [Required]
    public string PlanFile { get; set; } = "";

    /// <summary>KernelCacheMode.</summary>
    [Required]
    public string CacheMode { get; set; } = "";

    /// <summary>Where the package goes, absolute.</summary>
    [Required]
    public string PackageFolder { get; set; } = "";

    /// <summary>Whether the project stays held though its result stands.</summary>
    public bool HoldProject { get; set; }

    /// <summary>Whether the result stands now.</summary>
    [Output]
    public bool Found { get; set; }

    /// <summary>Where it came from.</summary>
    [Output]
    public string Place { get; set; } = "";

    /// <summary>Whether it is still to be packed.</summary>
    [Output]
    public bool NeedsPacking { get; set; }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken cancellation)
    {
        BuildPlan plan = BuildPlan.Read(PlanFile);
        ResultLookUp lookUp = new(plan, HostEnvironment, CacheSettings.ReadMode(CacheMode), OpenCache(plan.CacheFolder), OpenFeeds, this);
        FoundResult? found = await lookUp.FindAsync(PackageFolder, cancellation).ConfigureAwait(false);
        Found = found is not null;
        Place = found?.Place ?? "";
        NeedsPacking = found?.NeedsPacking ?? false;
        if (Found && !NeedsPacking && !HoldProject)
            ProjectLock.Release(BuildEngine4, plan.IntermediateFolder);
    }
}
