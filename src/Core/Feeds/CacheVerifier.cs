using System.Collections.Immutable;
using System.Globalization;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Packaging;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Feeds;

/// <summary>Reads the machine's cache of results again. What has changed goes, and is brought anew from a feed that has it with the same manifest.</summary>
/// <param name="cacheFolder">The shared cache.</param>
/// <param name="cache">The cache of results in it.</param>
/// <param name="openFeeds">Reads NuGet's configuration; called only when something has changed.</param>
/// <param name="sink">Takes what there is to tell.</param>
public sealed class CacheVerifier(string cacheFolder, ResultCache cache, Func<NuGetFeeds> openFeeds, IDiagnosticSink sink)
{
    /// <summary>Verifies.</summary>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>A task.</returns>
    /// <exception cref="KernelException">EVK5120, one each package that had changed and that no feed has.</exception>
    public async Task VerifyAsync(CancellationToken cancellation)
    {
        ImmutableArray<CacheFinding> findings = await cache.VerifyAsync(cancellation).ConfigureAwait(false);
        List<Diagnostic> lost = [];
        foreach (CacheFinding finding in findings.Where(finding => finding.Damage is not null))
        {
            string? from = await CureAsync(finding, cancellation).ConfigureAwait(false);
            string what = $"{finding.Id} {finding.Version} in the machine's cache was damaged: {finding.Damage}.";
            if (from is null)
                lost.Add(new Diagnostic(
                    Severity.Error, ErrorCodes.CacheDamaged, $"{what} It was taken out, and no feed has it. The next build makes it anew. Check the disk."));
            else
                sink.Report(new Diagnostic(Severity.Warning, ErrorCodes.CacheDamaged, $"{what} It was brought anew from {from}. Check the disk."));
        }

        sink.Report(new Diagnostic(Severity.Message, null, string.Create(
            CultureInfo.InvariantCulture,
            $"{cacheFolder}results: read {findings.Length} packages of {findings.Sum(finding => finding.Size) / 1e6:0.0} MB again, ")
            + $"{findings.Count(finding => finding.Damage is not null)} of them damaged"));
        if (lost.Count > 0)
            throw new KernelException(lost);
    }

    private async Task<string?> CureAsync(CacheFinding finding, CancellationToken cancellation)
    {
        NuGetFeeds feeds = openFeeds();
        string folder = Path.Combine(cacheFolder, "results", $"cure-{Guid.NewGuid():N}");
        try
        {
            foreach (Feed feed in feeds.List(finding.Id))
            {
                if (await TryTakeAsync(feeds, feed, finding, folder, cancellation).ConfigureAwait(false))
                    return feed.ToString();
            }

            return null;
        }
        finally
        {
            Folders.Delete(folder);
        }
    }

    private async Task<bool> TryTakeAsync(NuGetFeeds feeds, Feed feed, CacheFinding finding, string folder, CancellationToken cancellation)
    {
        try
        {
            if (!await feeds.HasAsync(feed, finding.Id, finding.Version, cancellation).ConfigureAwait(false))
                return false;
            string? file = await feeds.DownloadAsync(feed, finding.Id, finding.Version, folder, cancellation).ConfigureAwait(false);
            if (file is null)
                return false;
            using ResultPackage package = ResultPackage.Open(file, finding.Id, finding.Version);
            await package.VerifyAsync(cancellation).ConfigureAwait(false);
            return Digest.OfText(package.ManifestText) == finding.ManifestSha256
                && await cache.AddAsync(file, package.Manifest, cancellation).ConfigureAwait(false) is null;
        }
        catch (FeedException exception)
        {
            sink.Report(new Diagnostic(Severity.Warning, exception.Code, $"{feed} cannot give {finding.Id} {finding.Version}: {exception.Message}"));
            return false;
        }
    }
}
