using System.Collections.Immutable;

namespace EveKernel.Core.Source;

public sealed partial class GitCli
{
    /// <inheritdoc cref="IGit.CheckOutPathsAsync" />
    public async Task CheckOutPathsAsync(
        string store, string tree, IReadOnlyList<string> paths, string folder, string index, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(folder);
        Directory.CreateDirectory(folder);
        ImmutableDictionary<string, string> environment = WorkTree(folder, index);
        Clear(index);
        using MemoryStream entries = new();
        await GitAsync(
            store, ["--literal-pathspecs", "ls-tree", "-r", "-z", "--full-tree", tree, "--", .. paths], cancellation,
            readOutput: (stream, token) => stream.CopyToAsync(entries, token)).ConfigureAwait(false);
        await GitAsync(store, ["update-index", "-z", "--index-info"], cancellation, environment, folder, Writer(entries.ToArray())).ConfigureAwait(false);
        await WithUmaskAsync(store, ["checkout-index", "--all", "--force", "--quiet"], environment, folder, cancellation).ConfigureAwait(false);
    }

    /// <inheritdoc cref="IGit.HasHistoryAsync" />
    public async Task<bool> HasHistoryAsync(string repository, string commit, CancellationToken cancellation)
    {
        if (await ResolveAsync(repository, $"{commit}^", cancellation).ConfigureAwait(false) is null)
            return false;
        // A history may also be cut off further down.
        string shallow = (await GitAsync(repository, ["rev-parse", "--git-path", "shallow"], cancellation).ConfigureAwait(false)).StandardOutput.Trim();
        string file = Path.GetFullPath(shallow, repository);
        foreach (string end in File.Exists(file) ? await File.ReadAllLinesAsync(file, cancellation).ConfigureAwait(false) : [])
        {
            if (await IsAncestorAsync(repository, end, commit, cancellation).ConfigureAwait(false))
                return false;
        }

        return true;
    }
}
