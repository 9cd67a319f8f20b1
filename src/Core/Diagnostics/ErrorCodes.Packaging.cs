namespace EveKernel.Core.Diagnostics;

public static partial class ErrorCodes
{
    /// <summary>An input file that the project names is not there.</summary>
    public static readonly ErrorCode InputMissing = new("EVK5001", "An input of the build is missing");

    /// <summary>A property of the project has a value that cannot be used.</summary>
    public static readonly ErrorCode PropertyInvalid = new("EVK5002", "A property cannot be used");

    /// <summary>Publish was called without a folder.</summary>
    public static readonly ErrorCode PublishFolderMissing = new("EVK5003", "Publish has no folder");

    /// <summary>A build that should have made a file did not.</summary>
    public static readonly ErrorCode ResultMissing = new("EVK5004", "The build left no result");

    /// <summary>The tree cannot say what a module is compiled with.</summary>
    public static readonly ErrorCode NoModuleBuildScript = new("EVK5005", "The tree is too old for a development package");

    /// <summary>A consumer of several kernels asks for the one.</summary>
    public static readonly ErrorCode SeveralKernels = new("EVK5010", "Several kernels where one is meant");

    /// <summary>There is no lock file, and the build may not write one.</summary>
    public static readonly ErrorCode LockMissing = new("EVK5020", "The lock file is missing");

    /// <summary>The lock file is of other inputs than the project's, and the build may not write it.</summary>
    public static readonly ErrorCode LockStale = new("EVK5021", "The lock file is stale");

    /// <summary>The lock file says of the source what its tree contradicts.</summary>
    public static readonly ErrorCode LockContradicted = new("EVK5022", "The lock file contradicts the tree");

    /// <summary>The lock file has another form.</summary>
    public static readonly ErrorCode LockUnreadable = new("EVK5023", "The lock file cannot be read");

    /// <summary>A program of the host has a version that the project refuses.</summary>
    public static readonly ErrorCode ToolchainRefused = new("EVK5024", "The toolchain is another");

    /// <summary>The toolchain's archive holds no compiler that runs.</summary>
    public static readonly ErrorCode ToolchainArchiveUnusable = new("EVK5025", "The toolchain's archive cannot be used");

    /// <summary>The kernel calls itself something else than the project computed.</summary>
    public static readonly ErrorCode ReleaseDiffers = new("EVK5026", "The release is not the predicted one");
}
