using EveKernel.Core.Configuration;
using EveKernel.Core.Diagnostics;

namespace EveKernel.Tests.Configuration;

public sealed class ConfigFragmentTests
{
    [Theory]
    [InlineData("CONFIG_A=y", "A", "y", false)]
    [InlineData("CONFIG_64BIT=m", "64BIT", "m", false)]
    [InlineData("CONFIG_A=n", "A", "n", false)]
    [InlineData("# CONFIG_A is not set", "A", "n", false)]
    [InlineData("# CONFIG_A is not set # override", "A", "n", true)]
    [InlineData("CONFIG_A=8", "A", "8", false)]
    [InlineData("CONFIG_A=-1", "A", "-1", false)]
    [InlineData("CONFIG_A=0xfF # override", "A", "0xfF", true)]
    [InlineData("CONFIG_A=\"\"", "A", "\"\"", false)]
    [InlineData("CONFIG_A=\"a # \\\" b\"  # override", "A", "\"a # \\\" b\"", true)]
    [InlineData("CONFIG_A=y\r", "A", "y", false)]
    public void A_line_asks_for_a_value(string line, string name, string value, bool overrides)
    {
        ConfigLine parsed = Assert.Single(ConfigFragment.Parse("# a comment\n\n" + line + "\n", "/f").Lines);
        Assert.Equal(new ConfigLine(name, value, overrides, new SourceLocation("/f", 3)), parsed);
    }

    [Theory]
    [InlineData("# a comment")]
    [InlineData("#CONFIG_A=y")]
    [InlineData("# CONFIG_A matters")]
    [InlineData("   ")]
    public void A_comment_asks_for_nothing(string line) => Assert.Empty(ConfigFragment.Parse(line, "/f").Lines);

    [Theory]
    [InlineData("CONFIG_A")]
    [InlineData("CONFIG_A = y")]
    [InlineData("CONFIG_A=")]
    [InlineData("CONFIG_A=yes")]
    [InlineData("CONFIG_A=y # because")]
    [InlineData("CONFIG_A=\"open")]
    [InlineData("CONFIG_A-B=y")]
    [InlineData(" CONFIG_A=y")]
    [InlineData("A=y")]
    [InlineData("#CONFIG_A is not set")]
    [InlineData("# CONFIG_A not set")]
    [InlineData("# CONFIG_A is not set.")]
    public void A_malformed_line_is_an_error_at_its_place(string line)
    {
        KernelException exception = Assert.Throws<KernelException>(() => ConfigFragment.Parse("CONFIG_B=y\n" + line, "/f"));
        Assert.Equal((ErrorCodes.FragmentMalformed, new SourceLocation("/f", 2)), (exception.Code, exception.Location));
    }

    [Theory]
    [InlineData("CONFIG_A=y", "CONFIG_A=m", false)]
    [InlineData("CONFIG_A=y", "# CONFIG_A is not set", false)]
    [InlineData("CONFIG_A=y", "CONFIG_A=m # override", true)]
    [InlineData("CONFIG_A=y # override", "CONFIG_A=m", false)]
    [InlineData("CONFIG_A=y", "CONFIG_A=y", true)]
    [InlineData("CONFIG_A=n", "# CONFIG_A is not set", true)]
    [InlineData("CONFIG_A=0x10", "CONFIG_A=0X10", true)]
    public void A_later_line_must_agree_or_say_that_it_overrides(string first, string second, bool good)
    {
        FragmentSet Join() => FragmentSet.Join([ConfigFragment.Parse(first, "/one"), ConfigFragment.Parse("CONFIG_B=y\n" + second, "/two")]);
        if (good)
        {
            Assert.Equal(["A", "B"], Join().Requested.Select(line => line.Name));
            Assert.Equal("/two", Join().Requested[0].Location.File);
            return;
        }

        KernelException exception = Assert.Throws<KernelException>(Join);
        Assert.Equal((ErrorCodes.FragmentsDisagree, new SourceLocation("/two", 2)), (exception.Code, exception.Location));
        Assert.Contains("/one:1", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_sample_is_well_formed() =>
        Assert.NotEmpty(FragmentSet.Join([ConfigFragment.Read(RepositoryRoot.File("samples/config/passthrough.fragment"))]).Requested);
}
