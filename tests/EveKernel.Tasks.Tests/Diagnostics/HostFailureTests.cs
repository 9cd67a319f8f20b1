using EveKernel.Core.Diagnostics;

namespace EveKernel.Tests.Diagnostics;

public sealed class HostFailureTests
{
    [Fact]
    public void A_full_disk_has_a_code_of_its_own()
    {
        IOException thrown = Assert.ThrowsAny<IOException>(() => File.WriteAllText("/dev/full", "x"));
        Diagnostic told = HostFailure.Describe(thrown)!;
        Assert.Equal(ErrorCodes.DiskFull, told.Code);
        Assert.Equal(ErrorKind.Infrastructure, told.Code!.Kind);
    }

    [Fact]
    public void What_cannot_be_written_is_named()
    {
        Exception thrown = Assert.ThrowsAny<Exception>(() => File.WriteAllText("/proc/none", "x"));
        Diagnostic told = HostFailure.Describe(thrown)!;
        Assert.Equal(ErrorCodes.HostIo, told.Code);
        Assert.Contains("/proc/none", told.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_failure_of_the_host_is_left_alone() => Assert.Null(HostFailure.Describe(new InvalidOperationException()));
}
