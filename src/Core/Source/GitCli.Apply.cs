using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Patches;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Source;

public sealed partial class GitCli
{
    // --whitespace: the default warns, and a user's configuration may let it "fix" lines. The diff is to be applied as it is.
    private static readonly ImmutableArray<string> ApplyCommand =
        ["-c", "apply.ignoreWhitespace=no", "-c", "core.quotePath=false", "apply", "--cached", "--whitespace=nowarn"];

    /// <summary>What each index held when this instance last wrote it. Reading a kernel's tree into one takes 0.3 s, applying a patch far less.</summary>
    private readonly ConcurrentDictionary<string, IndexState> _indexes = new(StringComparer.Ordinal);

    // One shell for a whole series: git itself needs 3 ms for a small index, a process more that is started from here as much again.
    private const string ApplyLoop = """
        while read -r strip diff; do
            git "$@" "-p$strip" "$diff" || exit 0
            git --git-dir="$store" ls-files -s -z && printf '\0' || exit 1
        done
        """;

    /// <inheritdoc cref="IGit.ApplyAsync" />
    public async Task<ApplyResult> ApplyAsync(
        string store, string index, string tree, ReadOnlyMemory<byte> diff, int strip, ApplyMode mode, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(index);
        string[] command = mode == ApplyMode.ProbeReverse ? [.. ApplyCommand, "--check", "--reverse", $"-p{strip}"] : [.. ApplyCommand, $"-p{strip}"];
        if (Paths(diff, strip) is { } paths && await BeginEditAsync(store, index, tree, paths, cancellation).ConfigureAwait(false) is { } edit)
            return await ApplyToEditAsync(store, index, edit, tree, diff, command, mode, cancellation).ConfigureAwait(false);

        ImmutableDictionary<string, string> environment = Own(index);
        if (!_indexes.TryGetValue(index, out IndexState? state) || state != IndexState.Of(index, tree))
        {
            Require(await RunAsync(store, ["read-tree", tree], cancellation, environment).ConfigureAwait(false), $"read-tree {tree}");
            _indexes[index] = IndexState.Of(index, tree);
        }

        CommandResult applied = await RunAsync(store, command, cancellation, environment, writeInput: Writer(diff)).ConfigureAwait(false);
        if (!applied.Succeeded)
            return new ApplyResult(null, applied.StandardError.Trim());
        if (mode == ApplyMode.ProbeReverse)
            return new ApplyResult(tree, "");

        _indexes.TryRemove(index, out _);
        CommandResult written = Require(await RunAsync(store, ["write-tree"], cancellation, environment).ConfigureAwait(false), "write-tree");
        string result = written.StandardOutput.Trim();
        _indexes[index] = IndexState.Of(index, result);
        return new ApplyResult(result, applied.StandardError.Trim());
    }

    /// <inheritdoc cref="IGit.ApplyAllAsync" />
    public async Task<ImmutableArray<string>> ApplyAllAsync(
        string store, string index, string tree, ImmutableArray<TreeDiff> diffs, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(index);
        if (diffs.IsEmpty)
            return [];
        return await BeginEditAsync(store, index, tree, [.. diffs.SelectMany(diff => diff.Paths)], cancellation).ConfigureAwait(false) is { } edit
            ? await ApplyAllToEditAsync(store, index, edit, diffs, cancellation).ConfigureAwait(false)
            : await ApplyEachAsync(store, index, tree, diffs, cancellation).ConfigureAwait(false);
    }

    private async Task<ImmutableArray<string>> ApplyEachAsync(
        string store, string index, string tree, ImmutableArray<TreeDiff> diffs, CancellationToken cancellation)
    {
        ImmutableArray<string>.Builder trees = ImmutableArray.CreateBuilder<string>();
        foreach (TreeDiff diff in diffs)
        {
            if ((await ApplyAsync(store, index, tree, diff.Diff, diff.Strip, ApplyMode.Apply, cancellation).ConfigureAwait(false)).Tree is not { } patched)
                break;
            trees.Add(tree = patched);
        }

        return trees.ToImmutable();
    }

    private async Task<ImmutableArray<string>> ApplyAllToEditAsync(
        string store, string index, TreeEdit edit, ImmutableArray<TreeDiff> diffs, CancellationToken cancellation)
    {
        DirectoryInfo folder = Directory.CreateDirectory($"{index}.diffs");
        using MemoryStream listings = new();
        try
        {
            string list = string.Concat(diffs.Select((diff, number) => string.Create(CultureInfo.InvariantCulture, $"{diff.Strip} {folder.FullName}/{number}\n")));
            for (int number = 0; number < diffs.Length; number++)
                await File.WriteAllBytesAsync(Path.Combine(folder.FullName, number.ToString(CultureInfo.InvariantCulture)), diffs[number].Diff, cancellation).ConfigureAwait(false);
            Command loop = new("/bin/sh", ["-c", ApplyLoop, "git", $"--git-dir={store}", .. ApplyCommand])
            {
                Environment = _environment.SetItems(Own(Part(index))).SetItem("store", store),
            };
            Require(
                await ProcessRunner.RunAsync(
                    loop, cancellation, Writer(Encoding.UTF8.GetBytes(list)), (stream, token) => stream.CopyToAsync(listings, token)).ConfigureAwait(false),
                "ls-files");
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        using MemoryStream input = new();
        ImmutableArray<string> trees = [.. TreeEdit.ReadListings(listings.ToArray()).Select(files =>
        {
            edit.Replace(files);
            return edit.Build(input);
        })];
        if (!trees.IsEmpty)
            await WriteTreesAsync(store, input, trees[^1], cancellation).ConfigureAwait(false);
        return trees;
    }

    private async Task<ApplyResult> ApplyToEditAsync(
        string store, string index, TreeEdit edit, string tree, ReadOnlyMemory<byte> diff, string[] command, ApplyMode mode, CancellationToken cancellation)
    {
        ImmutableDictionary<string, string> environment = Own(Part(index));
        CommandResult applied = await RunAsync(store, command, cancellation, environment, writeInput: Writer(diff)).ConfigureAwait(false);
        if (!applied.Succeeded)
            return new ApplyResult(null, applied.StandardError.Trim());
        if (mode == ApplyMode.ProbeReverse)
            return new ApplyResult(tree, "");

        using MemoryStream listing = new();
        Require(
            await RunAsync(store, ["ls-files", "-s", "-z"], cancellation, environment, readOutput: (stream, token) => stream.CopyToAsync(listing, token))
                .ConfigureAwait(false),
            "ls-files");
        listing.WriteByte(0);
        edit.Replace(TreeEdit.ReadListings(listing.ToArray()).Single());
        using MemoryStream input = new();
        string result = edit.Build(input);
        await WriteTreesAsync(store, input, result, cancellation).ConfigureAwait(false);
        return new ApplyResult(result, applied.StandardError.Trim());
    }

    /// <summary>Reads the folders that diffs touch, and fills an index with the files; null where only an index of the whole tree will do. With a kernel's
    /// 87 000 files, git takes 0.15 s to read and write such an index for each patch.</summary>
    private async Task<TreeEdit?> BeginEditAsync(string store, string index, string tree, ImmutableArray<string> paths, CancellationToken cancellation)
    {
        ImmutableDictionary<string, string> environment = Own(Part(index));
        // Names that cannot be asked for by line, or are not UTF-8.
        if (paths.Any(path => path.AsSpan().IndexOfAny('\n', '\uFFFD') >= 0))
            return null;
        TreeEdit edit = new(paths);
        using MemoryStream answers = new();
        CommandResult read = await RunAsync(
            store, ["cat-file", "--batch"], cancellation, environment, writeInput: Writer(edit.Questions(tree)),
            readOutput: (stream, token) => stream.CopyToAsync(answers, token)).ConfigureAwait(false);
        if (!read.Succeeded || !edit.TryLoad(answers.ToArray()))
            return null;
        File.Delete(Part(index));
        Require(
            await RunAsync(store, ["update-index", "-z", "--index-info"], cancellation, environment, writeInput: Writer(edit.IndexInfo())).ConfigureAwait(false),
            "update-index");
        return edit;
    }

    /// <summary>The paths that a diff touches; null when it cannot be read, so that git itself is to say what it thinks of it.</summary>
    private static ImmutableArray<string>? Paths(ReadOnlyMemory<byte> diff, int strip)
    {
        try
        {
            return PatchFile.Parse("diff", diff, strip).Paths;
        }
        catch (KernelException)
        {
            return null;
        }
    }

    private async Task WriteTreesAsync(string store, MemoryStream input, string last, CancellationToken cancellation)
    {
        CommandResult written = Require(
            await RunAsync(store, ["mktree", "--batch", "-z", "--missing"], cancellation, writeInput: Writer(input.ToArray())).ConfigureAwait(false), "mktree");
        if (written.StandardOutput.TrimEnd().Split('\n')[^1] != last)
            throw new KernelException(ErrorCodes.Internal, $"'git mktree' wrote another tree than {last}.");
    }

    /// <summary>The environment for an index that is the caller's alone, so that a lock on it can only be a killed git's.</summary>
    private static ImmutableDictionary<string, string> Own(string index)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(index)!);
        Clear(index + ".lock");
        return Isolated.SetItem("GIT_INDEX_FILE", index);
    }

    private static string Part(string index) => index + ".part";

    internal static Func<Stream, CancellationToken, Task> Writer(ReadOnlyMemory<byte> bytes) =>
        (stream, token) => stream.WriteAsync(bytes, token).AsTask();

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
