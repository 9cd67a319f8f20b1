namespace EveKernel.Core.Feeds;

/// <summary>A NuGet feed: a folder or a server.</summary>
/// <param name="Name">Its name in NuGet's configuration, or its place when it has none.</param>
/// <param name="Location">Its folder or address, without credentials.</param>
public sealed record Feed(string Name, string Location)
{
    /// <inheritdoc />
    public override string ToString() => Name == Location ? $"the feed {Location}" : $"the feed {Name} ({Location})";
}

/// <summary>What decides which feeds a project has.</summary>
/// <param name="ProjectFile">The project file, absolute: NuGet's configuration is looked for from its folder upwards.</param>
public sealed record FeedRequest(string ProjectFile)
{
    /// <summary>KernelFeeds: names of configured sources, folders and addresses; <c>*</c> stands for all configured ones. None is all.</summary>
    public string Feeds { get; init; } = "";

    /// <summary>NuGet's RestoreConfigFile, or empty.</summary>
    public string ConfigFile { get; init; } = "";

    /// <summary>NuGet's RestoreSources, or empty.</summary>
    public string Sources { get; init; } = "";

    /// <summary>NuGet's RestoreAdditionalProjectSources, or empty.</summary>
    public string AdditionalSources { get; init; } = "";

    /// <summary>NuGetInteractive: whether a credential provider may ask.</summary>
    public bool Interactive { get; init; }

    /// <summary>How long a feed may take to say whether it has a package.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>What to do with results that others have.</summary>
public enum CacheMode
{
    /// <summary>Takes one where there is one, and keeps what it builds.</summary>
    Use,

    /// <summary>Neither asks nor keeps.</summary>
    Ignore,

    /// <summary>Takes one, or fails: nothing is ever compiled.</summary>
    Only,

    /// <summary>Builds, and keeps the result in the place of an older one.</summary>
    Refresh,
}
