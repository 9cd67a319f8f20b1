using System.Text;
using EveKernel.Core.Pins;

namespace EveKernel.Tests.Pins;

/// <summary>NuGet's lock, in which one entry changes. That NuGet takes it then, the tests with the packed SDK show.</summary>
public sealed class RestoreLockTests
{
    private const string Lock = """
        {
          "version": 1,
          "dependencies": {
            "net10.0": {
              "EveKernel.Amd64.Generic": { "type": "Direct", "requested": "[OLD, OLD]",   "resolved": "OLD", "contentHash": "before==" },
              "EveKernel.Amd64.Rt": { "type": "Direct", "requested": "[OLD, OLD]", "resolved": "OLD", "contentHash": "rt==" },
              "kernels": { "type": "Project", "dependencies": { "EveKernel.Amd64.Generic": "[OLD, OLD]", "Other": "[OLD, OLD]" } }
            },
            "net10.0/linux-x64": { "evekernel.amd64.generic": { "resolved": "EARLIER", "contentHash": "earlier==" } }
          }
        }

        """;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_kernels_own_entries_change_and_nothing_else(bool mark)
    {
        byte[] content = [.. mark ? Encoding.UTF8.GetPreamble() : [], .. Encoding.UTF8.GetBytes(Lock)];
        byte[] changed = RestoreLock.Change(content, "EveKernel.Amd64.Generic", "OLD", "NEWER", "after==")!;
        string expected = Lock
            .Replace("""[OLD, OLD]",   "resolved": "OLD", "contentHash": "before==""", """[NEWER, NEWER]",   "resolved": "NEWER", "contentHash": "after==""", StringComparison.Ordinal)
            .Replace("""{ "EveKernel.Amd64.Generic": "[OLD, OLD]""", """{ "EveKernel.Amd64.Generic": "[NEWER, NEWER]""", StringComparison.Ordinal);
        Assert.NotEqual(Lock, expected);
        Assert.Equal([.. mark ? Encoding.UTF8.GetPreamble() : [], .. Encoding.UTF8.GetBytes(expected)], changed);
    }

    [Fact]
    public void A_lock_without_the_kernel_does_not_change() =>
        Assert.Null(RestoreLock.Change(Encoding.UTF8.GetBytes(Lock), "EveKernel.Arm64.Generic", "OLD", "NEWER", "after=="));
}
