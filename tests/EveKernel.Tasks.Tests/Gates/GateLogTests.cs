using System.Collections.Immutable;
using EveKernel.Core.Gates;

namespace EveKernel.Tests.Gates;

public sealed class GateLogTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("/src/Makefile:1305: C=1 specified, but sparse is not available or not up to date", true)]
    [InlineData("  CHECK   /src/virt/kvm/kvm_main.c", false)]
    public void A_make_that_goes_on_without_sparse_is_noticed(string line, bool left) => Assert.Equal(left, GateLog.LeavesOutSparse(["  CC      a.o", line]));

    public GateLogTests()
    {
        _folder.Write("src/virt/kvm/kvm_main.c", """
            static int kvm_first(int x)
            {
            	return x;
            }

            static const struct kvm_ops ops = {
            	.x = 1,
            };

            struct page *kvm_second(struct kvm *kvm,
            			int count)
            {
            	if (count)
            		goto out;
            out:
            	return 0;
            }
            """);
        _folder.Write("out/.keep", "");
    }

    private string Log => $"""
          GEN     Makefile
          CALL    {_folder["src"]}/scripts/checksyscalls.sh
        <stdin>:1519:2: warning: #warning syscall clone3 not implemented [-Wcpp]
          CC      arch/x86/kvm/../../../virt/kvm/kvm_main.o
        {_folder["src"]}/arch/x86/kvm/../../../virt/kvm/kvm_main.c: In function 'kvm_first':
        {_folder["src"]}/arch/x86/kvm/../../../virt/kvm/kvm_main.c:3:9: warning: odd, as declared at {_folder["src"]}/include/linux/x.h:12:3 [-Wodd]
            3 |         return x;
              |         ^~~~~~
        {_folder["src"]}/arch/x86/kvm/../../../virt/kvm/kvm_main.c:7: warning: Function parameter 'x' not described in 'ops'
          CHECK   {_folder["src"]}/arch/x86/kvm/../../../virt/kvm/kvm_main.c
        {_folder["src"]}/arch/x86/kvm/../../../virt/kvm/kvm_main.c: note: in included file (through {_folder["src"]}/include/linux/kvm_host.h):
        {_folder["src"]}/arch/x86/kvm/../../../virt/kvm/kvm_main.c:16:16: warning: incorrect type in return expression (different address spaces)
        {_folder["src"]}/arch/x86/kvm/../../../virt/kvm/kvm_main.c:16:16:    expected void [noderef] __iomem *
        {_folder["src"]}/arch/x86/kvm/../../../virt/kvm/kvm_main.c:16:16:    got void *
          CC [M]  drivers/vfio/pci/vfio_pci_core.o
          LD [M]  drivers/vfio/pci/vfio-pci-core.o
        drivers/vfio/pci/vfio-pci-core.o: warning: objtool: odd

        """;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Warnings_belong_to_what_was_being_made_and_to_their_function()
    {
        ImmutableSortedDictionary<string, ImmutableArray<GateWarning>> made = new GateLog(_folder["src"], _folder["out"]).Read(Log.Split('\n'));
        Assert.Empty(made["drivers/vfio/pci/vfio_pci_core.o"]);
        Assert.Equal("objtool: odd", Assert.Single(made["drivers/vfio/pci/vfio-pci-core.o"]).Message);
        Assert.Equal<GateWarning>(
            [
                new("virt/kvm/kvm_main.c", 3, 9, "kvm_first", "odd, as declared at include/linux/x.h [-Wodd]"),
                new("virt/kvm/kvm_main.c", 7, 0, "ops", "Function parameter 'x' not described in 'ops'"),
                new(
                    "virt/kvm/kvm_main.c", 16, 16, "kvm_second",
                    "incorrect type in return expression (different address spaces) expected void [noderef] __iomem * got void *"),
            ],
            made["virt/kvm/kvm_main.o"]);
    }

    [Fact]
    public void A_warning_moved_by_lines_above_it_is_not_new_and_one_more_of_its_kind_is()
    {
        GateWarning known = new("a.c", 10, 3, "f", "odd");
        Assert.Empty(GateWarning.FindNew([known, known with { Line = 11 }], [known with { Line = 20 }, known with { Line = 21 }, known with { Line = 21 }]));
        Assert.Equal<GateWarning>([known with { Line = 22 }], GateWarning.FindNew([known, known], [known with { Line = 22 }, known with { Line = 20 }]));
        Assert.Equal<GateWarning>(
            [known with { Function = "g" }, known with { File = "b.c" }, known with { File = "b.c", Line = 12, Message = "odder" }],
            GateWarning.FindNew([known], [known with { File = "b.c", Line = 12, Message = "odder" }, known with { File = "b.c" }, known with { Function = "g" }]));
    }

    [Theory]
    [InlineData(1, "kvm_first")]
    [InlineData(3, "kvm_first")]
    [InlineData(4, "kvm_first")]
    [InlineData(5, "")]
    [InlineData(7, "ops")]
    [InlineData(11, "kvm_second")]
    [InlineData(16, "kvm_second")]
    [InlineData(99, "")]
    [InlineData(0, "")]
    public void A_line_s_function_is_the_one_above_it(int line, string function) =>
        Assert.Equal(function, new FunctionFinder().Find(_folder["src/virt/kvm/kvm_main.c"], line));
}
