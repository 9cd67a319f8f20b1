using System.Globalization;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Feeds;
using EveKernel.Core.Sizes;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>Tells how the sizes of two kernels differ, and fails where one is larger than it may be.</summary>
[MSBuildMultiThreadableTask]
public sealed class CompareKernelSizes : KernelFeedTask
{
    /// <summary>KernelSizeDiffFrom: a package's file, a folder with a kernel's results, or <c>ID/VERSION</c>.</summary>
    public string From { get; set; } = "";

    /// <summary>KernelSizeDiffTo, in the same forms.</summary>
    [Required]
    public string To { get; set; } = "";

    /// <summary>KernelSizeLimit: how large image and modules of the second may be together; empty for no limit.</summary>
    public string Limit { get; set; } = "";

    /// <summary>KernelSizeGrowthLimit: by how much they may have grown; empty for no limit.</summary>
    public string GrowthLimit { get; set; } = "";

    /// <summary>NuGet's folder of restored packages, or empty.</summary>
    public string RestoredFolder { get; set; } = "";

    /// <summary>A folder of this project's for downloads, absolute.</summary>
    [Required]
    public string DownloadFolder { get; set; } = "";

    /// <summary>The folder for the JSON and Markdown, absolute.</summary>
    [Required]
    public string OutputFolder { get; set; } = "";

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken cancellation)
    {
        long? limit = ReadLimit(Limit, "KernelSizeLimit");
        long? growth = ReadLimit(GrowthLimit, "KernelSizeGrowthLimit");
        if (From.Length == 0)
            throw new KernelException(ErrorCodes.PropertyInvalid, "KernelSizeDiffFrom is empty. Name the kernel to compare with: a package's file, a folder with results, or ID/VERSION.");
        try
        {
            KernelSizes from = KernelSizes.Read(await FindAsync(From, cancellation).ConfigureAwait(false));
            KernelSizes to = KernelSizes.Read(await FindAsync(To, cancellation).ConfigureAwait(false));
            SizeDifference difference = SizeDifference.Compare(From, from, To, to);
            SizeReport.Write(difference, OutputFolder);
            Say(SizeReport.Text(difference));
            Say($"{Path.Combine(OutputFolder, "size-diff.json")} has all of it, and size-diff.md beside it is for a pull request.");
            Hold(difference.Total.To, limit, "Image and modules are");
            Hold(difference.Total.Growth, growth, "Image and modules have grown by");
        }
        finally
        {
            if (Directory.Exists(DownloadFolder))
                Directory.Delete(DownloadFolder, recursive: true);
        }
    }

    private void Hold(long bytes, long? limit, string what)
    {
        if (bytes > limit)
        {
            Report(new Diagnostic(
                Severity.Error, ErrorCodes.SizeLimit,
                string.Create(CultureInfo.InvariantCulture, $"{what} {bytes:N0} bytes, and {limit:N0} are allowed. Make something a module or leave it out, or raise the limit.")));
        }
    }

    private static long? ReadLimit(string value, string name) => value.Length == 0 ? null : Core.Feeds.CacheLimit.TryParse(value) ?? throw new KernelException(
        ErrorCodes.PropertyInvalid, $"{name} is '{value}'. Use a number of bytes, or one with a unit, such as 64MB.");

    // As people name them: what is there as a file or folder is that; else it is an id and a version, restored or on a feed.
    private async Task<string> FindAsync(string place, CancellationToken cancellation)
    {
        string path = Path.GetFullPath(place, Path.GetDirectoryName(ProjectFile)!);
        string[] words = place.Split('/');
        if (Path.Exists(path) || words.Length != 2)
            return path;
        string restored = RestoredFolder.Length == 0 ? "" : Path.Combine(RestoredFolder, words[0].ToLowerInvariant(), words[1].ToLowerInvariant());
        if (Directory.Exists(restored))
            return restored;
        NuGetFeeds feeds = OpenFeeds();
        foreach (Feed feed in feeds.List(words[0]))
        {
            try
            {
                if (await feeds.HasAsync(feed, words[0], words[1], cancellation).ConfigureAwait(false)
                    && await feeds.DownloadAsync(feed, words[0], words[1], Path.Combine(DownloadFolder, words[1]), cancellation).ConfigureAwait(false) is { } file)
                    return file;
            }
            catch (FeedException exception)
            {
                Report(new Diagnostic(Severity.Warning, exception.Code, $"{feed}: {exception.Message}"));
            }
        }

        return path;
    }
}
