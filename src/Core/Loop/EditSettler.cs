using System.Collections.Immutable;
using System.Globalization;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Processes;
using EveKernel.Core.Source;

namespace EveKernel.Core.Loop;

/// <summary>Brings to its end what an earlier command began in an edit tree and was stopped or killed in.</summary>
/// <param name="tree">The tree, which the caller holds.</param>
/// <param name="sink">Takes what there is to tell.</param>
public sealed class EditSettler(EditTree tree, IDiagnosticSink sink)
{
    /// <summary>Does what is left to do without anybody's help.</summary>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>A task.</returns>
    /// <exception cref="KernelException">EVK2103: git waits for somebody; EVK2109: a patch was changed meanwhile.</exception>
    public async Task SettleAsync(CancellationToken cancellation)
    {
        await new RefreshWriter(tree, sink, null).RedoAsync(cancellation).ConfigureAwait(false);
        tree.RequireCalm();
        if (tree.Carry is not { } carry)
            return;
        if (await tree.HeadAsync(cancellation).ConfigureAwait(false) is { } head && (head == carry.FromHead || head == carry.Start))
        {
            // Called off, by git's own --abort, or killed before git began.
            if (carry.FromHead.Length > 0)
                await tree.RunAsync(cancellation, "reset", "-q", "--keep", carry.FromHead).ConfigureAwait(false);
            tree.DropCarry();
            return;
        }

        await FinishAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>Goes on after a conflict.</summary>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>Whether a refresh began it, and is to go on.</returns>
    /// <exception cref="KernelException">EVK2103: there is nothing to go on with; EVK2104: the conflict stands still, or the next one has come.</exception>
    public async Task<bool> ContinueAsync(CancellationToken cancellation)
    {
        if (tree.Operation is { } operation)
        {
            if (operation is not ("am" or "rebase"))
                tree.RequireCalm();
            await TakeResolvedAsync(cancellation).ConfigureAwait(false);
            CommandResult result = await tree.TryAsync(cancellation, operation, "--continue").ConfigureAwait(false);
            if (!result.Succeeded)
                throw await StoppedAsync(result, cancellation).ConfigureAwait(false);
        }
        else if (tree.Carry is null)
        {
            throw new KernelException(ErrorCodes.EditBusy, $"There is nothing to go on with in '{tree.Folder}': git is in the midst of nothing there.");
        }

        bool refresh = tree.Carry?.ForRefresh == true;
        if (tree.Carry is not null)
            await FinishAsync(cancellation).ConfigureAwait(false);
        return refresh;
    }

    /// <summary>Writes down what the tree is made of, now that git is through.</summary>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The record.</returns>
    internal async Task<EditRecord> FinishAsync(CancellationToken cancellation)
    {
        EditCarry carry = tree.Carry!;
        EditRecord record = carry.Next;
        if (carry.HeadIsSeries)
        {
            record = record with { Head = await tree.HeadAsync(cancellation).ConfigureAwait(false) };
            sink.Report(new Diagnostic(Severity.Message, null,
                "git has merged the series into the pinned tree. Write its patches anew: dotnet build -t:KernelPatchRefresh"));
        }

        tree.Write(record);
        tree.DropCarry();
        return record;
    }

    /// <summary>Lays out what git could not merge, and tells it.</summary>
    /// <param name="result">What git said.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>What to throw.</returns>
    internal async Task<KernelException> StoppedAsync(CommandResult result, CancellationToken cancellation)
    {
        bool unmerged = (await tree.RunAsync(cancellation, "ls-files", "--unmerged").ConfigureAwait(false)).Length > 0;
        if (tree.Operation == "am" && !unmerged)
        {
            byte[] patch = await tree.Git.BytesInTreeAsync(tree.Folder, ["am", "--show-current-patch=diff"], cancellation).ConfigureAwait(false);
            await tree.Git.TryInTreeAsync(
                tree.Folder, ["apply", "--reject", "--whitespace=nowarn"], cancellation, GitCli.Writer(patch)).ConfigureAwait(false);
        }

        return await tree.ConflictAsync(result.StandardError + result.StandardOutput, cancellation).ConfigureAwait(false);
    }

    private async Task TakeResolvedAsync(CancellationToken cancellation)
    {
        ImmutableArray<string> unmerged = EditTree.Names(await tree.RunAsync(cancellation, "diff", "--name-only", "-z", "--diff-filter=U")
            .ConfigureAwait(false));
        List<Diagnostic> errors = [];
        foreach (string file in unmerged)
        {
            string path = Path.Combine(tree.Folder, file);
            if (EditTree.MarkerLine(path) is > 0 and int line)
                errors.Add(Open(string.Create(CultureInfo.InvariantCulture, $"{file} still has both sides in line {line}."), path, line));
        }

        foreach (string file in (await tree.UntrackedAsync(cancellation).ConfigureAwait(false)).Where(EditTree.IsReject))
            errors.Add(Open($"{file} still holds hunks that found no place.", Path.Combine(tree.Folder, file), 1));
        if (errors.Count > 0)
            throw new KernelException(errors);
        await tree.RunAsync(cancellation, "add", "--update").ConfigureAwait(false);

        static Diagnostic Open(string what, string file, int line) => new(
            Severity.Error, ErrorCodes.EditConflict, what + " Edit it to what it is to be, and go on: dotnet build -t:KernelPatchContinue",
                new SourceLocation(file, line));
    }
}
