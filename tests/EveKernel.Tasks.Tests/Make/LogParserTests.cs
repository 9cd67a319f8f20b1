using EveKernel.Core.Diagnostics;
using EveKernel.Core.Make;

namespace EveKernel.Tests.Make;

public sealed class LogParserTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("/src/kernel/fork.c:10:5: error: 'foo' undeclared (first use in this function)", "EVK4002", "/src/kernel/fork.c", 10, 5, Severity.Error)]
    [InlineData("/src/kernel/fork.c:10:5: warning: unused variable 'x' [-Wunused-variable]", "EVK4003", "/src/kernel/fork.c", 10, 5, Severity.Warning)]
    [InlineData("/src/kernel/fork.c:10:5: error: unused variable 'x' [-Werror=unused-variable]", "EVK4002", "/src/kernel/fork.c", 10, 5, Severity.Error)]
    [InlineData("/src/arch/x86/kvm/../../../virt/kvm/kvm_main.c:7:1: error: x", "EVK4002", "/src/virt/kvm/kvm_main.c", 7, 1, Severity.Error)]
    [InlineData("/src/a.c:2:10: fatal error: linux/nope.h: No such file or directory", "EVK4002", "/src/a.c", 2, 10, Severity.Error)]
    [InlineData("/src/a.c:2:10: fatal error: 'linux/nope.h' file not found", "EVK4002", "/src/a.c", 2, 10, Severity.Error)]
    [InlineData("/src/arch/x86/entry/entry_64.S:33: Error: no such instruction: `foo %rax'", "EVK4002", "/src/arch/x86/entry/entry_64.S", 33, 0, Severity.Error)]
    [InlineData("/src/a.S:33: Warning: setting incorrect section type", "EVK4003", "/src/a.S", 33, 0, Severity.Warning)]
    [InlineData("ld: kernel/fork.o: in function `copy_process': fork.c:(.text+0x1d): undefined reference to `foo'", "EVK4004", "/src/fork.c", 0, 0, Severity.Error)]
    [InlineData("fork.c:(.text+0x1d): undefined reference to `foo'", "EVK4004", "/src/fork.c", 0, 0, Severity.Error)]
    [InlineData("/src/kernel/fork.c:12: undefined reference to `foo'", "EVK4004", "/src/kernel/fork.c", 12, 0, Severity.Error)]
    [InlineData("ld: /src/a.c:12: multiple definition of `foo'; b.o:b.c:(.text+0x0): first defined here", "EVK4004", "/src/a.c", 12, 0, Severity.Error)]
    [InlineData("ld.lld: error: undefined symbol: foo", "EVK4004", null, 0, 0, Severity.Error)]
    [InlineData("ld: warning: vmlinux has a LOAD segment with RWX permissions", "EVK4004", null, 0, 0, Severity.Warning)]
    [InlineData("aarch64-linux-gnu-ld: warning: orphan section `.foo' from `a.o' being placed in section `.foo'", "EVK4004", null, 0, 0, Severity.Warning)]
    [InlineData("/src/x.o: warning: objtool: foo+0x12: unreachable instruction", "EVK4005", "/src/x.o", 0, 0, Severity.Warning)]
    [InlineData("/src/x.o: error: objtool: foo+0x12: bad", "EVK4005", "/src/x.o", 0, 0, Severity.Error)]
    [InlineData("ERROR: modpost: \"foo\" [drivers/vfio/pci/vfio-pci.ko] undefined!", "EVK4006", null, 0, 0, Severity.Error)]
    [InlineData("WARNING: modpost: missing MODULE_DESCRIPTION() in drivers/a.o", "EVK4006", null, 0, 0, Severity.Warning)]
    [InlineData("drivers/vfio/Kconfig:12: syntax error", "EVK4007", "/src/drivers/vfio/Kconfig", 12, 0, Severity.Error)]
    [InlineData(".config:3:warning: symbol value 'x' invalid for NR_CPUS", "EVK4007", "/src/.config", 3, 0, Severity.Warning)]
    [InlineData("arch/x86/Kconfig.debug:3:warning: ignoring unsupported character '@'", "EVK4007", "/src/arch/x86/Kconfig.debug", 3, 0, Severity.Warning)]
    [InlineData("make[2]: *** [/src/scripts/Makefile.build:229: kernel/fork.o] Error 1", "EVK4001", "/src/scripts/Makefile.build", 229, 0, Severity.Error)]
    [InlineData("make: *** [Makefile:224: __sub-make] Error 2", "EVK4001", "/src/Makefile", 224, 0, Severity.Error)]
    [InlineData("make[2]: *** [/src/scripts/Makefile.build:229: kernel/fork.o] Killed", "EVK4010", "/src/scripts/Makefile.build", 229, 0, Severity.Error)]
    [InlineData("make: *** No rule to make target 'nonsense'.  Stop.", "EVK4008", null, 0, 0, Severity.Error)]
    [InlineData("make[4]: *** No rule to make target 'drivers/vfio/nope.o', needed by 'drivers/vfio/built-in.a'.  Stop.", "EVK4008", null, 0, 0, Severity.Error)]
    [InlineData("/src/Makefile:12: *** missing separator.  Stop.", "EVK4001", "/src/Makefile", 12, 0, Severity.Error)]
    [InlineData("/bin/sh: 1: flex: not found", "EVK9001", null, 0, 0, Severity.Error)]
    [InlineData("/bin/sh: line 1: flex: command not found", "EVK9001", null, 0, 0, Severity.Error)]
    [InlineData("make[1]: flex: No such file or directory", "EVK9001", null, 0, 0, Severity.Error)]
    [InlineData("/src/scripts/link-vmlinux.sh: 12: pahole: not found", "EVK9001", null, 0, 0, Severity.Error)]
    [InlineData("/src/elf.h:8:10: fatal error: gelf.h: No such file or directory", "EVK4009", "/src/elf.h", 8, 10, Severity.Error)]
    [InlineData("/src/elf.h:8:10: fatal error: libelf.h: No such file or directory", "EVK4009", "/src/elf.h", 8, 10, Severity.Error)]
    [InlineData("/src/scripts/sign-file.c:25:10: fatal error: openssl/opensslv.h: No such file or directory", "EVK4009", "/src/scripts/sign-file.c", 25, 10, Severity.Error)]
    [InlineData("/usr/bin/ld: cannot find -lelf: No such file or directory", "EVK4009", null, 0, 0, Severity.Error)]
    [InlineData("gcc: fatal error: Killed signal terminated program cc1", "EVK4010", null, 0, 0, Severity.Error)]
    [InlineData("gcc: internal compiler error: Killed (program cc1)", "EVK4010", null, 0, 0, Severity.Error)]
    [InlineData("clang: error: unable to execute command: Killed", "EVK4010", null, 0, 0, Severity.Error)]
    [InlineData("/src/a.c:1:1: fatal error: error writing to /tmp/ccX.s: No space left on device", "EVK4011", "/src/a.c", 1, 1, Severity.Error)]
    [InlineData("ar: kernel/built-in.a: No space left on device", "EVK4011", null, 0, 0, Severity.Error)]
    public void A_line_gives_its_diagnostic(string line, string code, string? file, int lineNumber, int column, Severity severity)
    {
        Diagnostic? diagnostic = new LogParser("/src", "/out").Parse(line);
        Assert.NotNull(diagnostic);
        Assert.Equal(code, diagnostic.Code!.Id);
        Assert.Equal(severity, diagnostic.Severity);
        Assert.Equal(file is null ? null : new SourceLocation(file, lineNumber, column), diagnostic.Location);
    }

    [Theory]
    [InlineData("  CC      kernel/fork.o")]
    [InlineData("  LD [M]  drivers/vfio/pci/vfio-pci.ko")]
    [InlineData("make[1]: Entering directory '/out'")]
    [InlineData("make[2]: *** Waiting for unfinished jobs....")]
    [InlineData("make[2]: *** Deleting file 'kernel/fork.o'")]
    [InlineData("/src/kernel/fork.c: In function 'copy_process':")]
    [InlineData("/src/kernel/fork.c:10:5: note: each undeclared identifier is reported only once")]
    [InlineData("   10 |     foo();")]
    [InlineData("ld: kernel/fork.o: in function `copy_process':")]
    [InlineData("Kernel: arch/x86/boot/bzImage is ready  (#1)")]
    [InlineData("ld: NOTE: This behaviour is deprecated and will be removed in a future version of the linker")]
    [InlineData("# configuration written to .config")]
    [InlineData("")]
    public void Other_lines_give_nothing(string line) => Assert.Null(new LogParser("/src", "/out").Parse(line));

    [Theory]
    [InlineData("/bin/sh: 1: flex: not found", "apt-get install flex")]
    [InlineData("/src/elf.h:8:10: fatal error: gelf.h: No such file or directory", "libelf-dev")]
    [InlineData("/src/scripts/sign-file.c:25:10: fatal error: openssl/opensslv.h: No such file or directory", "libssl-dev")]
    [InlineData("make[2]: *** [/src/scripts/Makefile.build:229: kernel/fork.o] Error 1", "kernel/fork.o")]
    [InlineData("a.c:1:1: warning: unused variable 'x' [-Wunused-variable]", "unused variable 'x' [-Wunused-variable]")]
    public void The_message_says_what_to_do(string line, string words) =>
        Assert.Contains(words, new LogParser("/src", "/out").Parse(line)!.Message, StringComparison.Ordinal);

    [Fact]
    public void A_relative_name_is_taken_from_the_tree_that_has_it()
    {
        string inSource = _folder.Write("src/kernel/fork.c", "");
        string inOutput = _folder.Write("out/include/generated/x.h", "");
        LogParser parser = new(_folder["src"], _folder["out"]);
        Assert.Equal(inSource, parser.Parse("kernel/fork.c:1:1: error: x")!.Location!.File);
        Assert.Equal(inOutput, parser.Parse("./include/generated/x.h:1:1: error: x")!.Location!.File);
        Assert.Equal(inSource, parser.Parse("../src/kernel/fork.c:1:1: error: x")!.Location!.File);
    }
}
