using System.Collections.Immutable;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Feeds;
using EveKernel.Core.Packaging;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Pins;

/// <summary>Which kernel is wanted in a pin's place.</summary>
/// <param name="Line">The kernel line, such as 6.12; empty for the line of the pin.</param>
/// <param name="Version">A whole version, which need not be newer; empty for the newest.</param>
public sealed record WantedKernel(string Line, string Version);

/// <summary>A kernel's package that was read to its last byte.</summary>
/// <param name="Rank">Its version.</param>
/// <param name="Package">Its file, which is there until the feeds are asked again.</param>
public sealed record KnownKernel(KernelRank Rank, string Package);

/// <summary>What the feeds have in a pin's place.</summary>
/// <param name="Newest">The kernel that is wanted and newer; null when there is none.</param>
/// <param name="EquallyNew">More builds of the newest kernel's rank: nothing says which is meant.</param>
/// <param name="OtherBuilds">Other builds of the pinned kernel's rank.</param>
/// <param name="LaterLines">The newest version of each later kernel line, by its version alone.</param>
public sealed record KernelOffer(
    KnownKernel? Newest, ImmutableArray<KnownKernel> EquallyNew, ImmutableArray<KernelRank> OtherBuilds, ImmutableArray<KernelRank> LaterLines);

/// <summary>Asks the feeds for newer kernels. A version only says where to look; a package counts when its manifest says the same, and each file is the manifest's.</summary>
/// <param name="feeds">The feeds.</param>
/// <param name="folder">A folder for what is downloaded.</param>
/// <param name="restored">NuGet's folder of restored packages, or empty.</param>
/// <param name="sink">Takes what feeds did not do.</param>
public sealed class NewerKernels(NuGetFeeds feeds, string folder, string restored, IDiagnosticSink sink)
{
    private readonly Dictionary<string, ImmutableArray<(Feed Feed, ImmutableArray<string> Versions)>> _answers = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Looks for a kernel in a pin's place.</summary>
    /// <param name="id">The package's id.</param>
    /// <param name="pinned">The pinned version.</param>
    /// <param name="wanted">What is wanted.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>What the feeds have.</returns>
    /// <exception cref="KernelException">EVK5143: no feed answered.</exception>
    public async Task<KernelOffer> FindAsync(string id, KernelRank pinned, WantedKernel wanted, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(pinned);
        ArgumentNullException.ThrowIfNull(wanted);
        KernelRank[] all =
        [
            .. (await AskAsync(id, cancellation).ConfigureAwait(false)).SelectMany(answer => answer.Versions).Distinct(StringComparer.Ordinal)
                .Select(KernelRank.TryParse).OfType<KernelRank>(),
        ];
        string line = wanted.Line.Length > 0 ? wanted.Line : pinned.Line;
        IEnumerable<KernelRank> candidates = wanted.Version.Length > 0
            ? all.Where(rank => rank.Version == wanted.Version && rank.Version != pinned.Version)
            : all.Where(rank => rank.Line == line && rank.CompareByAge(pinned) > 0);
        ImmutableArray<KnownKernel> newest = [];
        foreach (IGrouping<KernelRank, KernelRank> equal in candidates.GroupBy(rank => rank, Age).OrderByDescending(group => group.Key, Age))
        {
            newest = await ReadAsync(id, [.. equal], cancellation).ConfigureAwait(false);
            if (!newest.IsEmpty)
                break;
        }

        return new KernelOffer(
            newest.FirstOrDefault(),
            [.. newest.Skip(1)],
            [.. all.Where(rank => rank.CompareByAge(pinned) == 0 && rank.Version != pinned.Version).OrderBy(rank => rank.Version, StringComparer.Ordinal)],
            [
                .. all.Where(rank => (rank.Major, rank.Minor).CompareTo((pinned.Major, pinned.Minor)) > 0).GroupBy(rank => (rank.Major, rank.Minor))
                    .OrderBy(group => group.Key).Select(group => group.Max(Age)!),
            ]);
    }

    /// <summary>Reads one package, wherever it is.</summary>
    /// <param name="id">The package's id.</param>
    /// <param name="version">Its version.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>Its file, or null when nobody has it as it should be.</returns>
    public async Task<string?> FindAsync(string id, string version, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(id);
        ArgumentNullException.ThrowIfNull(version);
        string name = $"{id}.{version}.nupkg".ToLowerInvariant();
        string here = restored.Length == 0 ? "" : Path.Combine(restored, id.ToLowerInvariant(), version.ToLowerInvariant(), name);
        if (here.Length > 0 && File.Exists(here) && await IsWholeAsync(here, id, version, "the folder of restored packages", cancellation).ConfigureAwait(false))
            return here;
        foreach ((Feed feed, _) in (await AskAsync(id, cancellation).ConfigureAwait(false)).Where(answer => answer.Versions.Contains(version, StringComparer.Ordinal)))
        {
            try
            {
                string to = Path.Combine(folder, $"{id}.{version}");
                string? package = await feeds.DownloadAsync(feed, id, version, to, cancellation).ConfigureAwait(false);
                if (package is not null && await IsWholeAsync(package, id, version, feed.ToString(), cancellation).ConfigureAwait(false))
                    return package;
            }
            catch (FeedException exception)
            {
                Warn(exception.Code, $"{feed} did not give {id} {version}: {exception.Message.TrimEnd('.')}. It is passed over.");
            }
        }

        return null;
    }

    /// <summary>Deletes what was downloaded.</summary>
    public void Clear() => Folders.Delete(folder);

    private static RankComparer Age { get; } = new();

    // Each feed is asked once for an id, all at the same time.
    private async Task<ImmutableArray<(Feed Feed, ImmutableArray<string> Versions)>> AskAsync(string id, CancellationToken cancellation)
    {
        if (_answers.TryGetValue(id, out ImmutableArray<(Feed, ImmutableArray<string>)> known))
            return known;
        (Feed Feed, Task<ImmutableArray<string>> Answer)[] asked =
            [.. feeds.List(id).Select(feed => (feed, Task.Run(() => feeds.ListVersionsAsync(feed, id, cancellation), cancellation)))];
        List<(Feed, ImmutableArray<string>)> answers = [];
        foreach ((Feed feed, Task<ImmutableArray<string>> answer) in asked)
        {
            try
            {
                answers.Add((feed, await answer.ConfigureAwait(false)));
            }
            catch (FeedException exception)
            {
                Warn(exception.Code, $"{feed} could not be asked for {id}: {exception.Message.TrimEnd('.')}. It may have newer kernels. KernelFeeds leaves a feed out.");
            }
        }

        if (answers.Count == 0)
        {
            throw new KernelException(
                ErrorCodes.PinTargetMissing,
                $"No feed could be asked for {id}. {(asked.Length == 0 ? "NuGet's configuration has none for it." : "Each says why above.")} Name one in KernelFeeds.");
        }

        return _answers[id] = [.. answers];
    }

    private async Task<ImmutableArray<KnownKernel>> ReadAsync(string id, ImmutableArray<KernelRank> ranks, CancellationToken cancellation)
    {
        List<KnownKernel> known = [];
        foreach (KernelRank rank in ranks.OrderBy(rank => rank.Version, StringComparer.Ordinal))
        {
            if (await FindAsync(id, rank.Version, cancellation).ConfigureAwait(false) is { } package)
                known.Add(new KnownKernel(rank, package));
        }

        return [.. known];
    }

    private async Task<bool> IsWholeAsync(string path, string id, string version, string place, CancellationToken cancellation)
    {
        try
        {
            using ResultPackage package = ResultPackage.Open(path, id, version);
            Manifest manifest = package.Manifest;
            KernelRank rank = KernelRank.TryParse(version) ?? throw new FormatException($"'{version}' is no version of a kernel's package");
            string said = PackageVersion.Create(
                manifest.KernelVersion, DateTimeOffset.FromUnixTimeSeconds(manifest.SourceTime), rank.Revision, manifest.SourceCommit, manifest.Key);
            if (said != version)
                throw new FeedException(ErrorCodes.PackageRefused, $"its manifest is of a kernel whose version is {said}");
            if (manifest.Dirty)
                throw new FeedException(ErrorCodes.PackageRefused, "its manifest says that somebody edited the tree");
            await package.VerifyAsync(cancellation).ConfigureAwait(false);
            return true;
        }
        catch (Exception exception) when (exception is FeedException or FormatException or ArgumentException)
        {
            Warn(ErrorCodes.PackageRefused, $"{id} {version} of {place} is refused: {exception.Message.TrimEnd('.')}. It is passed over. Somebody should find out who put it there.");
            return false;
        }
    }

    private void Warn(ErrorCode code, string text) => sink.Report(new Diagnostic(Severity.Warning, code, text));

    private sealed class RankComparer : IEqualityComparer<KernelRank>, IComparer<KernelRank>
    {
        public int Compare(KernelRank? x, KernelRank? y) => x!.CompareByAge(y!);

        public bool Equals(KernelRank? x, KernelRank? y) => Compare(x, y) == 0;

        public int GetHashCode(KernelRank obj) => HashCode.Combine(obj.Major, obj.Minor, obj.Patch, obj.Candidate, obj.Time, obj.Revision);
    }
}
