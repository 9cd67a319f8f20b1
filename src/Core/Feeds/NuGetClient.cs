using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using EveKernel.Core.Diagnostics;
using NuGet.Commands;
using NuGet.Common;
using NuGet.Configuration;
using NuGet.Credentials;
using NuGet.Packaging;
using NuGet.Packaging.Core;
using NuGet.Packaging.Signing;
using NuGet.Protocol;
using NuGet.Protocol.Core.Types;
using NuGet.Versioning;

namespace EveKernel.Core.Feeds;

/// <summary>All calls of NuGet's libraries, which are those of the running SDK. <see cref="NuGetFeeds"/> stands before it and turns what it throws into
/// codes.</summary>
internal sealed class NuGetClient
{
    private const int PushSeconds = 300;

    private readonly FeedRequest _request;
    private readonly ISettings _settings;
    private readonly PackageSourceProvider _provider;
    private readonly NuGetLog _log = new();

    /// <summary>Reads NuGet's configuration as restore does.</summary>
    /// <param name="request">What decides the feeds.</param>
    internal NuGetClient(FeedRequest request)
    {
        _request = request;
        string folder = Path.GetDirectoryName(request.ProjectFile)!;
        _settings = request.ConfigFile.Length > 0
            ? Settings.LoadSpecificSettings(folder, Path.GetFullPath(request.ConfigFile, folder))
            : Settings.LoadDefaultSettings(folder, configFileName: null, machineWideSettings: new XPlatMachineWideSetting());
        _provider = new PackageSourceProvider(_settings);
        DefaultCredentialServiceUtility.SetupDefaultCredentialService(_log, nonInteractive: !request.Interactive);
        X509TrustStore.InitializeForDotNetSdk(_log);
    }

    /// <summary>The feeds for a package, in order.</summary>
    /// <param name="id">The package's id, which source mapping may give to some of them.</param>
    /// <returns>The feeds.</returns>
    internal ImmutableArray<Feed> List(string id)
    {
        PackageSourceMapping mapping = PackageSourceMapping.GetPackageSourceMapping(_settings);
        IReadOnlyList<string>? mapped = mapping.IsEnabled ? mapping.GetConfiguredPackageSources(id) : null;
        return
        [
            .. Choose().Where(source => mapped?.Contains(source.Name, StringComparer.OrdinalIgnoreCase) != false)
                .Select(source => new Feed(source.Name, source.Source)).Distinct(),
        ];
    }

    /// <summary>Whether a feed has a package.</summary>
    /// <param name="feed">The feed.</param>
    /// <param name="id">The package's id.</param>
    /// <param name="version">Its version.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>True when it has.</returns>
    internal async Task<bool> HasAsync(Feed feed, string id, string version, CancellationToken cancellation)
    {
        using SourceCacheContext cache = CreateCache();
        FindPackageByIdResource resource = await FindAsync(feed, cancellation).ConfigureAwait(false);
        return await resource.DoesPackageExistAsync(id, NuGetVersion.Parse(version), cache, _log, cancellation).ConfigureAwait(false);
    }

    /// <summary>The versions of a package that a feed has.</summary>
    /// <param name="feed">The feed.</param>
    /// <param name="id">The package's id.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The versions, in no order; none when the feed does not know the id.</returns>
    internal async Task<ImmutableArray<string>> ListVersionsAsync(Feed feed, string id, CancellationToken cancellation)
    {
        using SourceCacheContext cache = CreateCache();
        FindPackageByIdResource resource = await FindAsync(feed, cancellation).ConfigureAwait(false);
        return [.. (await resource.GetAllVersionsAsync(id, cache, _log, cancellation).ConfigureAwait(false)).Select(version => version.ToNormalizedString())];
    }

    /// <summary>The digest of a package as packages.lock.json has it: without the signatures of those who passed it on.</summary>
    /// <param name="package">The package's file.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The digest in base 64.</returns>
    internal static string HashContent(string package, CancellationToken cancellation)
    {
        using PackageArchiveReader reader = new(package);
        return reader.GetContentHash(cancellation, () => Convert.ToBase64String(SHA512.HashData(File.ReadAllBytes(package))));
    }

    /// <summary>Downloads a package, and holds its signatures against NuGet's policy.</summary>
    /// <param name="feed">The feed.</param>
    /// <param name="id">The package's id.</param>
    /// <param name="version">Its version.</param>
    /// <param name="folder">An empty folder, which gets NuGet's layout.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The package's file, or null when the feed has it no more.</returns>
    internal async Task<string?> DownloadAsync(Feed feed, string id, string version, string folder, CancellationToken cancellation)
    {
        using SourceCacheContext cache = CreateCache();
        PackageIdentity identity = new(id, NuGetVersion.Parse(version));
        FindPackageByIdResource resource = await FindAsync(feed, cancellation).ConfigureAwait(false);
        using IPackageDownloader? downloader = await resource.GetPackageDownloaderAsync(identity, cache, _log, cancellation).ConfigureAwait(false);
        if (downloader is null)
            return null;
        VersionFolderPathResolver layout = new(folder);
        PackageExtractionContext context = new(
            PackageSaveMode.Nupkg, XmlDocFileSaveMode.None, ClientPolicyContext.GetClientPolicy(_settings, _log), _log);
        bool taken = await PackageExtractor.InstallFromSourceAsync(identity, downloader, layout, context, cancellation).ConfigureAwait(false);
        return taken ? layout.GetPackageFilePath(identity.Id, identity.Version) : null;
    }

    /// <summary>The feed to push to.</summary>
    /// <param name="wanted">A source's name, folder or address, or empty for NuGet's defaultPushSource.</param>
    /// <returns>The feed, or null.</returns>
    internal Feed? FindPushTarget(string wanted)
    {
        string? place = wanted.Length > 0 ? wanted : _provider.DefaultPushSource;
        if (string.IsNullOrEmpty(place))
            return null;
        PackageSource source = FindSource([.. _provider.LoadPackageSources()], place);
        return new Feed(source.Name, source.Source);
    }

    /// <summary>Pushes a package. The API key is NuGet's own business: the variable NUGET_API_KEY, or its configuration.</summary>
    /// <param name="feed">The feed.</param>
    /// <param name="package">The package's file.</param>
    /// <returns>A task.</returns>
    internal Task PushAsync(Feed feed, string package) => PushRunner.Run(
        _settings,
        _provider,
        [package],
        feed.Location,
        apiKey: null,
        symbolSource: null,
        symbolApiKey: null,
        timeoutSeconds: PushSeconds,
        disableBuffering: false,
        noSymbols: true,
        noServiceEndpoint: false,
        skipDuplicate: false,
        allowInsecureConnections: false,
        _log);

    /// <summary>What an exception of NuGet's means.</summary>
    /// <param name="exception">The exception.</param>
    /// <returns>What is thrown in its place, or null for what is no failure of a feed.</returns>
    internal static FeedException? Describe(Exception exception) => exception switch
    {
        SignatureException signature => new FeedException(ErrorCodes.PackageRefused, $"NuGet's signature policy refuses it: {Say(signature)}", signature),
        _ when Find<InvalidDataException>(exception) is { } broken =>
            new FeedException(ErrorCodes.PackageRefused, $"what it gave is no whole package: {broken.Message.TrimEnd('.')}", exception),
        _ when StatusOf(exception) is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden =>
            new FeedException(ErrorCodes.FeedAccessRefused, Say(exception), exception),
        // Keys of its configuration are encrypted, for which it has means on Windows alone.
        NotSupportedException => new FeedException(ErrorCodes.FeedAccessRefused, $"{Say(exception)} Give the API key in the variable NUGET_API_KEY", exception),
        FatalProtocolException or HttpRequestException or PackagingException or InvalidDataException or IOException or TimeoutException or ArgumentException =>
            new FeedException(ErrorCodes.FeedUnreachable, Say(exception), exception),
        _ => null,
    };

    /// <summary>The status that a server answered with.</summary>
    /// <param name="exception">What NuGet threw.</param>
    /// <returns>The status, or null.</returns>
    internal static HttpStatusCode? StatusOf(Exception exception) => Find<HttpRequestException>(exception)?.StatusCode;

    private static T? Find<T>(Exception exception) where T : Exception
    {
        for (Exception? at = exception; at is not null; at = at.InnerException)
        {
            if (at is T found)
                return found;
        }

        return null;
    }

    // The outermost says which address, the innermost why.
    private static string Say(Exception exception)
    {
        Exception root = exception.GetBaseException();
        string outer = exception.Message.ReplaceLineEndings(" ").Trim();
        return root == exception || outer.Contains(root.Message, StringComparison.Ordinal) ? outer : $"{outer} {root.Message.ReplaceLineEndings(" ").Trim()}";
    }

    private IEnumerable<PackageSource> Choose()
    {
        ImmutableArray<PackageSource> configured = ReadSources();
        string[] wanted = Split(_request.Feeds);
        return wanted.Length == 0 ? configured : wanted.SelectMany(place => place == "*" ? configured : [FindSource(configured, place)]);
    }

    private ImmutableArray<PackageSource> ReadSources()
    {
        ImmutableArray<PackageSource> enabled = [.. _provider.LoadPackageSources().Where(source => source.IsEnabled)];
        string[] only = Split(_request.Sources);
        return
        [
            .. only.Length == 0 ? enabled : only.Select(place => FindSource(enabled, place)),
            .. Split(_request.AdditionalSources).Select(place => FindSource(enabled, place)),
        ];
    }

    private PackageSource FindSource(ImmutableArray<PackageSource> configured, string place)
    {
        bool isAddress = place.Contains("://", StringComparison.Ordinal);
        string location = isAddress ? place : Path.GetFullPath(place, Path.GetDirectoryName(_request.ProjectFile)!);
        PackageSource? known = configured.FirstOrDefault(source => string.Equals(source.Name, place, StringComparison.OrdinalIgnoreCase))
            ?? configured.FirstOrDefault(source => source.Source.TrimEnd('/') == location.TrimEnd('/'));
        if (known is not null)
            return known;
        if (isAddress && new Uri(place).UserInfo.Length > 0)
            throw new KernelException(ErrorCodes.CredentialsInAddress, "The address of a feed holds credentials. Give them to NuGet's configuration instead.");
        return isAddress || place.Contains('/', StringComparison.Ordinal) ? new PackageSource(location, location) : throw new KernelException(
            ErrorCodes.FeedUnknown,
            $"There is no feed '{place}'. NuGet's configuration has {string.Join(", ", configured.Select(source => source.Name))}; "
            + "an address or a path with '/' is taken too.",
            new SourceLocation(_request.ProjectFile));
    }

    private static string[] Split(string list) => list.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private async Task<FindPackageByIdResource> FindAsync(Feed feed, CancellationToken cancellation)
    {
        PackageSource source = FindSource(ReadSources().AddRange(_provider.LoadPackageSources()), feed.Location);
        // What restore calls NU1302.
        if (source.IsHttp && !source.IsHttps && !source.AllowInsecureConnections)
        {
            throw new FeedException(
                ErrorCodes.FeedUnreachable, "it is an http address, and NuGet's configuration does not say allowInsecureConnections for it");
        }

        SourceRepository repository = Repository.Factory.GetCoreV3(source);
        return await repository.GetResourceAsync<FindPackageByIdResource>(cancellation).ConfigureAwait(false)
            ?? throw new FeedException(ErrorCodes.FeedUnreachable, "it offers no packages by id and version");
    }

    // A result may have been pushed a second ago, and is kept by the cache of results.
    private static SourceCacheContext CreateCache() => new() { NoCache = true, DirectDownload = true, RefreshMemoryCache = true };

    /// <summary>NuGet tells on the way what its exceptions say again.</summary>
    private sealed class NuGetLog : LoggerBase
    {
        public override void Log(ILogMessage message)
        {
        }

        public override Task LogAsync(ILogMessage message) => Task.CompletedTask;
    }
}
