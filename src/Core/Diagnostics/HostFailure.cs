namespace EveKernel.Core.Diagnostics;

/// <summary>Tells what the system refuses to read or write, with what to do about it.</summary>
public static class HostFailure
{
    // errno of Linux, which .NET hands on: ENOSPC, EDQUOT.
    private const int NoSpace = 28;
    private const int QuotaExceeded = 122;

    /// <summary>Turns what .NET throws for a file into a diagnostic.</summary>
    /// <param name="exception">What was thrown.</param>
    /// <returns>EVK9007 for a full disk, EVK9006 for the rest, or null for what is no failure of the host.</returns>
    public static Diagnostic? Describe(Exception exception) => exception switch
    {
        IOException { HResult: NoSpace or QuotaExceeded } => new Diagnostic(
            Severity.Error, ErrorCodes.DiskFull, $"{exception.Message.TrimEnd('.')}. The disk, or what you may use of it, is full: free some, or build on another."),
        IOException or UnauthorizedAccessException => new Diagnostic(
            Severity.Error,
            ErrorCodes.HostIo,
            $"{exception.Message.TrimEnd('.')}. Check the folder's permissions and whether its disk is read-only; KernelCacheDirectory, KernelOutputPath and "
            + "BaseIntermediateOutputPath move what the build writes."),
        _ => null,
    };
}
