using EveKernel.Core.Diagnostics;
using EveKernel.Core.Feeds;

namespace EveKernel.Tests.Feeds;

/// <summary>An SDK whose NuGet is not what is called. This process is one: it has none of NuGet's libraries but NuGet.Versioning.</summary>
public sealed class NuGetFeedsTests
{
    [Fact]
    public void A_library_of_NuGets_that_is_missing_has_a_code_and_says_what_to_do()
    {
        KernelException failure = Assert.Throws<KernelException>(() => NuGetFeeds.Open(new FeedRequest(Path.GetFullPath("x.kernelproj"))));
        Assert.Equal(ErrorCodes.NuGetUnusable, failure.Code);
        Assert.Contains("NuGet.", failure.Message, StringComparison.Ordinal);
        Assert.Contains("KernelCacheMode=ignore", failure.Message, StringComparison.Ordinal);
    }
}
