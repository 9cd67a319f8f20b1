using EveKernel.Core;
using EveKernel.Core.Feeds;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>Pushes the project's package to a feed.</summary>
[MSBuildMultiThreadableTask]
public sealed class PushKernel : KernelFeedTask
{
    /// <summary>The plan that the key's task has written.</summary>
    [Required]
    public string PlanFile { get; set; } = "";

    /// <summary>Where the package is, absolute.</summary>
    [Required]
    public string PackageFolder { get; set; } = "";

    /// <summary>KernelPushSource: a source's name, a folder or an address; empty is NuGet's defaultPushSource.</summary>
    public string Target { get; set; } = "";

    /// <summary>KernelPushDirty: whether the result of a tree that somebody edits may be pushed.</summary>
    public bool AllowDirty { get; set; }

    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken cancellation) =>
        new ResultPusher(BuildPlan.Read(PlanFile), OpenFeeds(), this).PushAsync(PackageFolder, Target, AllowDirty, cancellation);
}
