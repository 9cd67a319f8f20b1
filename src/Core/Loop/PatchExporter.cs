using System.Collections.Immutable;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Processes;
using EveKernel.Core.Source;

namespace EveKernel.Core.Loop;

/// <summary>Gives a series out, to a branch of a local repository or as mails. What is given are the patches, whatever an edit tree holds.</summary>
/// <param name="git">git.</param>
/// <param name="environment">The host's environment.</param>
/// <param name="source">The series, and the store that has its pinned commit.</param>
/// <param name="sink">Takes what there is to tell.</param>
public sealed class PatchExporter(GitCli git, ImmutableDictionary<string, string> environment, EditSource source, IDiagnosticSink sink)
{
    /// <summary>Puts the series on a branch.</summary>
    /// <param name="repository">A local repository that holds the pinned commit.</param>
    /// <param name="branch">The branch, which is made.</param>
    /// <param name="index">A file for git's index.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>Its commit.</returns>
    /// <exception cref="KernelException">EVK2009; EVK2114.</exception>
    public async Task<string> ToBranchAsync(string repository, string branch, string index, CancellationToken cancellation)
    {
        string head = await ApplyAsync(index, cancellation).ConfigureAwait(false);
        CommandResult own = await git.QueryAsync(Path.Combine(repository, ".git"), ["rev-parse", "--git-dir"], null, cancellation).ConfigureAwait(false);
        string folder = own.Succeeded ? Path.Combine(repository, ".git") : repository;
        if (!(await git.QueryAsync(folder, ["check-ref-format", "--branch", branch], null, cancellation).ConfigureAwait(false)).Succeeded)
            throw Impossible($"'{branch}' can be no branch's name, or '{repository}' is no repository.");
        if (!(await git.QueryAsync(folder, ["cat-file", "-e", source.Commit], null, cancellation).ConfigureAwait(false)).Succeeded)
            throw Impossible($"'{repository}' does not hold the pinned commit {source.Commit}. Fetch it there first.");
        string name = $"refs/heads/{branch}";
        string? there = await git.ResolveAsync(folder, name, cancellation).ConfigureAwait(false);
        if (there == head)
            return head;
        if (there is not null)
            throw Impossible($"'{repository}' has a branch '{branch}' already, at {there}. Give another KernelExportBranch, or delete it.");
        using MemoryStream pack = new();
        await git.GitAsync(
            source.Store, ["pack-objects", "-q", "--revs", "--thin", "--stdout"], cancellation,
            writeInput: GitCli.Writer(System.Text.Encoding.ASCII.GetBytes($"{head}\n^{source.Commit}\n")),
            readOutput: (stream, token) => stream.CopyToAsync(pack, token)).ConfigureAwait(false);
        if (head != source.Commit)
        {
            await git.GitAsync(
                folder, ["index-pack", "--fix-thin", "--stdin"], cancellation, writeInput: GitCli.Writer(pack.ToArray()))
                .ConfigureAwait(false);
        }

        // Only if nobody has made it meanwhile.
        await git.GitAsync(folder, ["update-ref", name, head, new string('0', 40)], cancellation).ConfigureAwait(false);
        return head;
    }

    /// <summary>Writes the series as mails for a list, with a cover letter of what the series file says of itself where there are several patches.</summary>
    /// <param name="folder">A folder that is empty or not there.</param>
    /// <param name="index">A file for git's index.</param>
    /// <param name="withRecipients">Whether the tree's get_maintainer.pl is asked who gets them.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The files, the cover letter first.</returns>
    /// <exception cref="KernelException">EVK2009; EVK2114.</exception>
    public async Task<ImmutableArray<string>> ToMailsAsync(string folder, string index, bool withRecipients, CancellationToken cancellation)
    {
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
            throw Impossible($"'{folder}' holds something already. Give an empty KernelExportDirectory.");
        string head = await ApplyAsync(index, cancellation).ConfigureAwait(false);
        if (head == source.Commit)
            throw Impossible("The pinned tree holds all patches already, so that there is nothing to send.");
        return await new MailWriter(git, environment, sink, index + ".mails").WriteAsync(source, head, folder, withRecipients, cancellation).ConfigureAwait(false);
    }

    private async Task<string> ApplyAsync(string index, CancellationToken cancellation) =>
        (await source.ApplyAsync(git, source.Store, index, sink, cancellation).ConfigureAwait(false)).Commit;

    private static KernelException Impossible(string message) => new(ErrorCodes.ExportImpossible, message);
}
