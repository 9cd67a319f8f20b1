using EveKernel.Core;
using EveKernel.Core.Feeds;
using EveKernel.Core.Packaging;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>Moves the packed package to where it is wanted.</summary>
[MSBuildMultiThreadableTask]
public sealed class FinishKernelPackage : KernelTask
{
    /// <summary>The plan that the key's task has written.</summary>
    [Required]
    public string PlanFile { get; set; } = "";

    /// <summary>Where the package goes, absolute.</summary>
    [Required]
    public string PackageFolder { get; set; } = "";

    /// <summary>The package's id, when it is not the kernel's own; then <see cref="PackedIn"/> is set too.</summary>
    public string PackageId { get; set; } = "";

    /// <summary>Where it was packed, below the intermediate folder.</summary>
    public string PackedIn { get; set; } = "package";

    /// <summary>Whether more packages of the build follow.</summary>
    public bool MoreToCome { get; set; }

    /// <summary>KernelCacheMode, when the package is one that the machine's cache keeps.</summary>
    public string CacheMode { get; set; } = "ignore";

    /// <summary>KernelCacheLimit.</summary>
    public string CacheLimit { get; set; } = "0";

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken cancellation)
    {
        BuildPlan plan = BuildPlan.Read(PlanFile);
        await new KernelBuild(plan, HostEnvironment, this).FinishAsync(PackedIn, PackageId.Length == 0 ? plan.PackageId : PackageId, PackageFolder, cancellation).ConfigureAwait(false);
        if (MoreToCome)
            return;
        if (CacheSettings.ReadMode(CacheMode) is Core.Feeds.CacheMode.Use or Core.Feeds.CacheMode.Refresh && !plan.Source.Dirty)
            await KeepAsync(plan, cancellation).ConfigureAwait(false);
        ProjectLock.Release(BuildEngine4, plan.IntermediateFolder);
    }

    private async Task KeepAsync(BuildPlan plan, CancellationToken cancellation)
    {
        ResultCache cache = new(plan.CacheFolder, CacheSettings.ReadLimit(CacheLimit), this);
        foreach (PackagePart part in plan.Parts)
        {
            string id = plan.IdOf(part);
            Manifest manifest = Manifest.TryRead(Path.Combine(plan.OutputFolder, part.Folder, "manifest.json"))!;
            string? why = await cache.AddAsync(plan.PackageFile(PackageFolder, id), manifest, cancellation).ConfigureAwait(false);
            if (why is not null)
                Log.LogMessage(MessageImportance.Normal, "The machine's cache does not keep {0}: {1}", id, why);
        }
    }
}
