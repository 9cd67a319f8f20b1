using System.Formats.Tar;
using System.IO.Compression;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Sizes;

namespace EveKernel.Tests.Sizes;

public sealed class SizeTests : IDisposable
{
    private const string Map = """
        ffffffff81000000 T _stext
        ffffffff81000100 t helper
        ffffffff81000180 t helper
        ffffffff81000200 T start_kernel
        ffffffff81000300 D _etext
        ffffffff82000000 D table
        ffffffff82000040 B _end
        00000000deadbeef A crc

        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_takes_how_much_is_read_from_results_and_from_packages_alike()
    {
        string folder = Results("a", 1000, Map, ("kernel/drivers/net/x.ko", 10), ("kernel/drivers/net/y.ko.xz", 20), ("modules.dep", 500));
        KernelSizes sizes = KernelSizes.Read(folder);
        Assert.Equal((1000, 30, 1030), (sizes.Image, sizes.ModulesTotal, sizes.Total));
        Assert.Equal(["kernel/drivers/net/x.ko", "kernel/drivers/net/y.ko.xz"], sizes.Modules.Keys);
        // Functions of one name count together; the hole between two sections counts for nobody.
        Assert.Equal(0x100, sizes.Symbols["helper"]);
        Assert.Equal(0x100, sizes.Symbols["start_kernel"]);
        Assert.Equal(0x40, sizes.Symbols["table"]);
        Assert.Equal(0x100, sizes.Symbols["_stext"]);
        Assert.DoesNotContain("crc", sizes.Symbols.Keys);
        Assert.DoesNotContain("_etext", sizes.Symbols.Keys);

        Directory.CreateDirectory(_folder["packed"]);
        Directory.Move(folder, _folder["packed/kernel"]);
        Assert.Equal(sizes.Total, KernelSizes.Read(_folder["packed"]).Total);
        ZipFile.CreateFromDirectory(_folder["packed"], _folder["a.nupkg"]);
        KernelSizes packed = KernelSizes.Read(_folder["a.nupkg"]);
        Assert.Equal((sizes.Image, sizes.ModulesTotal), (packed.Image, packed.ModulesTotal));
        Assert.Equal(sizes.Symbols, packed.Symbols);
    }

    [Fact]
    public void What_grew_most_comes_first_and_what_is_the_same_not_at_all()
    {
        KernelSizes from = KernelSizes.Read(Results("a", 1000, Map, ("kernel/drivers/net/x.ko", 10), ("kernel/fs/f.ko", 7), ("kernel/fs/g.ko", 9)));
        KernelSizes to = KernelSizes.Read(Results(
            "b", 900, Map.Replace("81000300", "81000340", StringComparison.Ordinal), ("kernel/drivers/net/x.ko", 15), ("kernel/fs/g.ko", 9), ("extra/e.ko", 100)));
        SizeDifference difference = SizeDifference.Compare("a", from, "b", to);
        Assert.Equal((-100, 98, -2), (difference.Image.Growth, difference.Modules.Growth, difference.Total.Growth));
        Assert.Equal([new("extra", 0, 100), new("drivers/net", 10, 15), new("fs", 16, 9)], difference.Directories.ToArray());
        Assert.Equal([new("extra/e.ko", 0, 100), new("kernel/drivers/net/x.ko", 10, 15), new("kernel/fs/f.ko", 7, 0)], difference.Files.ToArray());
        Assert.Equal(("start_kernel", 64L), (difference.Symbols[0].Name, difference.Symbols[0].Growth));

        string[] text = SizeReport.Text(difference).Split('\n');
        Assert.Equal(["kernel", "1,000", "900", "-100"], text[1].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(["total", "1,026", "1,024", "-2"], text[3].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        SizeReport.Write(difference, _folder["out"]);
        Assert.Contains("| drivers/net | 10 | 15 | +5 |", File.ReadAllText(_folder["out/size-diff.md"]), StringComparison.Ordinal);
        Assert.Contains("\"growth\": 64", File.ReadAllText(_folder["out/size-diff.json"]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_list_is_cut_by_what_changed_most_either_way()
    {
        (string, int)[] old = [.. Enumerable.Range(1, 30).Select(number => ($"kernel/d/{number}.ko", 1000 * number))];
        (string, int)[] now = [.. Enumerable.Range(1, 30).Select(number => ($"kernel/d/{number}.ko", number % 2 == 0 ? 0 : 2000 * number))];
        string text = SizeReport.Text(SizeDifference.Compare("a", KernelSizes.Read(Results("a", 1, "", old)), "b", KernelSizes.Read(Results("b", 1, "", now))));
        Assert.Contains("kernel/d/30.ko", text, StringComparison.Ordinal);
        Assert.DoesNotContain("kernel/d/3.ko", text, StringComparison.Ordinal);
        Assert.Contains("and 10 more", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("none", "holds no kernel")]
    [InlineData("text.nupkg", "cannot be read")]
    [InlineData("torn", "cannot be read")]
    public void What_is_no_kernel_is_told(string name, string words)
    {
        Directory.CreateDirectory(_folder["none"]);
        _folder.Write("text.nupkg", "no package");
        File.WriteAllText(Path.Combine(Results("torn", 1, Map), "System.map"), "zz T x\n");
        KernelException exception = Assert.Throws<KernelException>(() => KernelSizes.Read(_folder[name]));
        Assert.Equal(ErrorCodes.SizesUnreadable, exception.Code);
        Assert.Contains(words, exception.Message, StringComparison.Ordinal);
    }

    private string Results(string name, int image, string map, params (string Path, int Size)[] modules)
    {
        Directory.CreateDirectory(_folder[name]);
        File.WriteAllText(_folder[$"{name}/manifest.json"], "{}");
        File.WriteAllBytes(_folder[$"{name}/kernel"], new byte[image]);
        File.WriteAllText(_folder[$"{name}/System.map"], map);
        using TarWriter tar = new(File.Create(_folder[$"{name}/kernel.tar"]), TarEntryFormat.Pax, leaveOpen: false);
        foreach ((string path, int size) in modules)
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, $"lib/modules/6.12.1-x/{path}") { DataStream = new MemoryStream(new byte[size]) });
        return _folder[name];
    }
}
