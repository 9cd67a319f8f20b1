using EveKernel.Core.Packaging;
using NuGet.Versioning;

namespace EveKernel.Tests.Packaging;

public sealed class PackageVersionTests
{
    private static readonly string[] InOrder =
    [
        Version("6.1.155", "2026-08-01T00:00:00Z"),
        Version("6.12.9", "2026-08-01T00:00:00Z"),
        Version("6.12.49", "2026-01-31T23:59:59Z"),
        Version("6.12.49", "2026-02-01T00:00:00Z"),
        Version("6.12.49", "2026-02-01T00:00:01Z", 2),
        Version("6.12.49", "2026-02-01T00:00:01Z", 10),
        Version("7.2.0-rc2", "2026-12-01T00:00:00Z"),
        Version("7.2.0-rc10", "2026-11-01T00:00:00Z"),
        Version("7.2.0", "2026-05-01T00:00:00Z"),
        Version("7.2.1", "2026-04-01T00:00:00Z"),
    ];

    [Fact]
    public void NuGet_orders_versions_as_kernels_are_ordered() =>
        Assert.Equal(InOrder, InOrder.Reverse().Select(NuGetVersion.Parse).Order().Select(version => version.OriginalVersion!));

    [Fact]
    public void Each_is_normalised_already_and_short_enough() => Assert.All(InOrder, text =>
    {
        Assert.Equal(text, NuGetVersion.Parse(text).ToNormalizedString());
        Assert.True(text.Length <= 64, text);
    });

    [Theory]
    [InlineData("6.12")]
    [InlineData("six")]
    [InlineData("")]
    public void Another_form_is_refused(string kernelVersion) => Assert.Throws<FormatException>(() => Version(kernelVersion, "2026-01-01T00:00:00Z"));

    [Theory]
    [InlineData("amd64", "generic", "", PackageKind.Kernel, "EveKernel.Amd64.Generic")]
    [InlineData("amd64", "generic", "core", PackageKind.Kernel, "EveKernel.Amd64.Generic.Core")]
    [InlineData("arm64", "nvidia-jp6", "", PackageKind.Objects, "EveKernel.Arm64.Nvidia-jp6.Objects")]
    public void The_id_names_architecture_flavor_and_kind(string arch, string flavor, string configFlavor, PackageKind kind, string id) =>
        Assert.Equal(id, PackageVersion.CreateId(arch, flavor, configFlavor, kind));

    private static string Version(string kernel, string time, int revision = 0) => PackageVersion.Create(
        kernel, DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture), revision, "0123456789abcdef0123456789abcdef01234567", new string('f', 64));
}
