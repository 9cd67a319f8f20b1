using System.Collections.Immutable;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Packaging;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Feeds;

/// <summary>Pushes a result to a feed. A version says which bytes it has, so a feed that has other ones under it is an error, and one that has the same is
/// none.</summary>
/// <param name="plan">The plan, whose result stands.</param>
/// <param name="feeds">NuGet's configuration.</param>
/// <param name="sink">Takes what there is to tell.</param>
public sealed class ResultPusher(BuildPlan plan, NuGetFeeds feeds, IDiagnosticSink sink)
{
    private readonly SourceLocation _project = new(plan.ProjectFile);

    private string Named => $"{plan.PackageId} {plan.PackageVersion}";

    /// <summary>Pushes.</summary>
    /// <param name="packageFolder">Where the package is.</param>
    /// <param name="target">KernelPushSource, or empty for NuGet's defaultPushSource.</param>
    /// <param name="allowDirty">Whether the result of a tree that somebody edits may go.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>A task.</returns>
    /// <exception cref="KernelException">EVK5110 to EVK5113.</exception>
    public async Task PushAsync(string packageFolder, string target, bool allowDirty, CancellationToken cancellation)
    {
        if (plan.Source.Dirty && !allowDirty)
        {
            throw new KernelException(
                ErrorCodes.PushDirty,
                $"{Named} was built from '{plan.Source.Directory}', which nobody else has. Commit it and pin the commit, or set KernelPushDirty=true.",
                _project);
        }

        Feed feed = feeds.FindPushTarget(target) ?? throw new KernelException(
            ErrorCodes.PushSourceMissing, "Nothing says where to push to. Set KernelPushSource, or defaultPushSource in NuGet's configuration.", _project);
        // The one that boots last: who finds it finds the others.
        foreach (PackagePart part in plan.Parts.Reverse())
            await PushAsync(feed, plan.IdOf(part), packageFolder, cancellation).ConfigureAwait(false);
    }

    private async Task PushAsync(Feed feed, string id, string packageFolder, CancellationToken cancellation)
    {
        string package = plan.PackageFile(packageFolder, id);
        string named = $"{id} {plan.PackageVersion}";
        using ResultPackage own = OpenOwn(package, id);
        if (await IsThereAsync(feed, own, cancellation).ConfigureAwait(false))
        {
            Say($"{feed} has {named} already, with the same manifest");
            return;
        }

        try
        {
            // Somebody may have been faster.
            bool taken = await feeds.PushAsync(feed, package).ConfigureAwait(false);
            Say(taken ? $"Pushed {named} to {feed}"
                : await IsThereAsync(feed, own, cancellation).ConfigureAwait(false) ? $"{feed} has {named} already, with the same manifest"
                : throw new FeedException(ErrorCodes.PushFailed, "it says that it has this version, and does not give it"));
        }
        catch (FeedException exception)
        {
            throw Failed(feed, exception);
        }
    }

    private ResultPackage OpenOwn(string package, string id)
    {
        try
        {
            return ResultPackage.Open(package, id, plan.PackageVersion);
        }
        catch (FeedException exception)
        {
            throw new KernelException(
                ErrorCodes.PackageRefused, $"'{package}' is not pushed: {exception.Message}. Delete it and build again.", _project, exception);
        }
    }

    private async Task<bool> IsThereAsync(Feed feed, ResultPackage own, CancellationToken cancellation)
    {
        string folder = Path.Combine(plan.IntermediateFolder, "push");
        string id = own.Manifest.PackageId;
        try
        {
            if (!await feeds.HasAsync(feed, id, plan.PackageVersion, cancellation).ConfigureAwait(false))
                return false;
            string? file = await feeds.DownloadAsync(feed, id, plan.PackageVersion, folder, cancellation).ConfigureAwait(false);
            if (file is null)
                return false;
            using ResultPackage other = ResultPackage.Open(file, id, plan.PackageVersion);
            await other.VerifyAsync(cancellation).ConfigureAwait(false);
            ImmutableArray<string> differences = ManifestDifference.Between(other.ManifestText, own.ManifestText);
            return differences.IsEmpty ? true : throw Conflict(feed, $"(the feed's → this build's)\n  {string.Join("\n  ", differences)}");
        }
        catch (FeedException exception) when (exception.Code == ErrorCodes.PackageRefused)
        {
            throw Conflict(feed, $"and it cannot be believed: {exception.Message}");
        }
        catch (FeedException exception)
        {
            throw Failed(feed, exception);
        }
        finally
        {
            Folders.Delete(folder);
        }
    }

    private KernelException Conflict(Feed feed, string how) => new(
        ErrorCodes.PushConflict,
        $"{feed} has {Named} with another content {how}\nNothing was pushed. "
        + "The same key must give the same bytes: find out which of the two builds is not reproducible.",
        _project);

    private KernelException Failed(Feed feed, FeedException exception) => new(
        exception.Code == ErrorCodes.FeedAccessRefused ? ErrorCodes.FeedAccessRefused : ErrorCodes.PushFailed,
        $"{Named} was not pushed to {feed}: {exception.Message}",
        _project,
        exception);

    private void Say(string message) => sink.Report(new Diagnostic(Severity.Message, null, message));
}
