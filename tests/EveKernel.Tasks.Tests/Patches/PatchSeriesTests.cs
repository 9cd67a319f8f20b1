using EveKernel.Core.Diagnostics;
using EveKernel.Core.Patches;

namespace EveKernel.Tests.Patches;

public sealed class PatchSeriesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Comments_options_and_folders_are_read()
    {
        _folder.Write("a.patch", "");
        _folder.Write("net/b#1.patch", "");
        string file = _folder.Write("series", "# first\n\na.patch  # why\r\n  net/b#1.patch -p0 #\n");

        PatchSeries series = PatchSeries.Read(file);

        Assert.Equal(
            [new SeriesEntry("a.patch", _folder["a.patch"], 1, 3), new SeriesEntry("net/b#1.patch", _folder["net/b#1.patch"], 0, 4)],
            series.Entries.AsEnumerable());
    }

    [Theory]
    [InlineData("", "EVK2002", 0)]
    [InlineData("# nothing\n", "EVK2002", 0)]
    [InlineData("a.patch\nb.patch\n", "EVK2004", 2)]
    [InlineData("a.patch\n./a.patch\n", "EVK2005", 2)]
    [InlineData("../a.patch\n", "EVK2003", 1)]
    [InlineData("x/../../a.patch\n", "EVK2003", 1)]
    [InlineData("/etc/passwd\n", "EVK2003", 1)]
    [InlineData("a.patch -R\n", "EVK2003", 1)]
    [InlineData("a.patch -p\n", "EVK2003", 1)]
    [InlineData("a.patch -p-1\n", "EVK2003", 1)]
    [InlineData("-p1 a.patch\n", "EVK2003", 1)]
    public void A_bad_line_is_told_with_its_place(string content, string code, int line)
    {
        _folder.Write("a.patch", "");
        string file = _folder.Write("series", content);

        KernelException error = Assert.Throws<KernelException>(() => PatchSeries.Read(file));

        Assert.Equal(code, error.Code.Id);
        Assert.Equal(new SourceLocation(file, line), error.Location);
    }

    [Fact]
    public void Every_bad_line_is_told_at_once()
    {
        string file = _folder.Write("series", "a\n/b\nc -x\n");

        KernelException error = Assert.Throws<KernelException>(() => PatchSeries.Read(file));

        Assert.Equal(["EVK2004", "EVK2003", "EVK2003"], error.Diagnostics.Select(one => one.Code!.Id));
    }

    [Fact]
    public void A_missing_series_is_told() =>
        Assert.Equal("EVK2001", Assert.Throws<KernelException>(() => PatchSeries.Read(_folder["series"])).Code.Id);
}
