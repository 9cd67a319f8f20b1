using System.Collections.Concurrent;
using System.Collections.Immutable;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Source;

public sealed partial class GitCli
{
    /// <summary>What each index held when this instance last wrote it. Reading a kernel's tree into one takes 0.3 s, applying a patch far less.</summary>
    private readonly ConcurrentDictionary<string, IndexState> _indexes = new(StringComparer.Ordinal);

    /// <summary>Applies a diff to a tree by way of an index of its own; no work tree, no fuzz.</summary>
    /// <param name="store">The store.</param>
    /// <param name="index">A file for the index. When it is there and holds the tree already, nothing is read again.</param>
    /// <param name="tree">The tree that the index holds, or is filled with.</param>
    /// <param name="diff">The diff.</param>
    /// <param name="strip">How many leading folders of its names to leave out, as <c>-p</c>.</param>
    /// <param name="mode">Whether to apply, or only to probe.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>The new tree's id, or what git complained of.</returns>
    public async Task<ApplyResult> ApplyAsync(
        string store, string index, string tree, ReadOnlyMemory<byte> diff, int strip, ApplyMode mode, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(index);
        ImmutableDictionary<string, string> environment = ImmutableDictionary<string, string>.Empty
            .Add("GIT_INDEX_FILE", index)
            .Add("GIT_CONFIG_GLOBAL", "/dev/null")
            .Add("GIT_CONFIG_NOSYSTEM", "1");
        if (!_indexes.TryGetValue(index, out IndexState? state) || state != IndexState.Of(index, tree))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(index)!);
            RequireSuccess(await RunAsync(store, ["read-tree", tree], cancellation, environment).ConfigureAwait(false), $"read-tree {tree}");
            _indexes[index] = IndexState.Of(index, tree);
        }

        // --whitespace: the default warns, and a user's configuration may let it "fix" lines. The diff is to be applied as it is.
        string[] arguments = mode == ApplyMode.ProbeReverse
            ? ["apply", "--cached", "--check", "--reverse", "--whitespace=nowarn", $"-p{strip}"]
            : ["apply", "--cached", "--whitespace=nowarn", $"-p{strip}"];
        CommandResult applied = await RunAsync(
            store, ["-c", "apply.ignoreWhitespace=no", "-c", "core.quotePath=false", .. arguments], cancellation, environment,
            writeInput: async (stream, token) => await stream.WriteAsync(diff, token).ConfigureAwait(false)).ConfigureAwait(false);
        if (!applied.Succeeded)
            return new ApplyResult(null, applied.StandardError.Trim());
        if (mode == ApplyMode.ProbeReverse)
            return new ApplyResult(tree, "");

        _indexes.TryRemove(index, out _);
        CommandResult written = RequireSuccess(await RunAsync(store, ["write-tree"], cancellation, environment).ConfigureAwait(false), "write-tree");
        string result = written.StandardOutput.Trim();
        _indexes[index] = IndexState.Of(index, result);
        return new ApplyResult(result, applied.StandardError.Trim());
    }

    private static CommandResult RequireSuccess(CommandResult result, string what) =>
        result.Succeeded
            ? result
            : throw new KernelException(ErrorCodes.Internal, $"'git {what}' failed with exit code {result.ExitCode}: {result.StandardError.Trim()}");

    /// <summary>An index as this instance left it. Time and length tell whether anybody else has written it since.</summary>
    private sealed record IndexState(string Tree, DateTime Written, long Length)
    {
        public static IndexState Of(string index, string tree)
        {
            FileInfo file = new(index);
            return new IndexState(tree, file.LastWriteTimeUtc, file.Exists ? file.Length : -1);
        }
    }
}
