using EveKernel.Core.Diagnostics;
using EveKernel.Core.Make;
using EveKernel.Core.Processes;

namespace EveKernel.Tests.Make;

public sealed class GateCheckTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public GateCheckTests()
    {
        _folder.Write("src/drivers/vfio/pci/Makefile", "");
        _folder.Write("src/arch/x86/kvm/Makefile", "include $(srctree)/virt/kvm/Makefile.kvm\n");
        _folder.Write("src/arch/mips/kvm/Makefile", "include $(srctree)/virt/kvm/Makefile.kvm\n");
        _folder.Write("src/virt/kvm/Makefile.kvm", "");
        _folder.Write("src/virt/Makefile", "obj-y += lib/\n");
        _folder.Write("src/drivers/net/core/Makefile", "");
        _folder.Write("src/drivers/net/core/en/x.c", "");
        _folder.Write("out/.keep", "");
    }

    private MakeContext Context => MakeRunnerTests.Context(_folder);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_directory_without_a_Makefile_is_built_by_the_one_that_includes_its_part()
    {
        Assert.Equal<GateDirectory>(
            [new("drivers/vfio/pci", "drivers/vfio/pci/"), new("virt/kvm", "arch/x86/kvm/"), new("drivers/net/core/en", "drivers/net/core/")],
            DirectoryTargets.Resolve(_folder["src"], "x86", ["drivers/vfio/pci/", "virt/kvm", "drivers/net/core/en"]));
    }

    [Theory]
    [InlineData("drivers/nope")]
    [InlineData("../out")]
    [InlineData("/etc")]
    [InlineData(".")]
    public void A_directory_outside_the_tree_is_refused(string directory) => Assert.Equal(
        ErrorCodes.DirectoryNotInTree,
        Assert.Throws<KernelException>(() => DirectoryTargets.Resolve(_folder["src"], "x86", [directory])).Code);

    [Fact]
    public async Task Objects_are_those_that_kbuild_names()
    {
        await Build();
        Assert.Equal(
            ["drivers/vfio/pci/vfio_pci.o", "drivers/vfio/pci/vfio_pci_core.o"],
            await CompiledObjects.OfDirectoryAsync(Context, "drivers/vfio/pci/", CancellationToken.None));
        Assert.Equal(
            ["arch/x86/kvm/x86.o", "drivers/vfio/pci/vfio_pci.o", "drivers/vfio/pci/vfio_pci_core.o", "virt/kvm/kvm_main.o"],
            await CompiledObjects.OfWholeBuildAsync(Context, CancellationToken.None));
    }

    [Fact]
    public async Task Directories_are_proven_by_their_objects()
    {
        await Build();
        GateCheck check = new(Context);
        Assert.Equal(["virt/kvm/kvm_main.o"], (await check.ProveAsync([new("virt/kvm", "arch/x86/kvm/")], CancellationToken.None))["virt/kvm"]);
        await check.ProveWholeBuildAsync([new("virt/kvm", "arch/x86/kvm/"), new("drivers/vfio/pci", "drivers/vfio/pci/")], CancellationToken.None);

        File.Delete(_folder["out/drivers/vfio/pci/vfio_pci.o"]);
        File.Delete(_folder["out/drivers/vfio/pci/vfio_pci_core.o"]);
        KernelException failure = await Assert.ThrowsAsync<KernelException>(
            () => check.ProveAsync([new("drivers/vfio/pci", "drivers/vfio/pci/")], CancellationToken.None));
        Assert.Equal(ErrorCodes.DirectoryYieldsNothing, failure.Code);
    }

    [Fact]
    public async Task The_lists_of_a_former_build_prove_nothing()
    {
        await Build();
        GateCheck check = new(Context);
        check.ForgetLists([new("drivers/vfio/pci", "drivers/vfio/pci/"), new("drivers/none", "drivers/none/")]);
        await Assert.ThrowsAsync<KernelException>(() => check.ProveAsync([new("drivers/vfio/pci", "drivers/vfio/pci/")], CancellationToken.None));
    }

    [Fact]
    public async Task A_warning_in_a_gate_is_an_error_and_its_objects_go_before_the_next_make()
    {
        await Build();
        GateCheck check = new(Context);
        Diagnostic elsewhere = new(Severity.Warning, ErrorCodes.CompilerWarning, "odd", new SourceLocation(_folder["src/drivers/vfio/vfio.c"], 1, 1));
        check.RequireClean([new("drivers/vfio/pci", "drivers/vfio/pci/")], [elsewhere, new(Severity.Warning, ErrorCodes.ModpostProblem, "no place")]);

        Diagnostic header = elsewhere with { Location = new SourceLocation(_folder["src/virt/kvm/kvm_mm.h"], 2, 3) };
        KernelException failure = Assert.Throws<KernelException>(() => check.RequireClean([new("virt/kvm", "arch/x86/kvm/")], [elsewhere, header]));
        Assert.Equal(ErrorCodes.DirectoryNotClean, failure.Code);
        Assert.Equal(header.Location, Assert.Single(failure.Diagnostics).Location);
        new WarnedFiles(_folder["out"]).Add(["virt/kvm/kvm_mm.h", "drivers/vfio/vfio.c"]);
        check.ForgetWarned([new("virt/kvm", "arch/x86/kvm/")]);
        Assert.Equal(["drivers/vfio/vfio.c"], new WarnedFiles(_folder["out"]).Read());
        Assert.False(File.Exists(_folder["out/virt/kvm/kvm_main.o"]));
        Assert.True(File.Exists(_folder["out/arch/x86/kvm/x86.o"]));
    }

    private async Task Build()
    {
        foreach (string name in (string[])["virt/kvm/kvm_main.o", "arch/x86/kvm/x86.o", "drivers/vfio/pci/vfio_pci.o", "drivers/vfio/pci/vfio_pci_core.o"])
            _folder.Write("out/" + name, "");
        _folder.Write("out/drivers/vfio/pci/modules.order", "drivers/vfio/pci/vfio-pci.o\ndrivers/vfio/pci/vfio-pci-core.o\n");
        _folder.Write("out/modules.order", "drivers/vfio/pci/vfio-pci.o\ndrivers/vfio/pci/vfio-pci-core.o\n");
        _folder.Write("out/drivers/vfio/pci/vfio-pci.mod", "drivers/vfio/pci/vfio_pci.o\n");
        _folder.Write("out/drivers/vfio/pci/vfio-pci-core.mod", "drivers/vfio/pci/vfio_pci_core.o\n");
        _folder.Write("out/virt/kvm/.kvm_main.o.cmd", $"""
            savedcmd_arch/x86/kvm/../../../virt/kvm/kvm_main.o := gcc -c -o x.o x.c

            source_arch/x86/kvm/../../../virt/kvm/kvm_main.o := {_folder["src"]}/arch/x86/kvm/../../../virt/kvm/kvm_main.c

            deps_arch/x86/kvm/../../../virt/kvm/kvm_main.o := \
                $(wildcard include/config/KVM) \
              {_folder["src"]}/include/linux/kvm_host.h \
              {_folder["src"]}/arch/x86/kvm/../../../virt/kvm/kvm_mm.h \

            """);
        _folder.Write("out/arch/x86/kvm/.x86.o.cmd", $"source_arch/x86/kvm/x86.o := {_folder["src"]}/arch/x86/kvm/x86.c\n");
        Directory.CreateDirectory(_folder["out/arch/x86/kvm"]);
        await Archive("arch/x86/kvm/built-in.a", "arch/x86/kvm/../../../virt/kvm/kvm_main.o", "arch/x86/kvm/x86.o");
        await Archive("vmlinux.a", "arch/x86/kvm/built-in.a");
    }

    private async Task Archive(string archive, params string[] members)
    {
        Command ar = new("ar", ["cDPrST", archive, .. members]) { WorkingDirectory = _folder["out"] };
        CommandResult result = await ProcessRunner.RunAsync(ar, CancellationToken.None);
        Assert.True(result.Succeeded, result.StandardError);
    }
}
