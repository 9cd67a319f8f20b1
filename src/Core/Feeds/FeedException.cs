using EveKernel.Core.Diagnostics;

namespace EveKernel.Core.Feeds;

/// <summary>A feed that cannot give what was asked of it. The build can go on without it.</summary>
/// <param name="code">EVK5101 to EVK5103.</param>
/// <param name="message">Why, without the feed's name.</param>
/// <param name="inner">What was caught.</param>
public sealed class FeedException(ErrorCode code, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The failure's code.</summary>
    public ErrorCode Code { get; } = code;
}
