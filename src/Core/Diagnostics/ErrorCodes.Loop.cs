namespace EveKernel.Core.Diagnostics;

public static partial class ErrorCodes
{
    /// <summary>The edit folder holds something that KernelEdit has not made.</summary>
    public static readonly ErrorCode EditFolderTaken = new("EVK2100", "The edit folder holds something else");

    /// <summary>There is no edit tree.</summary>
    public static readonly ErrorCode EditMissing = new("EVK2101", "There is no edit tree");

    /// <summary>The pin or the patches are others than those that the edit tree was made of.</summary>
    public static readonly ErrorCode EditStale = new("EVK2102", "The edit tree belongs to another state of the series");

    /// <summary>git is in the midst of something in the edit tree.</summary>
    public static readonly ErrorCode EditBusy = new("EVK2103", "The edit tree is in the midst of something");

    /// <summary>A patch or commit meets other lines; both sides stand in the edit tree.</summary>
    public static readonly ErrorCode EditConflict = new("EVK2104", "A conflict stands in the edit tree");

    /// <summary>There are edits that no commit has, and nothing says which patch they belong to.</summary>
    public static readonly ErrorCode EditUncommitted = new("EVK2105", "Edits belong to no patch");

    /// <summary>A commit of the edit tree belongs to no patch.</summary>
    public static readonly ErrorCode EditCommitUnknown = new("EVK2106", "A commit belongs to no patch");

    /// <summary>A patch's commit is gone from the edit tree, or stands elsewhere.</summary>
    public static readonly ErrorCode EditCommitLost = new("EVK2107", "A patch has lost its commit");

    /// <summary>KernelPatch names no patch of the series.</summary>
    public static readonly ErrorCode EditPatchUnknown = new("EVK2108", "KernelPatch names no patch");

    /// <summary>A patch file was changed by somebody else while it was being rewritten.</summary>
    public static readonly ErrorCode RefreshOverrun = new("EVK2109", "A patch was changed during a refresh");

    /// <summary>There is no kept state of the name.</summary>
    public static readonly ErrorCode RefreshUnknown = new("EVK2110", "There is no such kept state");

    /// <summary>What the key depends on has not been fetched yet.</summary>
    public static readonly ErrorCode KeyUnknown = new("EVK2111", "The key is not known yet");

    /// <summary>compile_commands.json could not be made.</summary>
    public static readonly ErrorCode CompileCommandsMissing = new("EVK2112", "There are no compile commands");

    /// <summary>Commits that cannot be taken into a series.</summary>
    public static readonly ErrorCode ImportImpossible = new("EVK2113", "Commits cannot be taken into the series");

    /// <summary>A series that cannot be given out as it was asked for.</summary>
    public static readonly ErrorCode ExportImpossible = new("EVK2114", "The series cannot be given out");
}
