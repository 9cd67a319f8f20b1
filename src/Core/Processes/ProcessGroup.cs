using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace EveKernel.Core.Processes;

/// <summary>
/// Runs a long command, such as make, as the leader of a session of its own, and sees to it that the whole group ends with it: on cancel, on SIGTERM,
/// and when this process is killed. For the last a supervising shell holds a pipe from this process, which the system closes at its death. A parent-death
/// signal would not do: it fires when the <em>thread</em> that forked ends, and .NET's pool ends threads at will.
/// </summary>
public sealed class ProcessGroup
{
    private const string Supervisor = """
        exec 3<&0 </dev/null
        # Before the command can say a word that has it cancelled; a child begins without it.
        ending=
        trap 'ending=1' TERM INT HUP
        "$@" 3<&- &
        child=$!
        (
            trap '' TERM INT HUP
            exec >/dev/null 2>&1
            read -r _ <&3
            kill -TERM 0
            sleep 3
            kill -KILL 0
        ) &
        watcher=$!
        exec 3<&-
        wait "$child"
        status=$?
        while kill -0 "$child" 2>/dev/null; do wait "$child"; status=$?; done
        # The command has ended, but a descendant that ignores SIGTERM may not have, and there may be nobody left to end it.
        [ -z "$ending" ] || kill -KILL 0
        kill -KILL "$watcher"
        exit "$status"
        """;

    private readonly bool _withoutNetwork;

    /// <summary>Makes a runner.</summary>
    /// <param name="withoutNetwork">Runs the command in a network namespace of its own, with loopback only, where the host allows that.</param>
    public ProcessGroup(bool withoutNetwork) => _withoutNetwork = withoutNetwork;

    /// <summary>Whether this host lets the command have a network namespace of its own.</summary>
    /// <param name="cancellation">Ends the probe.</param>
    /// <returns>The words to put before a command, or empty where the host refuses.</returns>
    public static async Task<ImmutableArray<string>> NetworkNamespaceAsync(CancellationToken cancellation)
    {
        if (ExecutableSearch.TryFind("unshare") is null)
            return [];
        foreach (ImmutableArray<string> prefix in (ImmutableArray<ImmutableArray<string>>)
            [["unshare", "--net"], ["unshare", "--user", "--map-current-user", "--net"]])
        {
            Command probe = new(prefix[0], [.. prefix[1..], "true"]);
            if ((await ProcessRunner.RunAsync(probe, cancellation).ConfigureAwait(false)).Succeeded)
                return prefix;
        }

        return [];
    }

    /// <summary>Runs a command to its end.</summary>
    /// <param name="command">What to run.</param>
    /// <param name="onOutput">Takes each line of standard output and standard error, merged, in the order of arrival; one of more than
    /// 65,536 characters comes in parts. Called from one thread at a time.</param>
    /// <param name="cancellation">Sends SIGTERM to the whole group, and SIGKILL three seconds later.</param>
    /// <returns>The exit code; 128 and the signal's number when a signal ended it. Nothing of the group is alive any more.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled; nothing of the group is left.</exception>
    public async Task<GroupResult> RunAsync(Command command, Action<string> onOutput, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(command);
        ArgumentNullException.ThrowIfNull(onOutput);
        ExecutableSearch.Find(command.Executable, command.Environment);
        ImmutableArray<string> isolation = _withoutNetwork ? await NetworkNamespaceAsync(cancellation).ConfigureAwait(false) : [];
        string loopback = isolation.IsEmpty ? "" : "ip link set lo up 2>/dev/null || :\n";

        Command supervised = command with
        {
            Executable = "setsid",
            Arguments = ["--wait", .. isolation, "sh", "-c", loopback + "exec 2>&1\n" + Supervisor, "supervisor", command.Executable, .. command.Arguments],
        };
        using Process process = ProcessRunner.Start(supervised);
        Lines lines = new(onOutput);
        // Closing the pipe is the one signal that the supervisor acts on; the kernel does the same when this process dies.
        await using (cancellation.Register(process.StandardInput.Close))
        {
            Task<string> error = process.StandardError.ReadToEndAsync(CancellationToken.None);
            Task output = lines.ReadAsync(process.StandardOutput, process.StandardInput.Close);
            await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
            IReadOnlyList<int> left = await new ProcessSession(process.Id).EndAsync().ConfigureAwait(false);
            foreach (int stuck in left)
                lines.Take(string.Create(CultureInfo.InvariantCulture, $"Process {stuck}, which this command has started, does not end though it was killed."));
            // The pipe holds little; what keeps it open for longer is a daemon in a session of its own, such as a compiler cache's.
            await Task.WhenAny(Task.WhenAll(output, error), Task.Delay(TimeSpan.FromSeconds(5), CancellationToken.None)).ConfigureAwait(false);
            if (error.IsCompletedSuccessfully)
            {
                foreach (string line in (await error.ConfigureAwait(false)).Split('\n', StringSplitOptions.RemoveEmptyEntries))
                    lines.Take(line);
            }

            lines.Close();
            if (output.IsFaulted)
                await output.ConfigureAwait(false);
        }

        cancellation.ThrowIfCancellationRequested();
        return new GroupResult(process.ExitCode, !isolation.IsEmpty);
    }

    /// <summary>Hands lines on, one at a time, and none after the run has ended.</summary>
    private sealed class Lines(Action<string> onLine)
    {
        // What never ends a line would otherwise have to be held as a whole.
        private const int LongestLine = 1 << 16;

        private readonly Lock _lock = new();
        private readonly StringBuilder _line = new();
        private bool _closed;

        public async Task ReadAsync(StreamReader reader, Action onFailure)
        {
            try
            {
                char[] buffer = new char[8192];
                for (int count; (count = await reader.ReadAsync(buffer, CancellationToken.None).ConfigureAwait(false)) > 0;)
                    Split(buffer.AsSpan(0, count));
                if (_line.Length > 0)
                    EndLine();
            }
            catch
            {
                // With nobody to read, the command would block on a full pipe for ever.
                onFailure();
                throw;
            }
        }

        private void Split(ReadOnlySpan<char> text)
        {
            while (!text.IsEmpty)
            {
                int end = text.IndexOf('\n');
                int length = Math.Min(end < 0 ? text.Length : end, LongestLine - _line.Length);
                _line.Append(text[..length]);
                bool ended = length == end;
                text = text[(ended ? length + 1 : length)..];
                if (ended || _line.Length == LongestLine)
                    EndLine();
            }
        }

        private void EndLine()
        {
            Take(_line.ToString().TrimEnd('\r'));
            _line.Clear();
        }

        public void Take(string line)
        {
            lock (_lock)
            {
                if (!_closed)
                    onLine(line);
            }
        }

        public void Close()
        {
            lock (_lock)
                _closed = true;
        }
    }
}

/// <summary>How a supervised command ended.</summary>
/// <param name="ExitCode">Its exit code; 128 and the signal's number when a signal ended it.</param>
/// <param name="WithoutNetwork">Whether it really had no network.</param>
public sealed record GroupResult(int ExitCode, bool WithoutNetwork);
