using System.Diagnostics;
using EveKernel.Core.Processes;

namespace EveKernel.Tests.Processes;

public sealed class ProcessGroupTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _lines = [];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("exit 0", 0)]
    [InlineData("exit 2", 2)]
    [InlineData("kill -KILL $$", 137)]
    [InlineData("kill -TERM $$", 143)]
    public async Task The_exit_code_is_passed_on(string script, int code) => Assert.Equal(code, (await Run(script)).ExitCode);

    [Fact]
    public async Task Lines_come_in_order_from_both_streams()
    {
        await Run("i=0; while [ $i -lt 500 ]; do echo $i; echo $((i+1)) >&2; i=$((i+2)); done; printf last");
        Assert.Equal([.. Enumerable.Range(0, 500).Select(i => $"{i}"), "last"], _lines);
    }

    [Fact]
    public async Task Standard_input_is_empty_and_the_environment_is_the_commands()
    {
        await Run("cat; echo $((1+1)); env | grep -c SHLVL");
        Assert.Equal("2", _lines[0]);
    }

    [Fact]
    public async Task A_child_that_the_command_leaves_behind_ends_with_it()
    {
        await Run("sleep 3033 & echo $!");
        Assert.False(Alive(int.Parse(_lines[0])));
    }

    [Fact]
    public async Task Nothing_that_the_command_leaves_behind_outlives_it_in_another_group_of_its_session_either()
    {
        // As a shell with job control does: the child has a group of its own before its parent ends.
        await Run("exec perl -e 'pipe(R, W); if (!($p = fork)) { setpgrp(0, 0); syswrite(W, 1); exec qw(sleep 3034) } sysread(R, $x, 1); print $p'");
        Assert.False(Alive(int.Parse(Assert.Single(_lines))));
    }

    [Fact]
    public async Task A_daemon_that_keeps_the_output_open_does_not_hold_the_build()
    {
        Stopwatch watch = Stopwatch.StartNew();
        await Run("setsid sleep 8 & sleep 0.2; echo done");
        Assert.Equal(["done"], _lines);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(7.5));
    }

    [Fact]
    public async Task Cancel_leaves_no_process_even_one_that_ignores_SIGTERM()
    {
        using CancellationTokenSource source = new();
        TaskCompletionSource<int> started = new();
        Task run = new ProcessGroup(withoutNetwork: false).RunAsync(
            Shell("(trap '' TERM; echo $(sh -c 'echo $PPID'); while :; do sleep 1; done)"),
            line =>
            {
                if (int.TryParse(line, out int process))
                    started.TrySetResult(process);
            },
            source.Token);
        int stubborn = await started.Task;
        Assert.True(Alive(stubborn));
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        Assert.False(Alive(stubborn));
    }

    [Fact]
    public async Task Cancel_lets_a_process_tidy_up()
    {
        using CancellationTokenSource source = new();
        string path = _folder["tidy"];
        Task run = new ProcessGroup(withoutNetwork: false).RunAsync(
            Shell($"trap 'echo tidy > {path}; exit 1' TERM; echo; while :; do sleep 0.1; done"), _ => source.Cancel(), source.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        Assert.True(File.Exists(path));
    }

    [Fact]
    public async Task A_reader_that_fails_ends_the_command()
    {
        Stopwatch watch = Stopwatch.StartNew();
        await Assert.ThrowsAsync<InvalidOperationException>(() => new ProcessGroup(withoutNetwork: false).RunAsync(
            Shell("while :; do echo y; done"), _ => throw new InvalidOperationException(), CancellationToken.None));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5));
    }

    [Theory]
    [InlineData("trap '' TERM; ")]
    [InlineData("trap '' TERM; sleep 3044 & trap - TERM; ")]
    public async Task Killing_the_parent_leaves_no_process(string stubborn)
    {
        string pids = _folder["pids"];
        string script = $"{stubborn}sh -c 'echo $PPID' > {pids}.tmp; echo $! >> {pids}.tmp; sleep 3055 & echo $! >> {pids}.tmp; mv {pids}.tmp {pids}; wait; wait";
        // The test host itself cannot be killed, so a second .NET process runs the group.
        using Process parent = Process.Start(new ProcessStartInfo(
            Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal) ? Environment.ProcessPath : "dotnet",
            ["exec", "--runtimeconfig", Runtime("runtimeconfig.json"), "--depsfile", Runtime("deps.json"), typeof(ProcessGroupTests).Assembly.Location, "group", script])
        { UseShellExecute = false })!;
        for (int i = 0; i < 200 && !File.Exists(pids) && !parent.HasExited; i++)
            await Task.Delay(50);
        int[] started = [.. File.ReadAllLines(pids).Where(line => line.Length > 0).Select(int.Parse)];
        Assert.All(started, process => Assert.True(Alive(process)));
        parent.Kill();
        await parent.WaitForExitAsync();
        for (int i = 0; i < 120 && started.Any(Alive); i++)
            await Task.Delay(50);
        Assert.All(started, process => Assert.False(Alive(process)));
    }

    [Fact]
    public async Task Without_network_there_is_only_loopback()
    {
        GroupResult result = await new ProcessGroup(withoutNetwork: true).RunAsync(Shell("tail -n +3 /proc/net/dev | cut -d: -f1"), _lines.Add, CancellationToken.None);
        Assert.Equal(0, result.ExitCode);
        // A host may refuse; then the result says so.
        if (result.WithoutNetwork)
            Assert.Equal(["lo"], _lines.Select(line => line.Trim()));
    }

    private static string Runtime(string extension) => Path.ChangeExtension(typeof(ProcessGroupTests).Assembly.Location, extension);

    private static Command Shell(string script) => new("sh", "-c", script);

    private Task<GroupResult> Run(string script) => new ProcessGroup(withoutNetwork: false).RunAsync(Shell(script), _lines.Add, CancellationToken.None);

    // A zombie has ended; whoever adopted it may take its time to notice.
    private static bool Alive(int process)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{process}/stat");
            return stat[stat.LastIndexOf(')') + 2] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            return false;
        }
    }
}
