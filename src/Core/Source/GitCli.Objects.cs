using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Source;

public sealed partial class GitCli
{
    // A partial clone would fetch what it lacks, one object at a time. No protocol is allowed here, so that it says "missing" instead.
    private static readonly ImmutableArray<string> NeverFetch = ["-c", "protocol.allow=never"];

    /// <summary>Opens a repository for reading many objects.</summary>
    /// <param name="store">A store, or any repository on this machine.</param>
    /// <returns>The reader; it is one process of git.</returns>
    public IGitObjects OpenObjects(string store)
    {
        Command command = new("git", [$"--git-dir={store}", .. Options, .. NeverFetch, "cat-file", "--batch"])
        {
            Environment = _environment.SetItems(
            Isolated)
        };
        return new ObjectReader(ProcessRunner.Start(command));
    }

    /// <summary>Runs git in any repository on this machine, only to read, and takes its output as it comes.</summary>
    /// <param name="store">The repository.</param>
    /// <param name="arguments">The subcommand and its arguments.</param>
    /// <param name="readOutput">Reads its output; null collects it.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <param name="writeInput">Writes its input.</param>
    /// <returns>How it ended; failures are the caller's to judge.</returns>
    internal Task<CommandResult> QueryAsync(
        string store,
        ImmutableArray<string> arguments,
        Func<Stream, CancellationToken, Task>? readOutput,
        CancellationToken cancellation,
        Func<Stream, CancellationToken, Task>? writeInput = null) =>
        RunAsync(store, [.. Options, .. NeverFetch, .. arguments], cancellation, Isolated, null, writeInput, readOutput);

    /// <summary>The commit of a ref, or null.</summary>
    internal async Task<string?> ResolveAsync(string store, string name, CancellationToken cancellation)
    {
        if (!Directory.Exists(store))
            return null;
        CommandResult result = await QueryAsync(store, ["rev-parse", "--quiet", "--verify", "--end-of-options", $"{name}^{{commit}}"], null, cancellation)
            .ConfigureAwait(false);
        return result.Succeeded ? result.StandardOutput.Trim() : null;
    }

    /// <summary>Whether a commit leads to another, as far as the repository's history goes.</summary>
    internal async Task<bool> IsAncestorAsync(string store, string commit, string head, CancellationToken cancellation) =>
        commit == head || (await QueryAsync(store, ["merge-base", "--is-ancestor", commit, head], null, cancellation).ConfigureAwait(false)).Succeeded;

    /// <summary>Fetches a branch's commits without their trees, as far back as a tag or date, and gives them a ref.</summary>
    /// <returns>False when the server took no notice of the filter.</returns>
    internal async Task<bool> FetchHistoryAsync(string store, string repository, string branch, string name, string since, CancellationToken cancellation)
    {
        Clear(Path.Combine(store, "shallow.lock"));
        Clear(Path.Combine(store, name + ".lock"));
        string bound = Patches.Status.HistoryEvidence.IsDate(since) ? $"--shallow-since={since}" : $"--shallow-exclude={since}";
        CommandResult result = await RunAsync(
            store,
            [
                .. Options, "fetch", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--update-shallow", "--force", "--filter=tree:0", bound,
                .. UploadPack(repository), "--", repository, $"refs/heads/{branch}:{name}",
            ],
            cancellation).ConfigureAwait(false);
        if (Mentions(result.StandardError, "couldn't find remote ref"))
            throw NoSuchBranch(repository, branch);
        if (!result.Succeeded)
            throw Unreachable(repository, result.StandardError);
        return !Mentions(result.StandardError, "filtering not recognized");
    }

    /// <summary>Whether a repository holds its commits' trees, so that diffs can be made of them without fetching.</summary>
    internal async Task<bool> HasTreesAsync(string store, CancellationToken cancellation)
    {
        CommandResult promised = await QueryAsync(store, ["config", "--get-regexp", @"^remote\..*\.(promisor|partialclonefilter)$"], null, cancellation)
            .ConfigureAwait(false);
        return !promised.Succeeded;
    }

    /// <summary>The stable patch-id of a diff; empty when it has none, as a mere change of mode.</summary>
    internal async Task<string> PatchIdAsync(ReadOnlyMemory<byte> diff, CancellationToken cancellation)
    {
        CommandResult result = await RunAsync(null, ["patch-id", "--stable"], cancellation, Isolated, writeInput: Writer(diff)).ConfigureAwait(false);
        return result.StandardOutput.Split(' ')[0].Trim();
    }

    /// <summary>The commits by their patch-ids, of those in a range that touch files.</summary>
    internal async Task<ILookup<string, string>> PatchIdsAsync(
        string store, ImmutableArray<string> range, IReadOnlyCollection<string> paths, CancellationToken cancellation)
    {
        ImmutableArray<string> log =
            ["-c", "log.showSignature=false", "-c", "log.showRoot=false", "--literal-pathspecs", "log", "--no-merges", "--format=%H", "-p", "--full-diff",
                "--no-ext-diff", "--no-textconv", .. range, "--", .. paths];
        Command command = new("/bin/sh", ["-c", "git \"$@\" | git patch-id --stable", "git", $"--git-dir={store}", .. Options, .. NeverFetch, .. log])
        {
            Environment = _environment.SetItems(Isolated),
        };
        CommandResult result = Require(await ProcessRunner.RunAsync(command, cancellation).ConfigureAwait(false), "log -p | git patch-id");
        return result.StandardOutput.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' '))
            .ToLookup(words => words[0], words => words[1]);
    }

    private sealed class ObjectReader : IGitObjects
    {
        private readonly Process _process;
        private readonly BufferedStream _output;
        private readonly StringBuilder _complaints = new();

        public ObjectReader(Process process)
        {
            _process = process;
            _output = new BufferedStream(process.StandardOutput.BaseStream, 1 << 16);
            process.ErrorDataReceived += (_, line) => _complaints.AppendLine(line.Data);
            process.BeginErrorReadLine();
        }

        public GitObject? Read(string id, CancellationToken cancellation)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                _process.StandardInput.BaseStream.Write(Encoding.ASCII.GetBytes(id + "\n"));
                _process.StandardInput.BaseStream.Flush();
                string[] head = ReadLine().Split(' ');
                if (head is not [_, { } type, { } length])
                    return null;
                byte[] bytes = new byte[int.Parse(length, CultureInfo.InvariantCulture)];
                _output.ReadExactly(bytes);
                _output.ReadByte();
                return new GitObject(type, bytes);
            }
            catch (IOException exception)
            {
                _process.WaitForExit();
                if (_complaints.ToString().Contains("promisor", StringComparison.Ordinal))
                    return null;
                throw new KernelException(ErrorCodes.GitFailed, $"'git cat-file' ended early: {Complaint(_complaints.ToString())}", inner: exception);
            }
        }

        public void Dispose()
        {
            _process.StandardInput.Close();
            // It may be in the midst of an answer that nobody reads any more.
            _process.Kill();
            _process.WaitForExit();
            _output.Dispose();
            _process.Dispose();
        }

        private string ReadLine()
        {
            StringBuilder line = new();
            for (int next; (next = _output.ReadByte()) != '\n';)
                line.Append(next < 0 ? throw new EndOfStreamException("no more output") : (char)next);
            return line.ToString();
        }
    }
}
