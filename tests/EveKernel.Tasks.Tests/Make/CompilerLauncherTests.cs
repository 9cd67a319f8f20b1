using System.Collections.Immutable;
using EveKernel.Core.Make;

namespace EveKernel.Tests.Make;

public sealed class CompilerLauncherTests
{
    [Theory]
    [InlineData("", "http://cache.example.org/", "", false)]
    [InlineData("ccache", "", "", false)]
    [InlineData("ccache", "file:/srv/objects", "", false)]
    [InlineData("ccache", "http://cache.example.org/", "", true)]
    [InlineData("/usr/bin/ccache", "redis://cache.example.org", "", true)]
    [InlineData("ccache distcc", "", "", true)]
    [InlineData("icecc", "", "", true)]
    [InlineData("sccache", "", "", false)]
    [InlineData("sccache", "", "SCCACHE_REDIS", true)]
    [InlineData("ccache", "", "SCCACHE_REDIS", false)]
    public void Make_gets_the_network_when_objects_come_over_it(string launcher, string remote, string variable, bool needed)
    {
        ImmutableDictionary<string, string> environment = ImmutableDictionary<string, string>.Empty.Add("PATH", "/usr/bin").Add(variable, "redis://cache.example.org");
        Assert.Equal(needed, CompilerLauncher.Parse(launcher).NeedsNetwork(CompilerCache.None with { Remote = remote }, environment));
    }
}
