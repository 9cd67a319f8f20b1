using EveKernel.Core.Packaging;
using NuGet.Versioning;

namespace EveKernel.Tests.Packaging;

public sealed class PackageVersionTests
{
    private static readonly string[] InOrder =
    [
        Version("6.1.155", "2026-08-01T00:00:00Z"),
        Version("6.12.9", "2026-08-01T00:00:00Z"),
        Version("6.12.49-rc1", "2026-03-01T00:00:00Z"),
        Version("6.12.49", "2025-12-31T00:00:00Z"),
        // The same day, and the same commit packed again.
        Version("6.12.49", "2026-01-31T09:00:00Z"),
        Version("6.12.49", "2026-01-31T10:00:00Z"),
        Version("6.12.49", "2026-01-31T10:00:00Z", 1),
        Version("6.12.49", "2026-01-31T23:59:59Z"),
        Version("6.12.49", "2026-02-01T00:00:00Z"),
        Version("6.12.49", "2026-02-01T00:00:01Z", 2),
        Version("6.12.49", "2026-02-01T00:00:01Z", 10),
        Version("7.2.0-rc2", "2026-12-01T00:00:00Z"),
        Version("7.2.0-rc10", "2026-11-01T00:00:00Z"),
        Version("7.2.0", "2026-05-01T00:00:00Z"),
        Version("7.2.1", "2026-04-01T00:00:00Z"),
        Version("10.100.9999-rc99", "2026-04-01T00:00:00Z", 9999),
        Version("10.100.9999", "2026-04-01T00:00:00Z", 9999),
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
    [InlineData("0")]
    [InlineData("f")]
    public void Commit_and_key_only_tell_equal_ones_apart(string digit)
    {
        DateTimeOffset time = DateTimeOffset.UnixEpoch;
        NuGetVersion Make(int revision, string end) => NuGetVersion.Parse(PackageVersion.Create("6.12.49", time, revision, new string(end[0], 40), new string(end[0], 64)));
        Assert.True(Make(0, digit) < Make(1, "5"));
        Assert.NotEqual(Make(1, digit), Make(1, "5"));
    }

    [Fact]
    public void Config_flavors_are_packages_of_their_own_so_that_none_is_newer_than_another()
    {
        string[] ids = [.. new[] { "", "core", "rt", "hwe" }.Select(flavor => PackageVersion.CreateId("amd64", "generic", flavor, PackageKind.Kernel))];
        Assert.Equal(4, ids.Distinct(StringComparer.OrdinalIgnoreCase).Count());
        Assert.All(ids, id => Assert.Matches(@"^\w+([_.-]\w+)*$", id));
    }

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
