namespace EveKernel.Core.Diagnostics;

public static partial class ErrorCodes
{
    /// <summary>A second build of the same plan gave other bytes.</summary>
    public static readonly ErrorCode RebuildDiffers = new("EVK6101", "A second build gives other bytes");

    /// <summary>The project asks for a variation that was not made.</summary>
    public static readonly ErrorCode RebuildNotVaried = new("EVK6102", "A variation of the rebuild check was not made");

    /// <summary>The second build did not come to its end.</summary>
    public static readonly ErrorCode RebuildFailed = new("EVK6103", "The second build fails");
}
