using System.Collections.Immutable;
using System.Text;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Pins;

namespace EveKernel.Tests.Pins;

/// <summary>Where project files pin kernels, to the letter.</summary>
public sealed class PinFinderTests : IDisposable
{
    private const string Version = "6.12.49-rel.20260101000000.0.g0123456789.k000000000000";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("""<PackageReference Include="EveKernel.Amd64.Generic" Version="[V]" />""")]
    [InlineData("""<PackageReference Version = '[V]' Include="EveKernel.Amd64.Generic"/>""")]
    [InlineData("""<PackageVersion Update="EveKernel.Amd64.Generic" Version="[ V ]" />""")]
    [InlineData("""<PackageReference Include="EveKernel.Amd64.Generic" VersionOverride="[V]" />""")]
    [InlineData("<PackageReference Include=\"EveKernel.Amd64.Generic\">\r\n  <!-- why --><Version>\r\n [V] </Version></PackageReference>")]
    [InlineData("""<PackageDownload Include="EveKernel.Amd64.Generic" Version="[V]" />""")]
    public void A_pin_is_found_at_its_place(string item)
    {
        string text = $"<?xml version=\"1.0\" encoding=\"utf-8\"?>\r<!-- [V] für später -->\n<Project>\r\n<ItemGroup>äöü{item}</ItemGroup></Project>";
        text = text.Replace("[ V ]", $"[ {Version} ]", StringComparison.Ordinal).Replace("[V]", $"[{Version}]", StringComparison.Ordinal);
        KernelPin pin = Assert.Single(Find(text).Pins);
        Assert.Equal(("EveKernel.Amd64.Generic", Version), (pin.Id, pin.Version));
        Assert.Equal(text.LastIndexOf(Version, StringComparison.Ordinal), pin.Offset);
    }

    [Fact]
    public void A_version_that_a_property_of_another_file_gives_is_found_there()
    {
        string project = _folder.Write("a.csproj", """<Project><ItemGroup><PackageReference Include="EveKernel.Amd64.Rt" Version="[$(Rt)]" /></ItemGroup></Project>""");
        string props = _folder.Write("b.props", $"<Project><PropertyGroup><Other>1</Other>\n<Rt>{Version}</Rt></PropertyGroup></Project>");
        (ImmutableArray<KernelPin> pins, ImmutableArray<LoosePin> loose) = PinFinder.Find([PinFile.Read(project), PinFile.Read(props)]);
        KernelPin pin = Assert.Single(pins);
        Assert.Equal((props, 2, Version), (pin.File, pin.Line, pin.Version));
        Assert.Empty(loose);
    }

    [Theory]
    [InlineData(Version)]
    [InlineData("[6.12.0,7.0.0)")]
    [InlineData("6.12.*-*")]
    [InlineData("[$(Nowhere)]")]
    public void A_reference_that_is_no_exact_pin_is_told_apart(string version)
    {
        (ImmutableArray<KernelPin> pins, ImmutableArray<LoosePin> loose) =
            Find($"""<Project><ItemGroup><PackageReference Include="EveKernel.Amd64.Generic" Version="{version}" /></ItemGroup></Project>""");
        Assert.Empty(pins);
        Assert.Equal(version, Assert.Single(loose).Version);
    }

    [Fact]
    public void Other_packages_and_the_SDK_are_no_kernels()
    {
        (ImmutableArray<KernelPin> pins, ImmutableArray<LoosePin> loose) = Find($"""
            <Project><ItemGroup>
              <PackageReference Include="EveKernel.Sdk" Version="[0.1.0]" /><PackageReference Include="Other" Version="[{Version}]" />
              <PackageReference Include="EveKernel.Amd64.Generic" />
            </ItemGroup></Project>
            """);
        Assert.Empty(pins);
        Assert.Empty(loose);
    }

    [Theory]
    [InlineData("<Project><ItemGroup><PackageReference Include=\"EveKernel.A.B\" Version=\"&#91;6.12.49-rel.1]\" /></ItemGroup></Project>", "utf-8", "not written as plain text")]
    [InlineData("<Project><!-- ä --></Project>", "iso-8859-1", "neither UTF-8 nor UTF-16")]
    [InlineData("<Project>", "utf-8", "it is no XML")]
    public void A_file_that_cannot_be_changed_to_the_letter_is_refused(string text, string encoding, string why)
    {
        string path = _folder["a.csproj"];
        File.WriteAllBytes(path, Encoding.GetEncoding(encoding).GetBytes(text));
        KernelException failure = Assert.Throws<KernelException>(() => PinFinder.Find([PinFile.Read(path)]));
        Assert.Equal(ErrorCodes.PinUnchangeable, failure.Code);
        Assert.Contains(why, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("utf-8", true)]
    [InlineData("utf-8", false)]
    [InlineData("utf-16", true)]
    public void The_bytes_of_a_file_come_back_as_they_were(string name, bool mark)
    {
        Encoding encoding = Encoding.GetEncoding(name);
        byte[] bytes = [.. mark ? encoding.GetPreamble() : [], .. encoding.GetBytes("<Project>\r\n<!-- ü 😀 -->\r\n\t</Project>\n\n")];
        string path = _folder["a.csproj"];
        File.WriteAllBytes(path, bytes);
        PinFile file = PinFile.Read(path);
        Assert.Equal(bytes, file.Encode(file.Text));
    }

    private (ImmutableArray<KernelPin> Pins, ImmutableArray<LoosePin> Loose) Find(string text) => PinFinder.Find([PinFile.Read(_folder.Write("a.csproj", text))]);
}
