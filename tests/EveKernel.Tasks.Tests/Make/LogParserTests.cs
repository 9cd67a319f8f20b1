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
    [InlineData("/src/kernel/fork.c:10:5: error: use of undeclared identifier 'foo'", "EVK4002", "/src/kernel/fork.c", 10, 5, Severity.Error)]
    [InlineData("/src/kernel/fork.c:10:5: error: variable 'x' set but not used [-Werror,-Wunused-but-set-variable]", "EVK4002", "/src/kernel/fork.c", 10, 5, Severity.Error)]
    [InlineData("clang: error: unknown argument: '-mrecord-mcount'", "EVK4002", null, 0, 0, Severity.Error)]
    [InlineData("clang-16: warning: argument unused during compilation: '-x' [-Wunused-command-line-argument]", "EVK4003", null, 0, 0, Severity.Warning)]
    [InlineData("cc1: error: unrecognized command-line option '-mfoo'", "EVK4002", null, 0, 0, Severity.Error)]
    [InlineData("{standard input}:120: Error: operand size mismatch for `mov'", "EVK4002", null, 0, 0, Severity.Error)]
    [InlineData("/src/a.S:33: Fatal error: macros nested too deeply", "EVK4002", "/src/a.S", 33, 0, Severity.Error)]
    [InlineData("/src/a.c:10:5: internal compiler error: in expand_expr_real_1, at expr.cc:11103", "EVK4020", "/src/a.c", 10, 5, Severity.Error)]
    [InlineData("gcc: internal compiler error: Segmentation fault signal terminated program cc1", "EVK4020", null, 0, 0, Severity.Error)]
    [InlineData("clang: error: unable to execute command: Segmentation fault (core dumped)", "EVK4020", null, 0, 0, Severity.Error)]
    [InlineData("clang: error: clang frontend command failed with exit code 139 (use -v to see invocation)", "EVK4020", null, 0, 0, Severity.Error)]
    [InlineData("fatal error: error in backend: Cannot select: 0x55: i64 = add", "EVK4020", null, 0, 0, Severity.Error)]
    [InlineData("collect2: error: ld terminated with signal 7 [Bus error], core dumped", "EVK4020", null, 0, 0, Severity.Error)]
    [InlineData("make[3]: *** [/src/scripts/Makefile.build:229: kernel/fork.o] Segmentation fault (core dumped)", "EVK4020", "/src/scripts/Makefile.build", 229, 0, Severity.Error)]
    [InlineData("make[2]: *** [/src/scripts/Makefile.vmlinux:34: vmlinux] Error 139", "EVK4020", "/src/scripts/Makefile.vmlinux", 34, 0, Severity.Error)]
    [InlineData("collect2: fatal error: ld terminated with signal 9 [Killed]", "EVK4010", null, 0, 0, Severity.Error)]
    [InlineData("make[3]: *** [/src/scripts/Makefile.build:229: kernel/fork.o] Error 137", "EVK4010", "/src/scripts/Makefile.build", 229, 0, Severity.Error)]
    [InlineData("cc1: out of memory allocating 65536 bytes after a total of 134905856 bytes", "EVK4010", null, 0, 0, Severity.Error)]
    [InlineData("virtual memory exhausted: Cannot allocate memory", "EVK4010", null, 0, 0, Severity.Error)]
    [InlineData("cc1: fatal error: cannot open '/dev/null' for writing: Cannot allocate memory", "EVK4010", null, 0, 0, Severity.Error)]
    [InlineData("LLVM ERROR: out of memory", "EVK4010", null, 0, 0, Severity.Error)]
    [InlineData("ld: final link failed: memory exhausted", "EVK4010", null, 0, 0, Severity.Error)]
    [InlineData("make[2]: fork: Resource temporarily unavailable", "EVK4010", null, 0, 0, Severity.Error)]
    [InlineData("make: *** virtual memory exhausted.  Stop.", "EVK4010", null, 0, 0, Severity.Error)]
    [InlineData("/bin/sh: 1: Cannot fork", "EVK4010", null, 0, 0, Severity.Error)]
    [InlineData("ld: final link failed: No space left on device", "EVK4011", null, 0, 0, Severity.Error)]
    [InlineData("/tmp/ccX.s: Fatal error: can't close kernel/fork.o: No space left on device", "EVK4011", null, 0, 0, Severity.Error)]
    [InlineData("/src/a.c:1:1: fatal error: error writing to /tmp/ccX.s: Disk quota exceeded", "EVK4011", "/src/a.c", 1, 1, Severity.Error)]
    [InlineData("gcc: internal compiler error: File size limit exceeded signal terminated program as", "EVK4011", null, 0, 0, Severity.Error)]
    [InlineData("fixdep: error opening file: kernel/.fork.o.d: Input/output error", "EVK4022", null, 0, 0, Severity.Error)]
    [InlineData("/bin/sh: 1: cannot create kernel/.fork.o.cmd: Read-only file system", "EVK4022", null, 0, 0, Severity.Error)]
    [InlineData("ld:./arch/x86/kernel/vmlinux.lds:12: syntax error", "EVK4004", "/src/arch/x86/kernel/vmlinux.lds", 12, 0, Severity.Error)]
    [InlineData("ld: drivers/a.o: warning: relocation against `foo' in read-only section `.text'", "EVK4004", "/src/drivers/a.o", 0, 0, Severity.Warning)]
    [InlineData("ld: failed to convert GOTPCREL relocation against 'foo'; relink with --no-relax", "EVK4004", null, 0, 0, Severity.Error)]
    [InlineData("ld.lld: error: vmlinux.o:(.text+0x10): relocation R_X86_64_32 out of range", "EVK4004", null, 0, 0, Severity.Error)]
    [InlineData("ld.lld: warning: call to foo marked \"dontcall-warn\": x", "EVK4004", null, 0, 0, Severity.Warning)]
    [InlineData("BTF: .tmp_vmlinux1: pahole (pahole) is not available", "EVK9001", null, 0, 0, Severity.Error)]
    [InlineData("Failed to generate BTF for vmlinux", "EVK4004", null, 0, 0, Severity.Error)]
    [InlineData("FAILED unresolved symbol vfs_truncate", "EVK4004", null, 0, 0, Severity.Error)]
    [InlineData("WARN: resolve_btfids: unresolved symbol bpf_foo", "EVK4004", null, 0, 0, Severity.Warning)]
    [InlineData("vmlinux.o: warning: objtool: do_syscall_64+0x1: call to foo() leaves .noinstr.text section", "EVK4005", "/src/vmlinux.o", 0, 0, Severity.Warning)]
    [InlineData("vmlinux.o: error: objtool: foo+0x3: can't find jump dest instruction at .text+0x9", "EVK4005", "/src/vmlinux.o", 0, 0, Severity.Error)]
    [InlineData("WARNING: modpost: vmlinux: section mismatch in reference: foo+0x1 (section: .text) -> bar (section: .init.text)", "EVK4006", null, 0, 0, Severity.Warning)]
    [InlineData("ERROR: modpost: module vfio-pci uses symbol foo from namespace BAR, but does not import it.", "EVK4006", null, 0, 0, Severity.Error)]
    [InlineData("ERROR: modpost: GPL-incompatible module a.ko uses GPL-only symbol 'foo'", "EVK4006", null, 0, 0, Severity.Error)]
    [InlineData("FATAL: modpost: drivers/a.o: no symbol table", "EVK4006", null, 0, 0, Severity.Error)]
    [InlineData("depmod: WARNING: /x/lib/modules/6.12.0/kernel/a.ko needs unknown symbol foo", "EVK4021", null, 0, 0, Severity.Warning)]
    [InlineData("depmod: ERROR: Cycle detected: a -> b -> a", "EVK4021", null, 0, 0, Severity.Error)]
    [InlineData("Warning: 'make modules_install' requires depmod. Please install it.", "EVK9001", null, 0, 0, Severity.Error)]
    [InlineData("drivers/vfio/Kconfig:3:error: recursive dependency detected!", "EVK4007", "/src/drivers/vfio/Kconfig", 3, 0, Severity.Error)]
    [InlineData("arch/x86/configs/eve-core_defconfig:12:warning: override: reassigning to symbol FOO", "EVK4007", "/src/arch/x86/configs/eve-core_defconfig", 12, 0, Severity.Warning)]
    [InlineData("*** Configuration file \".config\" not found!", "EVK4001", null, 0, 0, Severity.Error)]
    [InlineData("*** The source tree is not clean, please run 'make ARCH=x86_64 mrproper'", "EVK4001", null, 0, 0, Severity.Error)]
    [InlineData("make[1]: *** [/src/Makefile:1924: /src/drivers] Error 2", "EVK4001", "/src/Makefile", 1924, 0, Severity.Error)]
    [InlineData("/src/Makefile:705: *** Compiler lacks asm-goto support.  Stop.", "EVK4001", "/src/Makefile", 705, 0, Severity.Error)]
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
    [InlineData("cc1: all warnings being treated as errors")]
    [InlineData("/src/a.S: Assembler messages:")]
    [InlineData("collect2: error: ld returned 1 exit status")]
    [InlineData("ld.lld: note: this is a note")]
    [InlineData(">>> referenced by fork.c:12 (/src/kernel/fork.c:12)")]
    [InlineData("1 warning generated.")]
    [InlineData("make[1]: warning: jobserver unavailable: using -j1.  Add '+' to parent make rule.")]
    [InlineData("***")]
    [InlineData("Please submit a full bug report, with preprocessed source.")]
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
