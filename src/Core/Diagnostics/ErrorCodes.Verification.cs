namespace EveKernel.Core.Diagnostics;

public static partial class ErrorCodes
{
    /// <summary>A project without a check was tested.</summary>
    public static readonly ErrorCode NoCheck = new("EVK6001", "There is nothing to verify");

    /// <summary>A check is not known.</summary>
    public static readonly ErrorCode UnknownCheck = new("EVK6002", "A check is not known");
}
