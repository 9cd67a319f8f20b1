namespace EveKernel.Core.Diagnostics;

public static partial class ErrorCodes
{
    /// <summary>checkpatch.pl has an error, a warning or a check for a patch.</summary>
    public static readonly ErrorCode CheckpatchFinding = new("EVK2020", "checkpatch objects to a patch");

    /// <summary>The tree has no checkpatch.pl, or it did not end as it does when it has read a patch.</summary>
    public static readonly ErrorCode CheckpatchFailed = new("EVK2021", "checkpatch did not check a patch");

    /// <summary>A gate over the series was asked of a project that has none.</summary>
    public static readonly ErrorCode GateWithoutSeries = new("EVK2022", "There is no series for the gate");

    /// <summary>With the series the compiler or sparse warns of something that it does not warn of without.</summary>
    public static readonly ErrorCode NewWarning = new("EVK4030", "The series brings a new warning");

    /// <summary>The project names no directory to compare.</summary>
    public static readonly ErrorCode GateWithoutDirectories = new("EVK4031", "There is no directory for the gate");

    /// <summary>readelf or objdump could not read an object.</summary>
    public static readonly ErrorCode ObjectUnreadable = new("EVK4032", "An object cannot be read");
}
