namespace EveKernel.Core.Diagnostics;

public static partial class ErrorCodes
{
    /// <summary>There is no series file.</summary>
    public static readonly ErrorCode SeriesMissing = new("EVK2001", "The patch series is missing");

    /// <summary>A series file names no patch.</summary>
    public static readonly ErrorCode SeriesEmpty = new("EVK2002", "The patch series is empty");

    /// <summary>A series file has a line with a name or option that cannot be used.</summary>
    public static readonly ErrorCode SeriesLine = new("EVK2003", "A line of the patch series cannot be used");

    /// <summary>A series file names a patch that is not there.</summary>
    public static readonly ErrorCode PatchMissing = new("EVK2004", "A patch file is missing");

    /// <summary>A series file names one patch twice.</summary>
    public static readonly ErrorCode PatchNamedTwice = new("EVK2005", "A patch is named twice");

    /// <summary>A patch file is no patch, or a damaged one.</summary>
    public static readonly ErrorCode PatchUnreadable = new("EVK2006", "A patch cannot be read");

    /// <summary>A patch file went through something that changed its line ends.</summary>
    public static readonly ErrorCode PatchLineEnds = new("EVK2007", "A patch has CRLF line ends");

    /// <summary>A patch names a file outside the tree, or makes a symbolic link that leads there.</summary>
    public static readonly ErrorCode PatchOutside = new("EVK2008", "A patch leads outside the tree");

    /// <summary>A patch does not fit the tree.</summary>
    public static readonly ErrorCode PatchConflict = new("EVK2009", "A patch does not apply");

    /// <summary>The tree holds a patch already, and the project wants that to be an error.</summary>
    public static readonly ErrorCode PatchAlreadyApplied = new("EVK2010", "A patch is applied already");
}
