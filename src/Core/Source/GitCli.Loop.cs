using System.Collections.Immutable;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Source;

public sealed partial class GitCli
{
    // Whoever edits has a name of their own; what is committed here is committed by the SDK, and is written anew when a series is refreshed.
    private static readonly ImmutableDictionary<string, string> OwnHand = Isolated.SetItems(new Dictionary<string, string>
    {
        ["GIT_AUTHOR_NAME"] = "EveKernel.Sdk",
        ["GIT_AUTHOR_EMAIL"] = "evekernel-sdk@localhost",
        ["GIT_COMMITTER_NAME"] = "EveKernel.Sdk",
        ["GIT_COMMITTER_EMAIL"] = "evekernel-sdk@localhost",
        ["GIT_EDITOR"] = ":",
        ["GIT_SEQUENCE_EDITOR"] = ":",
    });

    /// <summary>Runs git in a work tree that has its own repository, without the user's configuration and hooks.</summary>
    /// <param name="folder">The work tree's top.</param>
    /// <param name="arguments">The subcommand and its arguments.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <param name="writeInput">Writes its input.</param>
    /// <param name="readOutput">Reads its output.</param>
    /// <param name="index">An index in place of the work tree's.</param>
    /// <returns>How it ended; failures are the caller's to judge.</returns>
    internal Task<CommandResult> TryInTreeAsync(
        string folder,
        ImmutableArray<string> arguments,
        CancellationToken cancellation,
        Func<Stream, CancellationToken, Task>? writeInput = null,
        Func<Stream, CancellationToken, Task>? readOutput = null,
        string? index = null)
    {
        ImmutableDictionary<string, string> environment = OwnHand.SetItem("GIT_WORK_TREE", folder);
        return RunAsync(
            Path.Combine(folder, ".git"), [.. Options, .. arguments], cancellation,
            index is null ? environment : environment.SetItem("GIT_INDEX_FILE", index), folder, writeInput, readOutput);
    }

    /// <summary>Runs git in a work tree that has its own repository, and takes no failure.</summary>
    /// <param name="folder">The work tree's top.</param>
    /// <param name="arguments">The subcommand and its arguments.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <param name="input">Its input.</param>
    /// <param name="index">An index in place of the work tree's.</param>
    /// <returns>Its output as it is.</returns>
    internal async Task<string> InTreeAsync(
        string folder, ImmutableArray<string> arguments, CancellationToken cancellation, ReadOnlyMemory<byte> input = default, string? index = null) =>
        Require(
            await TryInTreeAsync(folder, arguments, cancellation, input.IsEmpty ? null : Writer(input), null, index).ConfigureAwait(false),
            string.Join(' ', arguments.Take(6))).StandardOutput;

    /// <summary>Runs git in a work tree and takes its output as bytes.</summary>
    /// <param name="folder">The work tree's top.</param>
    /// <param name="arguments">The subcommand and its arguments.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>Its output.</returns>
    internal async Task<byte[]> BytesInTreeAsync(string folder, ImmutableArray<string> arguments, CancellationToken cancellation)
    {
        using MemoryStream output = new();
        Require(
            await TryInTreeAsync(folder, arguments, cancellation, null, (stream, token) => stream.CopyToAsync(output, token)).ConfigureAwait(false),
            string.Join(' ', arguments.Take(6)));
        return output.ToArray();
    }

    /// <summary>Runs git as whoever builds would by hand, with all of their configuration: what goes out bears their name.</summary>
    /// <param name="store">The repository.</param>
    /// <param name="arguments">The subcommand and its arguments.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>How it ended; failures are the caller's to judge.</returns>
    internal Task<CommandResult> AsUserAsync(string store, ImmutableArray<string> arguments, CancellationToken cancellation) =>
        RunAsync(store, ["-c", "safe.directory=*", .. arguments], cancellation);

    /// <summary>Makes a repository with a work tree of its own, which takes the objects that it lacks from a store.</summary>
    /// <param name="store">The store.</param>
    /// <param name="folder">The work tree's top, which is made.</param>
    /// <param name="branch">The name of its branch.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>A task.</returns>
    internal async Task InitializeTreeAsync(string store, string folder, string branch, CancellationToken cancellation)
    {
        Require(
            await RunAsync(
                null, ["init", "--quiet", "--template=", "--object-format=sha1", $"--initial-branch={branch}", folder], cancellation, Isolated)
                    .ConfigureAwait(false),
            "init");
        string own = Path.Combine(folder, ".git");
        DurableFile.WriteAllText(Path.Combine(own, "objects", "info", "alternates"), Path.Combine(store, "objects") + "\n");
        DurableFile.WriteAllText(Path.Combine(own, "info", "attributes"), StoreAttributes);
        DurableFile.WriteAllText(Path.Combine(own, "info", "exclude"), "/compile_commands.json\n");
        // A store holds single commits of long histories.
        string shallow = Path.Combine(store, "shallow");
        if (File.Exists(shallow))
            DurableFile.WriteAllText(Path.Combine(own, "shallow"), await File.ReadAllTextAsync(shallow, cancellation).ConfigureAwait(false));
        foreach ((string name, string value) in ((string, string)[])[("core.autocrlf", "false"), ("core.fileMode", "true"), ("core.symlinks", "true")])
            await InTreeAsync(folder, ["config", name, value], cancellation).ConfigureAwait(false);
    }
}
