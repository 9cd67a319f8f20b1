namespace EveKernel.Core.Diagnostics;

public static partial class ErrorCodes
{
    /// <summary>It is not clear which two trees to compare.</summary>
    public static readonly ErrorCode DriftTrees = new("EVK2200", "The trees to compare are not clear");

    /// <summary>Two histories that nothing bounds.</summary>
    public static readonly ErrorCode DriftUnbounded = new("EVK2201", "Two histories have nothing in common");

    /// <summary>A tree that comes without history.</summary>
    public static readonly ErrorCode DriftNoHistory = new("EVK2202", "A tree has no history to compare");

    /// <summary>A configuration that is not there or cannot be made.</summary>
    public static readonly ErrorCode DriftConfiguration = new("EVK2203", "A tree's configuration cannot be read");

    /// <summary>A backport that goes no further by itself.</summary>
    public static readonly ErrorCode BackportStopped = new("EVK2204", "A backport needs a person");

    /// <summary>A branch for a backport that holds commits of somebody's.</summary>
    public static readonly ErrorCode BackportBranchTaken = new("EVK2205", "A backport's branch holds somebody's work");

    /// <summary>A repository that cannot take the branches.</summary>
    public static readonly ErrorCode BackportImpossible = new("EVK2206", "A backport has nowhere to go");
}
