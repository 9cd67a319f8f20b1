namespace EveKernel.Core.Diagnostics;

public static partial class ErrorCodes
{
    /// <summary>A KernelTree item that cannot be used.</summary>
    public static readonly ErrorCode StatusTree = new("EVK2040", "A tree of the patch matrix cannot be used");

    /// <summary>The policy wants no conflict, and there is one.</summary>
    public static readonly ErrorCode StatusConflict = new("EVK2041", "A patch conflicts with a tree");

    /// <summary>The policy wants all applied, and a patch is not.</summary>
    public static readonly ErrorCode StatusNotApplied = new("EVK2042", "A tree does not hold a patch");

    /// <summary>The policy is none of those that there are.</summary>
    public static readonly ErrorCode StatusPolicy = new("EVK2043", "The patch policy is not known");

    /// <summary>No tree, or no series.</summary>
    public static readonly ErrorCode StatusEmpty = new("EVK2044", "There is nothing to compare");

    /// <summary>A patch has two parts for one file.</summary>
    public static readonly ErrorCode PatchFileTwice = new("EVK2045", "A patch touches a file twice");

    /// <summary>A patch of unusual size.</summary>
    public static readonly ErrorCode PatchLarge = new("EVK2046", "A patch is very large");

    /// <summary>An Applied-when header that cannot be read.</summary>
    public static readonly ErrorCode AppliedWhenUnreadable = new("EVK2047", "An Applied-when header cannot be read");

    /// <summary>A history that cannot be read as far as the project asks.</summary>
    public static readonly ErrorCode HistoryUnreadable = new("EVK2048", "A history cannot be read");

    /// <summary>A history without a tag or date to end at.</summary>
    public static readonly ErrorCode HistoryUnbounded = new("EVK2049", "A history has no bound");

    /// <summary>A branch was rewritten since it was fetched.</summary>
    public static readonly ErrorCode BranchRewritten = new("EVK2050", "A branch was rewritten");

    /// <summary>A pinned commit that its branch does not hold.</summary>
    public static readonly ErrorCode CommitNotOnBranch = new("EVK2051", "A pinned commit is not on its branch");

    /// <summary>A server that sends trees with commits all the same.</summary>
    public static readonly ErrorCode HistoryNotFiltered = new("EVK2052", "The server does not filter a history");

    /// <summary>A patch whose subject is in another encoding.</summary>
    public static readonly ErrorCode PatchNotUtf8 = new("EVK2053", "A patch's subject is not UTF-8");

    /// <summary>A branch lost a patch.</summary>
    public static readonly ErrorCode StatusMissing = new("EVK2054", "A branch lacks a patch that it should hold");

    /// <summary>A branch holds a patch twice, or one that another replaces.</summary>
    public static readonly ErrorCode StatusRedundant = new("EVK2055", "A patch is not needed any more");

    /// <summary>A repository without some of a tree's objects.</summary>
    public static readonly ErrorCode TreeIncomplete = new("EVK2056", "A repository lacks objects of a tree");
}
