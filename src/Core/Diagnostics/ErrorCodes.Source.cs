namespace EveKernel.Core.Diagnostics;

public static partial class ErrorCodes
{
    /// <summary>git is older than what the build needs of it.</summary>
    public static readonly ErrorCode GitTooOld = new("EVK1001", "git is too old");

    /// <summary>git failed in a way that has no code of its own.</summary>
    public static readonly ErrorCode GitFailed = new("EVK1002", "git failed", ErrorKind.Infrastructure);

    /// <summary>The network, the name service or the server did not answer.</summary>
    public static readonly ErrorCode SourceUnreachable = new("EVK1003", "The source cannot be reached", ErrorKind.Infrastructure);

    /// <summary>The server wants other credentials.</summary>
    public static readonly ErrorCode SourceAccessRefused = new("EVK1004", "The source refuses access");

    /// <summary>There is nothing at the place that the project names.</summary>
    public static readonly ErrorCode SourceNotFound = new("EVK1005", "There is no such source");

    /// <summary>The repository does not have the commit, or hides it.</summary>
    public static readonly ErrorCode CommitNotFound = new("EVK1006", "The commit is not in the repository");

    /// <summary>A branch moves; only a commit is a source.</summary>
    public static readonly ErrorCode CommitNotPinned = new("EVK1007", "A branch without a commit");

    /// <summary>The repository has no such branch.</summary>
    public static readonly ErrorCode BranchNotFound = new("EVK1008", "There is no such branch");

    /// <summary>A pin that is not a full commit id or digest.</summary>
    public static readonly ErrorCode PinMalformed = new("EVK1009", "The pin is not a full id");

    /// <summary>An address that holds a password.</summary>
    public static readonly ErrorCode CredentialsInAddress = new("EVK1010", "The address holds credentials");

    /// <summary>The archive is another than the pinned one.</summary>
    public static readonly ErrorCode ArchiveDigestWrong = new("EVK1011", "The archive has another digest");

    /// <summary>The archive ends early or is broken.</summary>
    public static readonly ErrorCode ArchiveDamaged = new("EVK1012", "The archive is truncated or damaged");

    /// <summary>A member that would leave the tree.</summary>
    public static readonly ErrorCode ArchiveUnsafe = new("EVK1013", "The archive holds an unsafe member");

    /// <summary>A tree that somebody built without O=.</summary>
    public static readonly ErrorCode TreeBuiltInPlace = new("EVK1014", "The tree was built in place");

    /// <summary>No top Makefile with a version.</summary>
    public static readonly ErrorCode NotAKernelTree = new("EVK1015", "This is not a kernel tree");
}
