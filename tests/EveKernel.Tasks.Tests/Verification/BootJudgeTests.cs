using EveKernel.Core.Verification;

namespace EveKernel.Tests.Verification;

public sealed class BootJudgeTests
{
    private static readonly string[] Checks = ["disabled-bar", "real-faults", "bar-claimed"];

    private const string Panic = "[    1.9] Kernel panic - not syncing: Fatal exception in interrupt";

    public static TheoryData<string, string, MachineEnd, int?, string?, string> Runs => new()
    {
        { "all is there", Consoles.Patched, MachineEnd.ByItself, 0, null, "" },
        { "all is there, but the machine does not power off", Consoles.Patched, MachineEnd.Silence, null, null, "" },
        { "silence", "", MachineEnd.Silence, null, "EVK6008", "The console is empty" },
        { "a kernel that never comes to init", "[    0.1] Linux version", MachineEnd.Silence, null, "EVK6008", "Linux version" },
        { "QEMU refuses", "qemu-system-x86_64: -device nonsense: not a valid device", MachineEnd.ByItself, 1, "EVK6007", "nonsense" },
        { "a reset before init", "", MachineEnd.ByItself, 0, "EVK6011", "before the reproducer began" },
        { "a panic", Consoles.UpTo(Consoles.Patched, "evk-verify {\"event\":\"result\"") + Panic, MachineEnd.ByItself, 0, "EVK6009", "in disabled-bar, after 1000 cycles" },
        { "a panic that does not reboot", Consoles.UpTo(Consoles.Patched, "evk-verify {\"event\":\"result\"") + Panic, MachineEnd.Silence, null, "EVK6009", "Fatal exception" },
        { "a panic before init", Panic, MachineEnd.ByItself, 0, "EVK6009", "had not begun" },
        { "a panic after the end", Consoles.Patched + "\n" + Panic, MachineEnd.ByItself, 0, "EVK6009", "Results were there" },
        { "a hang in a check", Consoles.UpTo(Consoles.Patched, "evk-verify {\"event\":\"result\""), MachineEnd.Silence, null, "EVK6010", "in disabled-bar, after 1000 cycles" },
        { "a hang between checks", Consoles.UpTo(Consoles.Patched, Consoles.PatchedFaults), MachineEnd.Silence, null, "EVK6010", "Results were there of disabled-bar" },
        { "never done", Consoles.UpTo(Consoles.Patched, Consoles.PatchedFaults), MachineEnd.Total, null, "EVK6010", "not done after" },
        { "an end in the midst", Consoles.UpTo(Consoles.Patched, Consoles.PatchedFaults), MachineEnd.ByItself, 0, "EVK6011", "in the midst" },
        { "a lost result", Consoles.Patched.Replace(Consoles.PatchedFaults, "", StringComparison.Ordinal), MachineEnd.ByItself, 0, "EVK6011", "none of real-faults" },
        { "a cut line", Consoles.Patched.Replace("\"faultErrno\"", "\"fau[   2.0] usb", StringComparison.Ordinal), MachineEnd.ByItself, 0, "EVK6011", "1 lines are not whole" },
        { "another kernel", Consoles.Base, MachineEnd.ByItself, 0, "EVK6011", Consoles.PatchedRelease },
        { "another protocol", Consoles.Patched.Replace("\"protocol\":1", "\"protocol\":2", StringComparison.Ordinal), MachineEnd.ByItself, 0, "EVK6011", "protocol 2" },
    };

    [Theory]
    [MemberData(nameof(Runs))]
    public void A_run_that_cannot_be_judged_says_why(string what, string console, MachineEnd end, int? exitCode, string? code, string said)
    {
        MachineRun run = new(BootLog.Parse(console.Split('\n', StringSplitOptions.RemoveEmptyEntries)), end, exitCode, TimeSpan.FromSeconds(3), "console.log");
        BootProblem? problem = BootJudge.FindProblem(run, Consoles.PatchedRelease, Checks);
        Assert.True(code == problem?.Code.Id, $"{what}: {problem?.Code.Id} {problem?.Message}");
        Assert.Contains(said, problem?.Message ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_is_read_behind_what_the_kernel_began()
    {
        BootLog log = BootLog.Parse(["[    1.2] usb 1-1: evk-verify {\"event\":\"end\",\"results\":3}", "evk-verify {\"event\":\"begin\",\"nested\":{}}"]);
        Assert.Equal(3, log.End!.Count("results"));
        Assert.Null(log.Begin);
        Assert.Single(log.Garbled);
    }
}
