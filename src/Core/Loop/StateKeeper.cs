using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Loop;

/// <summary>Keeps the patches and an edit tree's state in git, before anything of it is changed: a commit below <c>refs/evekernel/refresh/</c> that holds the
/// patch files, and has the tree's commit and its uncommitted edits for parents.</summary>
/// <param name="tree">The tree, which the caller holds.</param>
public sealed class StateKeeper(EditTree tree)
{
    /// <summary>Below which the kept states stand.</summary>
    public const string Prefix = "refs/evekernel/refresh/";

    /// <summary>Lists what is kept, the newest first.</summary>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The states.</returns>
    public async Task<ImmutableArray<KeptState>> ListAsync(CancellationToken cancellation)
    {
        string refs = await tree.RunAsync(cancellation, "for-each-ref", "--sort=-refname", "--format=%(refname) %(subject)", Prefix).ConfigureAwait(false);
        return
        [
            .. refs.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ', 2))
                .Select(words => new KeptState(words[0][Prefix.Length..], words.Length > 1 ? words[1] : "")),
        ];
    }

    /// <summary>Keeps the state.</summary>
    /// <param name="before">What is about to be done, in a word.</param>
    /// <param name="record">What the tree is made of.</param>
    /// <param name="head">Where it stands.</param>
    /// <param name="edits">The commit of uncommitted edits, or empty.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The state's name.</returns>
    /// <param name="more">Files beside the patches that are about to be changed.</param>
    public async Task<string> KeepAsync(
        string before, EditRecord record, string head, string edits, CancellationToken cancellation, params ImmutableArray<string> more)
    {
        ArgumentNullException.ThrowIfNull(record);
        ImmutableArray<string> files = [.. record.Patches.Select(patch => patch.File).Concat(more).Where(File.Exists)];
        ImmutableArray<string> blobs = await HashAsync(files, cancellation).ConfigureAwait(false);
        KeptContent content = new(record, head, edits, [.. files.Zip(blobs, (file, blob) => new KeptFile(file, blob))]);
        string commit = await CommitAsync(content, content.Files.Select(file => file.Blob), [head, .. edits.Length > 0 ? (string[])[edits] : []],
            $"before {before}", cancellation)
            .ConfigureAwait(false);
        string name = DateTime.UtcNow.ToString("yyyyMMdd'T'HHmmss.fff'Z'", CultureInfo.InvariantCulture);
        await tree.RunAsync(cancellation, "update-ref", Prefix + name, commit, new string('0', 40)).ConfigureAwait(false);
        return name;
    }

    /// <summary>Reads a kept state.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>What it holds.</returns>
    /// <exception cref="KernelException">EVK2110: there is none of the name.</exception>
    public async Task<KeptContent> ReadAsync(string name, CancellationToken cancellation) =>
        await TryReadAsync<KeptContent>(Prefix + name, cancellation).ConfigureAwait(false) ?? throw new KernelException(
            ErrorCodes.RefreshUnknown, $"'{tree.Folder}' has no kept state '{name}'. -t:KernelShow lists those that there are.");

    /// <summary>Reads what a ref's commit says of itself; null where there is no such ref.</summary>
    internal async Task<T?> TryReadAsync<T>(string reference, CancellationToken cancellation) where T : class
    {
        CommandResult shown = await tree.TryAsync(cancellation, "cat-file", "blob", $"{reference}:state.json").ConfigureAwait(false);
        return shown.Succeeded ? JsonSerializer.Deserialize<T>(shown.StandardOutput) : null;
    }

    internal Task<byte[]> ReadBlobAsync(string blob, CancellationToken cancellation) => tree.Git.BytesInTreeAsync(tree.Folder, ["cat-file", "blob", blob],
        cancellation);

    internal async Task<string> WriteBlobAsync(ReadOnlyMemory<byte> content, CancellationToken cancellation) =>
        (await tree.Git.InTreeAsync(tree.Folder, ["hash-object", "-w", "--no-filters", "--stdin"], cancellation, content).ConfigureAwait(false)).Trim();

    /// <summary>Makes a commit of files and of a record that says what they are.</summary>
    internal async Task<string> CommitAsync<T>(
        T state, IEnumerable<string> blobs, ImmutableArray<string> parents, string message, CancellationToken cancellation)
    {
        string json = await WriteBlobAsync(JsonSerializer.SerializeToUtf8Bytes(state), cancellation).ConfigureAwait(false);
        string entries = string.Concat(blobs.Distinct().Select(blob => $"100644 blob {blob}\t{blob}.patch\n")) + $"100644 blob {json}\tstate.json\n";
        string root = (await tree.Git.InTreeAsync(tree.Folder, ["mktree"], cancellation, Encoding.ASCII.GetBytes(entries)).ConfigureAwait(false)).Trim();
        return await tree.LineAsync(cancellation, ["commit-tree", root, .. parents.SelectMany(parent => (string[])["-p", parent]), "-m", message])
            .ConfigureAwait(false);
    }

    private async Task<ImmutableArray<string>> HashAsync(ImmutableArray<string> files, CancellationToken cancellation)
    {
        if (files.IsEmpty)
            return [];
        byte[] paths = Encoding.UTF8.GetBytes(string.Concat(files.Select(file => file + "\n")));
        string ids = await tree.Git.InTreeAsync(tree.Folder, ["hash-object", "-w", "--no-filters", "--stdin-paths"], cancellation, paths).ConfigureAwait(false);
        return [.. ids.Split('\n', StringSplitOptions.RemoveEmptyEntries)];
    }
}

/// <summary>A state that is kept.</summary>
/// <param name="Name">Its name, which is the time in UTC.</param>
/// <param name="Before">What was about to be done then.</param>
public sealed record KeptState(string Name, string Before);

/// <summary>What a kept state holds.</summary>
/// <param name="Record">What the edit tree was made of.</param>
/// <param name="Head">Where it stood.</param>
/// <param name="Edits">The commit of its uncommitted edits, or empty.</param>
/// <param name="Files">The patches.</param>
public sealed record KeptContent(EditRecord Record, string Head, string Edits, ImmutableArray<KeptFile> Files);

/// <summary>A file of a kept state.</summary>
/// <param name="File">The file.</param>
/// <param name="Blob">Its content's id.</param>
public sealed record KeptFile(string File, string Blob);
