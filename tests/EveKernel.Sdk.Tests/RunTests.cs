using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using EveKernel.Core.Processes;

namespace EveKernel.Tests;

/// <summary>dotnet run, in a terminal: the kernel that was built, a shell, its modules, gdb.</summary>
public sealed partial class PassthroughSampleTests
{
    private const string MachinePrompt = @"^/root # $";

    [Fact]
    public async Task Dotnet_run_gives_a_shell_on_the_kernel_and_leaves_the_terminal_as_it_was()
    {
        await using Terminal terminal = await Terminal.OpenAsync(sample.Folder);
        Assert.Equal(0, await terminal.RunAsync("before=$(stty -a)"));
        await terminal.ClearAsync();
        await terminal.StartAsync("dotnet run -- -append 'quiet evk_word=7'");
        await terminal.WaitForAsync(MachinePrompt);
        await MachineAsync(terminal, "uname -r", $"^{Regex.Escape(sample.Manifest.KernelRelease)}$");
        await MachineAsync(terminal, "cat /proc/cmdline", "^console=ttyS0 .* quiet evk_word=7 TERM=");
        // Not built in, and with others that it needs.
        await MachineAsync(terminal, "modprobe virtio_net && lsmod | grep -c '^virtio'", "^3$");
        await MachineAsync(terminal, "stty size", "^40 120$");
        // Job control, and a Ctrl-C that ends what runs in the machine and not the machine.
        await terminal.TypeAsync("sleep 1000\n");
        await terminal.WaitForAsync("sleep 1000$");
        await terminal.PressAsync("C-c");
        await MachineAsync(terminal, "echo $?", "^130$");
        await terminal.PressAsync("C-a");
        await terminal.PressAsync("x");
        Assert.Equal(0, await terminal.EndAsync());
        Assert.Equal(0, await terminal.RunAsync("test \"$(stty -a)\" = \"$before\""));

        // QEMU cannot put anything right when it is killed.
        await terminal.ClearAsync();
        await terminal.StartAsync("dotnet run --no-build -- -append quiet -pidfile qemu.pid");
        await terminal.WaitForAsync(MachinePrompt);
        string pid = Path.Combine(sample.Folder, "qemu.pid");
        Assert.True((await ProcessRunner.RunAsync(new Command("kill", "-KILL", (await File.ReadAllTextAsync(pid)).Trim()), default)).Succeeded);
        Assert.Equal(137, await terminal.EndAsync());
        File.Delete(pid);
        Assert.Equal(0, await terminal.RunAsync("test \"$(stty -a)\" = \"$before\""));
    }

    [Fact]
    public async Task A_command_runs_in_the_machine_and_its_status_is_that_of_dotnet_run()
    {
        CommandResult run = await Dotnet.RunAsync(sample.Folder, "run", "--no-build", "--", "-append", "quiet", "--", "uname -r; (exit 7)");
        Assert.Equal(7, run.ExitCode);
        Assert.Contains(sample.Manifest.KernelRelease + "\n", run.StandardOutput.Replace("\r", "", StringComparison.Ordinal).Split("ends it.\n")[1], StringComparison.Ordinal);
        CommandResult lost = await Dotnet.RunAsync(sample.Folder, "run", "--no-build", "--", "-append", "quiet", "--", "poweroff", "-f");
        Assert.Equal(1, lost.ExitCode);
        Assert.Contains("error EVK6024: ", lost.StandardError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gdb_attaches_by_the_line_that_is_printed_and_knows_the_names()
    {
        string port = FreePort().ToString(CultureInfo.InvariantCulture);
        await using Terminal terminal = await Terminal.OpenAsync(sample.Folder);
        // Another test may have left other objects, for which there would be no names.
        File.Delete(Path.Combine(sample.Output, "System.map"));
        await terminal.StartAsync($"dotnet run -- -append quiet --gdb={port}");
        string shown = await terminal.WaitForAsync($"gdb .*remote :{port}'$");
        string line = Regex.Match(shown, $"gdb .*remote :{port}'").Value;
        Assert.Contains("/obj/passthrough-v6.12/out/vmlinux ", line, StringComparison.Ordinal);
        Assert.DoesNotContain(MachinePrompt, shown, StringComparison.Ordinal);

        await using Terminal other = await Terminal.OpenAsync(sample.Folder);
        Assert.Equal(0, await other.RunAsync($"{line} -batch -ex 'hbreak start_kernel' -ex continue -ex 'info symbol $pc' -ex delete -ex detach"));
        Assert.Matches("(?m)^start_kernel in section", await other.ReadAsync());
        await terminal.WaitForAsync(MachinePrompt);
        await terminal.TypeAsync("poweroff\n");
        Assert.Equal(0, await terminal.EndAsync());
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task MachineAsync(Terminal terminal, string command, string pattern)
    {
        await terminal.TypeAsync(command + "\n");
        await terminal.WaitForAsync(pattern);
        await terminal.WaitForAsync(@"^/root #\s*\z");
    }
}
