using EveKernel.Core.Feeds;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>Reads the machine's cache of results again, every byte of it, and brings anew what has changed.</summary>
[MSBuildMultiThreadableTask]
public sealed class VerifyKernelCache : KernelFeedTask
{
    /// <summary>The shared cache, absolute.</summary>
    [Required]
    public string CacheFolder { get; set; } = "";

    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken cancellation) =>
        new CacheVerifier(CacheFolder, OpenCache(CacheFolder), OpenFeeds, this).VerifyAsync(cancellation);
}
