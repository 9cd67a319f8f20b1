using EveKernel.Core.Processes;

namespace EveKernel.Tests;

/// <summary>What dotnet run gives to QEMU, and what it refuses. The kernel of these tests boots nowhere, so QEMU is a program that tells its arguments.</summary>
public sealed class RunTests
{
    private const string Teller = """
        for word; do
            printf '<%s>\n' "$word"
            case $word in file:*/status) echo "${COMMAND_STATUS-}" > "${word#file:}" ;; esac
        done
        exit ${QEMU_STATUS:-0}
        """;

    [Fact]
    [Trait("Tier", "fast")]
    public async Task It_builds_then_starts_QEMU_with_the_arguments_that_follow()
    {
        using FakeProject project = await FakeProject.CreateAsync();
        project.ReplaceProgram("qemu-system-x86_64", Teller);
        FakeProject.MustFail("EVK6020", await RunAsync(project, "--no-build"));
        CommandResult run = await RunAsync(project, "--", "-append", "debug a=1", "-m", "2G", "--gdb=7000", "-drive", "file=a b", "--", "ls", "*");
        Assert.Contains("error EVK6024: ", run.StandardError, StringComparison.Ordinal);
        project.Variables = project.Variables.SetItem("COMMAND_STATUS", "5");
        Assert.Equal(5, (await RunAsync(project, "--no-build", "--", "--", "ls")).ExitCode);
        string[] words = Words(run);
        Assert.Equal(project["bin/x/kernel"], words[Array.IndexOf(words, "-kernel") + 1]);
        string append = words[Array.IndexOf(words, "-append") + 1];
        Assert.StartsWith("console=ttyS0 panic=-1 no_timer_check debug a=1 nokaslr evk.command=", append, StringComparison.Ordinal);
        Assert.Equal("ls * ", System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(append.Split("evk.command=")[1].Split(' ')[0])));
        // The last of QEMU's own counts.
        Assert.Equal(["-gdb", "tcp:127.0.0.1:7000", "-S", "-m", "2G", "-drive", "file=a b"], words[^7..]);
        Assert.Contains($"gdb {project["obj/x/out/vmlinux"]} -ex 'target remote :7000'", run.StandardOutput, StringComparison.Ordinal);
        Assert.Contains(project.Manifest().KernelRelease, run.StandardOutput, StringComparison.Ordinal);

        // What stands there is what is booted, and the initramfs is made once; the lock of the project is free meanwhile.
        string[] initramfs = Directory.GetFiles(project["obj/x/run"], "*.cpio");
        DateTime made = File.GetLastWriteTimeUtc(Assert.Single(initramfs));
        project.Variables = project.Variables.SetItem("QEMU_STATUS", "3");
        Assert.Equal(3, (await RunAsync(project, "--no-build")).ExitCode);
        Assert.Equal(made, File.GetLastWriteTimeUtc(initramfs[0]));
        CommandResult byHand = await ProcessRunner.RunAsync(new Command(project["obj/x/run/boot.sh"], "-S") { Environment = project.Variables.SetItem("QEMU_STATUS", "4") }, default);
        Assert.Equal(4, byHand.ExitCode);
        Assert.EndsWith("<-S>\n", byHand.StandardOutput, StringComparison.Ordinal);

        Assert.Contains("error EVK6023: ", (await RunAsync(project, "--no-build", "--", "--gdb=x")).StandardError, StringComparison.Ordinal);
        Assert.Contains("error EVK6023: ", (await RunAsync(project, "--no-build", "--", "-append")).StandardError, StringComparison.Ordinal);
        await File.AppendAllTextAsync(project["bin/x/kernel"], "x");
        FakeProject.MustFail("EVK6020", await RunAsync(project, "--no-build"));
    }

    [Fact]
    public async Task What_cannot_boot_is_told_with_a_code()
    {
        using FakeProject project = await FakeProject.CreateAsync(items: """<KernelDirectory Include="bus" />""");
        Assert.Contains("KernelDirectory", FakeProject.MustFail("EVK6020", await RunAsync(project)), StringComparison.Ordinal);
        project.WriteProject("x");
        project.ReplaceProgram("busybox", "exit 0");
        Assert.Contains("busybox-static", FakeProject.MustFail("EVK6021", await RunAsync(project)), StringComparison.Ordinal);
        // A program of the host's that needs its libraries.
        File.Delete(project["shims/busybox"]);
        File.CreateSymbolicLink(project["shims/busybox"], ExecutableSearch.Find("git"));
        FakeProject.MustFail("EVK6021", await RunAsync(project));
        project.HidePrograms("busybox");
        FakeProject.MustFail("EVK9001", await RunAsync(project));
    }

    [Fact]
    public async Task The_initramfs_holds_the_shell_and_the_modules_as_they_are_packed()
    {
        using FakeProject project = await FakeProject.CreateAsync();
        project.ReplaceProgram("qemu-system-x86_64", Teller);
        CommandResult run = await RunAsync(project);
        Assert.True(run.Succeeded, run.StandardOutput + run.StandardError);
        Directory.CreateDirectory(project["root"]);
        string initramfs = Words(run)[Array.IndexOf(Words(run), "-initrd") + 1];
        Command unpack = new("sh", "-c", $"cpio -id --quiet -f dev/console < '{initramfs}'; mkdir tar; tar -C tar -xf ../bin/x/kernel.tar; diff -r --no-dereference lib tar/lib")
        {
            WorkingDirectory = project["root"],
        };
        CommandResult unpacked = await ProcessRunner.RunAsync(unpack, default);
        Assert.True(unpacked.Succeeded, unpacked.StandardOutput + unpacked.StandardError);
        Assert.Equal(await File.ReadAllBytesAsync(ExecutableSearch.Find("busybox")), await File.ReadAllBytesAsync(project["root/bin/busybox"]));
        Assert.True(File.GetUnixFileMode(project["root/init"]).HasFlag(UnixFileMode.UserExecute));
        Assert.Single(Directory.GetFiles(project["root/lib/modules"], "modules.dep", SearchOption.AllDirectories));
    }

    private static Task<CommandResult> RunAsync(FakeProject project, params string[] arguments) =>
        project.DotnetAsync(["run", "--project", "x.kernelproj", .. arguments]);

    private static string[] Words(CommandResult run) =>
        [.. run.StandardOutput.Split('\n').Where(line => line.StartsWith('<')).Select(line => line[1..^1])];
}
