using System.Globalization;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Feeds;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>What the tasks that deal with feeds and with the machine's cache of results share.</summary>
public abstract class KernelFeedTask : KernelTask
{
    /// <summary>The project file, absolute.</summary>
    [Required]
    public string ProjectFile { get; set; } = "";

    /// <summary>KernelFeeds.</summary>
    public string Feeds { get; set; } = "";

    /// <summary>KernelFeedTimeout: the seconds for which a feed may be silent about whether it has a package.</summary>
    [Required]
    public string FeedTimeout { get; set; } = "";

    /// <summary>KernelCacheLimit.</summary>
    [Required]
    public string CacheLimit { get; set; } = "";

    /// <summary>NuGet's RestoreConfigFile.</summary>
    public string ConfigFile { get; set; } = "";

    /// <summary>NuGet's RestoreSources.</summary>
    public string Sources { get; set; } = "";

    /// <summary>NuGet's RestoreAdditionalProjectSources.</summary>
    public string AdditionalSources { get; set; } = "";

    /// <summary>NuGetInteractive.</summary>
    public string Interactive { get; set; } = "";

    /// <summary>Reads NuGet's configuration.</summary>
    /// <returns>The project's feeds.</returns>
    protected NuGetFeeds OpenFeeds() => NuGetFeeds.Open(new FeedRequest(ProjectFile)
    {
        Feeds = Feeds,
        ConfigFile = ConfigFile,
        Sources = Sources,
        AdditionalSources = AdditionalSources,
        Interactive = bool.TryParse(Interactive, out bool interactive) && interactive,
        Patience = TimeSpan.FromSeconds(int.TryParse(FeedTimeout, NumberStyles.None, CultureInfo.InvariantCulture, out int seconds) && seconds > 0 ? seconds
            : throw new KernelException(ErrorCodes.PropertyInvalid, $"KernelFeedTimeout is '{FeedTimeout}'. Use a whole number of seconds from 1.")),
    });

    /// <summary>The machine's cache of results.</summary>
    /// <param name="cacheFolder">The shared cache.</param>
    /// <returns>The cache.</returns>
    protected ResultCache OpenCache(string cacheFolder) => new(cacheFolder, CacheSettings.ReadLimit(CacheLimit), this);
}
