using System.Collections.Immutable;
using System.Net;
using System.Runtime.CompilerServices;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Feeds;

/// <summary>The feeds of a project, through the running SDK's NuGet. Nothing of NuGet's shows outside, and what an SDK's NuGet may lack has a code.</summary>
public sealed class NuGetFeeds
{
    private readonly NuGetClient _client;
    private readonly TimeSpan _patience;

    private NuGetFeeds(NuGetClient client, TimeSpan patience) => (_client, _patience) = (client, patience);

    /// <summary>Reads NuGet's configuration.</summary>
    /// <param name="request">What decides the feeds.</param>
    /// <returns>The feeds.</returns>
    /// <exception cref="KernelException">EVK5105: the configuration cannot be read; EVK5106: this SDK's NuGet lacks something.</exception>
    public static NuGetFeeds Open(FeedRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Guard(() => Create(request));
    }

    /// <summary>The feeds for a package, in the order in which they are asked.</summary>
    /// <param name="id">The package's id.</param>
    /// <returns>The feeds.</returns>
    /// <exception cref="KernelException">EVK5105: KernelFeeds names one that there is not.</exception>
    public ImmutableArray<Feed> List(string id) => Guard(() => _client.List(id));

    /// <summary>Whether a feed has a package.</summary>
    /// <param name="feed">The feed.</param>
    /// <param name="id">The package's id.</param>
    /// <param name="version">Its version.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>True when it has.</returns>
    /// <exception cref="FeedException">It did not answer, or not with a package.</exception>
    public Task<bool> HasAsync(Feed feed, string id, string version, CancellationToken cancellation) =>
        AskAsync(limit => _client.HasAsync(feed, id, version, limit), cancellation);

    /// <summary>The versions of a package that a feed has.</summary>
    /// <param name="feed">The feed.</param>
    /// <param name="id">The package's id.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The versions, in no order; none when the feed does not know the id.</returns>
    /// <exception cref="FeedException">It did not answer, or not with versions.</exception>
    public Task<ImmutableArray<string>> ListVersionsAsync(Feed feed, string id, CancellationToken cancellation) =>
        AskAsync(limit => _client.ListVersionsAsync(feed, id, limit), cancellation);

    /// <summary>The digest of a package as packages.lock.json has it.</summary>
    /// <param name="package">The package's file.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The digest in base 64.</returns>
    public static string HashContent(string package, CancellationToken cancellation) => Guard(() => Hash(package, cancellation));

    /// <summary>Downloads a package, and holds its signatures against NuGet's policy.</summary>
    /// <param name="feed">The feed.</param>
    /// <param name="id">The package's id.</param>
    /// <param name="version">Its version.</param>
    /// <param name="folder">A folder; what it holds goes.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The package's file, or null when the feed does not have it.</returns>
    /// <exception cref="FeedException">It did not answer, broke off, or its package's signature is refused.</exception>
    public Task<string?> DownloadAsync(Feed feed, string id, string version, string folder, CancellationToken cancellation)
    {
        Folders.Empty(folder);
        return GuardAsync(() => _client.DownloadAsync(feed, id, version, folder, cancellation));
    }

    /// <summary>The feed to push to.</summary>
    /// <param name="wanted">A source's name, folder or address, or empty for NuGet's defaultPushSource.</param>
    /// <returns>The feed, or null when nothing says which.</returns>
    public Feed? FindPushTarget(string wanted) => Guard(() => _client.FindPushTarget(wanted));

    /// <summary>Pushes a package.</summary>
    /// <param name="feed">The feed.</param>
    /// <param name="package">The package's file.</param>
    /// <returns>False when the feed says that it has the version already.</returns>
    /// <exception cref="FeedException">It did not take it.</exception>
    public async Task<bool> PushAsync(Feed feed, string package)
    {
        try
        {
            await GuardAsync(async () =>
            {
                await _client.PushAsync(feed, package).ConfigureAwait(false);
                return true;
            }).ConfigureAwait(false);
            return true;
        }
        catch (FeedException exception) when (exception.InnerException is { } inner && IsConflict(inner))
        {
            return false;
        }
    }

    private async Task<T> AskAsync<T>(Func<CancellationToken, Task<T>> ask, CancellationToken cancellation)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(_patience);
        try
        {
            return await GuardAsync(() => ask(limit.Token)).ConfigureAwait(false);
        }
        catch (Exception exception) when (
            exception is OperationCanceledException or FeedException && limit.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            throw new FeedException(ErrorCodes.FeedUnreachable, $"it gave no answer within {_patience.TotalSeconds} seconds", exception);
        }
    }

    // Not inlined: what an SDK's NuGet lacks shows when a method that needs it is compiled, and that must be inside the guard.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static NuGetFeeds Create(FeedRequest request) => new(new NuGetClient(request), request.Patience);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string Hash(string package, CancellationToken cancellation) => NuGetClient.HashContent(package, cancellation);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static FeedException? Describe(Exception exception) => NuGetClient.Describe(exception);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool IsConflict(Exception exception) => NuGetClient.StatusOf(exception) == HttpStatusCode.Conflict;

    private static T Guard<T>(Func<T> call)
    {
        try
        {
            return call();
        }
        catch (Exception exception) when (IsMissing(exception))
        {
            throw Unusable(exception);
        }
        catch (Exception exception) when (exception.GetType().Name == "NuGetConfigurationException")
        {
            throw new KernelException(ErrorCodes.FeedUnknown, $"NuGet's configuration cannot be read: {exception.Message}", inner: exception);
        }
    }

    private static async Task<T> GuardAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (Exception exception) when (IsMissing(exception))
        {
            throw Unusable(exception);
        }
        catch (Exception exception) when (
            exception is not (KernelException or FeedException or OperationCanceledException) && Describe(exception) is { } described)
        {
            throw described;
        }
    }

    private static bool IsMissing(Exception exception) => exception switch
    {
        MissingMemberException or TypeLoadException or BadImageFormatException => true,
        FileNotFoundException { FileName: { } name } => IsLibrary(name),
        FileLoadException { FileName: { } name } => IsLibrary(name),
        _ => false,
    };

    private static bool IsLibrary(string name) =>
        name.StartsWith("NuGet.", StringComparison.Ordinal) || name.StartsWith("Newtonsoft.", StringComparison.Ordinal);

    private static KernelException Unusable(Exception exception) => new(
        ErrorCodes.NuGetUnusable,
        $"The NuGet of the running .NET SDK lacks what feeds are asked with ({exception.Message.TrimEnd('.')}). "
        + "Use the SDK that global.json names, or build with KernelCacheMode=ignore.",
        inner: exception);
}
