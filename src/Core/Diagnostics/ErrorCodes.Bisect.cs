namespace EveKernel.Core.Diagnostics;

public static partial class ErrorCodes
{
    /// <summary>The ends of a bisection, or what it is to try, cannot be told.</summary>
    public static readonly ErrorCode BisectUnclear = new("EVK2120", "What to bisect is not clear");

    /// <summary>Both ends are good or both bad, they are the other way round, or one cannot be tried.</summary>
    public static readonly ErrorCode BisectEnds = new("EVK2121", "The ends of a bisection are not as they must be");

    /// <summary>Between the ends, only states are left that cannot be tried.</summary>
    public static readonly ErrorCode BisectUndecided = new("EVK2122", "A bisection cannot be decided");

    /// <summary>A state could not be tried for a reason that says nothing of the kernel.</summary>
    public static readonly ErrorCode BisectStopped = new("EVK2123", "A bisection was stopped", ErrorKind.Infrastructure);
}
