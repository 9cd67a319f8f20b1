using EveKernel.Core.Diagnostics;
using EveKernel.Core.Verification;

namespace EveKernel.Tests.Verification;

public sealed class NodeReportTests : IDisposable
{
    private const string Begin = """{"event":"begin","protocol":1,"kernel":"6.12-k","node":"lab3","device":"0000:00:02.0","checks":"disabled-bar,real-faults","cycles":2000}""";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Documents_of_many_nodes_and_soaks_are_summed_by_kernel()
    {
        string soak = _folder["soak.json"];
        new SoakRecord
        {
            Kernel = "6.12-k",
            KernelSha256 = "a",
            Check = "disabled-bar",
            Machines = [new SoakMachine(1, SoakMachine.Died, 1000, 1, "it hangs"), new SoakMachine(2, SoakMachine.Stopped, 500, 1, null)],
        }.Write(soak);
        NodeReport[] reports =
        [
            .. NodeReport.Read(Document(Consoles.PatchedBar)),
            .. NodeReport.Read(Document(Consoles.PatchedBar.Replace("\"writesDropped\":2000", "\"writesDropped\":1", StringComparison.Ordinal))),
            .. NodeReport.Read(soak),
        ];
        Assert.Equal("6.12-k: 4 machines, 5,500 cycles, 2 failures", Assert.Single(NodeReport.Sum(reports)));
        Assert.Equal([null, "disabled-bar: writesDropped is 1 of 2000", "it hangs", null], reports.Select(report => report.Complaint));
        Assert.Equal("lab3 0000:00:02.0", reports[0].Node);
    }

    [Theory]
    [InlineData("[")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("[" + Begin + "]")]
    [InlineData("[" + Begin + ",{\"event\":\"end\",\"results\":0}]")]
    [InlineData("[" + Begin + ",{\"event\":\"end\",\"results\":2}]")]
    [InlineData("[" + Begin + ",{\"event\":{}}]")]
    public void A_document_that_was_cut_off_is_told_by_its_file(string content)
    {
        string path = _folder.Write("cut.json", content);
        KernelException refused = Assert.Throws<KernelException>(() => NodeReport.Read(path));
        Assert.Equal((ErrorCodes.NodeReportUnreadable, path), (refused.Code, refused.Location!.File));
    }

    private string Document(string bar)
    {
        static string Json(string line) => line["evk-verify ".Length..];
        return _folder.Write($"{Guid.NewGuid():N}.json", $"[{Begin},\n{Json(bar)},\n{Json(Consoles.PatchedFaults)},\n{{\"event\":\"end\",\"results\":2}}\n]\n");
    }
}
