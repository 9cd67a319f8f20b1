using System.Collections.Immutable;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Processes;
using EveKernel.Core.Source;

namespace EveKernel.Core.Loop;

/// <summary>Writes commits as mails for a list: by git format-patch as whoever sends them has set it up, to whom the tree's own get_maintainer.pl names.</summary>
/// <param name="git">git.</param>
/// <param name="environment">The host's environment, of which get_maintainer.pl takes its user's settings.</param>
/// <param name="sink">Takes what there is to tell.</param>
/// <param name="work">A folder of its own, which is emptied.</param>
internal sealed class MailWriter(GitCli git, ImmutableDictionary<string, string> environment, IDiagnosticSink sink, string work)
{
    private const string Script = "scripts/get_maintainer.pl";
    private const string Branch = "series";

    private string Repository => Path.Combine(work, ".git");

    /// <summary>Writes them.</summary>
    /// <param name="source">The pinned source.</param>
    /// <param name="head">The last commit on top of it.</param>
    /// <param name="folder">Where the mails go.</param>
    /// <param name="withRecipients">Whether get_maintainer.pl is asked.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The files, the cover letter first where there are several patches.</returns>
    /// <exception cref="KernelException">EVK2114: git or get_maintainer.pl failed.</exception>
    public async Task<ImmutableArray<string>> WriteAsync(EditSource source, string head, string folder, bool withRecipients, CancellationToken cancellation)
    {
        Folders.Delete(work);
        // Of a branch with a description git makes a cover letter; the store is everybody's, and gets none.
        await git.InitializeTreeAsync(source.Store, work, Branch, cancellation).ConfigureAwait(false);
        await git.InTreeAsync(work, ["update-ref", $"refs/heads/{Branch}", head], cancellation).ConfigureAwait(false);
        ImmutableArray<string> recipients = withRecipients ? await FindRecipientsAsync(source, cancellation).ConfigureAwait(false) : [];
        string cover = ReadCover(source.Series);
        string count = (await git.InTreeAsync(work, ["rev-list", "--count", $"{source.Commit}..{head}"], cancellation).ConfigureAwait(false)).Trim();
        ImmutableArray<string> options =
        [
            .. cover.Length == 0 ? (ImmutableArray<string>)[] : ["-c", $"branch.{Branch}.description={cover}"],
            "format-patch", "-o", folder, $"--base={source.Commit}", "--cover-from-description=subject",
            count == "1" ? "--no-cover-letter" : "--cover-letter",
            .. recipients,
        ];
        ImmutableArray<string> written = await FormatAsync([.. options, $"{source.Commit}..{Branch}"], cancellation).ConfigureAwait(false);
        Folders.Delete(work);
        return written;
    }

    /// <summary>What a series says of itself: the comment that it begins with.</summary>
    /// <param name="series">The series files; the first that says something counts.</param>
    /// <returns>The text, or nothing.</returns>
    internal static string ReadCover(IEnumerable<string> series) =>
        series.Select(file => string.Join('\n', File.ReadLines(file).TakeWhile(line => line.StartsWith('#')).Select(WithoutMark)).Trim())
            .FirstOrDefault(text => text.Length > 0) ?? "";

    private static string WithoutMark(string line) => line.TrimStart('#') is [' ', .. string text] ? text : line.TrimStart('#');

    private async Task<ImmutableArray<string>> FormatAsync(ImmutableArray<string> arguments, CancellationToken cancellation)
    {
        CommandResult result = await git.AsUserAsync(Repository, arguments, cancellation).ConfigureAwait(false);
        return result.Succeeded ? [.. result.StandardOutput.Split('\n', StringSplitOptions.RemoveEmptyEntries)]
            : throw new KernelException(ErrorCodes.ExportImpossible, $"'git format-patch' failed: {result.StandardError.Trim()}");
    }

    // git's own options for those who are to get it: all of them each patch, as one who reviews wants to see the whole.
    private async Task<ImmutableArray<string>> FindRecipientsAsync(EditSource source, CancellationToken cancellation)
    {
        await git.CheckOutPathsAsync(source.Store, source.Tree, [Script, "MAINTAINERS"], work, Path.Combine(work, "paths.index"), cancellation).ConfigureAwait(false);
        if (!File.Exists(Path.Combine(work, Script)) || !File.Exists(Path.Combine(work, "MAINTAINERS")))
        {
            sink.Report(new Diagnostic(Severity.Message, null, $"The pinned tree has no {Script} with MAINTAINERS: the mails are to nobody yet."));
            return [];
        }

        ImmutableArray<string> patches = await FormatAsync(
            ["format-patch", "--no-cover-letter", "-o", Path.Combine(work, "patches"), $"{source.Commit}..{Branch}"], cancellation).ConfigureAwait(false);
        ImmutableArray<string> maintainers = await AskAsync(["--m", "--no-r", "--no-l"], patches, cancellation).ConfigureAwait(false);
        ImmutableArray<string> others = await AskAsync(["--no-m", "--r", "--l"], patches, cancellation).ConfigureAwait(false);
        return [.. maintainers.Select(one => $"--to={one}"), .. others.Except(maintainers).Select(one => $"--cc={one}")];
    }

    private async Task<ImmutableArray<string>> AskAsync(ImmutableArray<string> whom, ImmutableArray<string> patches, CancellationToken cancellation)
    {
        // Nothing of git: a pinned commit comes without history, and who once touched a line maintains nothing.
        Command command = new(
            ExecutableSearch.Find("perl", environment),
            [Script, "--no-tree", "--no-git", "--no-git-fallback", "--no-rolestats", "--no-roles", .. whom, "--", .. patches])
        {
            WorkingDirectory = work,
            Environment = environment.SetItem("LC_ALL", "C"),
        };
        CommandResult result = await ProcessRunner.RunAsync(command, cancellation).ConfigureAwait(false);
        return result.Succeeded ? [.. result.StandardOutput.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct()]
            : throw new KernelException(
                ErrorCodes.ExportImpossible,
                $"The pinned tree's {Script} failed: {result.StandardError.Trim()}. With KernelExportRecipients=none it is not asked.");
    }
}
