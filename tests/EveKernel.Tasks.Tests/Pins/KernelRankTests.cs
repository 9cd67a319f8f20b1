using EveKernel.Core.Pins;

namespace EveKernel.Tests.Pins;

/// <summary>Which of two kernels is newer.</summary>
public sealed class KernelRankTests
{
    private const string Low = ".g0000000000.k000000000000";
    private const string High = ".gffffffffff.kffffffffffff";

    [Theory]
    [InlineData("6.12.9-rel.20260101000000.0", "6.12.10-rel.20250101000000.0")]
    [InlineData("6.12.49-rel.20260101000000.0", "6.12.49-rel.20260101000001.0")]
    [InlineData("6.12.49-rel.20260101000000.9", "6.12.49-rel.20260101000000.10")]
    [InlineData("7.2.0-rc.9.20260101000000.0", "7.2.0-rc.10.20250101000000.0")]
    [InlineData("7.2.0-rc.10.20260101000000.0", "7.2.0-rel.20250101000000.0")]
    [InlineData("6.12.49-rel.20260101000000.0", "7.0.0-rc.1.20250101000000.0")]
    public void The_kernel_decides_and_never_the_hashes(string older, string newer)
    {
        foreach ((string left, string right) in ((string, string)[])[(Low, High), (High, Low), (Low, Low)])
        {
            KernelRank one = KernelRank.TryParse(older + left)!;
            KernelRank other = KernelRank.TryParse(newer + right)!;
            Assert.True(one.CompareByAge(other) < 0);
            Assert.True(other.CompareByAge(one) > 0);
        }
    }

    [Fact]
    public void Two_builds_of_one_commit_and_revision_are_equally_new_whatever_their_keys()
    {
        KernelRank one = KernelRank.TryParse("6.12.49-rel.20260101000000.0.g0123456789.k000000000000")!;
        KernelRank other = KernelRank.TryParse("6.12.49-rel.20260101000000.0.g0123456789.kffffffffffff")!;
        Assert.Equal(0, one.CompareByAge(other));
        Assert.NotEqual(one, other);
    }

    [Theory]
    [InlineData("6.12.49")]
    [InlineData("6.12.49-rel.20260101.0.g0123456789.k000000000000")]
    [InlineData("6.12.49-rel.20260101000000.0.g0123456789")]
    [InlineData("6.12.49-beta.20260101000000.0.g0123456789.k000000000000")]
    [InlineData("6.12.99999999999-rel.20260101000000.0.g0123456789.k000000000000")]
    [InlineData("6.12.49-rel.20260101000000.0.g0123456789.k000000000000\n")]
    public void A_version_that_no_build_of_ours_makes_says_nothing(string version) => Assert.Null(KernelRank.TryParse(version));
}
