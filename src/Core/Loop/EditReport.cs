using System.Collections.Immutable;
using System.Text;

namespace EveKernel.Core.Loop;

/// <summary>Tells what an edit tree has over its series. Nothing is changed.</summary>
/// <param name="tree">The tree.</param>
public sealed class EditReport(EditTree tree)
{
    /// <summary>The tree in a few numbers.</summary>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The summary; null when there is no edit tree.</returns>
    public async Task<EditSummary?> SummarizeAsync(CancellationToken cancellation)
    {
        if (tree.Record is not { } record)
            return null;
        string head = await tree.HeadAsync(cancellation).ConfigureAwait(false);
        string commits = head == record.Head ? "0"
            : await tree.LineAsync(cancellation, "rev-list", "--count", head, $"^{(record.Head.Length > 0 ? record.Head : record.Base)}").ConfigureAwait(false);
        ImmutableArray<string> uncommitted = tree.Operation is null ? await tree.UncommittedAsync(cancellation).ConfigureAwait(false) : [];
        ImmutableArray<KeptState> kept = await new StateKeeper(tree).ListAsync(cancellation).ConfigureAwait(false);
        return new EditSummary(
            tree.Folder, record.Base, head, int.Parse(commits, System.Globalization.CultureInfo.InvariantCulture), uncommitted, tree.Operation, kept);
    }

    /// <summary>Commits, then uncommitted files, then the difference of the work tree from the series.</summary>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The text; empty when there is none.</returns>
    public async Task<string> DiffAsync(CancellationToken cancellation)
    {
        EditRecord record = tree.Require();
        string head = await tree.HeadAsync(cancellation).ConfigureAwait(false);
        StringBuilder text = new();
        if (head != record.Head)
            Add(text, "Commits:", await CommitsAsync(record, head, cancellation).ConfigureAwait(false));
        Add(text, "Not committed:", await tree.RunAsync(cancellation, "diff", "--no-ext-diff", "--stat=120", "HEAD").ConfigureAwait(false));
        Add(text, "Not known to git:", string.Join('\n', (await tree.UntrackedAsync(cancellation).ConfigureAwait(false)).Select(file => " " + file)));
        string series = record.Head.Length > 0 ? record.Head : record.Base;
        Add(text, "", await tree.RunAsync(cancellation, "diff", "--no-ext-diff", "--no-color", "-M", series).ConfigureAwait(false));
        return text.ToString();
    }

    private async Task<string> CommitsAsync(EditRecord record, string head, CancellationToken cancellation)
    {
        bool onTop = record.Head.Length == 0 || await tree.IsAncestorAsync(record.Head, head, cancellation).ConfigureAwait(false);
        string from = record.Head.Length > 0 ? record.Head : record.Base;
        return onTop
            ? await tree.RunAsync(cancellation, "log", "--reverse", "--no-decorate", "--format= %h %s", $"{from}..{head}").ConfigureAwait(false)
            : await tree.RunAsync(cancellation, "range-diff", "--no-color", "-s", $"{record.Base}..{record.Head}", $"{record.Base}..{head}")
                .ConfigureAwait(false);
    }

    private static void Add(StringBuilder text, string head, string part)
    {
        if (part.Trim('\n').Length == 0)
            return;
        if (head.Length > 0)
            text.Append(head).Append('\n');
        text.Append(part.TrimEnd('\n')).Append('\n');
    }
}

/// <summary>An edit tree in a few numbers.</summary>
/// <param name="Folder">Its folder.</param>
/// <param name="Base">The commit that the series stands on.</param>
/// <param name="Head">Where it stands.</param>
/// <param name="Commits">How many commits it has that the series has not.</param>
/// <param name="Uncommitted">The tracked files with edits that no commit has.</param>
/// <param name="Operation">What git is in the midst of, or null.</param>
/// <param name="Kept">The states that refreshes kept, the newest first.</param>
public sealed record EditSummary(
    string Folder, string Base, string Head, int Commits, ImmutableArray<string> Uncommitted, string? Operation, ImmutableArray<KeptState> Kept);
