using EveKernel.Core.Processes;
using EveKernel.Core.Verification;

namespace EveKernel.Tests.Verification;

public sealed class StackDecoderTests : IDisposable
{
    private static readonly StackDecoder Decoder = StackDecoder.FromSystemMap(
    [
        "0000000000000000 D __per_cpu_start",
        "ffffffff81000000 T _text",
        "ffffffff8102a300 t direct_page_fault",
        "ffffffff8102a900 T kvm_mmu_page_fault",
        "ffffffff8103c000 t svm_handle_exit",
        "ffffffff81a00000 T entry_SYSCALL_64_after_hwframe",
        "ffffffff81b00000 T _etext",
        "ffffffff82000000 D init_task",
    ]);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // As a kernel with kallsyms says it, and one without, which has bare addresses.
    [Theory]
    [InlineData("direct_page_fault+0x1a/0x2b0", "kvm_mmu_page_fault+0x7c/0x120", "svm_handle_exit+0x91/0x1f0")]
    [InlineData("0xffffffff8102a31a", "0xffffffff8102a97c", "0xffffffff8103c091")]
    public void A_stack_is_functions_and_offsets_without_the_unwinders_guesses(string innermost, string middle, string outermost)
    {
        string[] console =
        [
            "evk-verify {\"event\":\"begin\"}",
            "[    1.5] something at 0xffffffff8103c000 that is no stack",
            "[    1.9] BUG: kernel NULL pointer dereference, address: 0000000000000010",
            "[    1.9] CPU: 0 UID: 0 PID: 1 Comm: init Not tainted",
            $"[    1.9] RIP: 0010:{innermost}",
            "[    1.9] Code: 48 89 e5 ffffffff81000000",
            "[    1.9] RSP: 0018:ffffc90000013d48 EFLAGS: 00000246",
            "[    1.9] Call Trace:",
            "[    1.9]  <TASK>",
            $"[    1.9]  ? {middle}",
            $"[    1.9]  {middle}",
            $"[    1.9]  {outermost}",
            "[    1.9]  </TASK>",
            "[    1.9] Kernel panic - not syncing: Fatal exception",
        ];
        Assert.Equal(
            ["direct_page_fault+0x1a", "kvm_mmu_page_fault+0x7c", "svm_handle_exit+0x91"], Decoder.FindFrames(console).Select(frame => frame.ToString()));
    }

    [Fact]
    public void A_console_without_a_stack_has_no_frames() =>
        Assert.Empty(Decoder.FindFrames(["Kernel panic - not syncing: VFS: Unable to mount root fs on \"\" or unknown-block(0,0)", "Kernel Offset: disabled"]));

    [Fact]
    public async Task Debug_information_gives_file_and_line()
    {
        string source = _folder.Write("a.c", "int other(void) { return 1; }\n\nint main(void)\n{\n\treturn other();\n}\n");
        Command compile = new("gcc", "-g", "-O0", "-no-pie", "-o", _folder["vmlinux"], source);
        Assert.True((await ProcessRunner.RunAsync(compile, CancellationToken.None)).Succeeded);
        string[] map = (await ProcessRunner.RunAsync(new Command("nm", "-n", _folder["vmlinux"]), CancellationToken.None)).StandardOutput.Split('\n');
        StackFrame frame = Assert.Single(StackDecoder.FromSystemMap(map).FindFrames(["Call Trace:", "[    1.9]  main+0x0/0x10"]));
        Assert.Equal([$"main+0x0 ({source}:4)"], (await StackDecoder.DescribeAsync([frame], _folder["vmlinux"], CancellationToken.None)).ToArray());
        Assert.Equal(["main+0x0"], (await StackDecoder.DescribeAsync([frame], _folder["nothing"], CancellationToken.None)).ToArray());
    }
}
