namespace EveKernel.Core.Diagnostics;

public static partial class ErrorCodes
{
    /// <summary>A program that the build calls is not on PATH.</summary>
    public static readonly ErrorCode ToolMissing = new("EVK9001", "A tool is missing");

    /// <summary>The build was cancelled.</summary>
    public static readonly ErrorCode Cancelled = new("EVK9002", "The build was cancelled", ErrorKind.Infrastructure);

    /// <summary>Something failed that has no code of its own.</summary>
    public static readonly ErrorCode Internal = new("EVK9999", "An error inside the SDK", ErrorKind.Infrastructure);
}
