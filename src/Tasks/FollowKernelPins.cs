using EveKernel.Core.Pins;
using EveKernel.Core.Source;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>Tells which pinned kernels have a newer one on the feeds, or changes the pins.</summary>
[MSBuildMultiThreadableTask]
public sealed class FollowKernelPins : KernelFeedTask
{
    /// <summary>The project files that may hold pins, and the packages.lock.json files of theirs; absolute.</summary>
    [Required]
    public string[] Files { get; set; } = [];

    /// <summary>KernelPinPackage: the ids to look at; none is all.</summary>
    public string[] Packages { get; set; } = [];

    /// <summary>KernelPinLine: the kernel line that is wanted, such as 6.12; empty for that of each pin.</summary>
    public string Line { get; set; } = "";

    /// <summary>KernelPinVersion: the version that is wanted; empty for the newest.</summary>
    public string Version { get; set; } = "";

    /// <summary>Whether to change the pins.</summary>
    public bool Change { get; set; }

    /// <summary>A folder of this project's for downloads, absolute.</summary>
    [Required]
    public string DownloadFolder { get; set; } = "";

    /// <summary>NuGet's folder of restored packages, or empty.</summary>
    public string RestoredFolder { get; set; } = "";

    /// <summary>The shared cache, absolute.</summary>
    [Required]
    public string CacheFolder { get; set; } = "";

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken cancellation)
    {
        NewerKernels newer = new(OpenFeeds(), DownloadFolder, RestoredFolder, this);
        PinRequest request = new(ProjectFile, [.. Files], [.. Packages], new WantedKernel(Line, Version), Path.Combine(CacheFolder, "objects.git"));
        PinUpdater updater = new(request, newer, new GitCli(HostEnvironment), this);
        try
        {
            await (Change ? updater.UpdateAsync(cancellation) : updater.ReportAsync(cancellation)).ConfigureAwait(false);
        }
        finally
        {
            newer.Clear();
        }
    }
}
